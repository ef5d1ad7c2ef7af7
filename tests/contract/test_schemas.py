import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from typer.testing import CliRunner

from relay.cli.main import app
from relay.cli.schemas import generated
from relay.kafka.topics import wanted
from relay.model.alert import Why
from relay.pipeline import topics
from relay.wire import envelope
from relay.wire.asyncapi import LANES, document
from tests.unit.wire.contract import SCHEMAS, schema

MESSAGES: Final = ("detection.v1", "alert.v1", "rejection.v1", "canary.v1")
INTERNAL: Final = ("sighting.v1", "window.v1")
SETTINGS: Final = ("settings", "members")

# Words that draft-07 and 2020-12 both know and mean alike; `$defs` is to draft-07 a place like any.
SHARED: Final = frozenset({
    "$comment", "$defs", "$id", "$ref", "$schema", "additionalProperties", "allOf", "anyOf",
    "const", "default", "description", "enum", "examples", "format", "items", "maxItems",
    "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "pattern",
    "exclusiveMaximum", "exclusiveMinimum", "maxLength", "oneOf",
    "properties", "propertyNames", "required", "title", "type", "uniqueItems", "x-internal",
})  # fmt: skip


def schemas_in(node: object) -> Iterator[Mapping[str, Any]]:
    """A schema and all schemas within it."""
    if not isinstance(node, dict):
        return
    yield node
    for word in ("properties", "$defs"):
        for inner in node.get(word, {}).values():
            yield from schemas_in(inner)
    for word in ("items", "additionalProperties", "propertyNames"):
        yield from schemas_in(node.get(word))
    for word in ("allOf", "anyOf", "oneOf"):
        for inner in node.get(word, []):
            yield from schemas_in(inner)


def test_the_files_are_what_the_models_say() -> None:
    """Nobody edits schemas/ by hand and no model changes without it, byte for byte."""
    found = {path.name: path.read_bytes() for path in SCHEMAS.glob("*.json")}

    assert found == generated(), "run `relay schemas`"


def test_the_command_writes_what_it_then_finds_in_order(tmp_path: Path) -> None:
    """What `relay schemas` writes, `relay schemas --check` accepts."""
    wrote = CliRunner().invoke(app, ["schemas", "--out", str(tmp_path / "new")])
    checked = CliRunner().invoke(app, ["schemas", "--check", "--out", str(tmp_path / "new")])

    assert (wrote.exit_code, checked.exit_code, checked.stdout) == (0, 0, "")


@pytest.mark.parametrize("damage", ["changed", "missing", "left over"])
def test_the_command_shows_drift(tmp_path: Path, damage: str) -> None:
    """A file that differs, is missing or is too many ends with code 1 and a unified diff."""
    CliRunner().invoke(app, ["schemas", "--out", str(tmp_path)])
    path = tmp_path / ("old.v0.json" if damage == "left over" else "alert.v1.json")
    if damage == "missing":
        path.unlink()
    else:
        path.write_text('{"title": "another"}\n')

    run = CliRunner().invoke(app, ["schemas", "--check", "--out", str(tmp_path)])

    assert run.exit_code == 1
    assert run.stdout.startswith(f"--- {path}\n+++ {path} (models)\n")


@pytest.mark.parametrize("name", [*MESSAGES, *INTERNAL, *SETTINGS])
def test_a_schema_is_one_in_both_dialects(name: str) -> None:
    """A schema is valid 2020-12 and draft-07, and uses only words that mean the same in both."""
    found = schema(name)
    Draft202012Validator.check_schema(found)
    Draft7Validator.check_schema(found)

    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {word for inner in schemas_in(found) for word in inner} - SHARED == set()


@pytest.mark.parametrize("name", MESSAGES)
def test_a_pattern_means_the_same_everywhere(name: str) -> None:
    """Patterns are anchored and use nothing that regular expressions may read differently."""
    patterns = {inner["pattern"] for inner in schemas_in(schema(name)) if "pattern" in inner}
    odd = re.compile(r"\\[dDwWsSbBpPzZAuU]|\(\?[^:]|\$.|(?<!^)(?<!\[)\^", re.DOTALL)

    assert [p for p in patterns if not (p.startswith("^") and p.endswith("$"))] == []
    assert [p for p in patterns if odd.search(p)] == []


@pytest.mark.parametrize("name", MESSAGES)
def test_every_string_and_list_of_a_message_has_a_bound(name: str) -> None:
    """A string is bounded by a length, a pattern or a list of words; a list by a length."""
    bounded = {"maxLength", "enum", "const"}
    loose = [
        inner
        for inner in schemas_in(schema(name))
        if (inner.get("type") == "string" and not bounded & set(inner) and _endless(inner))
        or (inner.get("type") == "array" and "maxItems" not in inner)
    ]

    assert loose == []


