import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS: Final = ("requirements.lock", "requirements-dev.lock")
HASH: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS: Final = re.compile(
    r"https?:|://|index-url|find-links|trusted-host|git\+| @ ", re.IGNORECASE
)


def entries(lock: str) -> dict[str, str]:
    """Name → its whole entry, hashes included; a line that is no pin is an entry under itself."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return {canonicalize_name(re.split(r"[\[=\s;]", line, maxsplit=1)[0]): line for line in lines}


def versions(lock: str) -> dict[str, str]:
    """Name → the pinned version."""
    pins = {
        name: re.match(r"[\w.-]+(?:\[[\w,-]+\])?==(\S+)", entry)
        for name, entry in entries(lock).items()
    }
    return {name: found[1] for name, found in pins.items() if found}


def asked_for(lock: str) -> list[Requirement]:
    """What pyproject.toml says the lock must hold."""
    core: list[str] = PROJECT["project"]["dependencies"]
    if lock == "requirements.lock":
        return [Requirement(line) for line in core]
    build: list[str] = PROJECT["build-system"]["requires"]
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    more = (line for lines in (*extras, *groups) for line in lines)
    return [Requirement(line) for line in (*core, *build, *more)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_an_exact_version_with_hashes(lock: str) -> None:
    """A lock pins each package to one version and to the sha256 of its files."""
    loose = [
        entry for entry in entries(lock).values() if "==" not in entry or not HASH.search(entry)
    ]

    assert versions(lock)
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock: str) -> None:
    """Where packages come from is the installing person's setting, never the project's."""
    lines = (ROOT / lock).read_text().splitlines()

    assert [line for line in lines if ADDRESS.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(lock: str) -> None:
    """Each dependency stands in the lock with a version that pyproject.toml allows."""
    pinned = versions(lock)
    missing = [
        str(wanted)
        for wanted in asked_for(lock)
        if not wanted.specifier.contains(pinned.get(canonicalize_name(wanted.name), "0"))
    ]

    assert missing == []


def test_both_locks_agree() -> None:
    """What is tested is what is run: each entry of the core is the same, hash for hash.

    What only some systems need of the core (a marker), a tool may need on all.
    """
    core, dev = (
        {name: re.sub(r" ; .*?(?=\s{2,})", "", entry) for name, entry in entries(lock).items()}
        for lock in LOCKS
    )

    assert core == {name: dev.get(name) for name in core}
