"""OCSF out: what the makers of its tools say of the findings that the relay writes.

py-ocsf-models has a part of OCSF 1.5.0 as pydantic models; ocsf-json-schema makes JSON Schemas of
the whole of it, as schema.ocsf.io does, which forbid what they do not know.
"""

from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from relay.formats.ocsf.render import VERSION, render
from relay.model.alert import Alert
from tests.properties.test_round_trips import alerts
from tests.unit.formats.kit import an_alert_of, rendered
from tests.unit.wire.values import a_full_alert

# No types come with it.
DetectionFinding: Any = import_module(
    "py_ocsf_models.events.findings.detection_finding"
).DetectionFinding

STATES = (
    ("create", "early-warning"), ("update", "cross-border"), ("update", "widespread"),
    ("close", "closed"), ("close", "withdrawn"), ("create", "reported"),
)  # fmt: skip
ALL_ALERTS = st.builds(
    lambda alert, told: replace(alert, action=told[0], state=told[1]),
    alerts(),
    st.sampled_from(STATES),
)


@cache
def schema() -> jsonschema.Draft202012Validator:
    """The JSON Schema of a Detection Finding with the profile that the relay uses."""
    made = pytest.importorskip("ocsf_json_schema")
    whole = made.OcsfJsonSchemaEmbedded(made.get_ocsf_schema(version=VERSION))
    return jsonschema.Draft202012Validator(whole.get_class_schema("detection_finding", ["osint"]))


def faults(finding: Any) -> list[str]:
    """What the JSON Schema finds wrong."""
    return [f"{fault.json_path}: {fault.message}" for fault in schema().iter_errors(finding)]


@given(ALL_ALERTS)
def test_the_models_accept_every_finding(alert: Alert) -> None:
    """Without any conversion: numbers are numbers, and each is one of its enumeration."""
    body = render(alert, "relay-test").body

    read = DetectionFinding.model_validate_json(body, strict=True)

    assert read.finding_info.uid == alert.id
    assert [o.value for o in read.observables or ()] == [
        seen.observable.value for seen in alert.observables
    ]


@given(ALL_ALERTS)
def test_the_schema_accepts_every_finding(alert: Alert) -> None:
    """Nothing is missing, misspelt or outside its enumeration."""
    assert faults(orjson.loads(render(alert, "relay-test").body)) == []


def test_the_models_accept_the_largest_alert() -> None:
    """With every list at its bound."""
    body = render(a_full_alert("a" * 64), "relay-test").body

    assert len(DetectionFinding.model_validate_json(body, strict=True).observables) > 100


def test_the_schema_accepts_the_largest_alert() -> None:
    """With every list at its bound."""
    assert faults(orjson.loads(render(a_full_alert("a" * 64), "relay-test").body)) == []


WRONG: tuple[dict[str, Any], ...] = (
    {"severity_id": 7}, {"activity_id": 4}, {"status_id": 8}, {"confidence_id": 4},
    {"type_uid": 200407}, {"severity_id": "4"}, {"time": "now"}, {"finding_info": {}},
)  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_the_models_refuse_what_is_wrong(wrong: dict[str, Any]) -> None:
    """They do check values: a finding with one wrong field does not pass."""
    finding = {**rendered("ocsf", an_alert_of(("ipv4", "198.51.100.7"))), **wrong}

    with pytest.raises(ValidationError):
        DetectionFinding.model_validate_json(orjson.dumps(finding), strict=True)


@pytest.mark.parametrize("wrong", [*WRONG, {"severty": "High"}])
def test_the_schema_refuses_what_is_wrong(wrong: dict[str, Any]) -> None:
    """Also a field that is none."""
    assert faults({**rendered("ocsf", an_alert_of(("ipv4", "198.51.100.7"))), **wrong}) != []


@pytest.mark.parametrize("path", ["osint", "observables"])
def test_the_schema_checks_the_observables(path: str) -> None:
    """A type outside the enumeration is refused, and a field that is no field."""
    finding = rendered("ocsf", an_alert_of(("ipv4", "198.51.100.7")))

    finding[path][0]["type_id"] = 98
    unknown_type = faults(finding)
    finding[path][0].update(type_id=1, kind="x")

    assert unknown_type != []
    assert faults(finding) != []
