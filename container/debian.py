"""The system below Python: files of Debian's packages, extracted and never installed.

Which packages, apt says, from the sources of this machine; it checks their signatures. No script
of theirs runs, so what they would have made is made in `container.own`.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from container.errors import BuildError
from container.steps import run
from container.trusted import Trusted

ROOTS = ("base-files", "ca-certificates", "libpython3-stdlib", "libstdc++6", "python3-minimal")

ABSENT = {
    "debconf": "asks questions while installing",
    "dpkg": "installs",
    "mawk": "makes base-files' accounts while installing",
    "media-types": "names file types",
    "netbase": "names ports",
    "openssl": "hashes the names of certificates while installing",
    "readline-common": "settings of a terminal",
    "tzdata": "local time: the relay knows UTC alone",
    # Extensions of Python that nothing of ours imports: UNUSED leaves them out, too.
    "libdb5.3": "dbm",
    "libdb5.3t64": "dbm",
    "libncursesw6": "curses",
    "libnsl2": "nis",
    "libreadline8": "readline",
    "libreadline8t64": "readline",
    "libsqlite3-0": "sqlite3",
    "libtinfo6": "curses",
    "libtirpc3": "nis, and with it Kerberos",
    "libtirpc3t64": "nis, and with it Kerberos",
}
"""Dependencies that are left out, with what they are for. apt is told that they are there."""

UNUSED = re.compile(
    r"""usr/bin/(?!python3(\.\d+)?$)
    |usr/(sbin|games|include|src)/
    |usr/share/doc/[^/]+/(?!copyright$)
    |usr/share/(?!doc/|ca-certificates/)
    |usr/lib/[^/]+-linux-gnu[^/]*/(gconv|audit|perl-base)/
    |usr/lib/(mime|systemd|tmpfiles.d|valgrind)/
    |usr/lib/python3[^/]*/(curses|dbm|ensurepip|idlelib|lib2to3|pydoc_data|sqlite3|test|tkinter|turtledemo)/
    |usr/lib/python3[^/]*/lib-dynload/(_curses|_dbm|_sqlite3|_tkinter|nis|readline)
    |etc/(?!debian_version$|os-release$|python3)
    |(home|root|var|tmp|run)/
    """,
    re.VERBOSE,
)
"""What no relay reads: programs, manuals, settings of programs that are not there."""

MERGED = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
"""Directories that are links into usr/, as on every Debian since 12."""

STATUS = PurePosixPath("var/lib/dpkg/status.d")
"""Where scanners look for packages that were extracted: <name> and <name>.md5sums."""


def merged(name: str) -> PurePosixPath:
    """Where a file of a package belongs, by the name that the package has for it."""
    path = PurePosixPath(name.removeprefix("./").lstrip("/"))
    return "usr" / path if path.parts and path.parts[0] in MERGED else path


def wanted(path: PurePosixPath) -> bool:
    """Is this file of a package part of an image?"""
    return UNUSED.match(str(path)) is None


def fetch(place: Path, lists: Path) -> tuple[Path, ...]:
    """Fetch the packages into `place`, the newest that this machine's sources have.

    `lists` keeps what the sources offer between builds. Raises BuildError.
    """
    (place / "partial").mkdir(parents=True)
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    status = place / "status"
    status.write_text("".join(_said_to_be_there()), "utf-8")
    options = {
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
        "Dir::Cache": place,
        "Dir::Cache::Archives": place,
        "Dir::State::Lists": lists,
        "Dir::State::Status": status,
    }
    apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    # A source that does not answer is an error: its packages would be old ones, silently.
    run([*apt, "update", "--error-on=any"])
    run([*apt, "install", "--yes", "--download-only", *ROOTS])
    return tuple(sorted(place.glob("*.deb")))


def _said_to_be_there() -> Iterator[str]:
    architecture = run(["dpkg", "--print-architecture"]).decode().strip()
    for name in sorted(ABSENT):
        yield (
            f"Package: {name}\nStatus: install ok installed\nVersion: 999:0\n"
            f"Architecture: {architecture}\nMulti-Arch: foreign\nProvides: awk\n"
            "Maintainer: nobody\nDescription: left out\n\n"
        )


def extract(package: Path, root: Path) -> None:
    """Write what is wanted of a package below `root`, and a record of it. Raises BuildError."""
    name = run(["dpkg-deb", "--field", package, "Package"]).decode().strip()
    record = root / STATUS
    record.mkdir(parents=True, exist_ok=True)
    (record / name).write_bytes(run(["dpkg-deb", "--field", package]))
    (record / f"{name}.md5sums").write_bytes(run(["dpkg-deb", "--info", package, "md5sums"]))
    packed = run(["dpkg-deb", "--fsys-tarfile", package])
    with Trusted.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            path = merged(member.name)
            if member.isdir() or not wanted(path) or str(path) in MERGED:
                continue
            if member.islnk():
                member.linkname = str(merged(member.linkname))
            member.name = str(path)
            archive.extract(member, root)


def python_of(root: Path) -> str:
    """Return the version of the Python below `root`, as in its paths: "3.11". Raises BuildError."""
    found = [path.name.removeprefix("python") for path in root.glob("usr/bin/python3.*")]
    if len(found) != 1:
        raise BuildError(f"this machine's sources have {len(found)} versions of Python 3, not one")
    return found[0]
