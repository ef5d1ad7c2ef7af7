import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from monitoring.prometheus import UnavailableError, tool
from relay.telemetry import Metrics

ROOT: Final = Path(__file__).parents[2]
RULES: Final = sorted((ROOT / "helm/relay/files/rules").glob("*.yaml"))
SCENARIOS: Final = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own checker, or a skip that says why there is none."""
    try:
        return tool("promtool")
    except UnavailableError as error:
        pytest.skip(f"promtool: {error}")


def rules() -> list[dict[str, Any]]:
    """Every rule of every file."""
    documents = [yaml.safe_load(path.read_text()) for path in RULES]
    return [rule for each in documents for group in each["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Every rule that alerts."""
    return [rule for rule in rules() if "alert" in rule]


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """What a command said, and whether it was content."""
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )


def test_prometheus_takes_the_rules(promtool: Path) -> None:
    """The files are rules, and none is there twice."""
    said = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *RULES)

    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_plays_as_written(promtool: Path, path: Path) -> None:
    """What happens to a relay fires the alerts that it should, and no sooner."""
    said = run(promtool, "test", "rules", path)

    assert said.returncode == 0, said.stdout + said.stderr


def test_prometheus_has_nothing_against_the_metrics(promtool: Path) -> None:
    """Names, units and kinds are as Prometheus recommends, and each has its help."""
    metrics = Metrics(("ee", "fr"), "1")
    metrics.steered(4, "00ff", 60)
    metrics.lag("ingest", "detections.ee", 0, (1, 2.0))
    metrics.lane_stands(0, 1.0, 2)
    metrics.canaries.begun(0, ("ee",), 1.0)
    metrics.members_unread({"ee": 1.0})
    metrics.certificate_ends("client", 1.0)
    metrics.polled("ingest", 1.0)

    body, _ = metrics.render("")
    said = subprocess.run(
        [promtool, "check", "metrics"], input=body, capture_output=True, check=False
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


def test_every_alert_has_a_scenario() -> None:
    """No alert is shipped that has not been seen to fire."""
    played = "\n".join(path.read_text() for path in SCENARIOS)

    named = set(re.findall(r"\bRelay[A-Z]\w+", played))
    assert {rule["alert"] for rule in alerts()} - named == set()


def test_an_alert_says_what_it_means() -> None:
    """Each has a severity of three, a headline, a sentence and its own page."""
    incomplete = [
        rule["alert"]
        for rule in alerts()
        if rule["labels"]["severity"] not in {"critical", "warning", "info"}
        or not rule["annotations"]["summary"]
        or not rule["annotations"]["description"].endswith(".")
        or rule["annotations"]["runbook_url"] != f"docs/runbooks/{rule['alert']}.md"
    ]

    assert incomplete == []


def test_names_of_alerts_are_unique() -> None:
    """One name is one alert with one page."""
    found = [rule["alert"] for rule in alerts()]

    assert len(found) == len(set(found))
