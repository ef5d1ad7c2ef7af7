"""Which end of the traffic attacks. The ends are weighed as those of an IDS alert: first whom the
rule blames, then which end is public and not the member's."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from relay.formats.ecs.kinds import THREATS, Kind, categories, dataset
from relay.formats.ecs.paths import Document, either, first, has, number, objects
from relay.formats.outcome import Source
from relay.formats.suricata.categories import Blame, Meaning, meaning
from relay.formats.suricata.sides import End, Flow, attacker, flow_of

_RULED = frozenset((
    "suricata.eve", "snort.log", "cisco_ftd.log", "cisco.ftd", "sophos.xg", "aws.firewall_logs",
))  # fmt: skip
"""Data sets whose rules are filed under the categories of Snort and Suricata."""

_CATEGORIES = ("rule.category", "suricata.eve.alert.category", "cisco.ftd.security.classification")

_INWARD = frozenset(("inbound", "ingress", "wan", "untrust", "outside", "internet"))
_OUTWARD = frozenset(("outbound", "egress"))
_WATCHING = frozenset(("firewall", "ids", "idps", "ips", "proxy", "utm"))
"""Types of observer that stand between the ends; others are one of them."""

# What a log of a firewall, or the first word of a finding of GuardDuty, blames.
_CALLED = Meaning("malicious-code:c2-server", Blame.CALLED, "c2")
_SERVED = Meaning("malicious-code:malware-distribution", Blame.CALLED, "distribution")
_LISTED = Meaning(blame=Blame.ATTEMPT)
_TRIED = Meaning("intrusion-attempts:exploit", Blame.ATTEMPT)
_SCANNED = Meaning("information-gathering:scanner", Blame.ATTEMPT, "scanner")
_LOGS: Mapping[str, Meaning] = MappingProxyType({
    "ATP": _CALLED, "botnet": _CALLED, "Trojan": _CALLED, "Backdoor": _CALLED,
    "CryptoCurrency": Meaning("fraud:unauthorised-use-of-resources", Blame.CALLED),
    "virus": _SERVED, "Sandbox": _SERVED, "WAF": _TRIED, "waf": _TRIED,
    "Recon": _SCANNED, "Scan": _SCANNED,
    "SSH": Meaning("intrusion-attempts:brute-force", Blame.ATTEMPT), "HTTP": _TRIED,
    "anomaly": Meaning("availability:dos", Blame.FLOOD),
    **dict.fromkeys(("338002", "338004", "338006", "338008", "338202", "338204"), _CALLED),
    **dict.fromkeys(("338001", "338003", "338005", "338007", "338201", "338203"), _LISTED),
    "733102": _SCANNED,
    "web_filter": Meaning("other:undetermined", Blame.NOBODY),
})  # fmt: skip
_AGENTS = (
    "bitdefender", "carbon_black", "carbonblack", "checkpoint_harmony_endpoint",
    "cisco_secure_endpoint", "crowdstrike", "cylance", "endpoint", "eset_protect",
    "jamf_protect", "m365_defender", "microsoft.defender", "microsoft_defender_endpoint",
    "panw_cortex_xdr", "sentinel_one", "sophos_central", "symantec_endpoint", "sysdig", "trellix",
    "trend_micro_vision_one",
)  # fmt: skip
"""How data sets of agents on the member's own machines begin."""

_NAMING = frozenset(("sentinel_one.unified_alert",))
"""Data sets of agents that fill the source with the attacker they name."""

