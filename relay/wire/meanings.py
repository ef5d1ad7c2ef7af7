"""What the fields of the contract mean: the descriptions in the schemas, by model and field.

They stand apart from the models, which are read for what is admitted. A test holds that every
field of a message has a meaning, here or in its type.
"""

from collections.abc import Mapping

_PERIOD = {"first_seen": "begin of the activity", "last_seen": "end of the activity"}
_COUNTED = {
    "detections": "visible detections that count while fresh",
    "members": "members that sent them",
}

DETECTION: Mapping[str, Mapping[str, str]] = {
    "DetectionV1": _PERIOD
    | {
        "schema": "name and version of this contract",
        "id": "names the detection for its life",
        "revision": "a higher one replaces a lower",
        "action": "what this revision does",
        "withdrawal": "with the action withdraw",
        "member": "id of the sender: the owner of the topic",
        "detected_at": "when it was seen: RFC 3339 in UTC, at most 30 days ago",
        "published_at": "when it was sent: RFC 3339 in UTC",
        "count": "how often it was seen",
        "title": "one line that names no victim; shown to nobody unless the register says so",
        "description": "text that names no victim; shown to nobody unless the register says so",
        "lang": "language of title and description (BCP 47)",
        "classification": "class and type of the Reference Security Incident Taxonomy",
        "severity": "how bad it is where it was seen",
        "confidence": "that it is what it says, in percent",
        "techniques": "ATT&CK techniques",
        "malware": "names as the sender uses them",
        "threat_actor": "names as the sender uses them",
        "campaign": "names as the sender uses them",
        "observables": "what was seen; on these detections of different members meet",
        "victim": "sectors and countries, never names",
        "sensor": "what detected it; never shown to others",
        "sharing": "who may see it; without a label nothing is taken",
        "incident": "relation to an incident under Directive (EU) 2022/2555",
        "references": "public sources",
        "local_ref": "the sender's own reference; never shown to others",
        "exercise": "name of the exercise it belongs to; absent: it is real",
        "first_hand": "seen by the sender itself, not passed on",
        "origin": "id of the feed it comes from; absent: the sender's own sensors",
        "derived_from": "ids of alerts that led to it",
        "actions": "mitigations that the sender recommends",
        "flags": "what the source did not say and an adapter assumed",
    },
    "ObservableV1": _PERIOD
    | {
        "type": "what the value is",
        "value": "the value; defanged ones are read as well",
        "side": "whose it is; values of the victim are cut and the sender is told",
        "role": "what it was used for",
        "group": "observables of one group belong together, as the hashes of one file",
        "count": "how often it was seen",
        "confidence": "that it is what it says, in percent; shown to nobody",
        "port": "port of the other side",
        "protocol": "protocol it was seen in",
        "actionable": "fit to be blocked or hunted for",
        "filename": "base name of the file",
    },
    "TechniqueV1": {"id": "id of the technique", "attack_version": "version of ATT&CK"},
    "VictimV1": {
        "sectors": "Directive (EU) 2022/2555, Annexes I and II",
        "countries": "ISO 3166-1 alpha-2",
        "entity_class": "class under Directive (EU) 2022/2555",
        "entities": "how many are hit",
    },
    "SensorV1": {
        "vendor": "who made it",
        "product": "what it is called",
        "version": "its version",
        "rule_id": "the rule that fired",
        "rule_name": "its name",
        "rule_version": "its version",
        "format": "the format that the detection was made from",
    },
    "SharingV1": {
        "tlp": "Traffic Light Protocol 2.0",
        "pap": "Permissible Actions Protocol",
        "recipients": "nobody but these; absent: all whom the label admits",
        "exclude": "never these; wins over all else",
        "attribution": "whether others may learn who sent it",
        "third_country": "may leave the Union, where the label alone does not say so",
        "retention_days": "how long readers may keep it",
        "handling": "what readers are asked to heed",
    },
    "IncidentV1": {
        "large_scale": "whether it is a large-scale incident",
        "cross_border": "whether it crosses borders",
        "nis2_stage": "how far its notification has come",
        "reference": "the sender's reference to it",
    },
    "ReferenceV1": {"source": "who published it", "id": "its id there", "url": "where it is"},
    "ActionV1": {"type": "what to do", "text": "how to do it"},
    "WithdrawalV1": {"reason": "why it is taken back", "note": "more on that"},
}

