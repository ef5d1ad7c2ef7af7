"""What the chart makes of a file of values, and the programs that judge it."""

import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tools.programs import UnavailableError, look_up

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "helm/relay"
VALUES: Final = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE: Final = "relay"
NAMESPACE: Final = "shield"
RUN_S: Final = 120.0

Object = dict[str, Any]


def each_values(paths: list[Path] = VALUES) -> pytest.MarkDecorator:
    """Run a test once a file of values."""
    return pytest.mark.parametrize("values", paths, ids=lambda path: path.stem)


def program(name: str) -> Path:
    """Where a program is, or a skip that names it and says why it is nowhere."""
    try:
        return look_up(name)
    except UnavailableError as error:
        pytest.skip(f"{name}: {error}")


def run(name: str, *words: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a program said, and whether it was content. Skips where there is none."""
    return subprocess.run(
        [str(word) for word in (program(name), *words)],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )


@functools.cache
def manifest(values: Path, *words: str) -> str:
    """What `helm template` writes for a file of values; `words` are further options."""
    said = run(
        "helm", "template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", values, *words
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def render(values_file: Path, *words: str) -> list[Object]:
    """The objects that the chart makes of a file of values. Skips where there is no helm."""
    return [each for each in yaml.safe_load_all(manifest(values_file, *words)) if each is not None]


def own(values: Path) -> list[Object]:
    """The objects of the chart itself, without those that whoever installs has added."""
    documents = re.split(r"^---\n", manifest(values), flags=re.MULTILINE)
    kept = [each for each in documents if "templates/extraobjects.yaml\n" not in each]
    return [each for each in yaml.safe_load_all("---\n".join(kept)) if each is not None]


def of_kind(objects: list[Object], kind: str) -> Iterator[Object]:
    """Those of a kind."""
    return (each for each in objects if each["kind"] == kind)


def called(thing: Object) -> str:
    """An object's kind and name, for a reader of a failure."""
    return f"{thing['kind']}/{thing['metadata']['name']}"


def settings(values: Path) -> Object:
    """What a file of values sets, the chart's own defaults left out."""
    loaded: Object = yaml.safe_load(values.read_text(encoding="utf-8"))
    return loaded
