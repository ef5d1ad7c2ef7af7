"""A schema as a cluster has it, turned into one that refuses what a cluster would drop."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]

BRANCHES: Final = frozenset({"allOf", "anyOf", "oneOf"})
NAMED: Final = frozenset({"properties", "patternProperties", "$defs"})
NESTED: Final = frozenset({"additionalProperties", "items", "not"})
# For readers, and for the server alone.
DROPPED: Final = frozenset({"default", "description", "example", "externalDocs", "nullable"})


def bare(schema: Schema) -> Schema:
    """Return a schema without what checks nothing."""
    return {
        word: _inside(word, value, bare)
        for word, value in schema.items()
        if word not in DROPPED and not word.startswith("x-kubernetes-")
    }


def strict(schema: Schema) -> Schema:
    """Return the schema of a custom resource such that an unknown field is refused.

    What stands in branches states conditions on fields declared outside them, so an unknown field
    is known by nothing there.
    """
    kept = {
        word: _inside(word, value, bare if word in BRANCHES | {"not"} else strict)
        for word, value in schema.items()
        if word not in DROPPED and not word.startswith("x-kubernetes-")
    }
    if schema.get("x-kubernetes-int-or-string"):
        kept.pop("anyOf", None)
        kept["type"] = ["integer", "string"]
    if schema.get("nullable"):
        kept |= _nullable(kept)
    if "properties" in schema and not _open(schema):
        kept["additionalProperties"] = False
    return kept


def references(schema: object) -> Iterator[str]:
    """Give the names of the definitions that a schema refers to."""
    if isinstance(schema, list):
        for each in schema:
            yield from references(each)
    elif isinstance(schema, dict):
        for word, value in schema.items():
            # There is a property of that name, too.
            if word == "$ref" and isinstance(value, str):
                yield value.rpartition("/")[2]
            else:
                yield from references(value)


def reached(roots: Iterable[str], known: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the definitions of these names, and of all that they use.

    Raises:
        KeyError: one is used and not known.
    """
    found: dict[str, Schema] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = known[name]
            waiting.extend(references(known[name]))
    return found


def redirected(schema: Schema, place: str) -> Schema:
    """Return a schema whose references lead to the definitions in the file `place`."""
    return {word: _redirected(word, value, place) for word, value in schema.items()}


def _redirected(word: str, value: Any, place: str) -> Any:
    if word == "$ref" and isinstance(value, str):
        return f"{place}#/$defs/{value.rpartition('/')[2]}"
    if isinstance(value, list):
        return [_redirected("", each, place) for each in value]
    return redirected(value, place) if isinstance(value, dict) else value


def _inside(word: str, value: Any, change: Callable[[Schema], Schema]) -> Any:
    if word in NAMED:
        return {name: change(each) for name, each in value.items()}
    if word in BRANCHES:
        return [change(each) for each in value]
    if word in NESTED and isinstance(value, dict):
        return change(value)
    return value


def _open(schema: Schema) -> bool:
    return bool(
        schema.get("x-kubernetes-preserve-unknown-fields")
        or schema.get("x-kubernetes-embedded-resource")
        or "additionalProperties" in schema
    )


def _nullable(schema: Schema) -> Schema:
    wider: Schema = {}
    if isinstance(schema.get("type"), str):
        wider["type"] = [schema["type"], "null"]
    if "enum" in schema:
        wider["enum"] = [*schema["enum"], None]
    return wider
