"""The schema of the chart's values: a frame of the chart's own, with the relay's settings in it."""

from collections.abc import Mapping
from typing import Any, Final

from relay.settings.schema import DIALECT, schemas

OWNED: Final = (
    "members",
    "key_secret_file",
    "state_dir",
    "http.host",
    "kafka.security.ca_file",
    "kafka.security.cert_file",
    "kafka.security.key_file",
    "kafka.security.password_file",
    "kafka.security.token_file",
    "access.passwords_dir",
)
"""Keys of relay.yaml that the chart sets: it alone knows where it mounts what."""

READ: Final = (
    "lanes",
    "kafka.bootstrap",
    "kafka.app",
    "kafka.security.protocol",
    "kafka.security.mechanism",
    "access.manage",
    "access.principal",
    "access.produce_bytes",
    "access.fetch_bytes",
    "access.request_percent",
    "http.port",
)
"""Keys of relay.yaml that templates read: values.yaml has them, and null takes none away."""

FIRST_PORT: Final = 1
"""0 would be a free one, which no probe and no Service could know of."""


def schema(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of the values, by the frame and by what the settings say of themselves."""
    settings, register = schemas()["settings.json"], schemas()["members.json"]
    definitions: dict[str, Any] = settings["$defs"] | register["$defs"]
    definitions["RelayFile"] = {
        key: value for key, value in settings.items() if not key.startswith("$")
    }
    for key in OWNED:
        section, name = _section(definitions, key)
        del section["properties"][name]
    for key in READ:
        _require(definitions, key)
    section, name = _section(definitions, "http.port")
    section["properties"][name]["minimum"] = FIRST_PORT
    return {
        "$schema": DIALECT,
        "title": "values.yaml of the chart relay",
        **frame,
        "$defs": definitions | frame["$defs"],
    }


def _section(definitions: Mapping[str, Any], key: str) -> tuple[dict[str, Any], str]:
    """Return the schema that a key stands in, and the last word of it."""
    section = definitions["RelayFile"]
    *sections, name = key.split(".")
    for each in sections:
        section = definitions[section["properties"][each]["$ref"].rpartition("/")[2]]
    return section, name


def _require(definitions: Mapping[str, Any], key: str) -> None:
    """Make a key, and each section around it, one that must be there."""
    words = key.split(".")
    for end in range(1, len(words) + 1):
        section, name = _section(definitions, ".".join(words[:end]))
        section["required"] = sorted({*section.get("required", ()), name})
