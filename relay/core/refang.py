"""Undoing the ways in which analysts make a value harmless to click.

Followed: `[.] (.) {.}` and the same with `,`, `dot`, `punto`, `punkt`, also with a blank before and
behind; ` dot ` between blanks; a backslash before a dot; `[:]`; `[://]`; `[@] (@) {@}` and
`[at] (at) {at}` likewise; angle brackets around an e-mail address; `hxxp`, `hxxps`, `meow`;
zero-width characters. For values of one field only: in running text these rules would be too wide.
"""

import re

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_DOT = re.compile(
    r"\s?[\[({]\s?(?:[.,]|dot|punto|punkt)\s?[\])}]\s?|\s(?:dot|punto|punkt)\s|\\\.",
    re.IGNORECASE,
)
_AT = re.compile(r"\s?[\[({]\s?(?:@|at)\s?[\])}]\s?", re.IGNORECASE)
_COLON = re.compile(r"[\[({]:[\])}]")
_URL = re.compile(
    r"(?P<scheme>hxxps?|meow|https?|ftp)(?P<colon>:|[\[({]:[\])}])?(?P<slashes>//|[\[({]:?//[\])}])"
    r"(?P<authority>(?:\\\.|[^/?#\\])*)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SCHEMES = {"hxxp": "http", "hxxps": "https", "meow": "http"}


def visible(value: str) -> str:
    """Return `value` without zero-width characters and outer blanks."""
    if not value.isascii():
        value = value.translate(_INVISIBLE)
    return value.strip()


def refang_name(value: str) -> str:
    """Return an address, a network or a domain name as it was before it was defanged."""
    return _COLON.sub(":", _DOT.sub(".", visible(value)))


def refang_email(value: str) -> str:
    """Return an e-mail address as it was before it was defanged, or put in angle brackets."""
    value = _AT.sub("@", _DOT.sub(".", visible(value)))
    return value[1:-1] if value[:1] == "<" and value[-1:] == ">" else value


def refang_url(value: str) -> str:
    """Return a URL as it was before it was defanged.

    Scheme and authority follow all rules. The rest follows one, `[.]`, and only if scheme or
    authority were defanged: in a path brackets are legal, and a path is kept byte for byte.
    """
    value = visible(value)
    found = _URL.fullmatch(value)
    if found is None:
        return value
    scheme = found["scheme"].lower()
    authority = refang_name(found["authority"])
    sound = scheme not in _SCHEMES and authority == found["authority"]
    if sound and found["colon"] == ":" and found["slashes"] == "//":
        return value
    rest = found["rest"].replace("[.]", ".")
    return f"{_SCHEMES.get(scheme, scheme)}://{authority}{rest}"
