"""Files and environment in, frozen values out, or every problem at once."""

from collections.abc import Mapping
from pathlib import Path

from relay.model.member import Member
from relay.settings import access, compiled, environment, register, security
from relay.settings.access import Access, AccessSettings
from relay.settings.checking import check, place_of
from relay.settings.compiled import Settings
from relay.settings.document import Document, Place, Tree, read, written
from relay.settings.problem import Problem, SettingsError
from relay.settings.register import RegisterFile
from relay.settings.relay import RelayFile
from relay.settings.security import Security, SecuritySettings

SHORTEST_SECRET = 16
"""128 bits: below them the hash of every IPv4 address can be tried out."""

LONGEST_SECRET = 64
"""The longest key of blake2b."""


def load_register(path: Path) -> tuple[Member, ...]:
    """The members of members.yaml, by id. `SettingsError` with every problem there is."""
    document = read(path)
    file, problems = check(RegisterFile, document, {})
    problems += _repeated_ids(document)
    problems += _shared_principals(document)
    if file is None or problems:
        raise SettingsError(problems)
    return register.members(file)


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Settings from `environ` (`RELAY_…`), over the file, over the defaults.

    Paths in the file are relative to it, those of the environment to the working directory.
    `SettingsError` with every problem there is, of both.
    """
    base = Document("settings", {}) if path is None else read(path)
    document, origins = environment.overlay(base, environ, RelayFile)
    file, problems = check(RelayFile, document, origins)
    home = Path() if path is None else path.parent
    secret = _secret(document, origins, home, problems)
    if file is not None:
        problems += _misfits(file.kafka.security, document, origins)
    if file is None or problems:
        raise SettingsError(problems)
    return Settings(
        relay=file.relay,
        members=_resolved(file.members, ("members",), origins, home),
        lanes=file.lanes,
        secret=secret,
        allow_documentation_addresses=file.allow_documentation_addresses,
        windows=compiled.windows(file.windows),
        state_dir=_resolved(file.state_dir, ("state_dir",), origins, home),
        kafka=file.kafka,
        http=file.http,
        log=file.log,
        correlate=file.correlate,
        canary=file.canary,
        security=_security(file.kafka.security, origins, home),
        access=_access(file.access, origins, home),
        traces=file.traces,
    )


def secret_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that key_secret_file names, whatever is in it; None if there is no such key.

    `SettingsError` when the settings cannot be read at all.
    """
    base = Document("settings", {}) if path is None else read(path)
    document, origins = environment.overlay(base, environ, RelayFile)
    name = _entry(document.tree, "key_secret_file")
    home = Path() if path is None else path.parent
    known = isinstance(name, str)
    return _resolved(str(name), ("key_secret_file",), origins, home) if known else None


def _resolved(name: str, place: Place, origins: Mapping[Place, str], home: Path) -> Path:
    return Path(name) if place in origins else home / name


def _misfits(
    settings: SecuritySettings, document: Document, origins: Mapping[Place, str]
) -> list[Problem]:
    problems: list[Problem] = []
    for key, sentence in security.misfits(settings):
        place: Place = ("kafka", "security", key)
        file, line = place_of(place, document, origins)
        problems.append(Problem(file, line, written(place), sentence))
    return problems


def _security(settings: SecuritySettings, origins: Mapping[Place, str], home: Path) -> Security:
    def path(key: str) -> Path | None:
        name: str | None = getattr(settings, key)
        place: Place = ("kafka", "security", key)
        return None if name is None else _resolved(name, place, origins, home)

    return Security(
        settings.protocol, settings.mechanism, settings.username or "", *map(path, security.FILES)
    )


def _access(settings: AccessSettings, origins: Mapping[Place, str], home: Path) -> Access:
    name = settings.passwords_dir
    place: Place = ("access", "passwords_dir")
    return access.compiled(
        settings, None if name is None else _resolved(name, place, origins, home)
    )


def _secret(
    document: Document, origins: Mapping[Place, str], home: Path, problems: list[Problem]
) -> bytes | None:
    """The secret, without the line end an editor leaves; adds a problem when it is of no use."""
    place: Place = ("key_secret_file",)
    name = _entry(document.tree, "key_secret_file")
    if not isinstance(name, str) or any(each.path == written(place) for each in problems):
        return None
    try:
        return _read_secret(_resolved(name, place, origins, home))
    except ValueError as error:
        # Neither the file's name nor its content: somebody will put one in the other's place.
        file, line = place_of(place, document, origins)
        problems.append(Problem(file, line, written(place), str(error)))
        return None


def _read_secret(path: Path) -> bytes:
    try:
        # A device or a pipe would keep the start waiting.
        if not path.is_file():
            raise ValueError("names no file")
        with path.open("rb") as file:
            secret = file.read(LONGEST_SECRET + len(b"\r\n") + 1).rstrip(b"\r\n")
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise ValueError(f"must hold {SHORTEST_SECRET} to {LONGEST_SECRET} bytes")
    return secret


def _repeated_ids(document: Document) -> list[Problem]:
    """Two members of one id would share topics; also found when other things are wrong."""
    first: dict[str, int] = {}
    problems: list[Problem] = []
    listed = _entry(document.tree, "members")
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        name = _entry(entry, "id")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            place: Place = ("members", index, "id")
            line = document.line(("members", first[name], "id"))
            sentence = f"is already the id of members[{first[name]}], line {line}"
            problems.append(Problem(document.file, document.line(place), written(place), sentence))
    return problems


def _shared_principals(document: Document) -> list[Problem]:
    """Two members that the brokers take for one would read each other's alerts."""
    listed = _entry(document.tree, "members")
    entries = listed if isinstance(listed, list) else []
    users: dict[object, int] = {}
    for index, entry in enumerate(entries):
        if _entry(entry, "principal") is None:
            users.setdefault(_entry(entry, "id"), index)
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        name = _entry(entry, "principal")
        if isinstance(name, str) and users.setdefault(name, index) != index:
            place: Place = ("members", index, "principal")
            sentence = f"is already who members[{users[name]}] is to the brokers"
            problems.append(Problem(document.file, document.line(place), written(place), sentence))
    return problems


def _entry(tree: Tree, key: str) -> Tree:
    return tree.get(key) if isinstance(tree, dict) else None
