"""Bitcoin addresses, by their checksums: Base58Check, Bech32 (BIP 173), Bech32m (BIP 350)."""

import re
from hashlib import sha256

from relay.core.refang import visible
from relay.core.verdict import Canonical, Invalid, Verdict

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_LEGACY = re.compile(r"[13][1-9A-HJ-NP-Za-km-z]{25,34}")
_SEGWIT = re.compile(r"bc1[ac-hj-np-z02-9]{8,87}")
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_HUMAN_PART = (3, 3, 0, 2, 3)  # "bc", spread over five-bit values as BIP 173 says
_BECH32_CONSTANT, _BECH32M_CONSTANT = 1, 0x2BC830A3
_VERSIONS = (0, 5)  # pay to public key hash, pay to script hash, both of the main network
_CHECKSUM_WORDS = 6

_NO_BTC = Invalid("the value is no Bitcoin address of the main network, or its checksum is wrong")


def btc(value: str) -> Verdict:
    """Check a Bitcoin address; Bech32 is lower-cased, Base58 is case-sensitive."""
    value = visible(value)
    if _LEGACY.fullmatch(value):
        return Canonical("btc", value) if _base58_holds(value) else _NO_BTC
    # BIP 173: all upper case is legal, mixed case is not.
    if value.isupper():
        value = value.lower()
    if _SEGWIT.fullmatch(value) and _segwit_holds([_BECH32.index(char) for char in value[3:]]):
        return Canonical("btc", value)
    return _NO_BTC


def _base58_holds(value: str) -> bool:
    number = 0
    for char in value:
        number = number * 58 + _BASE58.index(char)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    zeros = len(value) - len(value.lstrip("1"))
    if len(raw) - len(raw.lstrip(b"\0")) != zeros:
        return False
    return raw[0] in _VERSIONS and sha256(sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _segwit_holds(words: list[int]) -> bool:
    if len(words) <= _CHECKSUM_WORDS:
        return False
    version, program = words[0], words[1:-_CHECKSUM_WORDS]
    size, spare = divmod(len(program) * 5, 8)
    padded = spare < 5 and (not program or program[-1] & ((1 << spare) - 1) == 0)
    # BIP 141: version 0 has programs of 20 or 32 bytes only.
    sized = size in (20, 32) if version == 0 else 2 <= size <= 40
    constant = _BECH32_CONSTANT if version == 0 else _BECH32M_CONSTANT
    return padded and sized and version <= 16 and _polymod((*_HUMAN_PART, *words)) == constant


def _polymod(words: tuple[int, ...]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check
