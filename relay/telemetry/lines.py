"""Every line that a relay logs of itself: its level, its fields, what it means, what to do.

docs/logs.md is checked against it. The level says who has to do with it: `info` nobody, it tells
what was done; `warning` whoever finds it again and again, since it heals by itself; `error` a
person, soon; `critical` a person, now, since the process has ended.
"""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["info", "warning", "error", "critical"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `fields` are there beside `ts`, `level`, `msg`, and `held_back` at times."""

    event: str
    level: Level
    fields: tuple[str, ...]
    means: str
    do: str


_PLACE: Final = ("topic", "partition", "offset")
_SWAP: Final = ("stage", "why", "detail")
_REFUSED: Final = ("member", "outcome", "reason", *_PLACE, "detection")
_NOTHING: Final = "nothing"

LINES: Final = (
    Line(
        "starting", "info", ("stages", "members", "lanes"),
        "settings and register are sound; the brokers are asked next", _NOTHING,
    ),
    Line("serving", "info", ("port",), "the pages answer; work begins", _NOTHING),
    Line("stopped", "info", (), "all in hand was finished; the process ends with 0", _NOTHING),
    Line(
        "topics missing", "warning", ("topics", "first"),
        "members' topics are not there at the start; the others are served", "`relay provision`",
    ),
    Line(
        "ended by a fault", "critical", ("exception",),
        "what no new client can mend, or a bug; nothing is lost, others take the lanes over",
        "restart it; report the line, which quotes nobody",
    ),
    Line(
        "lane ready", "info", ("lane", "restored", "seconds"),
        "a lane was taken over and its state restored", _NOTHING,
    ),
    Line("lane closed", "info", ("lane",), "a lane was given up, as another takes it", _NOTHING),
    Line(
        "lane fenced", "warning", ("lane",),
        "another process has taken the lane over before this one let go",
        "once is a hand-over; again and again: RelayLanesFencedOften",
    ),
    Line(
        "checkpoint discarded", "warning", ("lane", "reason"),
        "the local store does not match; the lane is restored from relay.state",
        "nothing, but the start takes longer; at each start: look at the disk",
    ),
    Line(
        "transaction aborted", "warning", ("lane", "why", "detail"),
        "nothing of it was told; the lane opens again and decides the same",
        "again and again: RelayTransactionsAbort",
    ),
    Line(
        "producer replaced", "warning", _SWAP,
        "a send failed; what was not acknowledged is sent again",
        "again and again: RelayClientsReplaced",
    ),
    Line(
        "consumer replaced", "warning", _SWAP,
        "a consumer got nothing for long, or failed; a new one reads on",
        "again and again: RelayClientsReplaced",
    ),
    Line(
        "batches of a topic limited", "warning", ("lane", "topic", "limit"),
        "the broker refused a batch as too large; smaller ones are sent",
        "raise max.message.bytes of the topic, or live with it",
    ),
    Line(
        "member set aside", "warning", ("member",),
        "a lane has decided to tell a member nothing while its topic cannot be written",
        "RelayMemberSetAside",
    ),
    Line(
        "member taken back", "warning", ("member",),
        "a lane has decided to tell it again, and what is open for it first", _NOTHING,
    ),
    Line(
        "alerts topic set aside", "warning", ("lane", "member", "why"),
        "this process has met that topic: it is missing, forbidden, or a batch is too large",
        "RelayMemberSetAside",
    ),
    Line(
        "alerts topic taken back", "warning", ("lane", "member", "why"),
        "the topic can be written again", _NOTHING,
    ),
    Line(
        "canary lost", "warning", ("lane", "member", "why", "detail"),
        "a canary could not be written to a member's alerts topic; the others were",
        "again and again: RelayCanaryLost",
    ),
    Line(
        "readers not known", "warning", ("why", "detail"),
        "the brokers did not say how far members have read; it is asked again in a minute",
        "again and again: the relay's rules, see security.md",
    ),
    Line(
        "topic recreated", "warning", ("topic", "partition"),
        "a member's topic began anew; it is read from its start", "RelaySourceRecreated",
    ),
    Line(
        "rejections undeliverable", "warning", ("topic", "why", "records"),
        "rejections could not be written and were given up", "RelayRejectionsUndeliverable",
    ),
    Line(
        "source may not be read", "error", ("topic",),
        "the broker refuses a member's topic; it is tried again", "RelaySourceForbidden",
    ),
    Line(
        "source missing", "warning", ("topic",),
        "a member's topic is not there, since the start or no longer; the others are read",
        "RelaySourceMissing",
    ),
    Line(
        "source there again", "info", ("topic",),
        "a member's topic that was missing is there; it is read", _NOTHING,
    ),
    Line(
        "records lost to retention", "error", ("topic", "partition", "since", "until"),
        "records were removed before they were read", "RelayRecordsLost",
    ),
    Line(
        "record unreadable", "error", _PLACE,
        "an internal record is not ours: a foreign writer, or another version",
        "RelayRecordsUnreadable",
    ),
    Line(
        "record met a fault", "error", _REFUSED,
        "a record of a member met a bug of the relay; it was refused and the rest goes on",
        "RelayRefusesByItsOwnFault",
    ),
    Line(
        "record rejected", "info", _REFUSED,
        "a record was refused, or trimmed and taken; its member has the reason in full",
        "of one member without end: RelayMemberRefused",
    ),
    Line(
        "detection traced", "info",
        ("trace", "member", *_PLACE, "detections", "sightings", "rejections"),
        "a record whose sender asked for its trace was read", "see below",
    ),
    Line(
        "alert traced", "info",
        ("trace", "alert", "name", "state", "reason", "recipients", "evidence"),
        "a revision was told of a key that traced detections have", "see below",
    ),
    Line(
        "traces not sent", "warning", ("spans",),
        "the collector did not take them; they are lost, and nothing else is",
        "look at the collector, at leisure",
    ),
    Line("traces sent again", "info", (), "the collector takes them again", _NOTHING),
    Line(
        "certificates cannot be read, the last ones stay in use", "warning", ("logger",),
        "a certificate and its key do not fit, or a file is gone",
        "finish the rotation before the last ones expire",
    ),
)  # fmt: skip
"""Every line there is."""

LEVELS: Final = {line.event: line.level for line in LINES}
