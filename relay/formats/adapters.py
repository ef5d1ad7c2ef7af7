"""Formats in: from the bytes of a record to detections. One reader per format."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from relay.formats.ecs.read import read as ecs
from relay.formats.idea0.read import read as idea0
from relay.formats.microsoft.read import read as microsoft
from relay.formats.misp.read import read as misp
from relay.formats.ocsf.read import read as ocsf
from relay.formats.outcome import Converted, Outcome, Refused, Source
from relay.formats.parsing import parse
from relay.formats.splunk.read import read as splunk
from relay.formats.stix.read import read as stix
from relay.formats.suricata.read import read as suricata
from relay.formats.wazuh.read import read as wazuh
from relay.formats.wrapping import unwrapped
from relay.model.vocabulary import Format

Reader = Callable[[Mapping[str, object], Source], Outcome]
"""From the JSON object of a record to what comes of it. Total: nothing is raised."""

READERS: Mapping[Format, Reader] = MappingProxyType(
    {
        "suricata": suricata,
        "ecs": ecs,
        "wazuh": wazuh,
        "misp": misp,
        "ocsf": ocsf,
        "defender": microsoft,
        "sentinel": microsoft,
        "idea0": idea0,
        "stix": stix,
        "splunk": splunk,
    }
)
"""All but native, which needs no conversion. Defender and Sentinel tell the same alerts in two
forms; either name reads both."""

WHOLE: frozenset[Format] = frozenset(("stix",))
"""Formats in which the objects of an array belong together."""

UNLABELLED: frozenset[Format] = frozenset(("suricata", "wazuh", "defender", "sentinel", "splunk"))
"""Formats that carry no label: their records cannot be shared unless one is given."""


def adapt(form: Format, record: bytes, source: Source) -> Outcome:
    """Convert one record. Total: any bytes have an outcome, and nothing is raised.

    Of an answer that holds many records the outcome is that of all, `joined`. Raises KeyError for
    `native`, which is no foreign format.
    """
    value = parse(record)
    return value if isinstance(value, Refused) else joined(outcomes(form, value, source))


def outcomes(form: Format, value: object, source: Source) -> list[Outcome]:
    """Convert a parsed record, or each of those in an answer that holds many; at least one."""
    return [read(form, each, source) for each in unwrapped(value)]


def joined(found: Sequence[Outcome]) -> Outcome:
    """Return several outcomes as one: all that was converted, else the first refusal, else why
    nothing was."""
    if len(found) == 1:
        return found[0]
    bodies = [body for each in found if isinstance(each, Converted) for body in each.detections]
    if bodies:
        return Converted(tuple(bodies))
    return next((each for each in found if isinstance(each, Refused)), found[0])


def read(form: Format, value: object, source: Source) -> Outcome:
    """Convert one parsed record; see `adapt`."""
    if isinstance(value, list) and form in WHOLE:
        value = {"objects": value}
    if not isinstance(value, dict):
        return Refused("other-format", "the record is no JSON object")
    return READERS[form](value, source)
