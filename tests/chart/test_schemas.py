import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.chart.rendering import (
    CHART,
    VALUES,
    Object,
    called,
    each_values,
    manifest,
    of_kind,
    render,
    run,
)
from tools.schemas.kubernetes import DEFINITIONS, VERSIONS

SCHEMAS: Final = Path(__file__).with_name("schemas")
NAME: Final = "{{.ResourceKind}}{{.KindSuffix}}.json"
PLACES: Final = (
    f"{SCHEMAS}/{{{{.NormalizedKubernetesVersion}}}}/{NAME}",
    f"{SCHEMAS}/custom/{NAME}",
)

Edit = Callable[[Any], None]

BROKEN: Final[dict[str, tuple[Edit, str]]] = {
    "ConfigMap": (lambda it: it["data"].update(number=1), "/data/number"),
    "ExternalSecret": (lambda it: it["spec"].update(refreshIntervall="1h"), "'refreshIntervall'"),
    "Job": (lambda it: it["spec"].update(backoffLimit="none"), "/spec/backoffLimit"),
    "KafkaTopic": (lambda it: it["spec"].update(partitions="12"), "/spec/partitions"),
    "KafkaUser": (
        # What a Strimzi before 1.0 had, and most examples have.
        lambda it: it["spec"]["authorization"]["acls"][0].update(operation="Read"),
        "/spec/authorization/acls/0",
    ),
    "NetworkPolicy": (lambda it: it["spec"].update(policyType=["Egress"]), "'policyType'"),
    "Pod": (lambda it: it["spec"]["containers"][0].pop("name"), "'name'"),
    "PodDisruptionBudget": (lambda it: it["spec"].update(maxUnavailable=True), "/spec/maxUnavail"),
    "PodMonitor": (
        lambda it: it["spec"]["podMetricsEndpoints"][0].update(interval="15 s"),
        "/spec/podMetricsEndpoints/0/interval",
    ),
    "PrometheusRule": (
        lambda it: it["spec"]["groups"][0]["rules"][0].update(expression="1"),
        "/spec/groups/0/rules/0",
    ),
    "ScaledObject": (
        lambda it: it["spec"]["triggers"][0]["metadata"].update(lagThreshold=5),
        "/spec/triggers/0/metadata/lagThreshold",
    ),
    "Service": (lambda it: it["spec"]["ports"][0].update(prot="TCP"), "'prot'"),
    "ServiceAccount": (lambda it: it.update(automountToken=False), "'automountToken'"),
    "ServiceMonitor": (lambda it: it["spec"].pop("selector"), "'selector'"),
    "StatefulSet": (
        lambda it: it["spec"]["template"]["spec"].update(terminationGracePeriod=45),
        "/spec/template/spec",
    ),
}
"""An edit a kind that a cluster would refuse, or drop in silence, and what is said of it."""


def judged(text: str, version: str) -> list[dict[str, str]]:
    """What kubeconform says of each object of a manifest."""
    places = [word for place in PLACES for word in ("-schema-location", place)]
    options = ("-strict", "-verbose", "-output", "json", "-kubernetes-version", version)
    said = run("kubeconform", *options, *places, stdin=text)
    assert said.stdout, said.stderr
    resources: list[dict[str, str]] = json.loads(said.stdout)["resources"]
    return resources


@pytest.mark.parametrize("version", VERSIONS)
@each_values()
def test_a_cluster_knows_every_field(values: Path, version: str) -> None:
    """Every object is what its schema says, in the oldest and the newest Kubernetes."""
    said = judged(manifest(values), version)

    assert [each for each in said if each["status"] != "statusValid"] == []
    assert len(said) == len(render(values))


@pytest.mark.parametrize("kind", BROKEN)
def test_a_mistake_is_told_with_its_place(kind: str) -> None:
    """Of each kind that the chart makes, a wrong one is refused, and nothing else of it."""
    edit, told = BROKEN[kind]
    broken = copy.deepcopy(next(each for path in VALUES for each in of_kind(render(path), kind)))
    edit(broken)

    [said] = judged(yaml.safe_dump(broken), VERSIONS[-1])
    assert said["status"] == "statusInvalid"
    assert told in said["msg"]


@pytest.mark.parametrize("kind", BROKEN)
def test_metadata_is_held_to_its_schema(kind: str) -> None:
    """Of each kind, also of other people's, metadata is Kubernetes' own: no field is misspelt."""
    broken = copy.deepcopy(next(each for path in VALUES for each in of_kind(render(path), kind)))
    broken["metadata"]["lables"] = {}

    [said] = judged(yaml.safe_dump(broken), VERSIONS[-1])
    assert "'lables'" in said["msg"]


def test_a_kind_without_a_schema_is_refused() -> None:
    """What there is no schema for is not passed unseen."""
    unknown = {"apiVersion": "example.eu/v1", "kind": "Thing", "metadata": {"name": "a"}}

    [said] = judged(yaml.safe_dump(unknown), VERSIONS[-1])
    assert said["status"] == "statusError"


def test_every_kind_has_a_mistake_and_every_schema_a_use() -> None:
    """The kinds that the chart makes are those that are tried, and those there are schemas of."""
    made = {(each["kind"], each["apiVersion"]) for path in VALUES for each in render(path)}

    assert {kind for kind, _ in made} == set(BROKEN)
    for version in VERSIONS:
        folders = (SCHEMAS / f"v{version}", SCHEMAS / "custom")
        there = {path.name for each in folders for path in each.glob("*.json")} - {DEFINITIONS}
        assert there == {file_of(kind, group) for kind, group in made}


def file_of(kind: str, version: str) -> str:
    """The name that kubeconform gives a schema."""
    group, _, number = version.rpartition("/")
    parts = filter(None, (kind.lower(), group.partition(".")[0], number))
    return "-".join(parts) + ".json"


def test_the_oldest_kubernetes_is_the_charts() -> None:
    """What the chart says it needs is what it is held to."""
    chart: Object = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))

    assert chart["kubeVersion"] == f">={VERSIONS[0]}-0"


def test_no_object_is_there_twice() -> None:
    """Names are unique among the objects of a kind: a second would replace the first."""
    for path in VALUES:
        names = [called(each) for each in render(path)]
        assert sorted(set(names)) == sorted(names), path.name
