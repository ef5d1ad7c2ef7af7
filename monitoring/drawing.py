"""A dashboard as one SVG, drawn from what a Prometheus answered: what the panels look like."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from monitoring.panels import COLUMNS, Dashboard, Panel, Unit
from monitoring.prometheus import Point, Series

WIDTH: Final = 400
HEIGHT: Final = 200
LEFT: Final = 58
TOP: Final = 30
BOTTOM: Final = 48
MARGIN: Final = 12
HEAD: Final = 40
TITLE: Final = 48
"""Characters of a title that fit."""

MOST: Final = 6
"""Series of a panel that are drawn: the largest; a picture of more would be none."""

COLOURS: Final = ("#1f6fb4", "#d9622b", "#3a923a", "#8a56ac", "#b8860b", "#5c6670")
TEXT: Final = 'font-family="sans-serif" fill="#222"'
THIN: Final = 1e-9

STEPS: Final[Mapping[Unit, tuple[tuple[float, str], ...]]] = {
    "s": ((86_400, " d"), (3_600, " h"), (60, " min"), (1, " s"), (0.001, " ms")),
    "bytes": ((1 << 30, " GiB"), (1 << 20, " MiB"), (1 << 10, " KiB"), (1, " B")),
    "percentunit": ((0.01, " %"),),
    "cps": ((1, " /s"),),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One series with the name that its panel gives it."""

    name: str
    points: tuple[Point, ...]


def drawn(board: Dashboard, answers: Mapping[str, Sequence[Curve]]) -> str:
    """Return the picture; `answers` has each panel's curves by its title."""
    rows = math.ceil(len(board.panels) / COLUMNS)
    width, height = COLUMNS * WIDTH, HEAD + rows * HEIGHT
    cells = []
    for number, each in enumerate(board.panels):
        row, column = divmod(number, COLUMNS)
        place = f"translate({column * WIDTH} {HEAD + row * HEIGHT})"
        cells.append(f'<g transform="{place}">{_cell(each, answers[each.title])}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        f'<text x="{MARGIN}" y="26" font-size="18" {TEXT}>{escape(board.title)}</text>\n'
        + "\n".join(cells)
        + "\n</svg>\n"
    )


def named(legend: str, series: Series) -> str:
    """Return a legend with the labels of a series filled in."""
    for label, value in series.labels.items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


def told(value: float, unit: Unit) -> str:
    """Return a number as a person reads it."""
    for size, name in STEPS.get(unit, ()):
        if abs(value) >= size or (size, name) == STEPS[unit][-1]:
            return f"{value / size:.3g}{name}"
    return f"{value:.3g}"


def short(text: str, most: int) -> str:
    """Return a text, or its beginning where it is longer than `most`."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _cell(panel: Panel, curves: Sequence[Curve]) -> str:
    frame = (
        f'<rect x="4" y="4" width="{WIDTH - 8}" height="{HEIGHT - 8}" fill="none" stroke="#ccc"/>'
        f'<text x="{MARGIN}" y="21" font-size="12" font-weight="bold" {TEXT}>'
        f"{escape(short(panel.title, TITLE))}</text>"
    )
    sound = [each for each in map(_finite, curves) if each.points]
    if panel.kind == "stat":
        return frame + _number(panel, sound)
    return frame + _curves(panel, sorted(sound, key=_peak, reverse=True))


def _number(panel: Panel, curves: Sequence[Curve]) -> str:
    said = told(curves[0].points[-1][1], panel.unit) if curves else "no data"
    return (
        f'<text x="{WIDTH / 2}" y="{HEIGHT / 2 + 20}" font-size="44" text-anchor="middle" '
        f"{TEXT}>{escape(said)}</text>"
    )


def _curves(panel: Panel, curves: Sequence[Curve]) -> str:
    shown = curves[:MOST]
    if not shown:
        return f'<text x="{LEFT}" y="{HEIGHT / 2}" font-size="12" {TEXT}>no data</text>'
    times = [at for each in shown for at, _ in each.points]
    span = (min(times), max(*times, min(times) + 1))
    top = max(*map(_peak, shown), THIN)
    lines = "".join(_line(each, COLOURS[number], span, top) for number, each in enumerate(shown))
    return _axes(panel.unit, top) + lines + _legend(shown, len(curves) - len(shown))


def _axes(unit: Unit, top: float) -> str:
    floor, right = HEIGHT - BOTTOM, WIDTH - MARGIN
    marks = ((floor, 0.0), ((TOP + floor) / 2, top / 2), (TOP + 6, top))
    return "".join(
        f'<line x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}" stroke="#e5e5e5"/>'
        f'<text x="{LEFT - 5}" y="{y + 4}" font-size="10" text-anchor="end" {TEXT}>'
        f"{escape(told(value if top > THIN else 0.0, unit))}</text>"
        for y, value in marks
    )


def _line(curve: Curve, colour: str, span: tuple[float, float], top: float) -> str:
    floor, right = HEIGHT - BOTTOM, WIDTH - MARGIN
    across = (right - LEFT) / (span[1] - span[0])
    up = (floor - TOP - 6) / top
    return "".join(
        f'<polyline points="{_corners(part, span[0], across, up)}" fill="none" '
        f'stroke="{colour}" stroke-width="1.4"/>'
        for part in _unbroken(curve.points)
    )


def _corners(points: Sequence[Point], since: float, across: float, up: float) -> str:
    """The places of points, without those between two that are as high as they are."""
    floor = HEIGHT - BOTTOM
    places = [
        (round(LEFT + (at - since) * across, 1), round(floor - max(value, 0) * up, 1))
        for at, value in points
    ]
    return " ".join(
        f"{x},{y}"
        for number, (x, y) in enumerate(places)
        if {y} != {height for _, height in places[max(number - 1, 0) : number + 2]}
        or number in {0, len(places) - 1}
    )


def _unbroken(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Yield the stretches in which no answer is missing: a curve does not guess."""
    step = min((b[0] - a[0] for a, b in pairwise(points)), default=0.0)
    start = 0
    for number, (a, b) in enumerate(pairwise(points), 1):
        if b[0] - a[0] > 1.5 * step:
            yield points[start:number]
            start = number
    yield points[start:]


def _legend(curves: Sequence[Curve], more: int) -> str:
    names = [short(each.name, 20) for each in curves]
    cells = []
    for number, name in enumerate(names):
        row, column = divmod(number, 3)
        x, y = MARGIN + column * 128, HEIGHT - 28 + row * 14
        cells.append(
            f'<text x="{x}" y="{y}" font-size="10" font-family="sans-serif" '
            f'fill="{COLOURS[number]}">{escape(name)}</text>'
        )
    if more:
        cells.append(
            f'<text x="{WIDTH - MARGIN}" y="{TOP + 2}" font-size="10" text-anchor="end" {TEXT}>'
            f"and {more} more</text>"
        )
    return "".join(cells)


def _finite(curve: Curve) -> Curve:
    return Curve(curve.name, tuple(p for p in curve.points if math.isfinite(p[1])))


def _peak(curve: Curve) -> float:
    return max(value for _, value in curve.points)
