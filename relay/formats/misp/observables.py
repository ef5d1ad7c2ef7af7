"""From the indicators of a MISP event to observables."""

import re

from relay.formats.harvest import Harvest
from relay.formats.misp.attributes import Attribute
from relay.formats.misp.kinds import IN_OBJECTS, PIECES, Piece
from relay.formats.moments import rfc3339

_HIGHEST_PORT = 65_535
_PORTED = re.compile(r"([^:/]+):([0-9]{1,5})")
# Names of files that importers of free text take for URLs; none of the endings is a domain's.
_FILE = re.compile(
    r"\.(?:asp|aspx|bat|bin|cfg|cmd|dat|db|dll|docx?|exe|gif|hta|html?|ini|jar|jpe?g|js|json|jsp"
    r"|lnk|log|msi|pdf|php|png|pptx?|ps1|rar|rtf|scr|swf|sys|tmp|txt|vbs|xlsx?|xml)",
    re.IGNORECASE,
)
# A URL without its scheme, and the host alone behind a scheme that no browser knows.
_BARE = re.compile(r"[^\s/:@?#]+(?::[0-9]{1,5})?(?P<path>[/?]\S*)?")
_OTHER_SCHEME = re.compile(
    r"(?!https?:|ftp:)[a-z][a-z0-9+.-]{0,20}://([^\s/:@?#]+)(?::[0-9]{1,5})?/?", re.IGNORECASE
)


def gather(each: Attribute, harvest: Harvest) -> None:
    """Gather the values of one attribute; a composite one is split at its first bar."""
    own = IN_OBJECTS.get((each.template, each.relation))
    pieces = PIECES.get(each.type, ()) if own is None else (own,)
    values = each.value.split("|", 1) if "|" in each.type or len(pieces) > 1 else [each.value]
    for piece, value in zip(pieces, values, strict=False):
        if piece is not None:
            port = _port(values[1]) if piece.port and len(values) > 1 else None
            _take(piece, value.strip(), each, harvest, port)


def _take(piece: Piece, value: str, each: Attribute, harvest: Harvest, port: int | None) -> None:
    marks: dict[str, object] = {
        "role": piece.role,
        "first_seen": None if each.first_seen is None else rfc3339(each.first_seen),
        "last_seen": None if each.last_seen is None else rfc3339(each.last_seen),
        "port": port,
    }
    if piece.kind == "url":
        _url(piece, value, harvest, marks)
    elif piece.kind in ("address", "host"):
        _place(piece, value, harvest, marks)
    else:
        harvest.add(piece.kind, value, piece.side, **marks)


def _place(piece: Piece, value: str, harvest: Harvest, marks: dict[str, object]) -> None:
    """Gather an address or a name; some write the port behind it."""
    found = _PORTED.fullmatch(value) if ":" in value else None
    if found is not None:
        value, marks = found[1], {**marks, "port": _port(found[2])}
    gathering = harvest.address if piece.kind == "address" else harvest.host
    gathering(value, piece.side, **marks)


def _url(piece: Piece, value: str, harvest: Harvest, marks: dict[str, object]) -> None:
    """Gather a URL; what has no scheme is a host, or a page that a browser fetches by HTTP."""
    if harvest.add("url", value, piece.side, **marks):
        return
    bare = _BARE.fullmatch(value)
    if bare is not None and bare["path"]:
        harvest.add("url", f"http://{value}", piece.side, **marks)
        return
    host = _OTHER_SCHEME.fullmatch(value)
    if host is not None:
        _place(piece, host[1], harvest, marks)
    elif bare is not None and _FILE.fullmatch(value, max(value.rfind("."), 0)) is None:
        _place(piece, value, harvest, marks)


def _port(written: str) -> int | None:
    digits = written.strip()
    if digits.isascii() and digits.isdigit() and 0 < len(digits) <= 5:
        return int(digits) if int(digits) <= _HIGHEST_PORT else None
    return None
