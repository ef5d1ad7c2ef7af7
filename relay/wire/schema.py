"""The published contract as files: JSON Schemas of the messages, and the topics they travel on.

The models are the source. What a schema refuses a model refuses, and the other way round, except
for what no schema can say: that stands in the schema's `$comment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import orjson
from pydantic import BaseModel, TypeAdapter

from relay.model.window import Window
from relay.wire import alert, canary, detection, rejection
from relay.wire.asyncapi import document
from relay.wire.envelope import SCHEMAS
from relay.wire.internal import LaneRecord
from relay.wire.meanings import ALERT, CANARY, DETECTION, REJECTION

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

DIALECT = "https://json-schema.org/draft/2020-12/schema"

DETECTION_COMMENT = (
    f"Besides: UTF-8 without a byte order mark, at most {detection.MAX_BYTES} bytes, no name twice "
    "in an object, last_seen not before first_seen, each value one of its type."
)

INTERNAL = "Internal: no contract. Only the relay writes and reads it; any release may change it."


@dataclass(frozen=True, slots=True)
class Published:
    """A message of the contract: its model, what its fields mean, what no schema can say of it."""

    model: type[BaseModel]
    meanings: Mapping[str, Mapping[str, str]]
    comment: str | None = None


PUBLISHED: Mapping[str, Published] = {
    detection.SCHEMA: Published(detection.DetectionV1, DETECTION, DETECTION_COMMENT),
    alert.SCHEMA: Published(alert.AlertV1, ALERT),
    rejection.SCHEMA: Published(rejection.RejectionV1, REJECTION),
    canary.SCHEMA: Published(canary.CanaryV1, CANARY),
}

SIGHTING = "sighting.v1"
WINDOW = "window.v1"


def render() -> dict[str, bytes]:
    """Return every file of the contract, by its name below `schemas/`: equal bytes every time."""
    files = {name: published(message, name) for name, message in PUBLISHED.items()}
    files[SIGHTING] = internal(TypeAdapter(LaneRecord), SIGHTING)
    files[WINDOW] = internal(TypeAdapter(Window), WINDOW)
    rendered = {f"{name}.json": text(schema) for name, schema in files.items()}
    return rendered | {"asyncapi.json": text(document())}


def text(value: object) -> bytes:
    """Return a generated file: sorted names, two spaces, a final newline."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, option=options)


def published(message: Published, name: str) -> dict[str, Json]:
    """Return the schema of a message that members write or read."""
    schema = _named(TypeAdapter(message.model).json_schema(), name)
    parts = {message.model.__name__: schema, **_mapping(schema.get("$defs", {}))}
    for part, meanings in message.meanings.items():
        properties = _mapping(_mapping(parts[part])["properties"])
        for field, meaning in meanings.items():
            properties[field] = _explained(_mapping(properties[field]), meaning)
    if message.comment is not None:
        schema["$comment"] = message.comment
    if message.model is detection.DetectionV1:
        _bound_depth(schema, detection.EXT_DEPTH - 1)
    return schema


def _explained(schema: dict[str, Json], meaning: str) -> dict[str, Json]:
    """Return the schema with a description; draft-07 reads nothing that stands beside a `$ref`."""
    if "$ref" in schema:
        return {"allOf": [schema], "description": meaning}
    return {**schema, "description": meaning}


def _mapping(node: Json) -> dict[str, Json]:
    if not isinstance(node, dict):
        raise TypeError(f"not a schema: {node!r}")
    return node


def internal(adapter: TypeAdapter[LaneRecord] | TypeAdapter[Window], name: str) -> dict[str, Json]:
    """Return the schema of what the relay tells itself, marked so."""
    return {**_named(adapter.json_schema(), name), "$comment": INTERNAL, "x-internal": True}


def _named(schema: Mapping[str, Json], name: str) -> dict[str, Json]:
    plain = {key: _plain(value) for key, value in schema.items() if key != "title"}
    return {"$schema": DIALECT, "$id": SCHEMAS + name, "title": name, **plain}


def _plain(node: Json) -> Json:
    """Return a schema without pydantic's titles, and with two of its habits mended.

    It gives a field that may be left out the default null, which is no value of the field, and
    lets an object whose names have a pattern take any other name as well.
    """
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _plain(value) for key, value in node.items() if not _is_title(key, value)}
    if "default" in made and made["default"] is None:
        del made["default"]
    patterns = made.pop("patternProperties", None)
    if isinstance(patterns, dict):
        (pattern, values), *others = patterns.items()
        if others:
            raise TypeError("an object whose names have more than one pattern")
        made |= {"propertyNames": {"pattern": pattern}, "additionalProperties": values}
    return made


def _is_title(key: str, value: Json) -> bool:
    return key == "title" and isinstance(value, str)


def _bound_depth(schema: dict[str, Json], levels: int) -> None:
    """Say in the schema that a value of `ext` nests at most `levels` deep: a definition a level."""
    definitions = _mapping(schema["$defs"])
    extensions = _mapping(_mapping(schema["properties"])["ext"])
    extensions["additionalProperties"] = _nested(levels)
    definitions["Nested0"] = {"type": ["string", "number", "boolean", "null"]}
    for level in range(1, levels + 1):
        below = _nested(level - 1)
        definitions[f"Nested{level}"] = {"items": below, "additionalProperties": below}


def _nested(level: int) -> dict[str, Json]:
    return {"$ref": f"#/$defs/Nested{level}"}
