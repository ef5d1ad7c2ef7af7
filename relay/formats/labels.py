"""Labels of the Traffic Light Protocol, in the spellings of all formats and of its old versions,
and of the Permissible Actions Protocol (PAP)."""

from collections.abc import Iterable

from relay.formats.outcome import Refused, Source
from relay.wire.detection import Pap

ORDER = ("clear", "green", "amber", "amber+strict", "red")
"""The labels of TLP 2.0, widest first."""

_OLD = {"white": "clear", "yellow": "amber"}  # TLP 1, and what came before it
PAP_LABEL = "pap:"
"""Before a label of PAP, where labels stand among other words."""

_STRICTNESS: tuple[Pap, ...] = ("clear", "green", "amber", "red")
_PAPS: dict[str, Pap] = {"white": "clear", **{word: word for word in _STRICTNESS}}
_MISSING = Refused("unlabelled", "the record carries no TLP label, and none was given for it")
_UNKNOWN = Refused("unlabelled", "the record's TLP label is none of TLP 2.0: it is not guessed")


def tlp(written: str) -> str | None:
    """Return the label of TLP 2.0 that `written` spells (`TLP:WHITE`, `AMBER STRICT`), or None."""
    word = written.strip().lower().removeprefix("tlp:").strip()
    for parting in (" ", "_", "-"):
        word = word.replace(f"{parting}strict", "+strict")
    word = _OLD.get(word, word)
    return word if word in ORDER else None


def strictest(labels: Iterable[str]) -> str:
    """Return the strictest of some labels of TLP 2.0; at least one."""
    return max(labels, key=ORDER.index)


def label(written: Iterable[str], source: Source) -> str | Refused:
    """Return the label to share under: the strictest of those the record carries and the one given
    for it. A word that is no label is refused: it could mean a stricter one."""
    found = [tlp(word) for word in written]
    given = [source.tlp] if source.tlp is not None else []
    known = [word for word in (*found, *given) if word is not None]
    if None in found:
        return _UNKNOWN
    return strictest(known) if known else _MISSING


def pap(written: Iterable[str]) -> Pap | None:
    """Return the strictest label of PAP among some words, None if there is none (`PAP:AMBER`). A
    word that is none could mean any: the strictest."""
    words = (word.strip().lower() for word in written)
    named = [word.removeprefix(PAP_LABEL).strip() for word in words if word.startswith(PAP_LABEL)]
    return max((_PAPS.get(word, "red") for word in named), key=_STRICTNESS.index, default=None)
