import json
import re
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import pytest
import yaml

from monitoring.__main__ import drifted
from monitoring.dashboards import DASHBOARDS
from monitoring.drawing import TITLE, short
from monitoring.panels import Dashboard
from monitoring.queries import families, names
from relay.telemetry.definitions import DEFINITIONS, Kind

ROOT: Final = Path(__file__).parents[2]
RULES: Final = sorted((ROOT / "helm/relay/files/rules").glob("*.yaml"))
PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OPERATORS: Final = [ROOT / "docs/metrics.md", *sorted((ROOT / "docs/runbooks").glob("*.md"))]
NO_METRICS: Final = {"relay_alert_id", "relay_warnings"}  # a field of ECS, one of the bench
HISTOGRAMS: Final = {each.name for each in DEFINITIONS if each.kind is Kind.HISTOGRAM}
METRICS: Final = {
    each.name + ("_total" if each.kind is Kind.COUNTER else "") for each in DEFINITIONS
}
PROCESS: Final = {
    "process_resident_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"
}  # fmt: skip
PROMETHEUS: Final = {"ALERTS"}


def rules() -> list[dict[str, Any]]:
    """Every rule of every file."""
    documents = [yaml.safe_load(path.read_text()) for path in RULES]
    return [rule for each in documents for group in each["groups"] for rule in group["rules"]]


def queries() -> dict[str, str]:
    """Every query of a rule or a panel, by where it stands."""
    ruled = {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules()}
    shown = {
        f"{board.uid}, {panel.title}, {number}": query.expr
        for board in DASHBOARDS
        for panel in board.panels
        for number, query in enumerate(panel.queries)
    }
    return ruled | shown


def known() -> set[str]:
    """What a query may name."""
    return METRICS | PROCESS | PROMETHEUS | {rule["record"] for rule in rules() if "record" in rule}


def test_the_dashboards_are_what_the_generator_makes() -> None:
    """`make dashboards` has been run after each change."""
    assert drifted() == []


def test_every_query_names_what_there_is() -> None:
    """A rule or a panel on a metric that does not exist would be silent for ever."""
    strange = {
        place: unknown
        for place, query in queries().items()
        if (unknown := set(families(query, HISTOGRAMS)) - known())
    }

    assert strange == {}


def test_every_metric_is_looked_at() -> None:
    """A metric that neither a rule nor a panel uses is not worth its series."""
    used = {name for query in queries().values() for name in families(query, HISTOGRAMS)}

    assert METRICS - used == set()


def test_a_histogram_is_asked_for_by_its_series() -> None:
    """A histogram's own name is no series: it would find nothing."""
    named = {place: names(query) & HISTOGRAMS for place, query in queries().items()}

    assert {place: found for place, found in named.items() if found} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_metrics_that_there_are(page: Path) -> None:
    """What a page calls by a metric's name is one."""
    found = set(re.findall(r"\brelay_[a-z_]+", page.read_text())) - NO_METRICS
    series = METRICS | {f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "count")}

    assert found - series == set()


@pytest.mark.parametrize("page", OPERATORS, ids=lambda page: page.stem)
def test_the_queries_of_a_page_can_be_asked(page: Path) -> None:
    """What an operator copies from a page is a query, and of metrics that there are."""
    quoted = re.findall(r"`([^`\n]+)`", page.read_text())
    asked = [code for code in quoted if re.search(r"\brelay_", code) and re.search(r"[({]", code)]

    assert {code for code in asked if set(families(code, HISTOGRAMS)) - known()} == set()


def test_a_panel_can_be_read() -> None:
    """Each has a title of its own, a sentence, a unit; uids are for life."""
    for board in DASHBOARDS:
        titles = [panel.title for panel in board.panels]
        assert len(set(titles)) == len(titles)
        assert [panel.title for panel in board.panels if not panel.says.endswith(".")] == []
    assert [board.uid for board in DASHBOARDS] == [
        "relay-overview", "relay-members", "relay-correlation", "relay-kafka"
    ]  # fmt: skip


def test_the_dashboards_ask_the_source_that_is_chosen() -> None:
    """No panel names a Prometheus of its own."""
    made = [json.loads(path.read_text()) for path in ROOT.glob("helm/relay/files/dashboards/*")]

    sources = {panel["datasource"]["uid"] for board in made for panel in board["panels"]}
    assert sources == {"${datasource}"}


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_there_is_a_picture_of_the_panels(board: Dashboard) -> None:
    """The page shows the dashboards as they are, each panel with an answer."""
    picture = (ROOT / f"docs/pictures/{board.uid}.svg").read_text()

    drawn = [escape(short(panel.title, TITLE)) for panel in board.panels]
    assert [title for title in drawn if title not in picture] == []
    assert "no data" not in picture
