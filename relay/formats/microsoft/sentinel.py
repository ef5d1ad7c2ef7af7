"""Alerts and incidents of Sentinel, and alerts of Defender for Cloud: rows of `SecurityAlert`,
resources of Azure, and what a playbook is given."""

from collections.abc import Iterator

from relay.formats.microsoft.folding import Fields, decoded, folded, objects, words
from relay.formats.microsoft.gathering import Gathering
from relay.formats.microsoft.report import Report
from relay.formats.outcome import Skipped
from relay.formats.tactics import folded_word
from relay.model.vocabulary import Format

NO_ALERTS = Skipped("an incident without its alerts")

# Keys of ExtendedProperties, which has one for whatever a detector wishes to say.
_ATTACKERS = frozenset((
    "attackersourceip", "attackersourceips", "attackerip", "attackeripaddress", "attackersip",
    "clientip", "clientipaddress", "callerip", "calleripaddress", "sourceipaddress",
))  # fmt: skip
_VICTIMS = frozenset((
    "compromisedhost", "compromisedentity", "machinename", "hostname", "computername",
    "destinationhost", "destinationmachine", "username", "useraccount", "accountname",
    "userprincipalname", "victimip", "victimipaddress", "victimips", "machineip",
    "resourcename", "vmname",
))  # fmt: skip
_LABEL = "ip address:"  # some detectors write it before the address


def alert(fields: Fields, format_: Format = "sentinel", about: Fields | None = None) -> Report:
    """Return an alert whose fields are those of the table SecurityAlert."""
    return Report(
        format_,
        fields,
        entities=objects(fields.get("entities")),
        about=about or {},
        reads=_extended,
    )


def resource(record: Fields) -> Report | None:
    """Return the alert that a resource of Azure is, or None if it is none."""
    properties = record.get("properties")
    fields = folded(properties) if isinstance(properties, dict) else {}
    if "systemalertid" not in fields and "alertdisplayname" not in fields:
        return None
    kind = record.get("type")
    ours = isinstance(kind, str) and kind.lower().startswith("microsoft.security/")
    return alert(fields, "defender" if ours else "sentinel")


def incident(record: Fields) -> Iterator[Report | Skipped]:
    """Yield what an incident tells: its entities at once, where they stand beside the alerts,
    else each of its alerts."""
    properties = record.get("properties")
    fields = {**record, **(folded(properties) if isinstance(properties, dict) else {})}
    alerts = [_properties(each) for each in objects(fields.get("alerts"))]
    related = list(objects(fields.get("relatedentities")))
    if related:
        yield alert(_joined(fields, alerts, related))
    elif alerts:
        for each in alerts:
            yield alert(each, about=fields)
    else:
        yield NO_ALERTS


def _properties(record: Fields) -> Fields:
    outer = folded(record)
    properties = outer.get("properties")
    return {**outer, **folded(properties)} if isinstance(properties, dict) else outer


def _joined(fields: Fields, alerts: list[Fields], related: list[Fields]) -> Fields:
    """Return an incident as an alert: what its alerts say of tactics, and when they began."""
    additional = fields.get("additionaldata")
    said = [*alerts, folded(additional) if isinstance(additional, dict) else {}, fields]
    begun = next((each for each in alerts if "starttimeutc" in each), {})
    return {
        "starttimeutc": begun.get("starttimeutc") if "firstactivitytimeutc" not in fields else None,
        **fields,
        "entities": related,
        "tactics": [word for each in said for word in words(each.get("tactics"))],
        "techniques": [word for each in said for word in words(each.get("techniques"))],
    }


def _extended(fields: Fields, gathering: Gathering) -> None:
    properties = decoded(fields.get("extendedproperties"))
    if not isinstance(properties, dict):
        return
    for name, value in properties.items():
        if not isinstance(value, str):
            continue
        key = folded_word(name)
        if key in _ATTACKERS:
            bare = value.lower().removeprefix(_LABEL)
            for address in bare[:1000].split(","):
                gathering.take("address", address.strip())
        elif key in _VICTIMS:
            gathering.hide((value,))
