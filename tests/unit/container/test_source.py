import subprocess
from pathlib import Path
from shutil import which

import pytest

from container.source import FILES, taken, uncommitted


@pytest.mark.skipif(which("git") is None, reason="git is missing: apt-get install git")
def test_only_what_is_committed_is_built(tmp_path: Path) -> None:
    """A change that is not committed, and a file that nobody added, stay out."""
    repository = tmp_path / "repository"
    for name in FILES:
        path = repository / name
        path = path if "." in name or name == "LICENSE" else path / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("committed")
    who = ("-c", "user.name=x", "-c", "user.email=x", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", *words], cwd=repository, check=True)
    (repository / "README.md").write_text("changed")
    (repository / "relay/scratch.py").write_text("added")

    source = taken(repository, tmp_path / "taken")

    assert (source.place / "README.md").read_text() == "committed"
    assert not (source.place / "relay/scratch.py").exists()
    assert len(uncommitted(repository)) == 2
    assert len(source.revision) == 40
    assert source.environ["SOURCE_DATE_EPOCH"] == str(source.epoch)
