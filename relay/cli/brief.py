"""An alert in four lines, for a tired analyst: what, how bad, by whom, since when, what beside it.

Times are UTC.
"""

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from relay.core.titles import defanged
from relay.model.detection import Observable

STYLES = {
    "early-warning": "bold yellow",
    "cross-border": "bold red",
    "widespread": "bold white on red",
    "closed": "dim",
}
BESIDE = 4
"""Observables shown beside the key; `--json` has them all."""

CLASSES = 2
"""Classifications shown, the most frequent first; `--json` has them all."""

NAMED = 8
"""Sources shown by name or country; `--json` has them all."""

MARGIN = " " * 10


def brief(alert: Mapping[str, object]) -> Iterator[Text]:
    """Yield the lines of one alert revision (a parsed `alert.v1`); values are defanged."""
    state = str(alert["state"])
    head = Text(f"{_clock(alert['updated_at'])}  ")
    head.append(f"{printable(state.upper()):<13}", STYLES.get(state, "bold"))
    head.append(f" {_what(alert)}", "bold")
    head.append(f"  {_how_bad(alert)}")
    yield head
    yield Text(f"{MARGIN}{_seen(alert)}")
    others = [o for o in _parts(alert, "observables") if not o["correlated"]]
    if others:
        more = f" and {len(others) - BESIDE} more" if len(others) > BESIDE else ""
        yield Text(f"{MARGIN}beside it: {', '.join(map(_shown, others[:BESIDE]))}{more}")
    yield Text(f"{MARGIN}{printable(_small_print(alert))}", "dim")


def brief_foreign(form: str, detections: Sequence[Mapping[str, object]]) -> Iterator[Text]:
    """Yield the lines of an alert in another format, as the adapter of that format reads it.

    What is withdrawn or closed may hold nothing to read any more: that is said, at least.
    """
    if not detections:
        yield Text(
            f"{MARGIN}{form.upper():<13} an alert that shows nothing any more (--json has it)"
        )
    for read in detections:
        head = Text(f"{_clock(read['detected_at'])}  ")
        head.append(f"{form.upper():<13}", "bold")
        head.append(f" {printable(str(read['title']))}", "bold")
        head.append(f"  {read['severity']}, {read['confidence']} % sure")
        yield head
        shown = _parts(read, "observables")
        more = f" and {len(shown) - BESIDE} more" if len(shown) > BESIDE else ""
        yield Text(f"{MARGIN}{', '.join(map(_shown, shown[:BESIDE]))}{more}")
        yield Text(f"{MARGIN}{printable(_marks(read))}", "dim")


def _marks(read: Mapping[str, object]) -> str:
    alerts = read.get("derived_from")
    ids = [f"id {name}" for name in alerts] if isinstance(alerts, list) else []
    return ", ".join((f"TLP:{str(_part(read, 'sharing')['tlp']).upper()}", *ids))


def brief_rejection(rejection: Mapping[str, object]) -> Iterator[Text]:
    """Yield the lines of one rejection (a parsed `rejection.v1`)."""
    outcome, reason = rejection["outcome"], rejection["reason"]
    what = f"{outcome}: {reason} at {rejection['path']}: {rejection['detail']}"
    yield Text(f"{_clock(rejection['at'])}  {'REJECTED':<13} {printable(what)}")
    place = _part(rejection, "source")
    where = f"offset {place['offset']} of {place['topic']}, partition {place['partition']}"
    which = rejection.get("detection_id", "without a readable id")
    yield Text(f"{MARGIN}{printable(f'detection {which}, {where}')}", "dim")


def brief_canary(canary: Mapping[str, object]) -> Iterator[Text]:
    """Yield the line of a sign of life (a parsed `canary.v1`)."""
    what = f"{'CANARY':<13} lane {canary['lane']} of {canary['relay']}, every {canary['every_s']} s"
    yield Text(printable(f"{_clock(canary['at'])}  {what}"), "dim")


def printable(text: str) -> str:
    """Return text that can do nothing to a terminal: the values in it are an attacker's."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _what(alert: Mapping[str, object]) -> str:
    classes = alert["classifications"]
    named = [str(name).rpartition(":")[2] for name in classes] if isinstance(classes, list) else []
    role = next((o.get("role") for o in _parts(alert, "observables") if o["correlated"]), None)
    kind = f"{printable(', '.join(named[:CLASSES]))}: " if named else ""
    return f"{kind}{_shown(_part(alert, 'key'))}{f' ({printable(str(role))})' if role else ''}"


def _seen(alert: Mapping[str, object]) -> str:
    sources, window = _part(alert, "sources"), _part(alert, "window")
    today = str(alert["updated_at"])[:10]
    since, last = (_minute(window[name], today) for name in ("start", "end"))
    who = _sources(_parts(sources, "list"))
    return printable(f"seen by {sources['members']} since {since}, last {last}: {who}")


def _sources(lines: Sequence[Mapping[str, object]]) -> str:
    names = [name + _mark(line) for line in lines if (name := _source(line))]
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    withheld = [_mark(line) for line in lines if not _source(line)]
    if len(withheld) == 1:
        more.append(f"one that withholds its name{withheld[0]}")
    elif withheld:
        ups = sum(map(bool, withheld))
        marked = f" ({ups} of them follow-ups)" if ups else ""
        more.append(f"{len(withheld)} that withhold their names{marked}")
    told = ", ".join(names[:NAMED])
    return " and ".join(part for part in (told, *more) if part) or "nobody who still counts"


def _source(line: Mapping[str, object]) -> str:
    """Return how a source is called; nothing if it shows neither its name nor its country."""
    if line.get("own"):
        return "you"
    if line["member"] != "withheld":
        return str(line["member"])
    return str(line.get("country", ""))


def _mark(line: Mapping[str, object]) -> str:
    return " (follow-up)" if line.get("follow_up") else ""


def _small_print(alert: Mapping[str, object]) -> str:
    techniques = [str(technique["id"]) for technique in _parts(alert, "techniques")]
    label = str(_part(alert, "sharing")["tlp"]).upper()
    expires = str(alert["expires_at"])
    parts = [
        f"{alert['reason']}, revision {alert['revision']}",
        *techniques,
        f"TLP:{label}",
        f"until {expires[:10]} {expires[11:16]}",
        f"id {alert['id']}",
    ]
    return ", ".join(parts)


def _how_bad(alert: Mapping[str, object]) -> str:
    severity, claimed = alert["severity"], alert["claimed_severity"]
    beside = f" (claimed {claimed})" if claimed != severity else ""
    return printable(f"{severity}{beside}, {alert['confidence']} % sure")


def _shown(observable: Mapping[str, object]) -> str:
    named = Observable(str(observable["type"]), str(observable["value"]))
    return printable(f"{named.type} {defanged(named)}")


def _clock(moment: object) -> str:
    return printable(str(moment)[11:19])


def _minute(moment: object, today: str) -> str:
    """Return hours and minutes of an RFC 3339 time, with its date unless that is `today`."""
    day, minute = str(moment)[:10], str(moment)[11:16]
    return minute if day == today else f"{day} {minute}"


def _part(alert: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = alert[name]
    return part if isinstance(part, Mapping) else {}


def _parts(alert: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    parts = alert[name]
    return [p for p in parts if isinstance(p, Mapping)] if isinstance(parts, list) else []
