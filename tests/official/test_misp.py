"""What MISP's own library makes of rendered alerts."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pymisp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.misp.kinds import IN_OBJECTS, NOT_FLAGGED, PIECES, TEMPLATES, WRITTEN
from relay.formats.misp.objects import HIT, RELATIONS
from relay.formats.misp.taxonomies import CONFIDENCES
from relay.formats.renderers import RENDERERS
from relay.model.alert import Alert
from relay.model.vocabulary import OBSERVABLE_TYPES
from tests.properties.test_round_trips import alerts
from tests.unit.formats.kit import detections, told
from tests.unit.wire.values import a_full_alert

DATA = Path(pymisp.__file__).parent / "data"
TYPES: dict[str, Any] = json.loads((DATA / "describeTypes.json").read_bytes())["result"]
SCHEMA = jsonschema.Draft7Validator(json.loads((DATA / "schema-lax.json").read_bytes()))
TAG = re.compile(r'[A-Za-z0-9_-]+:[A-Za-z0-9_+.-]+(?:="[^"]+")?')


def loaded(alert: Alert) -> tuple[pymisp.MISPEvent, dict[str, Any]]:
    """An alert as MISP's library loads it, and as it was rendered."""
    body = RENDERERS["misp"](alert, "relay-test").body
    event = pymisp.MISPEvent(strict_validation=True)
    event.load(body)
    return event, orjson.loads(body)["Event"]


def check(alert: Alert) -> None:
    """The event loads, is valid by MISP's types and schema, and holds what the alert shows."""
    event, written = loaded(alert)
    attributes = [*event.attributes, *(a for thing in event.objects for a in thing.attributes)]

    SCHEMA.validate({"Event": written})
    for attribute in attributes:
        assert attribute.type in TYPES["types"]
        assert attribute.type in TYPES["category_type_mappings"][attribute.category]
    for thing in event.objects:
        assert thing.template_uuid == _template(thing.name)["uuid"]
        assert thing.template_version == str(_template(thing.name)["version"])
    named = [a for a in attributes if a.get("object_relation") != "ja4-type"]
    assert sorted(a.value for a in named) == sorted(value for _, value in told(alert))
    assert all(TAG.fullmatch(tag.name) for tag in event.tags)


def _template(name: str) -> dict[str, Any]:
    path = DATA / "misp-objects" / "objects" / name / "definition.json"
    definition: dict[str, Any] = json.loads(path.read_bytes())
    return definition


@given(alerts())
def test_any_alert_is_an_event_that_misp_loads(alert: Alert) -> None:
    """Types fit categories, objects their templates, and nothing of the alert is missing."""
    check(alert)


@given(alerts(), st.sampled_from(["closed", "withdrawn"]))
def test_so_is_one_that_is_over(alert: Alert, state: str) -> None:
    """Its end changes flags, not what is valid."""
    check(replace(alert, state=state))


def test_so_is_the_largest() -> None:
    """An alert with every list at its bound."""
    event, _ = loaded(a_full_alert("ab" * 32))

    assert len(event.attributes) == len(a_full_alert("ab" * 32).observables)
    assert len(event.info) <= 256


@given(alerts())
def test_what_misp_writes_of_it_says_the_same(alert: Alert) -> None:
    """Loaded and written again by MISP's library, no field has another value."""
    event, written = loaded(alert)
    again = json.loads(event.to_json())

    for name in ("uuid", "info", "date", "timestamp", "analysis", "threat_level_id", "published"):
        assert str(again[name]) == str(written[name])
    assert [tag["name"] for tag in again["Tag"]] == [tag["name"] for tag in written["Tag"]]
    assert len(again["Attribute"]) == len(written["Attribute"])
    for one, other in zip(again["Attribute"], written["Attribute"], strict=True):
        assert {name: _same(one[name]) for name in other} == {
            name: _same(value) for name, value in other.items()
        }


def _same(value: Any) -> Any:
    """Times with and without a fraction are one."""
    return value.replace(".000000+", "+") if isinstance(value, str) else value


@given(alerts())
def test_what_misp_writes_of_it_comes_back(alert: Alert) -> None:
    """After a way through MISP's library, the adapter reads what it would have read before."""
    event, written = loaded(alert)

    assert detections("misp", json.loads(event.to_json())) == detections("misp", written)


def test_every_type_of_observable_is_written() -> None:
    """None of the types of `detection.v1` is without a place."""
    assert {*WRITTEN, *TEMPLATES} == set(OBSERVABLE_TYPES)


@pytest.mark.parametrize("kind", sorted(PIECES))
def test_types_that_are_read_exist(kind: str) -> None:
    """The table of types holds no misspelling."""
    assert kind in TYPES["types"]


def test_flags_are_misps_own_defaults() -> None:
    """What MISP itself does not flag, the relay does not flag either."""
    for kind, _ in WRITTEN.values():
        assert (kind in NOT_FLAGGED) is (TYPES["sane_defaults"][kind]["to_ids"] == 0), kind


@pytest.mark.parametrize("name", sorted({name for name, _ in IN_OBJECTS}))
def test_relations_that_are_read_exist(name: str) -> None:
    """The table of relations holds no misspelling."""
    relations = {relation for template, relation in IN_OBJECTS if template == name}

    assert relations <= set(_template(name)["attributes"])


@pytest.mark.parametrize("name", sorted({*RELATIONS, *HIT}))
def test_templates_that_are_read_exist(name: str) -> None:
    """Each has relations of those the table names; those of victims all exist."""
    relations = set(_template(name)["attributes"])

    assert relations & {*RELATIONS.get(name, ()), *HIT.get(name, ())}
    assert HIT.get(name, frozenset()) <= relations


def test_taxonomies_are_bounded_by_percent() -> None:
    """Whatever a taxonomy's word says, it is a confidence from 0 to 100."""
    assert all(0 <= n <= 100 for words in CONFIDENCES.values() for n in words.values())
