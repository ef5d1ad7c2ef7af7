from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from relay.wire.alert import AlertV1
from relay.wire.canary import CanaryV1
from relay.wire.detection import DetectionV1
from relay.wire.rejection import RejectionV1
from tests.unit.wire.contract import EXAMPLES, examples, near_misses, validator

MODELS: Final[dict[str, type[BaseModel]]] = {
    "detection.v1": DetectionV1,
    "alert.v1": AlertV1,
    "rejection.v1": RejectionV1,
    "canary.v1": CanaryV1,
}
VALIDATORS: Final = {name: validator(name) for name in MODELS}
# What is no JSON is put to neither.
FILES: Final = sorted(
    path.relative_to(EXAMPLES)
    for name in MODELS
    for path in (EXAMPLES / name).rglob("*.json")
    if not path.name.startswith("not-json--")
)


def modelled(name: str, body: object) -> bool:
    """Whether the model of a message takes a parsed body."""
    try:
        MODELS[name].model_validate(body)
    except ValidationError:
        return False
    return True


def described(name: str, body: Any) -> bool:
    """Whether the published schema of a message takes a parsed body."""
    return VALIDATORS[name].is_valid(body)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_schema_and_model_agree_on_every_example(path: Path) -> None:
    """What a member's validator says of an example, the relay's model says too."""
    name = path.parts[0]
    body = orjson.loads((EXAMPLES / path).read_bytes())

    assert modelled(name, body) == described(name, body)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_schema_and_model_agree_on_near_misses(name: str, data: st.DataObject) -> None:
    """A schema promises no more and no less than its model, however little a message is off."""
    body = data.draw(near_misses(f"{name}/valid"))
    taken = modelled(name, body)
    event(f"taken: {taken}")

    assert taken == described(name, body)


@pytest.mark.parametrize("name", MODELS)
def test_null_is_no_value_of_any_field(name: str) -> None:
    """Omit instead of null: each field of the fullest example is refused as null by both."""
    body = orjson.loads(max(examples(f"{name}/valid").values(), key=len))
    nulls = [{**body, field: None} for field in body]

    assert [modelled(name, null) for null in nulls] == [False] * len(body)
    assert [described(name, null) for null in nulls] == [False] * len(body)
