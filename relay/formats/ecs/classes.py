"""What a document is of, in the words of the Reference Security Incident Taxonomy."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.formats.ecs.attack import tactics, techniques
from relay.formats.ecs.kinds import Kind, categories
from relay.formats.ecs.paths import Document, either, first
from relay.formats.ecs.sides import Scene
from relay.formats.suricata.categories import Blame
from relay.formats.suricata.sides import End
from relay.formats.tactics import classed
from relay.model.vocabulary import CLASSIFICATIONS, Classification, Role

# Words of feeds for what an indicator is of, met anywhere in the field.
_OF: tuple[tuple[str, Classification], ...] = (
    ("botnet", "malicious-code:c2-server"),
    ("c2", "malicious-code:c2-server"),
    ("phish", "fraud:phishing"),
    ("spam", "abusive-content:spam"),
    ("scan", "information-gathering:scanner"),
    ("brute", "intrusion-attempts:brute-force"),
    ("ssh", "intrusion-attempts:brute-force"),
    ("ddos", "availability:ddos"),
    ("exploit", "intrusion-attempts:exploit"),
    ("payload", "malicious-code:malware-distribution"),
    ("mal_", "malicious-code:malware-distribution"),
    ("malware", "malicious-code:malware-distribution"),
)
_FIELDS = (
    "anomali.threatstream.itype", "abusech.threatfox.threat_type", "abusech.url.threat",
    "threat.indicator.threat_type",
)  # fmt: skip
_VAGUE: Classification = "intrusion-attempts:ids-alert"
_BY_TYPE: Mapping[str, Classification] = MappingProxyType(
    {"file": "malicious-code:malware-distribution"}
)
_BY_CATEGORY: tuple[tuple[str, Classification], ...] = (
    ("malware", "malicious-code:infected-system"),
    ("authentication", "intrusion-attempts:brute-force"),
    ("web", "intrusion-attempts:exploit"),
    ("iam", "intrusions:unprivileged-account-compromise"),
    ("process", "malicious-code:infected-system"),
)


def classification(document: Document, kind: Kind, scene: Scene) -> Classification:
    """Return the class of a document; `other:undetermined` where nothing tells."""
    said = first(document, "relay.classifications")
    for known in CLASSIFICATIONS:
        if said == known:
            return known
    if kind is Kind.INDICATOR:
        return _indicated(document)
    if scene.mail:
        return "fraud:phishing"
    found = categories(document)
    named = next((meant for name, meant in _BY_CATEGORY if name in found), None)
    told = scene.attacker is not None or scene.meaning.blame is Blame.CALLED
    if told and scene.meaning.classification != _VAGUE:
        return scene.meaning.classification
    if named is not None:
        return named
    annotated = classed(techniques(document), tactics(document))
    if annotated is not None:
        return annotated
    return _VAGUE if told or "intrusion_detection" in found else "other:undetermined"


def role_of(classification: Classification, scene: Scene) -> Role | None:
    """Return what the addresses, names and URLs of indicators in a document of a class are used
    for; where the client attacks, they are not what was called."""
    called = scene.attacker is not End.CLIENT
    return "c2" if called and classification == "malicious-code:c2-server" else None


def _indicated(document: Document) -> Classification:
    word = either(document, *_FIELDS).lower()
    found = next((meant for part, meant in _OF if part in word), None)
    if found is not None:
        return found
    return _BY_TYPE.get(first(document, "threat.indicator.type").lower(), "other:undetermined")
