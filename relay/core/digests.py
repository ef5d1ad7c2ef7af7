"""Digests and fingerprints: files, certificates, TLS and SSH clients."""

import re
from hashlib import md5, sha1, sha256, sha512

from relay.core.refang import visible
from relay.core.verdict import Canonical, Invalid, Verdict

_LENGTHS = {
    "md5": 32,
    "sha1": 40,
    "sha256": 64,
    "sha512": 128,
    "cert-sha1": 40,
    "cert-sha256": 64,
    "ja3": 32,
    "ja3s": 32,
    "hassh": 32,
    "jarm": 62,
}
_HEX = {name: re.compile(rf"[0-9a-f]{{{length}}}") for name, length in _LENGTHS.items()}
_STATED = re.compile(r"(md5|sha-?1|sha-?256|sha-?512)\s*[:=]\s*(?=[0-9a-f])")
_JA4 = re.compile(
    r"[tqd](?:13|12|11|10|s3|s2|00|d1|d2|d3)[di][0-9]{4}[0-9a-zA-Z]{2}_[0-9a-f]{12}_[0-9a-f]{12}"
)
_MEANINGLESS = frozenset("0" * length for length in _LENGTHS.values()) | frozenset(
    empty(b"", usedforsecurity=False).hexdigest() for empty in (md5, sha1, sha256, sha512)
)

_NO_DIGEST = {
    name: Invalid(f"the value is no {name}: {length} hexadecimal digits")
    for name, length in _LENGTHS.items()
}
_EMPTY = Invalid("the value is the digest of an empty file or all zeros: it says nothing")
_NO_JA4 = Invalid("the value is no JA4 fingerprint")


def digest(kind: str, value: str) -> Verdict:
    """Normalise a digest of the type `kind`: lower-case hexadecimal.

    Colons and a stated algorithm (`sha256:`) are dropped; the latter must agree with `kind`.
    """
    pattern = _HEX[kind]
    if pattern.fullmatch(value) is None:
        value = _bare(kind, visible(value).lower())
        if pattern.fullmatch(value) is None:
            return _NO_DIGEST[kind]
    if value in _MEANINGLESS:
        return _EMPTY
    return Canonical(kind, value)


def ja4(value: str) -> Verdict:
    """Check a JA4 TLS client fingerprint. Its two ALPN characters are case-sensitive."""
    value = visible(value)
    return Canonical("ja4", value) if _JA4.fullmatch(value) else _NO_JA4


def _bare(kind: str, value: str) -> str:
    stated = _STATED.match(value)
    if stated is not None and stated[1].replace("-", "") == kind.removeprefix("cert-"):
        value = value[stated.end() :]
    return value.replace(":", "")
