import io
import json
from typing import Any

import pytest

from relay.cli.conversion import SHOWN, Conversion, Tally, edge_rules
from relay.formats.outcome import Source
from relay.model.records import Outgoing
from tests.builders import DAY, START, a_detection


def converted(
    *bodies: dict[str, Any], allow_documentation: bool = False, replay: bool = False
) -> tuple[list[Outgoing], Tally, list[str]]:
    """What comes of native detections of `pl`, read at START: what is sent, counted, told."""
    told: list[str] = []
    tally = Tally(told.append)
    rules = edge_rules("pl", allow_documentation=allow_documentation)
    source = Source("pl", "", START, allow_documentation=allow_documentation)
    flow = Conversion("native", "pl", rules, lambda: source, lambda: START, replay)
    stream = io.BytesIO(b"\n".join(json.dumps(body).encode() for body in bodies))
    return list(flow.run(stream, tally)), tally, told


REFUSED = {
    "too-old at $.detected_at": a_detection(at=START - 31 * DAY),
    "not-supported at $.sharing.tlp": a_detection(sharing={"tlp": "amber"}),
    "invalid-observable at $.observables[0].value": a_detection(observables=[("ipv4", "300.1.1")]),
    "nothing-left at $.observables": a_detection(observables=[("ipv4", "10.0.0.1")]),
    "wrong-member at $.member": a_detection("lt"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_the_relay_would_refuse_is_not_sent(why: str) -> None:
    """The relay's own rules are those of the edge: what they refuse is told and stays there."""
    sent, tally, told = converted(a_detection(), REFUSED[why])

    assert [out.value for out in sent] == [json.dumps(a_detection()).encode()]
    assert (tally.detections, tally.refused) == (1, 1)
    assert len(told) == 1
    assert told[0].startswith(f"record 2: {why}: ")


def test_an_old_capture_can_be_replayed() -> None:
    """Who is told that a detection is too old is told the way out, and the way leads out."""
    old = REFUSED["too-old at $.detected_at"]

    assert "--replay" in converted(old)[2][0]
    sent, _, told = converted(old, replay=True)
    assert (len(sent), told) == (1, [])


def test_what_the_relay_would_trim_is_told_and_sent() -> None:
    """A detection of which a part is cut is sent as it is, and is no refusal."""
    body = a_detection(observables=[("ipv4", "10.0.0.1"), ("ipv4", "198.41.0.4")])

    sent, tally, told = converted(body)

    assert [out.value for out in sent] == [json.dumps(body).encode()]
    assert (tally.detections, tally.refused, tally.trimmed) == (1, 0, 1)
    assert told[0].startswith("record 1: trimmed: special-address at $.observables[0].value: ")


def test_documentation_addresses_pass_when_allowed() -> None:
    """They are special addresses, unless a demo says that they are not."""
    body = a_detection(observables=[("ipv4", "203.0.113.7")])

    assert len(converted(body)[0]) == 0
    assert len(converted(body, allow_documentation=True)[0]) == 1


def test_of_many_refusals_the_count_is_told() -> None:
    """So many are told one by one; then the count, each time it doubles."""
    _, tally, told = converted(*[a_detection("lt")] * (5 * SHOWN))

    assert tally.refused == 5 * SHOWN
    assert [line.partition(": ")[2] for line in told[SHOWN:]] == [
        f"{2 * SHOWN} refused so far",
        f"{4 * SHOWN} refused so far",
    ]
