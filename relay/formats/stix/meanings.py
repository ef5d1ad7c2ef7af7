"""What the properties and the open vocabularies of STIX 2.1 mean to a detection: all of it data.

A path that is not here is not read: a new property is a new row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from relay.model.vocabulary import CLASSIFICATIONS, Classification, ObservableType, Role, Side


class End(Enum):
    """An end of a connection: which of the two attacks, the connection does not say."""

    CALLER = auto()
    CALLED = auto()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value of a property is. `kind` `host` is a name or an address, `address` may be a
    network; a victim's is only held against what comes out."""

    kind: ObservableType | str
    role: Role | None = None
    side: Side = "attacker"
    end: End | None = None


_VICTIM = Meaning("", side="victim")
_HOST = Meaning("host")
_CALLED = Meaning("host", end=End.CALLED)

_HASHES: Mapping[str, ObservableType] = MappingProxyType(
    {
        "md5": "md5",
        "sha-1": "sha1",
        "sha1": "sha1",
        "sha-256": "sha256",
        "sha256": "sha256",
        "sha-512": "sha512",
        "sha512": "sha512",
    }
)
_CERTIFICATES: Mapping[str, ObservableType] = MappingProxyType(
    {
        "sha-1": "cert-sha1",
        "sha1": "cert-sha1",
        "sha-256": "cert-sha256",
        "sha256": "cert-sha256",
    }
)
_FILES = (
    "file:hashes",
    "file:content_ref.hashes",
    "file:contains_refs.hashes",
    "artifact:hashes",
    "process:image_ref.hashes",
    "process:binary_ref.hashes",
    "email-message:body_multipart.body_raw_ref.hashes",
)

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        **{
            f"{path}.{name}": Meaning(kind, "payload")
            for path in _FILES
            for name, kind in _HASHES.items()
        },
        **{
            f"x509-certificate:hashes.{name}": Meaning(kind) for name, kind in _CERTIFICATES.items()
        },
        "ipv4-addr:value": Meaning("address"),
        "ipv6-addr:value": Meaning("address"),
        "domain-name:value": _HOST,
        "domain-name:resolves_to_refs.value": _HOST,
        "url:value": Meaning("url"),
        "email-addr:value": Meaning("email"),
        "email-message:from_ref.value": Meaning("email", "sender"),
        "email-message:sender_ref.value": Meaning("email", "sender"),
        "email-message:additional_header_fields.reply-to": Meaning("email", "sender"),
        "email-message:additional_header_fields.reply_to": Meaning("email", "sender"),
        "email-message:to_refs.value": _VICTIM,
        "email-message:cc_refs.value": _VICTIM,
        "email-message:bcc_refs.value": _VICTIM,
        "network-traffic:src_ref.value": Meaning("host", "source", end=End.CALLER),
        "network-traffic:dst_ref.value": _CALLED,
        "network-traffic:dst_ref.resolves_to_refs.value": _CALLED,
        "network-traffic:extensions.http-request-ext.request_header.host": _CALLED,
        "network-traffic:extensions.http-request-ext.request_header.user-agent": Meaning(
            "user-agent"
        ),
        "process:opened_connection_refs.dst_ref.value": _HOST,
        "process:opened_connection_refs.src_ref.value": _VICTIM,
        "process:creator_user_ref.account_login": _VICTIM,
        "process:creator_user_ref.user_id": _VICTIM,
        "user-account:account_login": _VICTIM,
        "user-account:user_id": _VICTIM,
        "autonomous-system:number": Meaning("asn"),
        "vulnerability:name": Meaning("cve"),
        "mutex:name": Meaning("mutex"),
        "windows-registry-key:key": Meaning("regkey"),
        # Not of the specification: as OpenCTI and others write them.
        "hostname:value": _HOST,
        "x-opencti-hostname:value": _HOST,
        "user-agent:value": Meaning("user-agent"),
        "user-agent:string": Meaning("user-agent"),
        "x-opencti-user-agent:value": Meaning("user-agent"),
        "cryptocurrency-wallet:value": Meaning("btc"),
        "x-opencti-cryptocurrency-wallet:value": Meaning("btc"),
        "cryptocurrency-wallet:address": Meaning("btc"),
        "btc-wallet:value": Meaning("btc"),
        "app:cert.sha256": Meaning("cert-sha256"),  # Amnesty International's, of applications
    }
)
"""By the path of a pattern; of an object on its own, the same paths are followed."""

NAMED_HASHES = frozenset((*_HASHES, *_CERTIFICATES))
"""The names of hashes that are read, in lower case."""

CLASSED: Mapping[str, Classification] = MappingProxyType(
    {
        **{f"rsit:{one}": one for one in CLASSIFICATIONS},
        # indicator-type-ov
        "anonymization": "other:other",
        "compromised": "intrusions:system-compromise",
        # infrastructure-type-ov
        "amplification": "vulnerable:ddos-amplifier",
        "botnet": "malicious-code:infected-system",
        "command-and-control": "malicious-code:c2-server",
        "exfiltration": "information-content-security:data-leak",
        "hosting-malware": "malicious-code:malware-distribution",
        "phishing": "fraud:phishing",
        "reconnaissance": "information-gathering:scanner",
        "staging": "malicious-code:malware-distribution",
        # phases of the kill chains of Lockheed Martin and of ATT&CK
        "delivery": "malicious-code:malware-distribution",
    }
)
"""How a label, a type or a phase classes what it is on, in the taxonomy of RSIT."""

ROLES: Mapping[Classification, Role] = MappingProxyType(
    {
        "malicious-code:c2-server": "c2",
        "malicious-code:malware-distribution": "distribution",
        "information-gathering:scanner": "scanner",
        "fraud:phishing": "phishing",
        "information-content-security:data-leak": "exfiltration",
    }
)
"""What a host or an address of that class is used for."""

ATTACKERS = frozenset((
    "attack-pattern", "campaign", "indicator", "infrastructure", "intrusion-set", "malware",
    "threat-actor",
))  # fmt: skip
"""Whose objects are the attacker's, if one of `TIES` binds them."""

TIES = frozenset((
    "based-on", "beacons-to", "communicates-with", "consists-of", "contains", "controls",
    "delivers", "downloads", "drops", "exfiltrates-to", "has", "hosts", "indicates", "owns",
    "related-to", "uses",
))  # fmt: skip
"""Relationships that bind an object to the attacker. Not those that name whom he hits, whom he
poses as or who helps: `targets`, `impersonates`, `mitigates`, `located-at`."""
