"""What looks wrong in what was gathered, and what to do about it. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from relay.cli.canaries import silence
from relay.cli.doctor.cluster import of_cluster
from relay.cli.doctor.finding import Finding, Weight, note, wrong
from relay.cli.doctor.gathered import Disk, Gathered
from relay.cli.doctor.served import of_pages
from relay.cli.lapsing import NEAR_S, lapsing
from relay.kafka.config import LaneSettings
from relay.kafka.events import Purpose
from relay.settings.shown import Wrong
from relay.state.survey import Checkpoint
from relay.telemetry.scrape import Pages

LEAST_FREE: Final = 1 << 30
"""Bytes: what RocksDB may write in a compaction of a lane, and logs beside it."""

LEAST_SHARE: Final = 20
"""One part in so many of a file system should be free."""

HOUR_MS: Final = 3_600_000

RENEWALS: Final = {
    "client": "have a new one issued for the same name, and replace certificate and key, each in"
    " one step; the next connection uses them, without a restart",
    "authority": "put the new authority beside the old one in the file; when all brokers show"
    " certificates of the new one, take the old one out",
    "broker": "whoever runs the brokers replaces it",
}
"""What to do about a certificate of each purpose, as RelayCertificateExpiresSoon has it."""

OLD_MS: Final = LaneSettings().changelog_keeps_ms // 2
"""A checkpoint older than this is discarded when its lane is opened; see `relay.state.mismatch`."""


def findings(known: Gathered) -> tuple[Finding, ...]:
    """Return what looks wrong, what weighs most first."""
    found = (
        *_of_settings(known),
        *_of_traces(known),
        *_of_canaries(known),
        *_of_certificates(known),
        *_of_disk(known),
        *of_cluster(known),
        *of_pages(known),
    )
    return tuple(sorted(found, key=lambda each: each.weight is not Weight.WRONG))


def _of_settings(known: Gathered) -> Iterator[Finding]:
    if known.settings.wrong:
        yield wrong("settings", _places(known.settings.wrong), "`relay check` says what is wrong")
    if known.roll.wrong:
        yield wrong("register", _places(known.roll.wrong), "`relay check` says what is wrong")
    elif known.secret is not None and len(known.roll.enabled) < 2:
        says = f"{len(known.roll.enabled)} members are enabled: nobody can be warned"
        yield wrong("register", says, "enable members in the register")
    if known.secret is not None and not known.secret.given:
        do = "name a file with 16 to 64 random bytes in key_secret_file"
        yield wrong("settings", "there is no key secret: `relay run` will not start", do)
    elif known.secret is not None and known.secret.open_to_others:
        yield _open("the key secret")
    for key in () if known.secret is None else known.secret.open_keys:
        yield _open(f"kafka.security.{key}")


def _open(whose: str) -> Finding:
    says = f"the file of {whose} is open to others than its owner"
    return wrong("settings", says, "chmod 600, and give it to the user that runs the relay")


def _of_certificates(known: Gathered) -> Iterator[Finding]:
    for purpose, at in (*known.ends.items(), *_shown(known.pages)):
        says = lapsing(purpose, at, known.now / 1_000)
        if says is not None:
            near = at - known.now / 1_000 < NEAR_S
            yield (wrong if near else note)("certificates", says, RENEWALS[purpose])


def _shown(pages: Pages | None) -> Iterator[tuple[str, float]]:
    """Yield when the first of the certificates ends that brokers have shown to the relay."""
    name, broker = "relay_certificate_expiry_timestamp_seconds", Purpose.BROKER.value
    served = () if pages is None else pages.metrics or ()
    ends = [s.value for s in served if s.name == name and s.labels.get("purpose") == broker]
    if ends:
        yield broker, min(ends)


def _of_traces(known: Gathered) -> Iterator[Finding]:
    if known.untraceable:
        says = "traces.endpoint is set without the extra otel: `relay run` will not start"
        yield wrong("settings", says, "pip install 'relay[otel]', or leave the key out")


def _of_canaries(known: Gathered) -> Iterator[Finding]:
    says = silence(known.unheard)
    if says is not None:
        yield note("settings", says, "set canary.every_s, or take wants.canary out of the register")


def _places(found: Sequence[Wrong]) -> str:
    first = found[0]
    line = "" if first.line is None else f", line {first.line}"
    key = "" if first.key is None else f", {first.key}"
    return f"{len(found)} errors; the first: {first.file}{line}{key}"


def _of_disk(known: Gathered) -> Iterator[Finding]:
    if known.disk is None:
        return
    disk = known.disk
    if not disk.writable:
        yield wrong("disk", "state_dir cannot be written to", "give it to the user of the relay")
    if disk.free < LEAST_FREE or disk.free * LEAST_SHARE < disk.total:
        says = f"{disk.free >> 20} MiB are free where state_dir is"
        yield wrong("disk", says, "make room; state_dir itself may be deleted while no relay runs")
    if disk.inodes_free == 0 and disk.total:
        yield wrong("disk", "no i-nodes are free where state_dir is", "remove files there")
    yield from _of_checkpoints(disk, known.now)


def _of_checkpoints(disk: Disk, now: int) -> Iterator[Finding]:
    broken = [each for each in disk.checkpoints if each.version is None]
    foreign = [each for each in disk.checkpoints if each.version is not None and not each.ours]
    old = [each for each in disk.checkpoints if each.at is not None and now - each.at > OLD_MS]
    do = "nothing: such a lane is restored from relay.state, which takes longer"
    if disk.unreadable:
        says = "checkpoints could not be looked at: state_dir cannot be read, or /tmp not written"
        yield note("disk", says, "let the relay's user read state_dir, and write to /tmp")
    if broken:
        yield note("disk", f"{_lanes(broken)} could not be read just now", do)
    if foreign:
        yield note("disk", f"{_lanes(foreign)} of another version's format", do)
    if old:
        says = f"{_lanes(old)} last written more than {OLD_MS // HOUR_MS} hours ago"
        yield note("disk", says, do)


def _lanes(found: Sequence[Checkpoint]) -> str:
    named = ", ".join(f"{each.slot}/{each.lane}" for each in found[:8])
    return f"{len(found)} checkpoints ({named})"
