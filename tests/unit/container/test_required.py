from pathlib import Path

import pytest

from container.errors import BuildError
from container.required import TOOLS, missing, require
from container.steps import run


def test_what_is_missing_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without buildah is told what to install, and nothing is built."""
    for tool in TOOLS.keys() - {"buildah"}:
        (tmp_path / tool).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert missing() == "buildah is missing: on Debian, apt-get install buildah"
    with pytest.raises(BuildError, match="apt-get install buildah"):
        require()


def test_a_step_that_fails_says_what_it_said(tmp_path: Path) -> None:
    """The end of a program's output is in the error, with its exit code."""
    with pytest.raises(BuildError, match=r"ended with [12]:\n.*nowhere") as told:
        run(["ls", tmp_path / "nowhere"], more={"LC_ALL": "C"})

    assert "ls " in str(told.value)
