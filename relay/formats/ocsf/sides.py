"""Which end of a connection attacks: by its direction, by whose machine an end is, by the kind of
attack. Where these leave it open, nobody is blamed: an innocent or a victim must not be shared.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import NamedTuple

from relay.formats.fields import number, part, text, texts
from relay.formats.harvest import Harvest
from relay.formats.ocsf.meaning import Intent
from relay.formats.ocsf.victims import machine_of

Fields = Mapping[str, object]


class End(Enum):
    """An end of a connection."""

    SOURCE = auto()
    DESTINATION = auto()


class Judged(NamedTuple):
    """An evidence, and which end of it attacks; None: neither may be blamed.

    `serves`: what is served in it (a URL, a name, a certificate) is the attacker's.
    """

    evidence: Fields
    attacker: End | None
    serves: bool

    @property
    def source(self) -> Fields:
        """Where the activity came from."""
        return part(self.evidence, "src_endpoint")

    @property
    def destination(self) -> Fields:
        """Where it went."""
        return part(self.evidence, "dst_endpoint")

    def attackers(self) -> Iterator[str]:
        """Yield what is said of the end that attacks."""
        if self.attacker is End.SOURCE:
            yield from machine_of(self.source)
        elif self.attacker is End.DESTINATION:
            yield from machine_of(self.destination)

    def victims(self) -> Iterator[str]:
        """Yield what is said of the ends that are not the attacker's, and of what they serve."""
        if self.attacker is not End.SOURCE:
            yield from machine_of(self.source)
        if self.attacker is not End.DESTINATION:
            yield from machine_of(self.destination)
        if self.attacker is End.SOURCE:
            for url in (part(self.evidence, "url"), _requested(self.evidence)):
                yield text(url, "hostname")
                yield text(url, "domain")


_OWNED = ("instance_uid", "interface_uid", "vpc_uid", "subnet_uid", "agent_list")
"""What only the owner of a machine knows of it."""
_DNS_PORT = 53


def judge(evidence: Fields, intent: Intent, probe: Harvest) -> Judged:
    """Return which end of an evidence attacks.

    `probe` knows what may be shared at all, and the machines that the finding calls the victim's.
    """
    source, destination = part(evidence, "src_endpoint"), part(evidence, "dst_endpoint")
    begins = _foreign(source, probe)
    called = _foreign(destination, probe)
    if not called and not (begins and intent is not Intent.CALLED):
        # Beside an attacker's address a mere name is that of the machine attacked.
        called = _named(destination, probe)
    end = _attacker(evidence, intent, begins=begins, called=called)
    return Judged(evidence, end, _serves(evidence, end, intent, either=begins and called))


def _serves(evidence: Fields, end: End | None, intent: Intent, *, either: bool) -> bool:
    """Return whether what is served is the attacker's; `either` end could be."""
    if end is not None:
        return end is End.DESTINATION
    if _direction(evidence) in ("inbound", "lateral"):
        return False
    # Who asks a resolver is not the one whose name is asked for.
    return _asks(evidence) or not (either or intent is Intent.ATTEMPT)


def _attacker(evidence: Fields, intent: Intent, *, begins: bool, called: bool) -> End | None:
    direction = _direction(evidence)
    if direction == "lateral":
        return None
    if direction == "inbound":
        return End.SOURCE if begins else None
    if _asks(evidence):
        return End.DESTINATION if called and not _resolver(evidence) else None
    if direction == "outbound" or (called and not begins):
        # What the member's own machine attempts outside hits somebody: the called is a victim.
        return End.DESTINATION if called and intent is not Intent.ATTEMPT else None
    if begins and not called:
        # A machine that calls out and is seen from outside; who calls an interface is no machine.
        alone = not part(evidence, "dst_endpoint") and not part(evidence, "api")
        return None if alone and intent is Intent.CALLED else End.SOURCE
    if begins and called:
        return {Intent.CALLED: End.DESTINATION, Intent.ATTEMPT: End.SOURCE}.get(intent)
    return None


_DIRECTIONS = {1: "inbound", 2: "outbound", 3: "lateral", 4: "lateral"}


def _direction(evidence: Fields) -> str:
    connection = part(evidence, "connection_info")
    known = _DIRECTIONS.get(number(connection, "direction_id") or 0)
    return known or text(connection, "direction").lower()


def _foreign(endpoint: Fields, probe: Harvest) -> bool:
    """Return whether an end has a public address, and is not known as the member's."""
    if any(map(endpoint.get, _OWNED)):
        return False
    return any(probe.address(written) for written in texts(endpoint, "ip"))


def _named(endpoint: Fields, probe: Harvest) -> bool:
    """Return whether an end that has no address has a public name."""
    if texts(endpoint, "ip") or any(map(endpoint.get, _OWNED)):
        return False
    return any(probe.host(written) for written in texts(endpoint, "hostname"))


def _asks(evidence: Fields) -> bool:
    return bool(text(part(evidence, "query"), "hostname"))


def _resolver(evidence: Fields) -> bool:
    """Return whether the end that is called only answers questions for others."""
    return number(part(evidence, "dst_endpoint"), "port") in (None, _DNS_PORT)


def _requested(evidence: Fields) -> Fields:
    return part(part(evidence, "http_request"), "url")
