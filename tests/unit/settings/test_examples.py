import shutil
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator

from relay.settings import SettingsError, load_register, load_settings
from relay.settings.schema import schemas

EXAMPLES: Final = Path(__file__).parents[3] / "examples"
FILES: Final = [("settings.json", "relay.yaml"), ("members.json", "members.yaml")]


MEMBER: Final = {"id": "a", "name": "A", "country": "EE", "kind": "observer"}
SAID: Final = [
    ({"bootstrap": "a:1,[::1]:65535"}, True),
    ({"bootstrap": "a:1, b:2"}, False),
    ({"bootstrap": "a:65536"}, False),
    ({"bootstrap": "a:0"}, False),
    ({"bootstrap": "a:09092"}, False),
    ({"bootstrap": ",".join(["a:1"] * 16)}, True),
    ({"bootstrap": ",".join(["a:1"] * 17)}, False),
    ({"every_s": 0}, True),
    ({"every_s": 9}, False),
    ({"every_s": 10}, True),
    ({"ip": "90d"}, True),
    ({"ip": "91d"}, False),
    ({"ip": "2160h"}, True),
    ({"ip": "7776000s"}, True),
    ({"ip": "60s"}, True),
    ({"ip": "9s"}, False),
    ({"emits": {"format": "stix"}}, True),
    ({"emits": {"format": "stix", "tlp": "clear"}}, True),
    ({"emits": {"format": "suricata"}}, False),
    ({"emits": {"format": "suricata", "tlp": "green"}}, True),
    ({"emits": {"format": "suricata", "tlp": "amber"}}, False),
    ({"emits": {"tlp": "green"}}, False),
    ({"emits": {"format": "native", "tlp": "green"}}, False),
    ({"forward_text": True}, False),
    ({"forward_text": False}, True),
]
PLACES: Final = {"bootstrap": "kafka", "every_s": "canary", "ip": "windows"}


def accepted(schema: str, instance: Any) -> bool:
    """Whether a published schema takes a value."""
    return Draft202012Validator(schemas()[schema]).is_valid(instance)


def test_the_examples_load(tmp_path: Path) -> None:
    """The examples are right: settings that name a register of six SOCs, one cross-border."""
    for name in ("relay.yaml", "members.yaml"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "key-secret").write_text("sixteen bytes or more")

    settings = load_settings(tmp_path / "relay.yaml", {})

    members = load_register(settings.members)

    assert [member.id for member in members] == ["baltic", "de", "ee", "enisa", "fr", "pl"]
    assert [member.id for member in members if member.kind == "cross-border-hub"] == ["baltic"]


@pytest.mark.parametrize(("schema", "example"), FILES)
def test_the_schemas_are_valid_and_take_the_examples(schema: str, example: str) -> None:
    """A schema that an editor is given knows what the loader takes."""
    Draft202012Validator.check_schema(schemas()[schema])

    assert accepted(schema, yaml.safe_load((EXAMPLES / example).read_text()))


@pytest.mark.parametrize(
    ("schema", "instance"),
    [
        ("settings.json", {"laens": 4}),
        ("settings.json", {"lanes": 65}),
        ("settings.json", {"lanes": "4"}),
        ("settings.json", {"windows": {"asn": "1h"}}),
        ("settings.json", {"windows": {"ip": "1w"}}),
        ("settings.json", {"key_secret_file": None}),
        ("members.json", {"version": 2, "members": []}),
        ("members.json", {"version": 1, "members": []}),
    ],
)
def test_the_schemas_refuse_what_the_loader_refuses(schema: str, instance: Any) -> None:
    """Mistakes show in an editor already."""
    assert not accepted(schema, instance)


@pytest.mark.parametrize(("said", "right"), SAID, ids=str)
def test_schema_and_loader_agree(said: dict[str, object], right: bool, tmp_path: Path) -> None:
    """What a schema can know it says, and nothing that the loader would take is refused."""
    place = PLACES.get(next(iter(said)))
    file = {place: said} if place else {"version": 1, "members": [{**MEMBER, **said}]}
    path = tmp_path / "file.yaml"
    path.write_text(yaml.safe_dump(file))

    try:
        if place:
            load_settings(path, {})
        else:
            load_register(path)
        loaded = True
    except SettingsError:
        loaded = False

    assert (accepted("settings.json" if place else "members.json", file), loaded) == (right, right)


def test_a_schema_knows_all_as_a_word() -> None:
    """`all` and a list are the two forms of what a member wants; null is none of them."""
    verdicts = [
        accepted("members.json", {"version": 1, "members": [{**MEMBER, "wants": {"types": types}}]})
        for types in ("all", ["ip"], None, "ip", [])
    ]

    assert verdicts == [True, True, False, False, False]
