"""Who attacks in a Suricata event: its two ends, which of them is the member's, and which is not.

In order: the rule's own word (`alert.source`, `metadata.hostile`), which end is public and not the
member's, and what the category blames. Where these leave it open, nobody is blamed: an innocent
or a victim must not be shared as an attacker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address

from relay.core.normalise import Canonical, canonical
from relay.formats.fields import number, part, text, texts
from relay.formats.outcome import Source
from relay.formats.suricata.categories import Blame, Meaning, lists_senders, outward

# Ports below the first are of servers; clients draw theirs from above the second.
_WELL_KNOWN, _EPHEMERAL = 1024, 32_768
_PORTS = range(65_536)
_CLIENTS = frozenset(("client_endpoint", "mobile_client"))  # of `attack_target`; the rest: servers


class End(Enum):
    """An end of a flow."""

    CLIENT = auto()
    SERVER = auto()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address as the event writes it; `shareable` is None if it is special or the member's."""

    written: str
    port: int | None
    shareable: Canonical | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Both ends, and which of them sent the packet that the rule met."""

    client: Endpoint
    server: Endpoint
    sender: End

    def end(self, which: End) -> Endpoint:
        """Return one of the ends."""
        return self.client if which is End.CLIENT else self.server

    @property
    def receiver(self) -> End:
        """The end that did not send the packet."""
        return other(self.sender)


def other(end: End) -> End:
    """Return the opposite end."""
    return End.SERVER if end is End.CLIENT else End.CLIENT


def flow_of(event: Mapping[str, object], source: Source) -> Flow:
    """Return the flow of an event; an address that is missing or no address is not shareable."""
    sender = _endpoint(text(event, "src_ip"), number(event, "src_port"), source)
    receiver = _endpoint(text(event, "dest_ip"), number(event, "dest_port"), source)
    if _sent_by_server(event, sender, receiver):
        return Flow(receiver, sender, End.SERVER)
    return Flow(sender, receiver, End.CLIENT)


def attacker(event: Mapping[str, object], flow: Flow, meaning: Meaning) -> End | None:
    """Return the end that attacks and may be shared, or None."""
    alert = part(event, "alert")
    named = part(alert, "source")
    hostile = texts(part(alert, "metadata"), "hostile")
    blamed: End | None
    if named or part(alert, "target"):
        blamed = _written_as(flow, text(named, "ip"))
    elif hostile:
        blamed = {"src_ip": flow.sender, "dest_ip": flow.receiver}.get(hostile[0])
    else:
        blamed = _inferred(event, flow, meaning.blame)
    if blamed is None or flow.end(blamed).shareable is None:
        return None
    return blamed


def told(event: Mapping[str, object]) -> bool:
    """Return whether the rule itself says who attacks."""
    alert = part(event, "alert")
    return bool(
        part(alert, "source") or part(alert, "target") or texts(part(alert, "metadata"), "hostile")
    )


def _endpoint(written: str, port: int | None, source: Source) -> Endpoint:
    verdict = canonical(
        "ipv6" if ":" in written else "ipv4",
        written,
        allow_documentation=source.allow_documentation,
    )
    known = port if port is not None and port in _PORTS else None
    if not isinstance(verdict, Canonical) or own_address(verdict.value, source):
        return Endpoint(written, known, None)
    return Endpoint(written, known, verdict)


def own_address(value: str, source: Source) -> bool:
    """Return whether a canonical address lies in the member's own networks."""
    if not source.own_networks:
        return False
    address = ip_address(value)
    return any(address in network for network in source.own_networks)


def _sent_by_server(event: Mapping[str, object], sender: Endpoint, receiver: Endpoint) -> bool:
    direction = text(event, "direction")
    if direction:
        return direction == "to_client"
    flow = part(event, "flow")
    opener = text(flow, "src_ip")  # since Suricata 7: the end that opened the flow
    if opener and sender.written != receiver.written:
        return opener == receiver.written
    if number(flow, "pkts_toclient") == 0:
        return False
    source, target = sender.port or 0, receiver.port or 0
    return any(0 < source < bound <= target for bound in (_WELL_KNOWN, _EPHEMERAL))


def _written_as(flow: Flow, written: str) -> End | None:
    for end in End:
        if written and flow.end(end).written == written:
            return end
    return None


def _inferred(event: Mapping[str, object], flow: Flow, blame: Blame) -> End | None:
    if blame is Blame.FLOOD and text(event, "proto").upper() != "TCP":
        return None
    foreign = [end for end in End if flow.end(end).shareable is not None]
    if foreign == [End.CLIENT]:
        return End.CLIENT
    if foreign == [End.SERVER]:
        return _foreign_server(flow, blame)
    if len(foreign) == len(End):
        return _one_of_two(part(event, "alert"), flow, blame)
    return None


def _foreign_server(flow: Flow, blame: Blame) -> End | None:
    if blame is Blame.NOBODY:
        return None
    # What the member's own machine sends out in an attempt hits somebody: the server is a victim.
    # So it is when it answers as one broken into, or as a page that quotes such an answer.
    hit = End.SERVER if blame is Blame.ANSWER else End.CLIENT
    if blame in (Blame.ATTEMPT, Blame.FLOOD, Blame.ANSWER) and flow.sender is hit:
        return None
    return End.SERVER


def _one_of_two(alert: Mapping[str, object], flow: Flow, blame: Blame) -> End | None:
    """Both ends are public and neither is known as the member's: only what cannot be the victim."""
    if blame is Blame.CALLED:
        return End.SERVER
    signature = text(alert, "signature")
    attempt = blame in (Blame.ATTEMPT, Blame.FLOOD) or lists_senders(signature)
    if attempt and flow.sender is End.CLIENT and not outward(signature):
        return End.CLIENT
    if blame is not Blame.FOREIGN or attempt or flow.server.port is None:
        return None
    return _opposite_of_target(texts(part(alert, "metadata"), "attack_target"))


def _opposite_of_target(targets: tuple[str, ...]) -> End | None:
    """A rule's metadata may say what kind of machine it protects: the other end attacks."""
    kinds = {target.lower() for target in targets}
    if kinds and kinds <= _CLIENTS:
        return End.SERVER
    return End.CLIENT if kinds and all(kind.endswith("server") for kind in kinds) else None
