"""Settings as a stranger may see them: each key, who set it, and its value if that tells nothing.

Shown are numbers, words of closed sets, and the texts listed here. Any other text is withheld: a
key that comes later is withheld until somebody lists it. Errors are told by their place alone,
since what is wrong may be a secret in the place of something else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from relay.settings.catalogue import Strict, catalogue, section_of
from relay.settings.checking import check, place_of
from relay.settings.document import Document, Place, read, written
from relay.settings.environment import overlay, variable
from relay.settings.problem import Problem, SettingsError
from relay.settings.register import RegisterFile
from relay.settings.relay import RelayFile

PLAIN: Final = frozenset(
    {
        "relay",
        "members",
        "state_dir",
        "kafka.bootstrap",
        "kafka.app",
        "http.host",
        "access.principal",
    }
)
"""Texts that may be shown: names, addresses and paths that an operator chose."""

Value: TypeAlias = str | int | bool | dict[str, int] | None
Origin = Literal["default", "file", "environment"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One key. `withheld`: it has a value that is not shown; `value` is None then."""

    key: str
    origin: Origin
    line: int | None
    value: Value = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """Where something is wrong: in which file, at which line, at which known key, if any."""

    file: Literal["settings", "register", "environment"]
    line: int | None
    key: str | None


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """All keys of relay.yaml; if something is wrong, without values."""

    keys: tuple[Shown, ...]
    wrong: tuple[Wrong, ...]


def shown_settings(path: Path | None, environ: Mapping[str, str]) -> ShownSettings:
    """Return every key of relay.yaml, and where what is wrong stands. Never fails."""
    try:
        base = Document("settings", {}) if path is None else read(path)
    except SettingsError as error:
        return ShownSettings((), places(error, "settings"))
    document, origins = overlay(base, environ, RelayFile)
    file, problems = check(RelayFile, document, origins)
    wrong = tuple(_wrong(each, "settings", RelayFile) for each in problems)
    keys = (
        _shown(key, file, document, origins)
        for key, field in catalogue(RelayFile).items()
        if section_of(field)[0] is None
    )
    return ShownSettings(tuple(keys), wrong)


def places(error: SettingsError, file: Literal["settings", "register"]) -> tuple[Wrong, ...]:
    """Return where the problems of a file stand, without what they quote."""
    model = RelayFile if file == "settings" else RegisterFile
    return tuple(_wrong(problem, file, model) for problem in error.problems)


def _wrong(problem: Problem, file: Literal["settings", "register"], model: type[Strict]) -> Wrong:
    key = re.sub(r"\[[0-9]+\]", "[]", problem.path)
    known = key if key in catalogue(model) else None
    variables = {variable(each) for each in catalogue(RelayFile)}
    return Wrong("environment" if problem.file in variables else file, problem.line, known)


def _shown(
    key: str, file: RelayFile | None, document: Document, origins: Mapping[Place, str]
) -> Shown:
    place = tuple(key.split("."))
    origin, line = _origin(place, document, origins)
    if file is None:
        return Shown(key, origin, line, withheld=True)
    value = _value(file, place)
    if isinstance(value, list):
        return Shown(key, origin, line, withheld=bool(value))
    if isinstance(value, str) and key not in PLAIN and not _is_word(key):
        return Shown(key, origin, line, withheld=True)
    return Shown(key, origin, line, value)


def _origin(
    place: Place, document: Document, origins: Mapping[Place, str]
) -> tuple[Origin, int | None]:
    # Of a mapping, one entry may come from a variable.
    if any(each[: len(place)] == place for each in origins):
        return "environment", None
    if place in document.lines:
        return "file", place_of(place, document, origins)[1]
    return "default", None


def _value(file: RelayFile, place: Place) -> Value | list[str]:
    value: object = file
    for step in place:
        value = getattr(value, str(step))
    if isinstance(value, dict):
        return {str(name): int(length) for name, length in value.items()}
    assert value is None or isinstance(value, str | int | list), written(place)
    return value


def _is_word(key: str) -> bool:
    """Whether a key's values are words of a closed set."""
    return getattr(catalogue(RelayFile)[key].annotation, "__origin__", None) is Literal
