"""Every adapter, whatever it is given: a value comes back, and what it converts is sound."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.adapters import READERS, adapt
from relay.formats.outcome import Converted, Outcome, Refused, Skipped
from relay.formats.recognise import recognise
from relay.model.vocabulary import Format
from relay.wire.detection import MAX_BYTES, DetectionV1
from tests.unit.formats.kit import SOURCE, UNLABELLED
from tests.unit.formats.test_examples import EXAMPLES
from tests.unit.wire.contract import validator

PUBLISHED = validator("detection.v1")
FORMATS = st.sampled_from(sorted(READERS))
TREES = {form: orjson.loads(EXAMPLES[form]) for form in READERS}
HOSTILE: st.SearchStrategy[Any] = st.sampled_from([
    None, True, 0, -1, 2**63, 10**400, 1e308, "", "\0", "a\0b", "x" * 3000, "💥", "\u202e", "%",
    "1.2.3", "::ffff:1.2.3.4", "http://[", "2026-13-45T99:99:99Z", "9" * 400, [], {}, [[]], [{}],
    {"": {}}, ["198.51.100.9"] * 3, {"ip": "198.51.100.9"}, "[a:b = 'c' OR", "'", "\\",
])  # fmt: skip
LEAVES = HOSTILE | st.text(max_size=20) | st.integers() | st.floats(allow_nan=False)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def check(outcome: Outcome) -> None:
    """An outcome is one of three, and what is converted is a message that can be sent."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if isinstance(outcome, Refused):
        assert outcome.path.startswith("$")
    if isinstance(outcome, Converted):
        assert outcome.detections
        for body in outcome.detections:
            DetectionV1.model_validate(body)
            assert PUBLISHED.is_valid(body)
            assert len(orjson.dumps(body)) <= MAX_BYTES


def _places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    branches = [(*at, step) for step, _ in inner]
    deeper = [
        place
        for branch, child in zip(
            branches, node.values() if isinstance(node, dict) else node, strict=True
        )
        if isinstance(child, dict | list)
        for place in _places(child, branch)
    ]
    return branches + deeper


PLACES = {form: _places(tree) for form, tree in TREES.items()}


@st.composite
def near_misses(draw: st.DrawFn) -> tuple[Format, Any]:
    """An example in which up to three places hold something else, or nothing."""
    form: Format = draw(FORMATS)
    tree = orjson.loads(EXAMPLES[form])
    for place in draw(st.lists(st.sampled_from(PLACES[form]), min_size=1, max_size=3)):
        _alter(draw, tree, place)
    return form, tree


def _alter(draw: st.DrawFn, tree: Any, place: tuple[Any, ...]) -> None:
    *path, last = place
    try:
        for step in path:
            tree = tree[step]
        if draw(st.booleans()) or isinstance(tree, list):
            tree[last] = draw(JSON)
        else:
            del tree[last]
    except (KeyError, IndexError, TypeError):
        return  # an earlier alteration took the place away


def _encoded(tree: Any) -> bytes:
    # Not orjson: it has no integers beyond 64 bits.
    return json.dumps(tree).encode("utf-8", "surrogatepass")


@given(form=FORMATS, record=st.binary(max_size=200))
def test_any_bytes_have_an_outcome(form: Format, record: bytes) -> None:
    """What is no JSON is refused; nothing is raised."""
    check(adapt(form, record, SOURCE))


@given(near_misses())
def test_any_near_miss_has_a_sound_outcome(case: tuple[Format, Any]) -> None:
    """Types drift, fields are missing, values are hostile: what comes out is still a detection."""
    form, tree = case

    check(adapt(form, _encoded(tree), SOURCE))
    check(adapt(form, _encoded(tree), UNLABELLED))


@given(form=FORMATS, value=JSON)
def test_any_json_has_an_outcome(form: Format, value: Any) -> None:
    """A record of nowhere is refused or skipped."""
    check(adapt(form, _encoded(value), SOURCE))
    recognise(value)


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize(
    "record",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a": "' + b"x" * 10_000_000 + b'"}',
        b"[" + b"0," * 5_000_000 + b"0]",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": ' + b"9" * 100_000 + b"}",
        b'{"a": 1} {"a": 2}',
        b"",
        b"\0",
    ],
    ids=lambda record: repr(record[:12]),
)
def test_hostile_records_are_not_converted(form: Format, record: bytes) -> None:
    """Brackets without end, ten megabytes, keys named twice and what is no Unicode do no harm."""
    outcome = adapt(form, record, SOURCE)

    assert isinstance(outcome, Refused | Skipped)


def _many(form: Format) -> Any:
    """The example with some list of it grown to tens of thousands."""
    number = range(30_000)
    grown: dict[Format, dict[str, Any]] = {
        "suricata": {"files": [{"sha256": f"{n:064x}"} for n in number]},
        "ocsf": {"evidences": [{"src_endpoint": {"ip": f"198.51.100.{n % 256}"}} for n in number]},
        "idea0": {"Source": [{"IP4": [f"198.51.100.{n % 256}"]} for n in number]},
        "stix": {"objects": TREES["stix"]["objects"] * 3_000},
        "defender": {"evidence": TREES["defender"]["evidence"] * 5_000},
        "splunk": {"threat_object": [f"host{n}.example" for n in number]},
    }
    return {**TREES[form], **grown[form]}


@pytest.mark.parametrize("form", ["suricata", "ocsf", "idea0", "stix", "defender", "splunk"])
def test_a_record_of_very_many_parts_has_an_outcome(form: Format) -> None:
    """Megabytes of parts take time in proportion, and each detection of them can be sent."""
    check(adapt(form, orjson.dumps(_many(form)), SOURCE))
