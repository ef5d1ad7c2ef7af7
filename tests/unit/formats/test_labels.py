import pytest

from relay.formats.labels import pap


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ((), None),
        (("tlp:red", "papaya"), None),
        (("PAP:WHITE",), "clear"),
        (("pap:clear", "pap: Green "), "green"),
        (("pap:amber", "x", "pap:green"), "amber"),
        (("pap:green", "pap:orange"), "red"),
    ],
)
def test_the_strictest_label_of_pap_counts(words: tuple[str, ...], label: str | None) -> None:
    """Among other words, in any case; a word that is no label could mean the strictest."""
    assert pap(words) == label
