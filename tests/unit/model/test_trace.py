"""W3C trace context: what is taken from a header, and what is derived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.model.trace import Trace, derived, parsed

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True)])
def test_a_sound_header_is_taken(flags: str, sampled: bool) -> None:
    """Ids as they are; of the flags, whether it is sampled."""
    assert parsed(f"00-{ID}-{SPAN}-{flags}".encode()) == Trace(ID, SPAN, sampled)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        None,
        f"00-{ID}-{SPAN}-01",
        f"00-{ID.upper()}-{SPAN}-01".encode(),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{ID}-{'0' * 16}-01".encode(),
        f"ff-{ID}-{SPAN}-01".encode(),
        f"00-{ID}-{SPAN}-01\n".encode(),
        f"00-{ID}-{SPAN}-01-more".encode(),
        f"00-{ID}-{SPAN}".encode(),
        b"00-" + b"\xff" * 52,
        b"0" * 100_000,
    ],
)
def test_anything_else_is_none(content: object) -> None:
    """A header is of the one known form or it is not there: nothing of it goes on."""
    assert parsed(content) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_legal(content: bytes) -> None:
    """Whatever a member writes there, the answer is a context of hexadecimal digits or none."""
    found = parsed(content)

    assert found is None or parsed(found.header()) == found


@given(st.text(), st.booleans())
def test_what_is_derived_is_sound_and_the_same(name: str, sampled: bool) -> None:
    """A name gives one context, which can be read back from its header; a child keeps its trace."""
    made = derived(name, sampled=sampled)
    child = made.child("ingest", name, 1)

    assert parsed(made.header()) == made == derived(name, sampled=sampled)
    assert (child.trace, child.sampled) == (made.trace, sampled)
    assert child == made.child("ingest", name, 1) != made.child("ingest", name, 2)
    assert parsed(child.header()) == child
