"""What was gathered as one JSON document: `doctor.v1`. Ids, numbers and words of closed sets."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeAlias, TypeVar

from relay.cli.doctor.cluster import unanswered
from relay.cli.doctor.finding import Finding
from relay.cli.doctor.gathered import Disk, Gathered, Roll
from relay.kafka.survey import Cluster, Progress, Unanswered
from relay.kafka.topics import STATE, Change, Topic
from relay.settings.shown import Shown
from relay.state.survey import Checkpoint
from relay.telemetry.scrape import Checked, Pages
from relay.wire.fields import timestamp

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

T = TypeVar("T")


def document(known: Gathered, found: tuple[Finding, ...]) -> dict[str, Json]:
    """Return the document. A part that was not asked is null, and `not_asked` says why."""
    cluster, pages = known.cluster, known.pages
    return {
        "schema": "doctor.v1",
        "at": timestamp(known.now),
        "findings": [{**asdict(each)} for each in found],
        "not_asked": {**_not_asked(known)},
        "versions": {**asdict(known.versions)},
        "settings": [_setting(each) for each in known.settings.keys],
        "settings_wrong": [{**asdict(each)} for each in known.settings.wrong],
        "secret": None if known.secret is None else {**asdict(known.secret)},
        "certificates": {purpose: timestamp(int(at * 1_000)) for purpose, at in known.ends.items()},
        "register": _register(known.roll),
        "disk": None if known.disk is None else _disk(known.disk, known.now),
        "cluster": None if cluster is None else _cluster(cluster, known),
        "relay": None if pages is None else _pages(pages, known.address),
    }


def _not_asked(known: Gathered) -> dict[str, str]:
    said: dict[str, str] = {}
    if known.cluster is None:
        said["cluster"] = "settings or register are wrong"
    else:
        gone = unanswered(known.cluster)
        said |= {f"cluster.{name}": f"{each.why}: {each.error}" for name, each in gone.items()}
    if known.pages is None:
        said["relay"] = "it is not known where it serves its pages"
    else:
        parts = {
            "livez": known.pages.live,
            "readyz": known.pages.ready,
            "metrics": known.pages.metrics,
        }
        said |= {f"relay.{name}": "no answer" for name, part in parts.items() if part is None}
    return said


def _setting(shown: Shown) -> dict[str, Json]:
    row: dict[str, Json] = {"key": shown.key, "origin": shown.origin}
    if shown.line is not None:
        row["line"] = shown.line
    if isinstance(shown.value, dict):
        return row | {"value": {**shown.value}}
    return row | ({"withheld": True} if shown.withheld else {"value": shown.value})


def _register(roll: Roll) -> dict[str, Json]:
    return {
        "members": len(roll.members),
        "enabled": len(roll.enabled),
        "ids": [*roll.members],
        "disabled_ids": [each for each in roll.members if each not in roll.enabled],
        "kinds": {**roll.kinds},
        "emits": {**roll.emits},
        "wants": {**roll.wants},
        "wrong": [{**asdict(each)} for each in roll.wrong],
    }


def _disk(disk: Disk, now: int) -> dict[str, Json]:
    return {
        "exists": disk.exists,
        "writable": disk.writable,
        "bytes_total": disk.total,
        "bytes_free": disk.free,
        "inodes_free": disk.inodes_free,
        "bytes_of_checkpoints": sum(each.size for each in disk.checkpoints),
        "checkpoints": [_checkpoint(each, now) for each in disk.checkpoints],
    }


def _checkpoint(found: Checkpoint, now: int) -> dict[str, Json]:
    return {
        "slot": found.slot,
        "lane": found.lane,
        "bytes": found.size,
        "format": None if found.version is None else f"{found.version[0]}.{found.version[1]}",
        "ours": found.ours,
        "changelog_offset": found.offset,
        "age_seconds": None if found.at is None else (now - found.at) // 1_000,
    }


def _cluster(said: Cluster, known: Gathered) -> dict[str, Json]:
    return {
        "broker": _told(said.brokers, lambda brokers: {**asdict(brokers)}),
        "release": "Kafka's protocol has no word for it; `speaks` gives its age away",
        "topics": _told(said.topics, lambda topics: [_topic(each) for each in topics.values()]),
        "differing": [_change(each) for each in known.differing],
        "foreign_state": known.foreign,
        "copies": _told(said.copies, lambda rows: [{**asdict(each)} for each in rows]),
        "groups": _told(said.groups, lambda rows: [{**asdict(each)} for each in rows]),
        "progress": _told(said.progress, lambda rows: [_progress(each) for each in rows]),
        "open_transactions": _told(said.open, lambda rows: [{**asdict(each)} for each in rows]),
        "newest_append": _told(
            said.newest, lambda lanes: {str(lane): timestamp(at) for lane, at in lanes.items()}
        ),
        "transactional_ids": _told(said.coordinators, lambda ids: {**ids}),
    }


def _told(said: T | Unanswered, told: Callable[[T], Json]) -> Json:
    return None if isinstance(said, Unanswered) else told(said)


def _topic(topic: Topic) -> dict[str, Json]:
    """Return a topic; of settings that provision does not want, the names alone."""
    ours = {**STATE, "retention.ms": "", "message.timestamp.type": ""}
    return {
        "topic": topic.name,
        "partitions": topic.partitions,
        "settings": {name: value for name, value in topic.config.items() if name in ours},
        "other_settings": [name for name in sorted(topic.config) if name not in ours],
    }


def _change(change: Change) -> dict[str, Json]:
    return {"do": change.kind.value, "topic": change.topic.name, "what": change.says}


def _progress(said: Progress) -> dict[str, Json]:
    return {**asdict(said), "lag": said.lag}


def _pages(pages: Pages, address: str | None) -> dict[str, Json]:
    metrics: Json = None
    if pages.metrics is not None:
        metrics = [
            {"name": each.name, "labels": {**each.labels}, "value": each.value}
            for each in pages.metrics
        ]
    return {
        "address": address,
        "livez": _checked(pages.live),
        "readyz": _checked(pages.ready),
        "metrics": metrics,
    }


def _checked(said: Checked | None) -> Json:
    return None if said is None else {"ok": said.ok, "checks": {**said.checks}}
