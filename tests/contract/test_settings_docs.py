import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from relay.model.vocabulary import FAMILIES, KINDS, OBSERVABLE_TYPES, SECTORS
from relay.settings.environment import variable
from relay.settings.schema import schemas

PAGE: Final = (Path(__file__).parents[2] / "docs/settings.md").read_text()
FILES: Final = [("settings.json", "## relay.yaml"), ("members.json", "## members.yaml")]


def keys(schema: Any, node: Any, prefix: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Every key that holds a value of its own: its path, its schema, whether it is required."""
    for name, value in node["properties"].items():
        inner, dots = value, "."
        if value.get("type") == "array":
            inner, dots = value["items"], "[]."
        if "$ref" in inner:
            section = schema["$defs"][inner["$ref"].rpartition("/")[2]]
            yield from keys(schema, section, prefix + name + dots)
        else:
            yield prefix + name, value, name in node.get("required", ())


def values(node: Any) -> str:
    """What may stand at a key, in a word or two."""
    if "const" in node or "enum" in node:
        return ", ".join(
            f"`{word if isinstance(word, str) else json.dumps(word)}`"
            for word in node.get("enum", [node.get("const")])
        )
    if "minimum" in node:
        return f"{node['minimum']} to {node['maximum']}"
    if "anyOf" in node:
        return "`all` or a list"
    kinds = {"array": "list", "boolean": "`true`, `false`", "object": "mapping"}
    return kinds.get(node["type"], "text")


def row(key: str, node: Any, required: bool) -> str:
    """The line of the page for one key."""
    default = (
        node.get("default", [] if node["type"] == "array" else None) if "type" in node else "all"
    )
    said = {"None": "none", "True": "`true`", "False": "`false`"}.get(str(default), f"`{default}`")
    shown = "required" if required else said
    return f"| `{key}` | {values(node)} | {shown} | {node['description']} |"


def section(heading: str) -> str:
    """The text from a heading of the page to the next of its level."""
    return PAGE.split(f"{heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(("name", "heading"), FILES)
def test_the_page_has_a_row_for_every_key_and_no_other(name: str, heading: str) -> None:
    """Key, values, default and meaning on the page are those of the published schema."""
    schema = schemas()[name]
    expected = [row(*each) for each in keys(schema, schema)]

    found = [line for line in section(heading).splitlines() if line.startswith("| `")]

    assert found == expected, "\n".join(expected)


def test_the_page_lists_the_words_a_register_may_use() -> None:
    """Kinds, types, families and sectors are all on the page."""
    words = {*KINDS, *OBSERVABLE_TYPES, *FAMILIES, *SECTORS}

    assert words - set(re.findall(r"`([^`]+)`", PAGE)) == set()


def test_the_page_names_real_variables() -> None:
    """A variable shown on the page sets a key."""
    schema = schemas()["settings.json"]
    known = {variable(key) for key, _, _ in keys(schema, schema)}
    shown = set(re.findall(r"`(RELAY_[A-Z_]+)`", PAGE)) - {"RELAY_CACHE_DIR"}

    assert {name for name in shown if name.rpartition("__")[0] not in known} <= known
