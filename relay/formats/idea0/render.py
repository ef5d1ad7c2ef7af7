"""An alert as an IDEA0 message. What is lost: docs/formats/idea0.md."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import orjson

from relay.formats.idea0.mark import KEY, TECHNIQUE
from relay.formats.moments import rfc3339
from relay.formats.rendering import Rendered, fitted, losses
from relay.model.alert import Alert, SeenObservable
from relay.model.detection import Observable

CVE = "urn:cve:"
LONGEST_NAME = 64

_CATEGORIES: Mapping[str, str] = MappingProxyType({
    "abusive-content:spam": "Abusive.Spam",
    "abusive-content:harmful-speech": "Abusive.Harassment",
    "abusive-content:violence": "Abusive.Violence",
    "malicious-code:infected-system": "Malware",
    "malicious-code:c2-server": "Intrusion.Botnet",
    "malicious-code:malware-distribution": "Malware",
    "malicious-code:malware-configuration": "Malware",
    "information-gathering:scanner": "Recon.Scanning",
    "information-gathering:sniffing": "Recon.Sniffing",
    "information-gathering:social-engineering": "Recon.SocialEngineering",
    "intrusion-attempts:ids-alert": "Attempt.Exploit",
    "intrusion-attempts:brute-force": "Attempt.Login",
    "intrusion-attempts:exploit": "Attempt.NewSignature",
    "intrusions:privileged-account-compromise": "Intrusion.AdminCompromise",
    "intrusions:unprivileged-account-compromise": "Intrusion.UserCompromise",
    "intrusions:application-compromise": "Intrusion.AppCompromise",
    "intrusions:system-compromise": "Intrusion.AdminCompromise",
    "intrusions:burglary": "Intrusion",
    "availability:dos": "Availability.DoS",
    "availability:ddos": "Availability.DDoS",
    "availability:misconfiguration": "Availability.Outage",
    "availability:sabotage": "Availability.Sabotage",
    "availability:outage": "Availability.Outage",
    "information-content-security:unauthorised-information-access":
        "Information.UnauthorizedAccess",
    "information-content-security:unauthorised-information-modification":
        "Information.UnauthorizedModification",
    "information-content-security:data-loss": "Information",
    "information-content-security:data-leak": "Information",
    "fraud:unauthorised-use-of-resources": "Fraud.UnauthorizedUsage",
    "fraud:copyright": "Fraud.Copyright",
    "fraud:masquerade": "Fraud.Masquerade",
    "fraud:phishing": "Fraud.Phishing",
    "vulnerable:weak-crypto": "Vulnerable.Config",
    "vulnerable:ddos-amplifier": "Vulnerable.Config",
    "vulnerable:potentially-unwanted-accessible": "Vulnerable.Open",
    "vulnerable:information-disclosure": "Vulnerable.Config",
    "vulnerable:vulnerable-system": "Vulnerable.Config",
    "test:test": "Test",
})  # fmt: skip
_OTHER = "Other"

_TAGS: Mapping[str, str] = MappingProxyType({
    "c2": "CC", "phishing": "Phishing", "distribution": "Malware", "sender": "Spam",
    "exfiltration": "Dropzone",
})  # fmt: skip

_KEYS: Mapping[str, str] = MappingProxyType({
    "ipv4": "IP4", "ipv6": "IP6", "domain": "Hostname", "onion": "Hostname", "url": "URL",
    "email": "Email",
})  # fmt: skip
"""The key of a source under which a value of a type stands."""

_HASHES = frozenset(("md5", "sha1", "sha256", "sha512"))


def render(alert: Alert, relay: str) -> Rendered:
    """Return one IDEA0 message: a source or an attachment for each observable."""
    placed = [piece for seen in alert.observables if (piece := _piece(seen)) is not None]
    encoded = fitted(piece for _, piece in placed)
    lists: dict[str, list[orjson.Fragment]] = {"Source": [], "Attach": [], "Ref": []}
    for (name, _), fragment in zip(placed, encoded, strict=False):
        lists[name].append(fragment)
    body = _body(alert, relay, lists)
    return Rendered(
        orjson.dumps(body),
        losses(
            observables=len(alert.observables) - len(placed),
            size=len(placed) - len(encoded),
            sources=len(alert.sources),
            victim=len(alert.victim_sectors) + len(alert.victim_countries),
        ),
    )


def _body(
    alert: Alert, relay: str, lists: Mapping[str, list[orjson.Fragment]]
) -> dict[str, object]:
    techniques = [f"{TECHNIQUE}{name}" for name, _ in alert.techniques]
    body: dict[str, object] = {
        "Format": "IDEA0",
        "ID": _id(alert, alert.revision),
        "AltNames": [alert.id],
        "PredID": [_id(alert, alert.revision - 1)] if alert.revision > 1 else [],
        "RelID": alert.related,
        "TLP": alert.tlp.upper(),
        "CreateTime": rfc3339(alert.updated),
        "DetectTime": rfc3339(alert.updated),
        "EventTime": rfc3339(alert.start),
        "CeaseTime": rfc3339(alert.end),
        "Category": _categories(alert),
        "Confidence": alert.confidence / 100,
        "Description": alert.title,
        "Source": lists["Source"],
        "Attach": lists["Attach"],
        "Ref": [*lists["Ref"], *techniques],
        "Node": [{"Name": _name(relay), "Type": ["Relay", "Correlation"], "SW": ["relay"]}],
        KEY: _mark(alert),
    }
    return {key: value for key, value in body.items() if value not in ([], ())}


def _mark(alert: Alert) -> dict[str, object]:
    """Return what the standard has no key for, and by which the adapter knows an alert again."""
    return {
        "Alert": alert.id,
        "Episode": rfc3339(alert.episode),
        "Revision": alert.revision,
        "Action": alert.action,
        "State": alert.state,
        "Reason": alert.reason.value,
        "Severity": alert.severity,
        "ClaimedSeverity": alert.claimed_severity,
        "Classification": alert.classifications,
        "PAP": alert.pap,
        "Members": alert.votes,
        "Expires": rfc3339(alert.expires),
        "Flags": alert.flags,
        "Truncated": alert.truncated,
    }


def _piece(seen: SeenObservable) -> tuple[str, object] | None:
    """Return the list that an observable belongs in and what stands there; None: IDEA lacks it."""
    observable = seen.observable
    if observable.type in _HASHES:
        hash_ = f"{observable.type}:{observable.value}"
        return "Attach", {"Type": ["Malware"], "Hash": [hash_]}
    if observable.type == "cve":
        return "Ref", f"{CVE}{observable.value}"
    if observable.type == "asn":
        return "Source", {"ASN": [int(observable.value.removeprefix("AS"))]}
    key = _key(observable)
    if key is None:
        return None
    tag = _TAGS.get(observable.role or "")
    return "Source", {**({"Type": [tag]} if tag else {}), key: [observable.value]}


def _key(observable: Observable) -> str | None:
    if observable.type == "cidr":
        return "IP6" if ":" in observable.value else "IP4"
    return _KEYS.get(observable.type)


def _id(alert: Alert, revision: int) -> str:
    """Return the id of a message: each revision is one of its own."""
    return f"{alert.id}.{alert.episode}.{revision}"


def _categories(alert: Alert) -> list[str]:
    return list(dict.fromkeys(_CATEGORIES.get(c, _OTHER) for c in alert.classifications)) or [
        _OTHER
    ]


def _name(relay: str) -> str:
    """Return the relay's id as IDEA names nodes: letters of one case, digits and underscores."""
    name = re.sub("[^a-z0-9_]", "_", relay.lower())[:LONGEST_NAME]
    return name if name[:1].isalpha() else f"_{name}"
