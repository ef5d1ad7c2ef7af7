from collections.abc import Iterator
from pathlib import Path
from typing import Final

from relay.settings import Settings, policy
from tests.chart.mounted import here, laid_out, pod_of, secret_files
from tests.chart.rendering import CHART, Object, each_values, of_kind, render
from tests.chart.rendering import settings as said_in

DEFAULTS: Final = CHART / "values.yaml"
MINIMAL: Final = CHART / "ci/minimal-values.yaml"
PODS: Final = ("StatefulSet", "Job", "Pod")
KEY: Final = "key-secret"


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Every pod of the chart, by the kind of what makes it."""
    for kind in PODS:
        yield from ((kind, pod_of(each)) for each in of_kind(objects, kind))


def named(settings: Settings) -> set[str]:
    """The names of the files and directories that settings of a login name."""
    security = settings.security
    paths = (security.ca, security.cert, security.key, security.password, security.token)
    return {path.name for path in (*paths, settings.access.passwords) if path is not None}


def checksum(*words: str) -> str:
    """What pods are replaced by, when it changes."""
    (made,) = of_kind(render(MINIMAL, *words), "StatefulSet")
    found: str = made["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    return found


@each_values()
def test_the_relay_takes_what_the_chart_writes(values: Path, tmp_path: Path) -> None:
    """In each pod: settings and register are sound, and the brokers are those that were said."""
    objects = render(values)
    said = said_in(values)

    for kind, pod in pods(objects):
        place = tmp_path / kind
        place.mkdir()
        settings, members = laid_out(objects, pod, place)

        assert settings.kafka.bootstrap == said["config"]["kafka"]["bootstrap"]
        assert [m.id for m in members] == sorted(each["id"] for each in said["members"])


@each_values()
def test_what_settings_name_is_mounted_and_nothing_else_is(values: Path, tmp_path: Path) -> None:
    """In each pod: no secret is missing, and none is there that is not read."""
    objects = render(values)

    for kind, pod in pods(objects):
        place = tmp_path / kind
        place.mkdir()
        settings, _ = laid_out(objects, pod, place)

        assert secret_files(pod) - {KEY} == named(settings)
        # Who provisions is no relay: it decides nothing, and has no use for the key.
        assert (KEY in secret_files(pod)) == (kind != "Job")
        assert (settings.secret is not None) == (kind != "Job")


@each_values()
def test_a_process_can_decide_and_keeps_its_state_on_its_volume(
    values: Path, tmp_path: Path
) -> None:
    """Policy and stores come out of what is mounted, and probes ask the port that is served."""
    objects = render(values)
    (stateful,) = of_kind(objects, "StatefulSet")
    pod = pod_of(stateful)
    container = pod["containers"][0]
    settings, members = laid_out(objects, pod, tmp_path)
    mounts = {mount["name"]: Path(mount["mountPath"]) for mount in container["volumeMounts"]}

    assert policy(settings, tuple(members)).lanes == settings.lanes
    assert settings.state_dir.is_relative_to(here(str(mounts["state"]), tmp_path))
    assert container["ports"][0]["containerPort"] == settings.http.port
    assert settings.http.host == (said_in(DEFAULTS) | said_in(values))["listen"]


def test_pods_are_replaced_when_settings_or_register_change() -> None:
    """They are read at the start; the number of processes is none of them."""
    before = checksum()

    assert checksum("--set", "members[0].enabled=false") != before
    assert checksum("--set", "config.log.level=debug") != before
    assert checksum("--set", "replicas=5") == before
