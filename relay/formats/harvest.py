"""The observables of one record: only what is canonical, publishable and not of the victim's side.

Every adapter gathers through this, so that what may not leave is decided in one place.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from relay.core.normalise import Canonical, canonical
from relay.formats.bystanders import serves
from relay.formats.outcome import Source

FEW_HIDDEN = 64
"""Up to so many values of the victim's side are looked for one by one; of more, each word of a text
is looked up among them, so that a record that names many takes time in proportion."""

# Accounts and hosts that everybody has: in an attacker's URL they say nothing of this victim.
_ANYBODY = frozenset((
    "admin", "administrator", "anonymous", "apache", "default", "guest", "host", "local",
    "localhost", "mysql", "n/a", "nobody", "none", "null", "oracle", "postgres", "root", "server",
    "service", "system", "test", "ubuntu", "unknown", "user", "username", "www", "www-data",
))  # fmt: skip
_SHORTEST = 3  # shorter words are met by chance
_LONGEST = 2048  # of what could stand within an observable
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_STATED = re.compile(r"(?:md5|sha-?(?:1|256|512))\s*[:=]\s*", re.IGNORECASE)
_PARTS = re.compile(r"[^\W_]+|[\W_]")
MOST_PARTS = 400
"""Words and signs of a text that are looked at: twice those of the longest URLs there are."""
_TEXTUAL = frozenset(("domain", "email", "onion", "url", "user-agent", "mutex", "regkey"))
# What looks like a private or loopback address in a text: somebody's inside.
_INSIDE = re.compile(
    r"(?<![0-9.])(?:(?:10|127)\.[0-9]{1,3}|192\.168|169\.254|172\.(?:1[6-9]|2[0-9]|3[01]))"
    r"\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9])"
)


class Harvest:
    """Observables as objects of `detection.v1`, in the order added, none twice: the first stays.

    `hidden` are the values of the victim's side as the record writes them (addresses, names,
    accounts): nothing that is one of them, or holds one as a word, is taken.
    """

    def __init__(self, source: Source, hidden: Iterable[str] = ()) -> None:
        self._source = source
        self._found: dict[tuple[str, str], dict[str, object]] = {}
        self._hidden: set[str] = set()
        self.hide(hidden)

    def afresh(self) -> "Harvest":
        """Return a harvest that hides what this one hides, now and later, and holds nothing."""
        other = Harvest(self._source)
        other._hidden = self._hidden
        return other

    @property
    def found(self) -> list[dict[str, object]]:
        """What was gathered so far."""
        return list(self._found.values())

    def hide(self, values: Iterable[str]) -> None:
        """Add values of the victim's side, and take back what was gathered of them."""
        words = {word for value in values for word in _words(value)}
        words -= self._hidden
        if not words:
            return
        self._hidden |= words
        for name, observable in list(self._found.items()):
            if self._of_victim(*name):
                del self._found[name]
            elif "filename" in observable:
                del observable["filename"]

    def add(self, kind: str, written: str, side: str = "attacker", **marks: object) -> bool:
        """Gather a value of the type `kind` (of `detection.v1`); return whether it may be shared.

        `marks` are further fields of the observable; those that are None are left out.
        """
        if not written:
            return False
        allowed = self._source.allow_documentation
        verdict = canonical(kind, written, allow_documentation=allowed)
        if not isinstance(verdict, Canonical) or _says_nothing(written, verdict):
            return False
        name = (verdict.type, verdict.value)
        if name not in self._found:
            if self._of_member(*name) or self._of_victim(*name):
                return False
            self._found[name] = {
                "type": verdict.type,
                "value": verdict.value,
                "side": side,
                **{key: mark for key, mark in marks.items() if mark is not None},
            }
        return True

    def address(self, written: str, side: str = "attacker", **marks: object) -> bool:
        """Gather an IP address, or a network in CIDR form."""
        if "/" in written:
            return self.add("cidr", written, side, **marks)
        return self.add("ipv6" if ":" in written else "ipv4", written, side, **marks)

    def host(self, written: str, side: str = "attacker", **marks: object) -> bool:
        """Gather a domain name, or an address that stands in its place."""
        return self.add("domain", written, side, **marks) or self.address(written, side, **marks)

    def digest(self, written: str, side: str = "attacker", **marks: object) -> bool:
        """Gather a file's digest; its length tells its kind, `sha256:` before it is dropped."""
        bare = _STATED.sub("", written.strip(), count=1)
        kind = _HASHES.get(len(bare))
        return kind is not None and self.add(kind, bare, side, **marks)

    def betrays(self, text: str) -> bool:
        """Return whether a text holds something of the victim's side or the member's, or an
        address that looks private."""
        form = text.lower()
        if self._shows(form):
            return True
        if "%" not in form:
            return False
        once = unquote(form).lower()
        return self._shows(once) or self._shows(unquote(once).lower())

    def _shows(self, form: str) -> bool:
        if "." in form and _INSIDE.search(form) is not None:
            return True
        if len(self._hidden) > FEW_HIDDEN:
            if not self._hidden.isdisjoint(_phrases(form)):
                return True
            words: Iterable[str] = ()
        else:
            words = self._hidden
        for word in (*words, *self._source.own_domains):
            if word in form and _holds(form, word):
                return True
        return False

    def _of_victim(self, kind: str, value: str) -> bool:
        if value.lower() in self._hidden:
            return True
        return kind in _TEXTUAL and self.betrays(value)

    def _of_member(self, kind: str, value: str) -> bool:
        domains, networks = self._source.own_domains, self._source.own_networks
        if not domains and not networks:
            return False
        host = _host(kind, value)
        if any(host == own or host.endswith(f".{own}") for own in domains):
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in networks)


