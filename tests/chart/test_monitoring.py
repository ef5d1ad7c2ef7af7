import json
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from monitoring.prometheus import UnavailableError, tool
from tests.chart.rendering import (
    CHART,
    RUN_S,
    VALUES,
    Object,
    each_values,
    of_kind,
    own,
    render,
    settings,
)

WATCHED: Final = [
    path for path in VALUES if settings(path).get("prometheusRule", {}).get("enabled")
]
DRAWN: Final = [path for path in VALUES if settings(path).get("dashboards", {}).get("enabled")]
# What a ConfigMap may hold, and an etcd takes.
CONFIG_MAP_BYTES: Final = 1024 * 1024
URL: Final = "runbook_url"


def groups_of_files() -> list[Object]:
    """The groups of rules as they lie in the chart's files."""
    files = sorted((CHART / "files/rules").glob("*.yaml"))
    return [each for path in files for each in yaml.safe_load(path.read_text())["groups"]]


def groups_of(values: Path) -> list[Object]:
    """The groups of rules that the chart makes."""
    made = of_kind(render(values), "PrometheusRule")
    return [group for each in made for group in each["spec"]["groups"]]


def urls(groups: list[Object]) -> list[str]:
    """Where the runbook of each alert is, in order."""
    rules = [rule for group in groups for rule in group["rules"]]
    return [rule["annotations"][URL] for rule in rules if "alert" in rule]


def without_urls(groups: list[Object]) -> list[Object]:
    """Groups without where runbooks are."""
    copied: list[Object] = json.loads(json.dumps(groups))
    for group in copied:
        for rule in group["rules"]:
            rule.get("annotations", {}).pop(URL, None)
    return copied


def named(groups: list[Object]) -> list[Object]:
    """Groups in the order of their names: files may be read in any."""
    return sorted(groups, key=lambda group: str(group["name"]))


@each_values(WATCHED)
def test_prometheus_takes_the_rules_that_are_made(values: Path, tmp_path: Path) -> None:
    """Prometheus' checker has nothing against the rules of the chart's resources."""
    try:
        promtool = tool("promtool")
    except UnavailableError as error:
        pytest.skip(f"promtool: {error}")
    written = tmp_path / "rules.yaml"
    written.write_text(yaml.safe_dump({"groups": groups_of(values)}), encoding="utf-8")

    said = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", written],
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


@each_values(WATCHED)
def test_rules_are_those_of_the_files(values: Path) -> None:
    """Rendering changes nothing of a rule but where its runbook is."""
    made, written = named(groups_of(values)), named(groups_of_files())

    assert without_urls(made) == without_urls(written)
    base = settings(values)["prometheusRule"].get("runbookBaseUrl", "").rstrip("/")
    assert urls(made) == [f"{base}/{url}" if base else url for url in urls(written)]
    assert urls(made)


@each_values(DRAWN)
def test_dashboards_are_those_of_the_files(values: Path) -> None:
    """Each dashboard's file is in one ConfigMap, byte for byte, and that is not too large."""
    label = settings(values)["dashboards"].get("label", "grafana_dashboard")
    maps = [
        each for each in of_kind(own(values), "ConfigMap") if label in each["metadata"]["labels"]
    ]

    held = [item for each in maps for item in each["data"].items()]
    files = {path.name: path.read_text() for path in (CHART / "files/dashboards").glob("*.json")}
    assert len(held) == len(maps) == len(files) > 0
    assert dict(held) == files
    assert [name for name, text in held if len(text.encode()) > CONFIG_MAP_BYTES] == []


def test_some_values_have_rules_and_dashboards_made() -> None:
    """What is off by default is on somewhere, with and without an address for runbooks."""
    bases = {bool(settings(path)["prometheusRule"].get("runbookBaseUrl")) for path in WATCHED}

    assert bases == {True, False}
    assert DRAWN
