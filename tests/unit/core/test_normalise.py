from typing import NamedTuple

import pytest

from relay.core.normalise import CONTEXT_TYPES, KEY_TYPES, Canonical, Invalid, canonical
from relay.core.verdict import Verdict

MD5 = "0123456789abcdef0123456789abcdef"
SHA1 = MD5 + "01234567"
SHA256 = MD5 + MD5
SHA512 = SHA256 + SHA256
ONION = "b" * 56 + ".onion"


class Row(NamedTuple):
    """One value as reported, and the value it must become; None: it is invalid."""

    name: str
    type: str
    value: str
    becomes: str | None


ROWS = (
    Row("md5 lower-cased", "md5", MD5.upper(), MD5),
    Row("md5 with blanks around it", "md5", f" {MD5}\n", MD5),
    Row("sha1 with its algorithm", "sha1", f"sha1:{SHA1}", SHA1),
    Row("sha256 with its algorithm in capitals", "sha256", f"SHA-256:{SHA256}", SHA256),
    Row("md5 with a zero-width space", "md5", f"{MD5[:16]}\u200b{MD5[16:]}", MD5),
    Row("sha512", "sha512", SHA512, SHA512),
    Row("md5 stated as sha1", "sha1", MD5, None),
    Row("sha1 said to be md5", "sha1", f"md5:{SHA1}", None),
    Row("hash one digit short", "sha256", SHA256[:-1], None),
    Row("hash with a letter beyond f", "md5", "g" + MD5[1:], None),
    Row("hash in full-width digits", "md5", "\uff10" * 32, None),
    Row("all zeros", "sha1", "0" * 40, None),
    Row("md5 of nothing", "md5", "D41D8CD98F00B204E9800998ECF8427E", None),
    Row("sha1 of nothing", "sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", None),
    Row("sha256 of nothing", "sha256",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", None),
    Row("sha512 of nothing", "sha512",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e", None),
    Row("certificate with colons", "cert-sha1",
        ":".join(SHA1[i : i + 2] for i in range(0, 40, 2)).upper(), SHA1),
    Row("certificate by sha256", "cert-sha256", SHA256, SHA256),
    Row("certificate of the other length", "cert-sha256", SHA1, None),
    Row("cve in lower case", "cve", "cve-2021-44228", "CVE-2021-44228"),
    Row("cve with a zero-width space", "cve", "CVE-2021-\u200b44228\ufeff", "CVE-2021-44228"),
    Row("cve with too few digits", "cve", "CVE-2021-442", None),
    Row("cve glued to a link", "cve", "CVE-2014-6271https://cve.example.org", None),
    Row("asn as a number", "asn", "64496", "AS64496"),
    Row("asn in lower case", "asn", "as64496", "AS64496"),
    Row("asn with a soft hyphen", "asn", "AS\u00ad64496", "AS64496"),
    Row("asn zero", "asn", "0", None),
    Row("asn with a leading zero", "asn", "AS064496", None),
    Row("asn highest", "asn", "4294967294", "AS4294967294"),
    Row("asn beyond the highest", "asn", "4294967295", None),
    Row("ja3 lower-cased", "ja3", MD5.upper(), MD5),
    Row("ja3s", "ja3s", MD5, MD5),
    Row("hassh", "hassh", MD5, MD5),
    Row("jarm", "jarm", "2" * 62, "2" * 62),
    Row("jarm of a silent server", "jarm", "0" * 62, None),
    Row("ja4 of TLS", "ja4", "t13d1516h2_8daaf6152771_e5627efa2ab1",
        "t13d1516h2_8daaf6152771_e5627efa2ab1"),
    Row("ja4 with a byte-order mark", "ja4", "\ufefft13d1516h2_8daaf6152771_e5627efa2ab1",
        "t13d1516h2_8daaf6152771_e5627efa2ab1"),
    Row("ja4 of QUIC", "ja4", "q13d0310h3_55b375c5d22e_cd85d2d88918",
        "q13d0310h3_55b375c5d22e_cd85d2d88918"),
    Row("ja4 with an unknown version", "ja4", "t99d1516h2_8daaf6152771_e5627efa2ab1", None),
    Row("btc to a key", "btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    Row("btc to a script", "btc", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    Row("btc with a zero-width space", "btc", "3J98t1WpEZ73\u200bCNmQviecrnyiWrnqRhWNLy",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    Row("btc with one letter changed", "btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", None),
    Row("btc in the wrong case", "btc", "1a1zp1ep5qgefi2dmptftl5slmv7divfna", None),
    Row("btc segwit in capitals", "btc", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    Row("btc segwit in mixed case", "btc", "bc1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", None),
    Row("btc segwit with one letter changed", "btc",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", None),
    Row("btc taproot", "btc", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
    Row("btc taproot with the older checksum", "btc",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", None),
    Row("btc of the test network", "btc", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", None),
    Row("e-mail lower-cased", "email", "Some.One@Evil-Site.COM", "some.one@evil-site.com"),
    Row("e-mail defanged", "email", "some.one[at]evil-site[.]com", "some.one@evil-site.com"),
    Row("e-mail defanged in parentheses", "email", "x(@)evil-site(dot)com", "x@evil-site.com"),
    Row("e-mail defanged with blanks", "email", "x [at] evil-site [dot] com", "x@evil-site.com"),
    Row("e-mail as an envelope writes it", "email", "<x@evil-site.com>", "x@evil-site.com"),
    Row("e-mail with half a bracket", "email", "<x@evil-site.com", None),
    Row("e-mail of a bounce", "email", "<>", None),
    Row("e-mail keeps suffix and dots", "email", "a.b+c@evil-site.com", "a.b+c@evil-site.com"),
    Row("e-mail with a domain in its own script", "email", "x@b\u00fccher.com",
        "x@xn--bcher-kva.com"),
    Row("e-mail without a domain", "email", "someone", None),
    Row("e-mail at an address", "email", "841111000@198.41.0.4", None),
    Row("e-mail with a display name", "email", "Some One <x@evil-site.com>", None),
    Row("e-mail with two dots", "email", "a..b@evil-site.com", None),
    Row("mutex keeps its case", "mutex", "Global\\MsWinZonesCacheCounterMutexA",
        "Global\\MsWinZonesCacheCounterMutexA"),
    Row("registry key composed", "regkey", "HKLM\\Cafe\u0301", "HKLM\\Caf\u00e9"),
    Row("user agent without control characters", "user-agent", "curl/8.5.0\x00\r\n", "curl/8.5.0"),
    Row("user agent without overrides", "user-agent", "a\u202eb\u2066c", "abc"),
    Row("user agent without tags", "user-agent", "a\U000e0041\U000e007fb", "ab"),
    Row("text of nothing", "mutex", " \u200b\x07 ", None),
    Row("text too long", "user-agent", "x" * 2049, None),
    Row("onion of version 3", "onion", ONION.upper(), ONION),
    Row("onion of version 2", "onion", "expyuzz4wqqyqhjn.onion", "expyuzz4wqqyqhjn.onion"),
    Row("onion below an onion", "onion", "www." + ONION, "www." + ONION),
    Row("onion of a wrong length", "onion", "b" * 55 + ".onion", None),
    Row("onion that is a domain", "onion", "evil-site.com", None),
    Row("a type nobody knows", "ip", "198.41.0.4", None),
)  # fmt: skip


def value_of(verdict: Verdict) -> str | None:
    """The canonical value, or None when the verdict is Invalid; anything else fails the test."""
    assert isinstance(verdict, Canonical | Invalid)
    return verdict.value if isinstance(verdict, Canonical) else None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_type_has_one_form(row: Row) -> None:
    """Digests, identifiers and text come out in the one form of their type, or not at all."""
    verdict = canonical(row.type, row.value)

    assert value_of(verdict) == row.becomes


def test_hash_with_colons_is_a_hash() -> None:
    """Colons between the bytes of a file's digest are spelling, not value."""
    coloned = ":".join(SHA256[i : i + 2] for i in range(0, 64, 2))

    assert canonical("sha256", coloned) == Canonical("sha256", SHA256)


def test_every_type_of_the_wire_has_a_rule() -> None:
    """Each type of the vocabulary is known here: none is refused as unknown."""
    unknown = canonical("no-such-type", "x")

    assert [kind for kind in KEY_TYPES | CONTEXT_TYPES if canonical(kind, "") == unknown] == []


def test_types_either_correlate_or_are_shown() -> None:
    """Key types and context types share no member and are all there is."""
    assert not KEY_TYPES & CONTEXT_TYPES
    assert len(KEY_TYPES | CONTEXT_TYPES) == 24


@pytest.mark.parametrize("kind", sorted(KEY_TYPES | CONTEXT_TYPES))
def test_a_refusal_does_not_repeat_the_value(kind: str) -> None:
    """What is said of a refused value tells nothing of the value."""
    verdict = canonical(kind, "secret-of-the-member " * 120)

    assert isinstance(verdict, Invalid)
    assert "secret" not in verdict.detail


@pytest.mark.parametrize("kind", sorted(KEY_TYPES | CONTEXT_TYPES))
def test_half_a_character_is_no_value(kind: str) -> None:
    """A lone surrogate cannot be written as UTF-8, so no value holds one."""
    assert isinstance(canonical(kind, "evil\ud800.com"), Invalid)
