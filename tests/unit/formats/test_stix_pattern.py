import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.stix.pattern import MOST_NESTED, parse
from relay.formats.stix.writing import pattern

SAID = [
    ("[ipv4-addr:value = '198.51.100.7']", [("ipv4-addr:value", "198.51.100.7")]),
    ("[ ipv4-addr:value='198.51.100.7' ]", [("ipv4-addr:value", "198.51.100.7")]),
    ("[ipv4-addr:value == '198.51.100.7']", [("ipv4-addr:value", "198.51.100.7")]),
    ('[url:value = "http://c2.example/"]', [("url:value", "http://c2.example/")]),
    ("[file:hashes.'SHA-256' = 'ab']", [("file:hashes.sha-256", "ab")]),
    ("[file:hashes.MD5 = 'ab']", [("file:hashes.md5", "ab")]),
    ("[file:hashes.SHA-1 = 'ab']", [("file:hashes.sha-1", "ab")]),
    ("[autonomous-system:number = 64496]", [("autonomous-system:number", "64496")]),
    ("[a:b_refs[*].c = 'x' OR a:d[0].e = 'y']", [("a:b_refs.c", "x"), ("a:d.e", "y")]),
    ("[a:b IN ('x', 'y')]", [("a:b", "x"), ("a:b", "y")]),
    ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", [("ipv4-addr:value", "198.51.100.0/24")]),
    ("[a:b = 'it\\'s \\\\ here']", [("a:b", "it's \\ here")]),
    ("[a:b = 'HKLM\\Software']", [("a:b", "HKLM\\Software")]),
    ("[a:b = 'AND'] AND [a:b = ']']", [("a:b", "AND"), ("a:b", "]")]),
    ("([a:b = 'x'] FOLLOWEDBY [a:b = 'y']) WITHIN 5 SECONDS", [("a:b", "x"), ("a:b", "y")]),
    ("[a:b = 'x'] REPEATS 5 TIMES WITHIN 1800.5 SECONDS", [("a:b", "x")]),
    ("[a:b = 'x'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", [("a:b", "x")]),
    ("[a:b = 'x' /* or */ or a:b = 'y'] // both", [("a:b", "x"), ("a:b", "y")]),
    ("[EXISTS a:b AND a:c = 'x']", [("a:c", "x")]),
    ("[a:b = true]", [("a:b", "TRUE")]),
]  # fmt: skip
UNSAID = [
    "[a:b != 'x']", "[a:b <> 'x']", "[a:b NOT = 'x']", "[NOT a:b = 'x']", "[a:b NOT IN ('x')]",
    "[a:b LIKE 'x%']", "[a:b MATCHES '^x']", "[a:b > 1]", "[a:b <= 1]", "[EXISTS a:b]",
    "[a:b ISSUPERSET '198.51.100.7']", "[a:b ISSUBSET 'x']",
]  # fmt: skip
MALFORMED = [
    "", "x", "[]", "[a:b]", "[a:b = ]", "[a:b = 'x'", "a:b = 'x'", "[a:b = 'x]", "[a:b = 'x']]",
    "([a:b = 'x']", "[a:b = 'x'])", "[a:b = 'x'] AND", "[a:b = 'x' AND]", "[a:b IN 'x']",
    "[a:b IN ()]", "[a = 'x']", "[a:b = 'x'] WITHIN", "[a:b = 'x'] [a:b = 'y']", "[a:b = x]",
    "[(a:b = 'x']", "[a:b 'x']", "[a:b = 'x'] WITHIN [ SECONDS", "rule x { condition: true }",
]  # fmt: skip


def said(text: str) -> list[tuple[str, str]] | None:
    """What a pattern says, without what belongs together."""
    found = parse(text)
    return None if found is None else [(f.path, f.value) for facts in found for f in facts]


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_what_must_be_equal_is_said(text: str, expected: list[tuple[str, str]]) -> None:
    """Paths come without quotes and indices, values without quotes and escapes."""
    assert said(text) == expected


@pytest.mark.parametrize("text", UNSAID)
def test_what_is_no_equality_names_no_value(text: str) -> None:
    """Negations, ranges and regular expressions are sound, and say nothing."""
    assert said(text) == []


@pytest.mark.parametrize("text", MALFORMED)
def test_what_is_no_pattern_says_nothing_at_all(text: str) -> None:
    """No half of a broken pattern is taken."""
    assert parse(text) is None


def test_what_and_joins_belongs_together() -> None:
    """AND binds; OR and separate observations part, within parentheses, too."""
    found = parse(
        "[a:b = '1' AND (a:c = '2' OR a:d = '3') OR a:e = '4'] AND [(a:f = '5' OR a:g = '6')]"
    )

    assert found is not None
    assert [[fact.value for fact in facts] for facts in found] == [
        ["1", "2", "3"], ["4"], ["5"], ["6"],
    ]  # fmt: skip


def test_nesting_is_bounded() -> None:
    """As many parentheses as the bound are read, one more is malformed, a million do no harm."""

    def nested(depth: int) -> str:
        return f"[{'(' * depth}a:b = 'x'{')' * depth}]"

    assert said(nested(MOST_NESTED)) == [("a:b", "x")]
    assert parse(nested(MOST_NESTED + 1)) is None
    assert parse(nested(1_000_000)) is None
    assert parse("(" * 1_000_000) is None


@given(st.text())
def test_any_value_comes_back_from_the_pattern_it_was_written_in(value: str) -> None:
    """What the renderer escapes, the reader takes back."""
    written = pattern("email", value)

    assert written is not None
    assert said(written) == [("email-addr:value", value)]


@given(st.text("[]()'\"\\=:.,*/ <>!aANDORNOTINt0-9\n", max_size=40))
def test_any_text_is_a_pattern_or_none(text: str) -> None:
    """Nothing is raised, whatever the text."""
    found = parse(text)

    assert found is None or all(fact.path for facts in found for fact in facts)
