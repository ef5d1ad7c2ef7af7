import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator

from helm.__main__ import FRAME, PLACE, made
from helm.values import OWNED, READ, schema
from relay import __version__
from relay.settings.catalogue import catalogue
from relay.settings.relay import RelayFile
from relay.settings.schema import schemas

CHART: Final = PLACE.parent
VALUES: Final = CHART / "values.yaml"
# What the relay's defaults are on a machine, and the chart's must not be in a cluster: there is no
# broker beside the relay, and who wants no encryption has to say so.
OTHERWISE: Final = {"kafka.bootstrap": "", "kafka.security.protocol": "sasl_ssl"}


def loaded(path: Path) -> dict[str, Any]:
    """A file of YAML."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def parts(node: object) -> Iterator[dict[str, Any]]:
    """A schema and everything in it."""
    if isinstance(node, dict):
        yield node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from parts(each)


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """The values of a tree by their dotted keys."""
    found: dict[str, object] = {}
    for key, value in tree.items():
        inner = isinstance(value, dict) and value
        found |= flat(value, f"{prefix}{key}.") if inner else {prefix + key: value}
    return found


def test_the_schema_is_what_settings_and_frame_say() -> None:
    """`make schemas` has been run after each change of a setting."""
    assert PLACE.read_bytes() == made(), "run `make schemas`"


def test_the_defaults_are_the_relays_own() -> None:
    """A default stands in two places and is one; where it is not, that is said above."""
    fields = catalogue(RelayFile)
    said = flat(loaded(VALUES)["config"])

    assert {key: OTHERWISE.get(key, fields[key].default) for key in said} == said
    assert set(READ) - set(said) == set()


def test_a_key_is_the_operators_or_the_charts() -> None:
    """The chart sets what is not taken, and nothing that is no setting."""
    keys = set(catalogue(RelayFile))

    assert set(OWNED) <= keys
    assert set(READ) <= keys
    assert set(OWNED) & set(READ) == set()


def test_the_frame_takes_no_name_of_the_settings() -> None:
    """A definition of the chart's that had a setting's name would stand in its place."""
    frame, own = loaded(FRAME), schemas()
    taken = {name for each in own.values() for name in each["$defs"]} | {"RelayFile"}

    assert taken & set(frame["$defs"]) == set()


def test_every_value_is_known_and_every_known_value_is_there() -> None:
    """values.yaml lists each key of the schema, with a value that the schema takes but for what
    the operator must say."""
    frame, values = loaded(FRAME), loaded(VALUES)

    assert list(Draft202012Validator(schema(frame)).iter_errors(values)) == []
    assert set(frame["properties"]) == {*values, "global"}


def test_what_is_listed_is_all_there_is() -> None:
    """A key that is misspelt is refused, wherever keys are listed."""
    made_schema = schema(loaded(FRAME))
    Draft202012Validator.check_schema(made_schema)
    open_ = [
        sorted(part["properties"])
        for part in parts(made_schema)
        if isinstance(part.get("properties"), dict)
        and part.get("additionalProperties") is not False
    ]

    # Names of definitions and of keys are no schemas: `properties` may be a key of one.
    assert open_ == []


def test_patterns_are_those_that_helm_can_read() -> None:
    """Helm's regular expressions know neither looking around nor back references."""
    patterns = {part["pattern"] for part in parts(schema(loaded(FRAME))) if "pattern" in part}
    beyond = re.compile(r"\(\?[=!<]|\\[1-9ZzA]")

    assert patterns
    assert [pattern for pattern in patterns if beyond.search(str(pattern))] == []


@pytest.mark.parametrize("key", OWNED)
def test_what_the_chart_sets_cannot_be_set(key: str) -> None:
    """Two places that say where a file is would contradict each other."""
    values = loaded(VALUES)
    *sections, name = key.split(".")
    section = values["config"]
    for each in sections:
        section = section.setdefault(each, {})
    section[name] = "elsewhere"

    errors = list(Draft202012Validator(schema(loaded(FRAME))).iter_errors(values))
    assert [name in error.message for error in errors] == [True]


@pytest.mark.parametrize("key", READ)
def test_what_the_chart_reads_cannot_be_taken_away(key: str) -> None:
    """A null in an operator's values would leave templates without it."""
    values = loaded(VALUES)
    *sections, name = key.split(".")
    section = values["config"]
    for each in sections:
        section = section[each]
    del section[name]

    errors = list(Draft202012Validator(schema(loaded(FRAME))).iter_errors(values))
    assert [name in error.message for error in errors] == [True]


def test_the_chart_is_of_this_version() -> None:
    """Without a tag the image is that of the chart's appVersion."""
    chart = loaded(CHART / "Chart.yaml")

    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
