import os
import stat
from pathlib import Path
from typing import Final

import pytest

from tools.programs import KEPT, MODULES, PACKAGES, UnavailableError, build, key, look_up

# Stands for Go: writes what it was asked to build, and notes that it was asked.
BUILDS: Final = """\
#!/bin/sh
echo "$@" >> {notes}
while [ "$1" != -o ]; do shift; done
echo built > "$2"
"""
FAILS: Final = """\
#!/bin/sh
echo "go: downloading a module" >&2
echo "go: a module: not available" >&2
exit 1
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a path without Go."""
    monkeypatch.setenv("RELAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "cache/tools"


def install(place: Path, script: str) -> Path:
    """Put a Go on the path; returns where it notes what it was asked."""
    notes = place / "notes"
    go = place / "bin/go"
    go.parent.mkdir(exist_ok=True)
    go.write_text(script.format(notes=notes))
    go.chmod(go.stat().st_mode | stat.S_IXUSR)
    return notes


def test_looking_up_builds_nothing(cache: Path) -> None:
    """What is not built is not to be had, and the reason says what builds it."""
    with pytest.raises(UnavailableError, match="python -m tools builds it"):
        look_up("helm")

    assert not cache.exists()


def test_a_program_is_built_once(cache: Path, tmp_path: Path) -> None:
    """What is there is not built again, and it is what is looked up."""
    notes = install(tmp_path, BUILDS)

    built = build("helm")

    assert build("helm") == look_up("helm") == built
    assert built.read_text() == "built\n"
    assert built.is_relative_to(cache)
    [asked] = notes.read_text().splitlines()
    assert asked.startswith("build -mod=readonly -trimpath")
    assert asked.endswith(" helm.sh/helm/v4/cmd/helm")


def test_without_go_there_is_a_reason(cache: Path) -> None:
    """Where Go is missing the build says so, and so does whoever looks the program up later."""
    with pytest.raises(UnavailableError, match="no go on the path"):
        build("helm")

    with pytest.raises(UnavailableError, match="no go on the path"):
        look_up("helm")
    assert not list(cache.glob("helm/*/helm"))


def test_a_build_that_fails_says_what_go_said_last(cache: Path, tmp_path: Path) -> None:
    """The reason of a failure is kept until a build succeeds."""
    install(tmp_path, FAILS)
    for attempt in (build, look_up):
        with pytest.raises(UnavailableError, match=r"^go build: go: a module: not available$"):
            attempt("helm")

    install(tmp_path, BUILDS)
    assert build("helm") == look_up("helm")
    assert not list(cache.glob("helm/*.refused"))


def test_builds_of_old_pins_are_removed(cache: Path, tmp_path: Path) -> None:
    """Only the builds used last are kept."""
    install(tmp_path, BUILDS)
    for age in range(1, KEPT + 3):
        old = cache / f"helm/old{age}"
        old.mkdir(parents=True)
        os.utime(old, (100 - age, 100 - age))

    build("helm")

    kept = sorted(path.name for path in (cache / "helm").iterdir() if path.is_dir())
    assert kept == sorted([key(MODULES / "helm"), *(f"old{n + 1}" for n in range(KEPT - 1))])


def test_an_edited_pin_is_another_build(tmp_path: Path) -> None:
    """The key of a module changes with any byte of its files, and with where a byte stands."""
    (tmp_path / "go.mod").write_text("module a\n")
    (tmp_path / "go.sum").write_text("")
    keys = [key(tmp_path)]

    (tmp_path / "go.sum").write_text("b h1:c=\n")
    keys.append(key(tmp_path))
    (tmp_path / "go.mod").write_text("module a\nb h1:c=\n")
    (tmp_path / "go.sum").write_text("")
    keys.append(key(tmp_path))

    assert len(set(keys)) == len(keys)
    (tmp_path / "go.mod").write_text("module a\n")
    assert key(tmp_path) == keys[0]


@pytest.mark.parametrize("program", PACKAGES)
def test_a_program_is_pinned_with_hashes(program: str) -> None:
    """Each has a module of its own, with what is built and the hashes of all it is built of."""
    pins = (MODULES / program / "go.mod").read_text()
    sums = (MODULES / program / "go.sum").read_text()

    assert f"module relay/tools/{program}\n" in pins
    assert PACKAGES[program] == "." or f"\ntool {PACKAGES[program]}\n" in pins
    assert all(line.split()[2].startswith("h1:") for line in sums.splitlines())
    assert sums
