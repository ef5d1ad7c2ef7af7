"""From the values of a file to its model: each error becomes a sentence with a place."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from relay.settings.catalogue import Strict, catalogue, meant, siblings
from relay.settings.document import Document, Place, written
from relay.settings.problem import Problem

SECRET: frozenset[Place] = frozenset(
    {
        ("key_secret_file",),
        ("kafka", "security"),
        ("kafka", "security", "key_file"),
        ("kafka", "security", "password_file"),
        ("kafka", "security", "token_file"),
        ("traces", "endpoint"),
    }
)
"""Values never shown: somebody will put the secret itself where its file or an address belongs."""

Model = TypeVar("Model", bound=Strict)

_SENTENCES: Mapping[str, str] = {
    "sentence": "{sentence}",
    "missing": "is required",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must list at least {min_length}",
    "too_long": "must list at most {max_length}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {words}",
}

_WITHOUT_VALUE = frozenset({"missing", "string_too_short", "string_too_long"})


def check(
    model: type[Model], document: Document, origins: Mapping[Place, str]
) -> tuple[Model | None, list[Problem]]:
    """The model of a document, or None and every problem of it.

    `origins` names the variable behind a value that did not come from the file. Of a place that
    is no YAML value already, nothing more is said.
    """
    problems = list(document.problems)
    told = {problem.path for problem in problems}
    try:
        made: Model | None = model.model_validate(document.tree)
    except ValidationError as error:
        made = None
        for each in error.errors(include_url=False):
            problem = _problem(each, model, document, origins)
            if problem.path not in told:
                problems.append(problem)
    return (None if problems else made), problems


def place_of(
    place: Place, document: Document, origins: Mapping[Place, str]
) -> tuple[str, int | None]:
    """The file and line, or the variable, that a value came from."""
    for end in range(len(place), 0, -1):
        if place[:end] in origins:
            return origins[place[:end]], None
    return document.file, document.line(place)


def _problem(
    error: ErrorDetails, model: type[Strict], document: Document, origins: Mapping[Place, str]
) -> Problem:
    place = tuple(step for step in error["loc"] if step != "[key]")
    file, line = place_of(place, document, origins)
    return Problem(file, line, written(place), _sentence(error, place, model))


def _sentence(error: ErrorDetails, place: Place, model: type[Strict]) -> str:
    if error["type"] == "extra_forbidden":
        known = siblings(catalogue(model), place)
        return f"is not a known key{meant(str(place[-1]), known)}"
    context = dict(error.get("ctx", {}))
    words = re.findall(r"'([^']*)'", str(context.get("expected", "")))
    sentence = _SENTENCES.get(error["type"], "{message}").format(
        **context, words=", ".join(words), message=error["msg"]
    )
    found = error["input"]
    if error["type"] in _WITHOUT_VALUE or place in SECRET:
        return sentence
    return sentence + _got(found) + (meant(found, words) if isinstance(found, str) else "")


def _got(found: object) -> str:
    """What was found instead, short; a collection is named and not shown."""
    if isinstance(found, bool):
        return f", got {str(found).lower()}"
    if isinstance(found, int | float | Decimal):
        return f", got {found}"
    if isinstance(found, str):
        return f", got {found[:48]!r}"
    return ""
