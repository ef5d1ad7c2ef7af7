"""Files named by an alert: their digests, and whether they are of the system itself."""

import re
from collections.abc import Iterable

from relay.formats.microsoft.folding import Fields, first

_DIGESTS = ("sha256", "sha1", "md5", "sha256ac", "filehash")

# Where operating systems keep their own programs.
_SYSTEM = re.compile(
    r"(?:[a-z]:\\|\\device\\[^\\]+\\|%[a-z]+%\\|\\\\\?\\[a-z]:\\)?"
    r"(?:windows(?:\\(?:system32|syswow64|sysnative|winsxs|microsoft\.net|explorer\.exe|servicing)"
    r"(?:\\.*)?)?|program files(?: \(x86\))?\\windows defender.*)\\?"
    r"|/(?:usr/)?s?bin(?:/.*)?|/usr/lib(?:exec)?(?:/.*)?|/system/.*",
    re.IGNORECASE,
)
_PUBLISHERS = ("microsoft corporation", "microsoft windows", "microsoft windows publisher")
_LONGEST = 1024  # of a path


def published_with_the_system(file: Fields) -> bool:
    """Return whether the maker of the operating system signed a file."""
    return first(file, ("filepublisher", "publisher", "signer")).lower() in _PUBLISHERS


def of_the_system(file: Fields) -> bool:
    """Return whether a file is the operating system's own, by its signature or its folder."""
    folder = first(file, ("directory", "filepath", "folderpath", "path"))
    return published_with_the_system(file) or (
        bool(folder) and _SYSTEM.fullmatch(folder[:_LONGEST]) is not None
    )


def hashes_of(file: Fields, referred: Iterable[str]) -> list[str]:
    """Return the digests of a file: those in its fields, and those of its hash entities."""
    written = [first(file, (name,)) for name in _DIGESTS if name in file]
    return list(dict.fromkeys(value.lower() for value in (*written, *referred) if value))
