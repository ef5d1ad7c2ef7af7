"""What looks wrong in what a running relay says of itself."""

from collections.abc import Iterator
from typing import Final

from relay.cli.doctor.finding import Finding, note, wrong
from relay.cli.doctor.gathered import Gathered
from relay.telemetry.scrape import Checked, Pages

CANARIES: Final = 5
"""So many intervals without a canary, and it is lost: as RelayCanaryLost has it."""

LEAST_S: Final = 300
"""But no sooner than that; the same."""

ENDING: Final = 'nothing; docs/operations.md, "Ending a process", says how long it takes'
RESTORING: Final = "wait; if it lasts, docs/runbooks/RelayLanesUnowned.md says what to look for"
JOINING: Final = 'wait; if it lasts, see that the brokers answer: docs/operations.md, "First start"'
"""What to do about a relay that is not ready."""

LOSSES: Final = (
    ("relay_records_lost_total", "records were lost to retention", "run more processes"),
    ("relay_records_unreadable_total", "internal records could not be read", "look at its log"),
    ("relay_rejections_undeliverable_total", "rejections were not written", "look at its log"),
    ("relay_member_aside_lanes", "lanes have a member set aside", "mend that alerts topic"),
)
"""Metrics that should be zero: the name, what it counts, what to do."""


def of_pages(known: Gathered) -> Iterator[Finding]:
    """Yield what looks wrong; one finding if no relay answers."""
    if known.pages is None:
        if known.secret is not None:
            yield note("relay", "http.port is 0: it is not known where to ask", "use --relay")
        return
    pages = known.pages
    if pages.live is None and pages.ready is None and pages.metrics is None:
        do = "start `relay run`, or say with --relay where one serves its pages"
        yield wrong("relay", f"no relay answers at {known.address}", do)
        return
    if pages.live is not None and not pages.live.ok:
        yield wrong("relay", "it is not live: a loop no longer turns", "restart it; keep its log")
    if pages.ready is not None and not pages.ready.ok:
        reason, do = _reason(pages.ready)
        yield wrong("relay", f"it is not ready: {reason}", do)
    yield from _of_metrics(pages, known.versions.relay, known.now / 1_000)


def _reason(ready: Checked) -> tuple[str, str]:
    """Return which of the checks keeps it from being ready, and what to do about it."""
    checks = ready.checks
    if checks.get("draining"):
        return "it is being ended", ENDING
    for stage in ("ingest", "correlate"):
        owned, done = checks.get(f"{stage}_owned", 0), checks.get(f"{stage}_ready", 0)
        if owned != done:
            return f"{stage} has {done} of {owned} lanes restored", RESTORING
    return "a stage has not joined its group, or does not poll", JOINING


def _of_metrics(pages: Pages, ours: str, now: float) -> Iterator[Finding]:
    for name, says, do in LOSSES:
        count = pages.total(name)
        if count:
            yield wrong("relay", f"{count:g} {says}", do)
    yield from _of_canaries(pages, now)
    if unsent := pages.total("relay_spans_refused_total"):
        do = "look at the collector; nothing but traces is lost"
        yield note("relay", f"{unsent:g} spans of traces were not taken", do)
    if errors := _errors(pages):
        yield note("relay", f"{errors:g} errors were logged", "look at its log")
    theirs = _version(pages)
    if theirs is not None and theirs != ours:
        do = "nothing, if it is being replaced just now"
        yield note("relay", f"it runs {theirs}, this command is {ours}", do)


def _of_canaries(pages: Pages, now: float) -> Iterator[Finding]:
    patience = max(LEAST_S, CANARIES * pages.total("relay_canary_interval_seconds"))
    # Who is set aside has a finding of its own.
    aside = {member for member, lanes in _of_members(pages, "relay_member_aside_lanes") if lanes}
    last = _of_members(pages, "relay_canary_last_success_timestamp_seconds")
    lost = [member for member, at in last if now - at > patience and member not in aside]
    if lost:
        says = f"no canary reaches the alerts topics of {len(lost)} members ({', '.join(lost[:8])})"
        yield wrong("relay", says, "docs/runbooks/RelayCanaryLost.md says what to look for")


def _of_members(pages: Pages, name: str) -> Iterator[tuple[str, float]]:
    """Yield what a metric says of each member."""
    served = (each for each in pages.metrics or () if each.name == name)
    yield from ((each.labels.get("member", ""), each.value) for each in served)


def _errors(pages: Pages) -> float:
    lines = (each for each in pages.metrics or () if each.name == "relay_log_lines_total")
    return sum(each.value for each in lines if each.labels.get("level") in {"error", "critical"})


def _version(pages: Pages) -> str | None:
    builds = (each for each in pages.metrics or () if each.name == "relay_build_info")
    return next((each.labels.get("version") for each in builds), None)