def _endless(node: Mapping[str, Any]) -> bool:
    """Whether a pattern, or its absence, lets a string grow without end."""
    outside_classes = re.sub(r"\[[^\]]*\]", "c", node.get("pattern", "*"))
    return re.search(r"[*+]", outside_classes) is not None


def test_a_detection_is_closed_and_what_the_relay_writes_is_open() -> None:
    """The relay refuses what it does not know; a member ignores it."""
    closed = {s["additionalProperties"] for s in schemas_in(schema("detection.v1")) if _parts(s)}
    written = [schema(name) for name in ("alert.v1", "rejection.v1", "canary.v1")]
    opened = {s["additionalProperties"] for body in written for s in schemas_in(body) if _parts(s)}

    assert (closed, opened) == ({False}, {True})


def _parts(node: Mapping[str, Any]) -> bool:
    return "properties" in node


@pytest.mark.parametrize("name", MESSAGES)
def test_every_field_has_a_meaning(name: str) -> None:
    """A SIEM engineer reads what a field means in the schema itself."""
    silent = [
        field
        for part in schemas_in(schema(name))
        for field, inner in part.get("properties", {}).items()
        if not inner.get("description")
    ]

    assert silent == []


@pytest.mark.parametrize("name", MESSAGES)
def test_nothing_stands_beside_a_reference(name: str) -> None:
    """Draft-07 ignores every word beside `$ref`, so none is there to be ignored."""
    assert [inner for inner in schemas_in(schema(name)) if "$ref" in inner and len(inner) > 1] == []


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_schemas_say_so(name: str) -> None:
    """Nobody takes a form that only the relay reads for a contract."""
    found = schema(name)

    assert found["x-internal"] is True
    assert found["$comment"].startswith("Internal")


def test_headers_name_the_published_schemas() -> None:
    """`ce_dataschema` of an event is the `$id` of its schema."""
    headers = dict(envelope.detection_headers("ee", "1.1", "2026-03-02T08:00:00Z", "green"))

    assert headers["ce_dataschema"].decode() == schema("detection.v1")["$id"]
    assert {schema(name)["$id"] for name in MESSAGES} == {
        f"urn:shield:schema:{name}" for name in MESSAGES
    }


def test_words_of_an_alert_are_explained() -> None:
    """The open vocabularies of an alert list what this version says."""
    properties = schema("alert.v1")["properties"]

    assert set(properties["reason"]["description"].split(", ")) == {why.value for why in Why}


def references(node: object) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_of_topics_refers_to_what_exists() -> None:
    """Each reference of asyncapi.json is a place in it or a file beside it."""
    found = json.loads((SCHEMAS / "asyncapi.json").read_text())
    missing = []
    for reference in references(found):
        file, _, path = reference.partition("#")
        target: Any = json.loads((SCHEMAS / file).read_text()) if file else found
        for step in filter(None, path.split("/")):
            target = target.get(step, {})
        missing += [] if target else [reference]

    assert missing == []


def test_the_document_names_the_topics_of_the_relay() -> None:
    """Addresses are those that the relay reads and writes."""
    found = document()["channels"]
    assert isinstance(found, dict)
    addresses = {channel["address"] for channel in found.values() if isinstance(channel, dict)}
    prefixes = (topics.DETECTIONS, topics.REJECTED, topics.ALERTS)

    assert addresses == {
        topics.SIGHTINGS, topics.STATE, *(f"{prefix}{{member}}" for prefix in prefixes),
    }  # fmt: skip


def test_the_document_says_how_topics_are_made() -> None:
    """Partitions and settings are those that `relay provision` gives a topic."""
    channels = schema("asyncapi")["channels"].values()
    described = {
        channel["address"]: (
            channel["bindings"]["kafka"]["partitions"],
            {
                name: ",".join(value) if isinstance(value, list) else str(value)
                for name, value in channel["bindings"]["kafka"]["topicConfiguration"].items()
            },
        )
        for channel in channels
    }

    assert described == {
        topic.name: (topic.partitions, dict(topic.config)) for topic in wanted(["{member}"], LANES)
    }


def test_each_operation_says_what_a_broker_must_allow() -> None:
    """A member may touch its own three topics and no other; the relay's rights are by prefix."""
    operations = schema("asyncapi")["operations"].values()
    member = [op for op in operations if op["x-role"] == "member"]
    rights = {
        (rule["operation"], rule["resource"], rule["name"], rule["pattern"])
        for operation in member
        for rule in operation["x-kafka-acl"]
    }

    assert rights == {
        ("Write", "topic", "detections.{member}", "literal"),
        ("Read", "topic", "rejected.{member}", "literal"),
        ("Read", "topic", "alerts.{member}", "literal"),
        ("Read", "group", "{member}.", "prefixed"),
    }
    assert all(operation["x-kafka-acl"] for operation in operations)
