"""The examples of each format: what comes of them, and what must not."""

from pathlib import Path
from typing import Final

import orjson
import pytest

from relay.formats.adapters import READERS, adapt
from relay.formats.outcome import Converted
from relay.formats.recognise import recognise
from relay.model.vocabulary import Format
from relay.wire.detection import DetectionV1
from tests.unit.formats.kit import SOURCE, detections, outcome_of

EXAMPLES: Final = {
    path.stem: path.read_bytes()
    for path in sorted((Path(__file__).parents[3] / "examples/formats").glob("*.json"))
}
VICTIM: Final = (b"10.1.2.", b"ws-0042", b"tamm", b"ministry", b"gateway-1", b"oper", b"b3c1b5fc")
"""What the examples hold of the victim: addresses, hosts, accounts, a tenant."""

HASH: Final = "9f2c4e1ab06d7758c3e9d1f4a2b85c6e7d0f3a1928b4c5d6e7f8091a2b3c4d5e"
EXPECTED: Final[dict[Format, set[tuple[str, str]]]] = {
    "suricata": {
        ("ipv4", "198.51.100.7"), ("domain", "cdn-sync.example"),
        ("cert-sha1", "aabbccddeeff00112233445566778899aabbccdd"),
        ("ja3", "0123456789abcdef0123456789abcdef"),
    },
    "ecs": {("ipv4", "198.51.100.7")},
    "wazuh": {("ipv4", "198.51.100.23")},
    "misp": {
        ("domain", "login-portal-update.example"), ("ipv4", "203.0.113.77"), ("sha256", HASH),
    },
    "ocsf": {("ipv4", "198.51.100.7"), ("domain", "cdn-sync.example")},
    "defender": {
        ("ipv4", "198.51.100.7"), ("sha256", HASH),
        ("sha1", "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"),
    },
    "sentinel": {("ipv4", "198.51.100.7"), ("domain", "cdn-sync.example")},
    "splunk": {("ipv4", "198.51.100.7"), ("domain", "cdn-sync.example")},
    "idea0": {("ipv4", "198.51.100.23")},
    "stix": {("domain", "login-portal-update.example"), ("ipv4", "203.0.113.77")},
}  # fmt: skip


def test_each_format_has_an_example() -> None:
    """Who writes a connector can try each format at once."""
    assert set(EXAMPLES) == {*READERS, "native"}


@pytest.mark.parametrize("form", EXPECTED)
def test_an_example_gives_what_a_careful_reader_finds(form: Format) -> None:
    """All of the attacker's observables, at the time of the event, under the label given."""
    found = detections(form, orjson.loads(EXAMPLES[form]))

    assert {(o.type, o.value) for each in found for o in each.observables} == EXPECTED[form]
    assert {each.sharing.tlp for each in found} == {"green"}
    assert {each.sensor.format for each in found if each.sensor} == {form}


@pytest.mark.parametrize("form", EXPECTED)
def test_nothing_of_the_victim_comes_out_of_an_example(form: Format) -> None:
    """Addresses, hosts, accounts and tenants of the victim are nowhere in what is shared."""
    outcome = adapt(form, EXAMPLES[form], SOURCE)

    assert isinstance(outcome, Converted)
    assert [word for word in VICTIM if word in orjson.dumps(outcome.detections).lower()] == []


@pytest.mark.parametrize("form", EXAMPLES)
def test_an_example_is_recognised(form: str) -> None:
    """`--from auto` finds each format out by its own fields."""
    assert recognise(orjson.loads(EXAMPLES[form])) == form


@pytest.mark.parametrize("form", EXPECTED)
def test_the_same_record_has_the_same_detections(form: Format) -> None:
    """Sending twice is harmless, and two members' records never share an id."""
    event = orjson.loads(EXAMPLES[form])
    elsewhere = SOURCE.__class__("fr", "green", 0, allow_documentation=True)

    assert outcome_of(form, event) == outcome_of(form, event)
    assert _ids(detections(form, event)).isdisjoint(_ids(detections(form, event, elsewhere)))


def _ids(found: list[DetectionV1]) -> set[str]:
    return {each.id for each in found}
