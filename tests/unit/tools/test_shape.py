from typing import Any, Final

import jsonschema
import pytest

from tools.schemas.custom import served
from tools.schemas.shape import bare, reached, redirected, references, strict

WIDGET: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What a reader reads.",
    "required": ["spec"],
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "status": {"type": "object", "properties": {"seen": {"type": "boolean"}}},
        "spec": {
            "type": "object",
            # A property, not a sentence.
            "properties": {
                "description": {"type": "string", "default": "none"},
                "port": {"anyOf": [{"type": "integer"}], "x-kubernetes-int-or-string": True},
                "mode": {"type": "string", "enum": ["a", "b"], "nullable": True},
                "free": {
                    "type": "object",
                    "properties": {"known": {"type": "string"}},
                    "x-kubernetes-preserve-unknown-fields": True,
                },
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "list": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"a": {"type": "string"}}},
                },
            },
            "oneOf": [{"required": ["port"], "properties": {"port": {}}}, {"required": ["mode"]}],
        },
    },
}


def is_taken(spec: dict[str, Any]) -> bool:
    """Whether a widget of this spec is what the strict schema takes."""
    checker = jsonschema.Draft4Validator(strict(WIDGET))
    return bool(checker.is_valid({"apiVersion": "v1", "kind": "Widget", "spec": spec}))


@pytest.mark.parametrize(
    "spec",
    [
        {"port": 80},
        {"port": "http", "description": "one"},
        {"mode": None},
        {"port": 1, "free": {"known": "a", "unknown": 1}},
        {"port": 1, "labels": {"any": "thing"}},
        {"port": 1, "list": [{"a": "b"}, {}]},
    ],
)
def test_what_a_cluster_keeps_is_taken(spec: dict[str, Any]) -> None:
    """Known fields of their types pass, and unknown ones where the definition wants them kept."""
    assert is_taken(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"port": 80, "unknown": 1},
        {"port": 80, "list": [{"b": "c"}]},
        {"port": 1.5},
        {"port": 80, "mode": "a"},
        {"mode": "c"},
        {"port": 80, "labels": {"any": 1}},
        {"port": 80, "free": {"known": 1}},
        {"port": 80, "description": 1},
    ],
)
def test_what_a_cluster_refuses_or_drops_is_refused(spec: dict[str, Any]) -> None:
    """A wrong type, a broken condition, and a field that would vanish in silence."""
    assert not is_taken(spec)


def test_a_schema_is_freed_of_what_checks_nothing() -> None:
    """Sentences and defaults go; a property that is called like one stays."""
    spec = bare(WIDGET)["properties"]["spec"]["properties"]

    assert "description" not in bare(WIDGET)
    assert spec["description"] == {"type": "string"}
    assert spec["mode"] == {"type": "string", "enum": ["a", "b"]}


def test_a_definition_gives_a_schema_for_each_version_it_serves() -> None:
    """Names are kubeconform's, metadata is Kubernetes' own, and the status is the cluster's."""
    versions = [
        {"name": name, "served": name != "v1alpha1", "schema": {"openAPIV3Schema": WIDGET}}
        for name in ("v1alpha1", "v1")
    ]
    names = {"group": "widgets.example.eu", "names": {"kind": "Widget"}, "versions": versions}

    [(name, schema)] = served({"spec": names}).items()

    assert name == "custom/widget-widgets-v1.json"
    assert schema["properties"]["kind"] == {"enum": ["Widget"]}
    assert schema["properties"]["apiVersion"] == {"enum": ["widgets.example.eu/v1"]}
    assert schema["properties"]["metadata"]["$ref"].endswith("meta.v1.ObjectMeta")
    assert "status" not in schema["properties"]
    assert schema["required"] == ["apiVersion", "kind", "metadata", "spec"]


def test_only_definitions_that_are_used_are_kept() -> None:
    """What is reached through others is kept, circles included; what is not known is an error."""
    known: dict[str, dict[str, Any]] = {
        "a": {"properties": {"b": {"$ref": "far#/$defs/b"}, "$ref": {"type": "string"}}},
        "b": {"items": {"$ref": "far#/$defs/a"}},
        "c": {"$ref": "far#/$defs/lost"},
    }

    assert set(reached(["a"], known)) == {"a", "b"}
    assert list(references(known["c"])) == ["lost"]
    with pytest.raises(KeyError, match="lost"):
        reached(["c"], known)


def test_references_lead_to_where_definitions_are() -> None:
    """A reference is turned, also within lists; a property of that name is none."""
    schema = {"$ref": "x#/$defs/a", "properties": {"$ref": {"oneOf": [{"$ref": "x#/$defs/b"}]}}}

    assert redirected(schema, "here.json") == {
        "$ref": "here.json#/$defs/a",
        "properties": {"$ref": {"oneOf": [{"$ref": "here.json#/$defs/b"}]}},
    }
