"""Commands of docs/operations.md that need no cluster, run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.chart.rendering import CHART, ROOT, RUN_S, program

PAGE: Final = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
MINIMAL: Final = CHART / "ci/minimal-values.yaml"


def block(beginning: str) -> str:
    """The block of commands that begins so."""
    (found,) = re.findall(rf"^```\n({re.escape(beginning)}.*?)^```$", PAGE, re.M | re.S)
    return str(found)


def typed(commands: str, place: Path) -> subprocess.CompletedProcess[str]:
    """What an operator reads who types them in a directory, with helm and relay on the path."""
    here = (program("helm").parent, Path(sys.executable).parent)
    return subprocess.run(
        ["/bin/sh", "-ec", commands],
        cwd=place,
        env={**os.environ, "PATH": os.pathsep.join([*map(str, here), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )


def test_the_relay_judges_values_before_they_are_sent(tmp_path: Path) -> None:
    """What the chart's schema cannot know ends with the relay's own sentence, and code 3."""
    (tmp_path / "helm").symlink_to(CHART.parent)
    (tmp_path / "key-secret").write_text("sixteen bytes or more")
    (tmp_path / "password").write_text("a password")
    values = MINIMAL.read_text(encoding="utf-8")
    commands = block("helm template relay")

    (tmp_path / "values.yaml").write_text(values)
    sound = typed(commands, tmp_path)
    (tmp_path / "values.yaml").write_text(values.replace("country: FR", "country: XX"))
    wrong = typed(commands, tmp_path)

    assert (sound.returncode, sound.stderr) == (0, "")
    assert "2 members" in sound.stdout
    assert (wrong.returncode, wrong.stdout) == (3, "")
    assert "members[1].country: must be a two-letter code of ISO 3166, or EU" in wrong.stderr