def _says_nothing(written: str, left: Canonical) -> bool:
    """Return whether only the front page of a service that everybody uses is left of a URL: what
    told the attacker's page, a fragment or personal parameters, is cut."""
    if left.type != "url" or not ("#" in written or left.trimmed):
        return False
    page = urlsplit(left.value)
    bare = page.path == "/" and ("#" in written or not page.query)
    return bare and serves(page.hostname or "")


def _words(value: str) -> tuple[str, ...]:
    """Return the forms in which a hidden value is looked for."""
    word = value.strip().lower()
    if not _SHORTEST <= len(word) <= _LONGEST or word in _ANYBODY:
        return ()
    kind = _kind(word)
    form = canonical(kind, word, allow_documentation=True) if kind else None
    return (word, form.value.lower()) if isinstance(form, Canonical) else (word,)


def _kind(word: str) -> str:
    """Return the type of a value of which another form may come out, empty if there is none."""
    if "/" in word:
        return "url" if ":" in word or "//" in word else ""
    if "@" in word:
        return "email"
    if ":" in word:
        return "ipv6"
    return "domain" if "." in word and not word.replace(".", "").isdigit() else ""


def _host(kind: str, value: str) -> str:
    if kind == "url":
        return urlsplit(value).hostname or ""
    if kind == "email":
        return value.rpartition("@")[2]
    return value.partition("/")[0] if kind == "cidr" else value


def _holds(text: str, word: str) -> bool:
    """Return whether `word` stands in `text` as a word: not within a longer one."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        before, after = text[max(at - 1, 0) : at], text[end : end + 1]
        if not (
            (before.isalnum() and word[0].isalnum()) or (after.isalnum() and word[-1].isalnum())
        ):
            return True
        at = text.find(word, at + 1)
    return False


def _phrases(text: str) -> Iterator[str]:
    """Yield what stands in a text between two places where a word may begin and end."""
    parts = _PARTS.findall(text)[:MOST_PARTS]
    for first in range(len(parts)):
        phrase = ""
        for part in parts[first:]:
            phrase += part
            yield phrase