_MAIL_PORTS = frozenset((25, 465, 587))
_ACCOUNTS = (
    "user.name", "user.email", "user.id", "source.user.name", "client.user.name",
    "client.user.email", "client.user.id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """The ends of the traffic, and which attacks; `attacker` None: none that may be shared. `mail`
    as below."""

    flow: Flow
    meaning: Meaning
    attacker: End | None
    mail: bool = False

    @property
    def inside(self) -> bool:
        """Whether neither end may be shared, so that only names can point outwards."""
        return self.flow.client.shareable is None and self.flow.server.shareable is None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a document before its ends are weighed: addresses, lower-case, of which it
    says whose they are (the victim's, and those that stand on a list of indicators), and whether it
    is of a message."""

    hidden: frozenset[str]
    listed: frozenset[str]
    mail: bool


def scene(document: Document, kind: Kind, source: Source, known: Known) -> Scene:
    """Return the ends of a document's traffic, weighed. Who stands on a list attacks."""
    event = _event(document, known.hidden)
    flow = flow_of(event, source)
    meant = _meaning(document, kind, flow, known)
    listed = [end for end in End if flow.end(end).written.lower() in known.listed]
    if len(listed) == 1 and flow.end(listed[0]).shareable is not None:
        return Scene(flow, meant, listed[0], known.mail)
    blamed = attacker(event, flow, meant)
    if blamed is End.CLIENT and _own_client(document, meant.blame):
        blamed = None
    if kind is Kind.FINDING and _own_account(document):
        blamed = None
    return Scene(flow, meant, blamed, known.mail)


def mail(document: Document) -> bool:
    """Return whether a document is of a message: its sender and its source are the attacker's."""
    if "email" in categories(document) or has(document, "email"):
        return True
    transferred = either(document, "network.protocol", "sophos.xg.log_component").lower() == "smtp"
    return transferred or number(document, "destination.port") in _MAIL_PORTS


def _event(document: Document, hidden: frozenset[str]) -> dict[str, object]:
    """Return the traffic of a document as an IDS would tell it."""
    said = objects(document, "suricata.eve") or objects(document, "suricata")
    eve = said[0] if said else None
    event: dict[str, object] = {
        "src_ip": _end(document, hidden, "source.ip", "client.ip"),
        "src_port": number(document, "source.port"),
        "dest_ip": _end(document, hidden, "destination.ip", "server.ip"),
        "dest_port": number(document, "destination.port"),
        "proto": either(document, "network.transport", "suricata.proto"),
        "alert": eve.get("alert") if eve else {},
    }
    if eve:
        event["flow"] = eve.get("flow") or {}
        event["direction"] = first(eve, "direction")
    elif dataset(document) not in _RULED:
        event["direction"] = "to_server"  # ECS: the source is who opened the connection
    return event


def _end(document: Document, hidden: frozenset[str], *paths: str) -> str:
    written = either(document, *paths)
    return "" if written.lower() in hidden else written


def _meaning(document: Document, kind: Kind, flow: Flow, known: Known) -> Meaning:
    category = either(document, *_CATEGORIES)
    if category and dataset(document) in _RULED:
        return meaning(category, either(document, "rule.name", "cisco.ftd.security.message"))
    if known.mail:
        return Meaning("fraud:phishing", Blame.ATTEMPT, "sender")
    logged = next((_LOGS[word] for word in _words(document) if word in _LOGS), None)
    if logged is not None:
        return logged
    found = categories(document)
    if "authentication" in found:
        return Meaning("intrusion-attempts:brute-force", Blame.ATTEMPT)
    if kind is Kind.FINDING or "web" in found:
        return Meaning("intrusion-attempts:ids-alert", Blame.ATTEMPT)
    if "malware" in found and first(document, "observer.type").lower() in _WATCHING:
        return _SERVED
    return Meaning("intrusion-attempts:ids-alert", _directed(document, flow))


def _words(document: Document) -> tuple[str, ...]:
    return (
        either(document, "sophos.xg.log_type", "fortinet.firewall.subtype"),
        first(document, "rule.name").partition(":")[0],
        first(document, "event.action"),
        first(document, "event.code"),
    )


def _directed(document: Document, flow: Flow) -> Blame:
    """A direction helps where the client is public: products differ in whose direction it is."""
    if flow.client.shareable is None:
        return Blame.FOREIGN
    if _inward(document):
        return Blame.ATTEMPT
    return Blame.CALLED if _outward(document) else Blame.FOREIGN


def _outward(document: Document) -> bool:
    return first(document, "network.direction").lower() in _OUTWARD


def _inward(document: Document) -> bool:
    words = (
        first(document, "network.direction"), first(document, "fortinet.firewall.srcintfrole"),
        first(document, "observer.ingress.zone"),
    )  # fmt: skip
    return any(word.lower() in _INWARD for word in words)


def _own_client(document: Document, blame: Blame) -> bool:
    """Return whether the client is the member's, whatever its address: who calls out is, and so is
    the source of what an agent on the member's machine tells of a program there."""
    if blame is not Blame.FOREIGN:
        return blame is Blame.CALLED
    if dataset(document).startswith(_AGENTS) and dataset(document) not in _NAMING:
        return True
    return bool(either(document, "process.executable", "process.entity_id"))


def _own_account(document: Document) -> bool:
    """Return whether an account of the member's acted: its owner, as far as a finding tells. A
    login that failed is the attempt of somebody else."""
    found = categories(document)
    if dataset(document) == "aws.guardduty" or not found.isdisjoint(THREATS):
        return False
    if not found.isdisjoint(("configuration", "iam")):
        return True
    if "authentication" in found:
        return first(document, "event.outcome").lower() != "failure"
    return bool(either(document, *_ACCOUNTS))
