import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.chart.rendering import VALUES, Object, called, each_values, manifest, render, run
from tests.chart.rendering import settings as settings_of
from tools.schemas.kubernetes import VERSIONS

BARE: Final = """\
apiVersion: v1
kind: Pod
metadata: {name: bare}
spec: {containers: [{name: relay, image: relay}]}
"""
ROOT_USER: Final = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: rooted}
spec:
  serviceName: rooted
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 0, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: relay
          image: relay
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""
# What holds a pod, by the admission's own list, and where.
PODS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "Pod": ("v1", ()),
    "PodTemplate": ("v1", ("template",)),
    "ReplicationController": ("v1", ("spec", "template")),
    "ReplicaSet": ("apps/v1", ("spec", "template")),
    "Deployment": ("apps/v1", ("spec", "template")),
    "DaemonSet": ("apps/v1", ("spec", "template")),
    "StatefulSet": ("apps/v1", ("spec", "template")),
    "Job": ("batch/v1", ("spec", "template")),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", "spec", "template")),
}

OK: Final = 10
OPTIONAL: Final = ("container-ports-check", "container-seccomp-profile")
Excuse = Callable[[Object], bool]
EXCUSED: Final[Mapping[tuple[str, str], Excuse]] = {
    # Being held back shows as late alerts, and a relay that is alone on its node may use it.
    ("container-resources", "CPU limit is not set"): lambda _: True,
    # A digest or a tag says which image; asking the registry at each start makes it a dependency.
    ("container-image-pull-policy", "ImagePullPolicy is not set to Always"): lambda values: (
        values.get("image", {}).get("pullPolicy") != "Always"
    ),
    # Whoever installs has said so.
    ("pod-networkpolicy", "The pod does not have a matching NetworkPolicy"): lambda values: (
        values.get("networkPolicy", {}).get("enabled") is False
    ),
}
"""What kube-score finds that is meant so: its check, its words, and for which values."""


@each_values()
def test_every_pod_is_restricted(values: Path) -> None:
    """A namespace that enforces Pod Security's strictest level takes every pod of the chart."""
    said = run("podsecurity", stdin=manifest(values))

    expected = [f"{called(each)}: allowed" for each in render(values) if each["kind"] in PODS]
    assert (said.returncode, said.stderr) == (0, "")
    assert sorted(said.stdout.splitlines()) == sorted(expected)
    assert any(row.startswith("StatefulSet/") for row in expected)


def test_a_bare_pod_is_forbidden() -> None:
    """A pod that claims nothing is refused, with each of the four reasons."""
    said = run("podsecurity", stdin=BARE)

    assert said.returncode == 1
    for reason in ("allowPrivilegeEscalation", "capabilities", "runAsNonRoot", "seccompProfile"):
        assert reason in said.stdout


@pytest.mark.parametrize("kind", PODS)
def test_no_kind_hides_a_pod(kind: str) -> None:
    """Whatever a pod is made by, it is judged."""
    version, path = PODS[kind]
    body: Object = {"spec": {"containers": [{"name": "relay", "image": "relay"}]}}
    for step in reversed(path):
        body = {step: body}
    hidden = {"apiVersion": version, "kind": kind, "metadata": {"name": "hidden"}, **body}

    said = run("podsecurity", stdin=yaml.safe_dump(hidden))
    assert said.returncode == 1, said.stderr
    assert said.stdout.startswith(f"{kind}/hidden: allowPrivilegeEscalation")


def test_a_template_is_judged_as_the_pod_that_it_makes() -> None:
    """One thing wrong in a StatefulSet's template is enough, and named; a sound pod passes."""
    said = run("podsecurity", stdin=ROOT_USER)

    assert said.returncode == 1
    assert said.stdout.startswith("StatefulSet/rooted: runAsUser=0")
    assert run("podsecurity", stdin=ROOT_USER.replace("runAsUser: 0, ", "")).returncode == 0


def test_what_cannot_be_read_is_not_passed() -> None:
    """A manifest with an unknown field is no manifest: it is not judged by the rest."""
    said = run("podsecurity", stdin=BARE.replace("image:", "imag:"))

    assert said.returncode == 2
    assert "imag" in said.stderr


def scored(values: Path) -> set[tuple[str, str]]:
    """What kube-score has against the chart's objects: its checks, and their words."""
    oldest = f"v{VERSIONS[0].rpartition('.')[0]}"
    options = ["--output-format", "json", "--kubernetes-version", oldest]
    # The chart must not excuse itself.
    options += ["--disable-ignore-checks-annotations"]
    options += [word for name in OPTIONAL for word in ("--enable-optional-test", name)]
    said = run("kube-score", "score", *options, "-", stdin=manifest(values))
    assert said.stdout, said.stderr
    reports: list[dict[str, Any]] = json.loads(said.stdout)
    return {
        (check["check"]["id"], comment["summary"])
        for report in reports
        for check in report["checks"]
        if check["grade"] < OK and not check["skipped"]
        for comment in check["comments"]
    }


@each_values()
def test_kube_score_finds_what_is_meant_so_alone(values: Path) -> None:
    """Probes, budgets, policies and resources are as recommended, but for what is excused above."""
    excused = {found for found, applies in EXCUSED.items() if applies(settings_of(values))}

    assert scored(values) - excused == set()


def test_no_excuse_is_left_over() -> None:
    """Each excuse is needed by some file of values."""
    found = {each for path in VALUES for each in scored(path)}

    assert set(EXCUSED) - found == set()
