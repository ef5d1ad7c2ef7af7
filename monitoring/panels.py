"""Dashboards as values, and as the JSON that Grafana takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

SCHEMA: Final = 39
"""Version of Grafana's dashboard model: that of Grafana 11; later ones read it."""

COLUMNS: Final = 3
WIDTH: Final = 8
HEIGHT: Final = 8
"""In Grafana's units: a row is 24 wide."""

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

Unit = Literal["short", "s", "bytes", "percentunit", "cps", "none"]
"""Grafana's names; `cps` is counts a second."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel; `legend` names its series, with {{label}} for a label's value."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: what it shows and what is well, in a sentence; a unit; queries."""

    title: str
    says: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Literal["timeseries", "stat"] = "timeseries"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels. `uid` is for life: links hold it."""

    uid: str
    title: str
    says: str
    panels: tuple[Panel, ...]


def panel(title: str, says: str, unit: Unit, *queries: tuple[str, str]) -> Panel:
    """Return a panel of curves; each query is (expression, legend)."""
    return Panel(title, says, unit, tuple(Query(*query) for query in queries))


def stat(title: str, says: str, unit: Unit, expr: str) -> Panel:
    """Return a panel of one number."""
    return Panel(title, says, unit, (Query(expr, title),), "stat")


def rendered(dashboard: Dashboard) -> Json:
    """Return the dashboard as Grafana's JSON."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.says,
        "tags": ["relay"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_datasource()]},
        "links": [_others()],
        "panels": [_panel(number, each) for number, each in enumerate(dashboard.panels)],
    }


def _datasource() -> Json:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
    }


def _others() -> Json:
    return {
        "title": "Relay",
        "type": "dashboards",
        "tags": ["relay"],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }


def _panel(number: int, made: Panel) -> Json:
    row, column = divmod(number, COLUMNS)
    return {
        "id": number + 1,
        "type": made.kind,
        "title": made.title,
        "description": made.says,
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": row * HEIGHT},
        "fieldConfig": {"defaults": {"unit": made.unit, "min": 0}, "overrides": []},
        "options": _options(made),
        "targets": _targets(made.queries),
    }


def _options(made: Panel) -> Json:
    if made.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none"}
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _targets(queries: Sequence[Query]) -> list[Json]:
    return [
        {"refId": chr(ord("A") + number), "expr": query.expr, "legendFormat": query.legend}
        for number, query in enumerate(queries)
    ]
