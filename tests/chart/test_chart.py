import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from tests.chart.rendering import CHART, called, each_values, own, program, run
from tools import derived

SUITES: Final = sorted((CHART / "tests").glob("*_test.yaml"))
LABELS: Final = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
}
# What a name is held to where it becomes part of a host's name, or a label's value.
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# Named as what they stand for, and where the operator looks.
STRIMZI: Final = ("KafkaTopic/", "KafkaUser/")

WRONG: Final[dict[str, tuple[str, str]]] = {
    "a word for a number": ("replicas=two", "at '/replicas'"),
    "a number for a list": ("members=1", "at '/members'"),
    "a key of nobody": ("replica=2", "'replica'"),
    "a key of nobody, deeper": ("podMonitor.intervall=15s", "at '/podMonitor'"),
    "a setting of the relay of another type": ("config.lanes=many", "at '/config/lanes'"),
    "a setting that the relay has not": ("config.lane=4", "at '/config'"),
}


@each_values()
def test_helm_has_nothing_against_it(values: Path) -> None:
    """The chart is sound with each set of values, warnings counted."""
    said = run("helm", "lint", "--strict", CHART, "--values", values)

    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("case", WRONG)
def test_wrong_values_are_refused_with_their_place(case: str) -> None:
    """A value of a wrong type, or a key that nobody reads, renders nothing and is named."""
    assignment, place = WRONG[case]
    said = run("helm", "template", "relay", CHART, "--values", derived.VALUES, "--set", assignment)

    assert (said.returncode, said.stdout) == (1, "")
    assert place in said.stderr


def test_the_suites_of_the_chart_pass(tmp_path: Path) -> None:
    """helm-unittest runs every suite there is, and each of its tests passes."""
    report = tmp_path / "suites.xml"
    options = ("--strict", "--output-type", "JUnit", "--output-file", report)
    said = run("helm-unittest", *options, CHART)

    assert said.returncode == 0, said.stdout + said.stderr
    suites = ElementTree.parse(report).getroot().findall("testsuite")
    assert len(suites) == len(SUITES) > 0
    assert [each.get("name") for each in suites if not int(each.get("tests", "0"))] == []


def test_the_readme_is_what_the_values_say() -> None:
    """README.md is what helm-docs makes of values.yaml as it stands, and each has a sentence."""
    program("helm-docs")
    written = derived.README.read_text(encoding="utf-8")

    assert written == derived.readme(), "python -m tools.derived writes it anew"
    assert re.findall(r"^\| (\S+) \|.*\|\s*\|$", written, re.M) == []


def test_a_change_of_the_rendering_is_seen() -> None:
    """What the chart makes of the fewest values is committed, to be read in review."""
    program("helm")
    written = derived.GOLDEN.read_text(encoding="utf-8")

    assert written == derived.rendering(), "python -m tools.derived writes it anew"


@each_values()
def test_every_object_says_whose_it_is(values: Path) -> None:
    """Each has the labels that Kubernetes recommends, of one release and version."""
    labels = {called(each): each["metadata"].get("labels", {}) for each in own(values)}

    bare = {name: LABELS - set(there) for name, there in labels.items()}
    assert {name: missing for name, missing in bare.items() if missing} == {}
    same = {tuple(there[label] for label in sorted(LABELS)) for there in labels.values()}
    assert len(same) == 1


@each_values()
def test_every_name_is_one_that_a_cluster_takes(values: Path) -> None:
    """A name is short enough to be a label's value; none says into which namespace it goes."""
    names = {called(each) for each in own(values) if not NAME.fullmatch(each["metadata"]["name"])}
    placed = {called(each) for each in own(values) if "namespace" in each["metadata"]}

    assert {name for name in names if not name.startswith(STRIMZI)} == set()
    assert {name for name in placed if not name.startswith(STRIMZI)} == set()
