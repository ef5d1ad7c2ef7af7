"""Until when certificates hold.

The standard library tells that of authorities alone. Of a certificate's DER only the way to the end
of its validity is read (RFC 5280, 4.1), and nothing of it is believed: that is for TLS.
"""

import asyncio
import re
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from relay.kafka.events import CertificateEnds, Observe, Purpose
from relay.kafka.security import Tls
from relay.settings.security import Security

LOOK_S: Final = 60.0
"""How often files and connections are looked at: what is told is days away."""

MOST_BYTES: Final = 4 << 20
"""Of a file: a system's bundle of authorities is a quarter of a megabyte."""

_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_CENTURY: Final = "50"
"""Years of two digits from here on are of the twentieth."""


def ends(security: Security) -> Iterator[tuple[Purpose, float]]:
    """Yield when (Unix time in seconds) the first certificate of each file ends.

    A file that is not given, cannot be read or holds none is left out.
    """
    for purpose, path in ((Purpose.CLIENT, security.cert), (Purpose.AUTHORITY, security.ca)):
        try:
            found = list(valid_until(_read(path))) if path is not None else []
        except (OSError, ValueError):
            continue  # who connects says so, and better
        if found:
            yield purpose, min(found)


async def watch(security: Security, client: Mapping[str, object], observe: Observe) -> None:
    """Tell again and again when certificates end, until cancelled. `client` is as `client_of` made
    it: the brokers' own are those that its connections were shown."""
    tls = client.get("ssl_context")
    while True:
        for purpose, at in ends(security):
            observe(CertificateEnds(purpose, at))
        shown = list(tls.peers_end()) if isinstance(tls, Tls) else []
        if shown:
            observe(CertificateEnds(Purpose.BROKER, min(shown)))
        await asyncio.sleep(LOOK_S)


def valid_until(pem: bytes) -> Iterator[float]:
    """Yield the end (Unix time in seconds) of each certificate in a PEM file.

    Raises ValueError for what is none.
    """
    for block in _PEM.finditer(pem):
        try:
            yield _not_after(a2b_base64(block[1]))
        except IndexError:
            raise ValueError("a certificate that is cut short") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def _not_after(der: bytes) -> float:
    _, certificate, _ = _element(der, 0)
    _, at, _ = _element(der, certificate)
    tag, _, end = _element(der, at)
    at = end if tag == _VERSION else at
    for _ in ("serial number", "signature", "issuer"):
        _, _, at = _element(der, at)
    _, validity, _ = _element(der, at)
    _, _, at = _element(der, validity)
    tag, start, end = _element(der, at)
    return _moment(tag, der[start:end].decode("ascii"))


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Return the tag of the element at `at`, and where its content starts and ends."""
    tag, length, at = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, at = int.from_bytes(der[at : at + size], "big"), at + size
    if at + length > len(der):
        raise ValueError("a certificate that is cut short")
    return tag, at, at + length


def _moment(tag: int, text: str) -> float:
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= _CENTURY else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("a certificate without an end")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