ALERT: Mapping[str, Mapping[str, str]] = {
    "AlertV1": {
        "schema": "name and version of this contract",
        "id": "names the alert of a key, the same in every episode",
        "episode": "when it was first told to this reader; a new episode begins after a close",
        "revision": "counts from 1 in each episode",
        "action": "create with revision 1, close with the last of an episode",
        "rule": "what made the alert",
        "key": "the observable on which detections met",
        "title": "made by the relay, with the value defanged",
        "lang": "language of the title",
        "severity": "what the votes carry together",
        "claimed_severity": "the highest that a member claims",
        "confidence": "what the votes carry together, in percent",
        "created_at": "the episode",
        "updated_at": "when this revision was decided",
        "expires_at": "when the alert closes if nothing more is seen",
        "window": "first and last event",
        "classifications": "classes and types of the Reference Security Incident Taxonomy",
        "techniques": "ATT&CK techniques",
        "observables": "the key and what was named with it, the most specific first",
        "sources": "who reported it, as far as they let themselves be shown",
        "victim": "what at least two members said of victims",
        "sharing": "the strictest label of all that is shown",
        "related_alerts": "ids of alerts on which the same detections were told",
        "flags": "clock_future, confidence_assumed, severity_assumed",
        "truncated": "some list was longer than may be shown",
        "relay": "which relay says so",
    },
    "KeyV1": {"type": "what the value is", "value": "the value in its canonical form"},
    "SeenV1": _COUNTED
    | {
        "type": "what the value is",
        "value": "the value in its canonical form",
        "role": "what it was used for",
        "correlated": "it is the key",
    },
    "SourceV1": _PERIOD
    | {
        "member": "id of the member, or withheld",
        "country": "ISO 3166-1 alpha-2, or EU",
        "own": "it is the reader itself",
        "follow_up": "it reported nothing first-hand and has no vote",
        "detections": "how many it sent",
    },
    "SourcesV1": {
        "members": "independent votes, the reader's own included",
        "countries": "of members that let theirs be shown",
        "list": "a line a member, the reader's own first",
    },
    "SeenTechniqueV1": {"id": "id of the technique", "count": "detections that name it"},
    "PeriodV1": {"start": "first event", "end": "last event"},
    "RuleV1": {"id": "id of the rule", "version": "its version", "name": "what it finds"},
    "LabelV1": {"tlp": "Traffic Light Protocol 2.0", "pap": "Permissible Actions Protocol"},
    "VictimsV1": {
        "sectors": "Directive (EU) 2022/2555, Annexes I and II",
        "countries": "ISO 3166-1 alpha-2",
    },
    "RelayV1": {"id": "id of the relay", "version": "version of its software"},
}

REJECTION: Mapping[str, Mapping[str, str]] = {
    "RejectionV1": {
        "schema": "name and version of this contract",
        "member": "whose record it was",
        "outcome": "whether the rest of the record was used",
        "reason": "why, as one of a closed list",
        "path": "JSONPath (RFC 9535) of the first fault",
        "detail": "the same for people; no program should read it",
        "detection_id": "id of the detection, where the record has a sound one",
        "source": "which record it was",
    },
    "PlaceV1": {"topic": "its topic", "partition": "its partition", "offset": "its offset"},
}

CANARY: Mapping[str, Mapping[str, str]] = {
    "CanaryV1": {
        "schema": "name and version of this contract",
        "relay": "id of the relay",
        "lane": "the lane that wrote it: its partition",
        "at": "append time up to which the lane had decided",
        "every_s": "seconds between two of one lane",
    },
}
