"""Whose is what in an IDEA0 message: which of its sources and targets are the attacker's.

The tags of a source or target tell first, then the kind of detector, then the category. Both ends
of a botnet's talk are sources by the standard, and tags are all that tells them apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from relay.formats.fields import parts, texts
from relay.formats.idea0.categories import Blame, Meaning
from relay.model.vocabulary import Role, Side

Fields = Mapping[str, object]

# Tags of what only an attacker runs, wherever it stands; some are NEMEA's and IntelMQ's own.
_TAGS: Mapping[str, Role] = MappingProxyType({
    "cc": "c2", "c2": "c2", "cnc": "c2", "c&c": "c2", "dga": "c2",
    "phishing": "phishing", "malware": "distribution", "malwareconf": "distribution",
    "dropzone": "exfiltration", "originblacklist": "other", "booter": "other",
    "poolserver": "other", "miningpool": "other",
})  # fmt: skip
# What stands in a message only because it was found in malware may as well be an innocent's.
_FOUND_IN_MALWARE = frozenset(("originmalware", "originsandbox"))
# Services over UDP that answer more than they are asked: their owners attack nobody.
_REFLECTING = frozenset((
    "dns", "domain", "ntp", "ssdp", "snmp", "chargen", "qotd", "memcache", "memcached", "cldap",
    "ldap", "portmap", "sunrpc", "netbios-ns", "rpcbind",
))  # fmt: skip
_FLAGS = ("Spoofed", "Anonymised", "Imprecise")


@dataclass(frozen=True, slots=True)
class Party:
    """A source or target that may be shared."""

    fields: Fields
    side: Side
    role: Role | None


@dataclass(frozen=True, slots=True)
class Parties:
    """The sources and targets of a message: the attacker's, and all others."""

    shared: tuple[Party, ...]
    hidden: tuple[Fields, ...]


def relayed(event: Fields) -> Parties:
    """Return the parties of a message of the relay's own: all of them are the attacker's."""
    shared = (
        Party(source, "infrastructure" if _role(source) else "attacker", _role(source))
        for source in parts(event, "Source")
    )
    return Parties(tuple(shared), parts(event, "Target"))


def told_apart(event: Fields, meaning: Meaning) -> Parties:
    """Return the parties of a detector's message whose categories have that meaning."""
    scene = _scene(event, meaning)
    shared: list[Party] = []
    hidden: list[Fields] = []
    for fields, party in scene.judged():
        if party is None:
            hidden.append(fields)
        else:
            shared.append(party)
    return Parties(tuple(shared), tuple(hidden))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What tells a source apart besides its own tags.

    `tagged`: some source or target bears the tag of an attacker's. `listed`: the detector is a
    blacklist, which reports both ends of a flow and the one on the list first.
    """

    sources: tuple[Fields, ...]
    targets: tuple[Fields, ...]
    meaning: Meaning
    tagged: bool
    listed: bool

    def judged(self) -> Iterator[tuple[Fields, Party | None]]:
        """Yield each source and target with what it is, None: not to be shared."""
        for at, source in enumerate(self.sources):
            yield source, self._source(source, at == 0)
        for target in self.targets:
            yield target, self._target(target)

    def _source(self, source: Fields, first: bool) -> Party | None:
        role = _role(source)
        if _untrue(source):
            return None
        if role is not None:
            return Party(source, "infrastructure", role)
        if self._other_end(first) or not _FOUND_IN_MALWARE.isdisjoint(_words(source, "Type")):
            return None
        return self._untagged(source)

    def _other_end(self, first: bool) -> bool:
        """Return whether an untagged source is but the end that spoke with the attacker's."""
        if self.tagged:
            return self.listed or self.meaning.blame is not Blame.ATTACKER
        return self.listed and not first

    def _untagged(self, source: Fields) -> Party | None:
        blame, role = self.meaning.blame, self.meaning.role
        words = _words(source, "Type")
        if blame is Blame.ATTACKER:
            return self._attacker(source, words)
        if "botnet" in words:
            return None
        if blame is Blame.INFECTED:
            return self._infected(source)
        if blame is Blame.INTRUDER:
            return Party(source, "attacker", role) if self.targets else None
        if blame is Blame.SITE:
            return Party(source, "infrastructure", role)
        return Party(source, "unknown", None) if blame is Blame.NOBODY else None

    def _infected(self, source: Fields) -> Party | None:
        if texts(source, "URL"):
            return Party(source, "infrastructure", "distribution")
        return Party(source, "infrastructure", "other") if self.listed else None

    def _attacker(self, source: Fields, words: frozenset[str]) -> Party | None:
        flood = self.meaning.classification.startswith("availability:")
        reflects = not _REFLECTING.isdisjoint(_words(source, "Proto"))
        if flood and (reflects or "backscatter" in words):
            return Party(source, "infrastructure", "other")
        if "backscatter" in words:  # bounces to whoever was named as the sender
            return None
        return Party(source, "attacker", self.meaning.role)

    def _target(self, target: Fields) -> Party | None:
        role = _role(target)
        called = self.meaning.blame is Blame.CALLER and not self.tagged
        if _untrue(target):
            return None
        if role is not None or called:
            return Party(target, "infrastructure", role or "other")
        return None


def _scene(event: Fields, meaning: Meaning) -> _Scene:
    sources, targets = parts(event, "Source"), parts(event, "Target")
    tagged = any(_role(each) for each in (*sources, *targets))
    nodes = parts(event, "Node")  # `Tags` is how drafts of the standard called `Type`
    detectors = {word for node in nodes for name in ("Type", "Tags") for word in _words(node, name)}
    # Whoever comes to a honeypot comes as an attacker, be it itself infected or not.
    if "honeypot" in detectors and meaning.blame is not Blame.VULNERABLE:
        role = meaning.role or "source"
        meaning = Meaning(meaning.classification, Blame.ATTACKER, role, meaning.severity)
    return _Scene(sources, targets, meaning, tagged, "blacklist" in detectors)


def _role(fields: Fields) -> Role | None:
    words = _words(fields, "Type")
    return next((role for tag, role in _TAGS.items() if tag in words), None) if words else None


def _untrue(fields: Fields) -> bool:
    """Return whether the addresses are forged, masked or rough by the message's own word."""
    return any(fields.get(flag) in (True, "true", "True") for flag in _FLAGS)


def _words(fields: Fields, name: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in texts(fields, name))
