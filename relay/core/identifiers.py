"""The rest: e-mail addresses, CVE and AS numbers, and text that is only shown."""

import re
from unicodedata import normalize

from relay.core.domains import domain
from relay.core.refang import refang_email, visible
from relay.core.verdict import Canonical, Invalid, Verdict

# RFC 5321 atoms without braces: those are how addresses are defanged, and nobody uses them.
_LOCAL_PART = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`|~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`|~-]+)*", re.IGNORECASE
)
_LONGEST_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_ASN = re.compile(r"(?:AS)?([1-9][0-9]{0,9})")
_HIGHEST_ASN = 4_294_967_294  # RFC 7300: the last number of 32 bits is reserved
LONGEST_TEXT = 2048
"""Characters of a text value, as the detection schema bounds every value."""

# C0, DEL, C1, soft hyphen, zero-width, line separators, tags (text that is never shown), and
# whatever reorders what a reader sees.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)

_NO_EMAIL = Invalid("the value is no e-mail address with a domain name")
_NO_CVE = Invalid("the value is no CVE id: CVE, year, and 4 to 19 digits")
_NO_ASN = Invalid(f"the value is no AS number from 1 to {_HIGHEST_ASN}")
_NO_TEXT = Invalid(f"the value is empty or longer than {LONGEST_TEXT} characters")


def email(value: str, allow_documentation: bool) -> Verdict:
    """Normalise an e-mail address, all in lower case.

    RFC 5321 lets a host tell local parts apart by case; none does, and one mailbox must be one
    key. Dots and `+` suffixes stay: folding them is a habit of single providers.
    """
    local, _, host = refang_email(value).rpartition("@")
    if len(local) > _LONGEST_LOCAL or _LOCAL_PART.fullmatch(local) is None:
        return _NO_EMAIL
    verdict = domain(host, allow_documentation)
    if isinstance(verdict, Canonical):
        return Canonical("email", f"{local.lower()}@{verdict.value}")
    return _NO_EMAIL if isinstance(verdict, Invalid) else verdict


def cve(value: str) -> Verdict:
    """Normalise a CVE id: upper case."""
    value = visible(value).upper()
    return Canonical("cve", value) if _CVE.fullmatch(value) else _NO_CVE


def asn(value: str) -> Verdict:
    """Normalise an AS number: `AS` and the number without leading zeros."""
    found = _ASN.fullmatch(visible(value).upper())
    if found is None or int(found[1]) > _HIGHEST_ASN:
        return _NO_ASN
    return Canonical("asn", f"AS{found[1]}")


def text(kind: str, value: str) -> Verdict:
    """Normalise a value that is only shown: NFC, without what cannot be seen or reorders it."""
    value = normalize("NFC", _UNSEEN.sub("", value)).strip()
    if not 0 < len(value) <= LONGEST_TEXT:
        return _NO_TEXT
    return Canonical(kind, value)
