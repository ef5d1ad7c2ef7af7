"""Python's part: what requirements.lock names, and the relay's own wheel."""

import sys
from pathlib import Path

from container.source import Source
from container.steps import run

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
INSTALL = (*PIP, "install", "--quiet", "--no-compile", "--no-deps", "--only-binary=:all:")


def site(python: str) -> str:
    """Return where distributions lie in an image with this version of Python."""
    return f"usr/local/lib/python{python}/dist-packages"


def install(source: Source, python: str, root: Path, work: Path) -> str:
    """Install below `root` what the lock names and the relay, and return the relay's version.

    Raises BuildError.
    """
    build = (*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", work)
    run([*build, source.place], more=source.environ)
    [wheel] = work.glob("relay-*.whl")
    version = wheel.name.split("-")[1]
    into = root / site(python)
    to = ("--python-version", python, "--target", into)
    run([*INSTALL, *to, "--require-hashes", "--requirement", source.place / "requirements.lock"])
    # Found by its name: installed by its path, it would remember where that was.
    run([*INSTALL, *to, "--no-index", "--find-links", work, "--upgrade", f"relay=={version}"])
    _forget_scripts(into)
    return version


def _forget_scripts(into: Path) -> None:
    """Remove commands that name the Python of this machine, from the records as well."""
    for script in (into / "bin").iterdir():
        script.unlink()
    (into / "bin").rmdir()
    for record in into.glob("*.dist-info/RECORD"):
        rows = record.read_text("utf-8").splitlines(keepends=True)
        record.write_text("".join(row for row in rows if "../bin/" not in row), "utf-8")


def compile_all(source: Source, python: str, root: Path) -> None:
    """Compile every module below `root` with the Python that is there. Raises BuildError.

    What is compiled is not checked against its source at each start: nothing changes in an image.
    """
    words = ("-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash")
    places = (f"/usr/lib/python{python}", f"/{site(python)}")
    run(["chroot", root, "/usr/bin/python3", *words, *places], more=source.environ)
