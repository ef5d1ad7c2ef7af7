"""What the chart makes of a file of values."""

import subprocess
from collections.abc import Sequence
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
RUN_S: Final = 60.0


def program(name: str) -> Path:
    """A program, or a skip that names it and says why there is none."""
    try:
        return look_up(name)
    except UnavailableError as error:
        pytest.skip(f"{name}: {error}")


def run(name: str, *words: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a program said, and whether it was content. Skips the test where there is none."""
    command = [str(program(name)), *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=RUN_S, check=False
    )


def manifest(values: Path, *words: object) -> str:
    """What `helm template` writes for a file of values; `words` are further options."""
    said = run(
        "helm", "template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", values, *words
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def render(values_file: Path, words: Sequence[object] = ()) -> list[dict[str, Any]]:
    """The objects that the chart makes of a file of values. Skips where there is no helm."""
    return objects(manifest(values_file, *words))


def objects(text: str) -> list[dict[str, Any]]:
    """The objects of a manifest."""
    return [each for each in yaml.safe_load_all(text) if each is not None]
