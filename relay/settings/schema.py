"""JSON Schemas of the two files, for editors and for checks before anything is deployed."""

from typing import Any

from relay.settings.catalogue import Strict
from relay.settings.register import RegisterFile
from relay.settings.relay import RelayFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each file, by the name it is published under.

    A schema says less than the loader: that ids differ, exact bounds of lengths of time, which
    countries there are, what is a network or a domain, what a file holds. What a schema refuses,
    the loader refuses.
    """
    return {
        "settings.json": _schema(RelayFile, "relay.yaml"),
        "members.json": _schema(RegisterFile, "members.yaml"),
    }


def _schema(model: type[Strict], title: str) -> dict[str, Any]:
    found = _plain(model.model_json_schema())
    return {"$schema": DIALECT, **found, "title": title}


def _plain(node: Any) -> Any:
    """Without pydantic's titles, and with null as it is written: `all`, or the key left out."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _plain(value) for key, value in node.items() if not _is_title(key, value)}
    if {"type": "null"} not in made.get("anyOf", ()):
        return made
    kinds = [kind for kind in made.pop("anyOf") if kind != {"type": "null"}]
    if made.get("default") == "all":
        return {"anyOf": [{"const": "all"}, *kinds], **made}
    made.pop("default", None)
    return {**kinds[0], **made}


def _is_title(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)
