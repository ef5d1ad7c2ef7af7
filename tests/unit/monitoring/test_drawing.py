import math
import re
from xml.etree import ElementTree

import pytest

from monitoring.drawing import Curve, drawn, named, told
from monitoring.panels import Dashboard, Unit, panel, stat
from monitoring.prometheus import Series

BOARD = Dashboard(
    "relay-x",
    "Of <some> & more",
    "What there is.",
    (
        panel("Curves", "They rise.", "s", ("a", "{{member}}"), ("b", "b")),
        stat("Number", "One.", "percentunit", "c"),
    ),
)


def lines(curves: list[Curve]) -> list[str]:
    """The points of each line that is drawn of the curves."""
    picture = drawn(BOARD, {"Curves": curves, "Number": []})
    ElementTree.fromstring(picture)
    return re.findall(r'<polyline points="([^"]*)"', picture)


def test_a_picture_is_well_formed_whatever_is_in_it() -> None:
    """Titles and legends are text, never markup."""
    curves = [Curve("<b> & 'c'", ((0, 1.0), (1, 2.0)))]

    picture = drawn(BOARD, {"Curves": curves, "Number": [Curve("", ((0, 0.25),))]})

    text = "".join(ElementTree.fromstring(picture).itertext())
    assert "Of <some> & more" in text
    assert "<b> & 'c'" in text
    assert "25 %" in text


def test_what_is_no_number_is_not_drawn() -> None:
    """An answer of NaN leaves nothing, and a panel without an answer says so."""
    nothing = [Curve("x", ((0, math.nan), (1, math.inf)))]

    assert lines(nothing) == []
    assert drawn(BOARD, {"Curves": nothing, "Number": []}).count("no data") == 2


def test_a_gap_is_not_bridged() -> None:
    """Where answers are missing a curve stops and begins again."""
    assert len(lines([Curve("x", ((0, 1), (1, 2), (2, 3), (9, 4), (10, 5)))])) == 2


def test_a_level_stretch_needs_its_ends_only() -> None:
    """Points between two of the same height are left out."""
    [line] = lines([Curve("x", tuple((float(at), 5.0) for at in range(100)))])

    assert len(line.split()) == 2


def test_six_curves_are_drawn_and_the_rest_counted() -> None:
    """The largest are shown."""
    curves = [Curve(str(number), ((0, number), (1, number))) for number in range(9)]

    assert len(lines(curves)) == 6
    assert "and 3 more" in drawn(BOARD, {"Curves": curves, "Number": []})


def test_a_legend_is_filled_in() -> None:
    """Each label stands for its value."""
    assert named("{{stage}} of {{member}}", Series({"stage": "x", "member": "ee"}, ())) == "x of ee"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (90, "s", "1.5 min"),
        (0, "s", "0 ms"),
        (-7_200, "s", "-2 h"),
        (3 << 20, "bytes", "3 MiB"),
        (0.5, "percentunit", "50 %"),
        (0.25, "cps", "0.25 /s"),
        (1234, "none", "1.23e+03"),
    ],
)
def test_a_number_is_told_as_a_person_reads_it(value: float, unit: Unit, text: str) -> None:
    """Three digits and a unit."""
    assert told(value, unit) == text
