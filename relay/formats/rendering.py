"""What rendering an alert in a foreign format comes to, and how it keeps within a message."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from relay.model.vocabulary import LOSSES
from relay.model.vocabulary import Loss as Loss

MOST_BYTES = 64 * 1024
"""A message: what every CloudEvents intermediary must pass on."""

ENVELOPE_BYTES = 12 * 1024
"""What a rendering holds besides its observables, at most: sixteen classifications, 64 techniques
and forty sources of some 60 bytes each, and the names of fields."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An alert in a foreign format, and how many of what it could not say."""

    body: bytes
    lost: tuple[tuple[Loss, int], ...] = ()


def fitted(
    items: Iterable[object], budget: int = MOST_BYTES - ENVELOPE_BYTES
) -> list[orjson.Fragment]:
    """Return the first of some JSON-ready values, encoded, as many as `budget` bytes hold."""
    kept: list[orjson.Fragment] = []
    for item in items:
        encoded = orjson.dumps(item)
        budget -= len(encoded) + 1
        if budget < 0:
            break
        kept.append(orjson.Fragment(encoded))
    return kept


def losses(**counts: int) -> tuple[tuple[Loss, int], ...]:
    """Return what was lost, without what was not; the names are those of `Loss`."""
    return tuple((part, counts[part]) for part in LOSSES if counts.get(part))
