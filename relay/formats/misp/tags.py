"""What the tags of an event or an attribute say: labels, techniques, names, confidence.

A tag is `namespace:predicate="value"`, or `namespace:predicate`, or a word that means nothing here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from relay.formats.fields import UUID, part, parts, text
from relay.formats.misp.taxonomies import (
    CIRCL,
    CONFIDENCES,
    ECSIRT,
    INNOCENT,
    MALWARE,
    RSIT,
    TECHNIQUES,
)
from relay.model.vocabulary import Classification
from relay.wire.detection import Pap, Severity

RELAY = "relay"
"""Namespace of the tags by which the relay knows its own alerts again."""

_VICTIMS = frozenset(("victim", "target", "compromised-host", "victim-host"))
_CHATHAM = "ex:chr"  # the Chatham House Rule: what was said may be told, but not by whom
_MOST = 100  # names of malware that are looked at; a detection tells 16
_LONGEST = 255  # characters of a tag, as MISP stores it
_TECHNIQUE = re.compile(r"(?:.* - )?(T[0-9]{4}(?:\.[0-9]{3})?)")
_SOFTWARE = re.compile(r" - S[0-9]{4}$")  # how MITRE's clusters end
_PERCENT = re.compile(r"[1-9]?[0-9]|100")


_PAPS: Mapping[str, Pap] = MappingProxyType(
    {"clear": "clear", "white": "clear", "green": "green", "amber": "amber", "red": "red"}
)
_STRICTNESS: tuple[Pap, ...] = ("clear", "green", "amber", "red")
_SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {"info": "info", "low": "low", "medium": "medium", "high": "high", "critical": "critical"}
)


@dataclass(slots=True)
class Said:
    """What some tags say together.

    `labels` are TLP labels as written. `victim` and `innocent`: what is tagged is the victim's, or
    turned out harmless. `confidences` are by taxonomy, `exact` is the relay's own, in percent.
    `alerts` are ids of the relay's own alerts.
    """

    labels: list[str] = field(default_factory=list)
    victim: bool = False
    innocent: bool = False
    anonymous: bool = False
    exercise: bool = False
    pap: Pap | None = None
    techniques: list[str] = field(default_factory=list)
    malware: list[str] = field(default_factory=list)
    classifications: list[Classification] = field(default_factory=list)
    confidences: dict[tuple[str, str], int] = field(default_factory=dict)
    exact: int | None = None
    severity: Severity | None = None
    alerts: list[str] = field(default_factory=list)

    @property
    def confidence(self) -> int | None:
        """The confidence in percent: the relay's own, else by the first taxonomy that was used."""
        if self.exact is not None:
            return self.exact
        return next(
            (self.confidences[name] for name in CONFIDENCES if name in self.confidences), None
        )


def said(fields: Mapping[str, object]) -> Said:
    """Return what the tags of an event or an attribute say.

    A local tag is for its own instance only: it may restrict, but tells nothing.
    """
    heard = Said()
    for name, local in _named(fields):
        namespace, colon, rest = name.partition(":")
        if not colon:
            heard.victim |= name.strip().lower() in _VICTIMS
            continue
        namespace = namespace.lower()
        hear = _HEARD.get(namespace)
        if hear is None or (local and hear not in _RESTRICTING):
            continue
        predicate, _, value = rest.partition("=")
        hear(heard, (namespace, predicate), value.strip('"'))
    return heard


def strictest_pap(labels: Iterable[Pap | None]) -> Pap | None:
    """Return the strictest of some PAP labels, None if there is none."""
    return max((word for word in labels if word is not None), key=_STRICTNESS.index, default=None)


def _named(fields: Mapping[str, object]) -> Iterator[tuple[str, bool]]:
    """Yield the names of tags and whether each is local; older exports wrap them once more."""
    wrapped = (*parts(fields, "EventTag"), *parts(fields, "AttributeTag"))
    for tag in (*parts(fields, "Tag"), *(part(link, "Tag") for link in wrapped)):
        yield text(tag, "name")[:_LONGEST], tag.get("local") in (True, 1, "1")


def _tlp(heard: Said, name: tuple[str, str], _: str) -> None:
    if name[1].strip().lower() == _CHATHAM:
        heard.anonymous = True
    else:
        heard.labels.append(name[1])


def _pap(heard: Said, name: tuple[str, str], _: str) -> None:
    """A word that is no label could mean any: the strictest."""
    label = _PAPS.get(name[1].strip().lower(), "red")
    heard.pap = strictest_pap((heard.pap, label))


def _exercise(heard: Said, _: tuple[str, str], __: str) -> None:
    heard.exercise = True


def _verdict(heard: Said, name: tuple[str, str], value: str) -> None:
    heard.innocent |= (*name, value.lower()) in INNOCENT


def _rsit(heard: Said, name: tuple[str, str], value: str) -> None:
    _classified(heard, RSIT.get(f"{name[1]}:{value}"))


def _ecsirt(heard: Said, name: tuple[str, str], value: str) -> None:
    _classified(heard, ECSIRT.get(f"{name[1]}:{value}".lower()))


def _circl(heard: Said, name: tuple[str, str], value: str) -> None:
    if name[1] == "incident-classification":
        _classified(heard, CIRCL.get(value.lower()))


def _classified(heard: Said, found: Classification | None) -> None:
    if found is not None:
        heard.classifications.append(found)


def _confidence(heard: Said, name: tuple[str, str], value: str) -> None:
    percent = CONFIDENCES.get(name, {}).get(value.lower())
    if percent is not None:
        heard.confidences.setdefault(name, percent)


def _galaxy(heard: Said, name: tuple[str, str], value: str) -> None:
    if name[1] in TECHNIQUES:
        found = _TECHNIQUE.fullmatch(value)
        if found is not None:
            heard.techniques.append(found[1])
    elif name[1] in MALWARE and len(heard.malware) < _MOST:
        heard.malware.append(_SOFTWARE.sub("", value))


def _relay(heard: Said, name: tuple[str, str], value: str) -> None:
    if name[1] == "alert-id" and UUID.fullmatch(value):
        heard.alerts.append(value)
    elif name[1] == "severity":
        heard.severity = _SEVERITIES.get(value)
    elif name[1] == "confidence" and _PERCENT.fullmatch(value):
        heard.exact = int(value)


_Hearing = Callable[[Said, tuple[str, str], str], None]

_HEARD: Mapping[str, _Hearing] = MappingProxyType(
    {
        "tlp": _tlp,
        "pap": _pap,
        "exercise": _exercise,
        "false-positive": _verdict,
        "ioc": _verdict,
        "rsit": _rsit,
        "ecsirt": _ecsirt,
        "circl": _circl,
        "misp": _confidence,
        "estimative-language": _confidence,
        "admiralty-scale": _confidence,
        "misp-galaxy": _galaxy,
        RELAY: _relay,
    }
)
_RESTRICTING = (_tlp, _pap, _exercise, _verdict, _relay)
