"""What one alert says, before it is known what may be shared: what is of the victim's side is
gathered first, from all of the alert, then held against the rest."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from relay.formats.everybody import EVERYBODY, PROVIDERS
from relay.formats.harvest import Harvest
from relay.formats.outcome import Source

MOST_FINDS = 2000
"""Values taken of one alert: the products list at most 500 entities in one."""

_WRAPPED = ".safelinks.protection.outlook.com"
_SHARED = ".sharepoint.com"
_MOST_GROUPS = 100  # `group` of an observable is 0 to 99
_HASHES = ("sha256", "sha1", "md5")


class Gathering:
    """The values of one alert: those to hide, and those to share unless they are hidden."""

    def __init__(self) -> None:
        self._hidden: dict[str, None] = {}
        self._finds: list[tuple[str, str, str, dict[str, object]]] = []
        self._connections: list[tuple[str, ...]] = []
        self._tenants: set[str] = set()
        self._groups = 0
        self.malware: list[str] = []
        self.mail = False

    def hide(self, values: Iterable[str]) -> None:
        """Add names, addresses and accounts of the victim's side."""
        for value in values:
            self.hide_name(value)

    def hide_name(self, name: str) -> None:
        """Add one name of the victim's side."""
        word = name.strip()
        if word and word.lower() not in EVERYBODY:
            self._hidden[word] = None

    def hide_resource(self, path: str) -> None:
        """Add a resource of the victim's side: its path, and its name at the end of it."""
        self.hide((path, path.rpartition("/")[2]))

    def hide_host(self, name: str) -> None:
        """Add a host of the victim's side: its name, its first label, and the domain it is in."""
        host, dot, domain = name.partition(".")
        if not dot or host.isdigit() or ":" in name:
            self.hide((name,))
            return
        self.hide((name, host))
        if "." in domain:
            self.hide_domain(domain)

    def hide_mailbox(self, address: str) -> None:
        """Add a mailbox of the victim's side, and the domain that it is in."""
        self.hide((address,))
        self.hide_domain(address.rpartition("@")[2])

    def hide_domain(self, name: str) -> None:
        """Add a domain of the victim's side, unless it is a provider of everybody's mailboxes."""
        domain = name.strip().lower()
        if domain not in PROVIDERS:
            self.hide_name(domain)
            self._tenants.update(domain.split("."))

    def take(self, kind: str, written: str, side: str = "attacker", **marks: object) -> None:
        """Add a value of the attacker's side; `kind` is a type of observable, or `address`."""
        if written and len(self._finds) < MOST_FINDS:
            self._finds.append((kind, written, side, marks))

    def url(self, written: str, side: str = "attacker", **marks: object) -> None:
        """Add a URL, or a name that stands for one.

        A link that a mail filter wrapped is unwrapped: the wrapping names the recipient. Endpoints
        report a host and a path without a scheme.
        """
        bare = written.strip().removeprefix("uri=")
        scheme, found, _ = bare.partition("://")
        if not found or "/" in scheme:
            host, slash, _ = bare.partition("/")
            if slash and "." in host:
                self.take("url", f"http://{bare}", side, **marks)
            else:
                self.take("host", bare, side, **marks)
            return
        self.take("url", _unwrapped(bare), side, **marks)

    def sender(self, written: str, side: str = "attacker") -> None:
        """Add the sender of a mail, with or without a name before it (`Name <address>`)."""
        self.take("email", written.rpartition("<")[2].rstrip("> "), side, role="sender")

    def connection(self, ends: Iterable[str]) -> None:
        """Add both ends of a connection: shared is the one that alone could be the attacker's."""
        if len(self._connections) < MOST_FINDS:
            self._connections.append(tuple(end for end in ends if end))

    def hashes(self, values: Iterable[str]) -> None:
        """Add the digests of one file."""
        known = [value for value in values if value]
        group = self._groups if len(known) > 1 and self._groups < _MOST_GROUPS else None
        self._groups += group is not None
        for value in known:
            self.take("digest", value, role="payload", group=group)

    def harvest(self, source: Source) -> Harvest:
        """Return what may be shared, in the order told."""
        harvest = Harvest(source, self._hidden)
        for kind, written, side, marks in self._finds:
            adder = _ADDERS.get(kind)
            if adder is not None:
                adder(harvest, written, side, **marks)
            elif kind != "url" or _tenant(written) not in self._tenants:
                harvest.add(kind, written, side, **marks)
        if self._connections:
            self._connect(harvest, Harvest(source, self._hidden))
        return harvest

    def _connect(self, harvest: Harvest, trial: Harvest) -> None:
        for ends in self._connections:
            foreign = [end for end in ends if trial.address(end)]
            if len(foreign) == 1:
                harvest.address(foreign[0])


_ADDERS = {"address": Harvest.address, "host": Harvest.host, "digest": Harvest.digest}


def _tenant(link: str) -> str:
    """Return whose SharePoint a link leads to, empty if to none: the name is that of a tenant."""
    host = link.partition("://")[2].partition("/")[0].lower()
    name, dot, rest = host.partition(".")
    return name.removesuffix("-my") if f"{dot}{rest}" == _SHARED else ""


def _unwrapped(link: str) -> str:
    if _WRAPPED not in link[:100].lower():
        return link
    try:
        parts = urlsplit(link)
        inner = parse_qs(parts.query, max_num_fields=20).get("url", [""])[0]
    except ValueError:
        return ""
    return inner if (parts.hostname or "").endswith(_WRAPPED) else link
