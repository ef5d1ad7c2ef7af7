"""Entities of an alert: what each kind of them says of the attacker and of the victim.

Sentinel and Defender for Cloud call them entities and give no role; the Graph and Defender call
them evidence, with a verdict and with roles. One reader for all, as they tell the same things.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from relay.formats.microsoft.files import hashes_of, of_the_system, published_with_the_system
from relay.formats.microsoft.folding import Fields, first, folded, objects, words
from relay.formats.microsoft.gathering import Gathering
from relay.formats.microsoft.victims import ADDRESSES, hide, strings
from relay.formats.microsoft.words import ROLES, USES, VERDICTS, Stance
from relay.formats.tactics import folded_word
from relay.model.vocabulary import Role

MOST_ENTITIES = 4000
"""Entities of one alert that are read: the products list at most 500 in one."""


_RECIPIENTS = ("recipientemailaddress", "submitter", "mailboxprimaryaddress")
_OUTWARD = ("outbound", "outgoing", "intraorg", "intraorganization")
_KINDS = ("@odata.type", "atsignodatatype", "entitytype", "type", "kind")
_AROUND = ("host", "account", "useraccount", "loggedonusers", "user", "mailbox", "vmmetadata")
_BESIDE = (
    "accountname", "domainname", "usersid", "aaduserid", "userprincipalname", "mdedeviceid",
    "devicename",
)  # fmt: skip
_ROLES = ("roles", "evidencerole")
_VERDICTS = ("verdict", "lastverdict")
_MOST_FILES = 2  # of one entity: described twice


class References:
    """The entities of an alert by their `$id`.

    One is written out where it is met first, be it within another, and referred to from then on.
    Few alerts refer at all: nothing is looked for before one does.
    """

    def __init__(self, listed: Sequence[Fields]) -> None:
        self._listed = listed
        self._known: dict[str, Fields] | None = None
        self._folded: dict[str, Fields] = {}
        self._met: set[str] = set()

    def resolved(self, entity: Fields) -> Fields | None:
        """Return an entity by folded names, or the one that it refers to; None if there is none."""
        reference = entity.get("$ref")
        if not isinstance(reference, str):
            return folded(entity)
        if self._known is None:
            self._known = _by_id(self._listed)
        if reference not in self._folded and reference in self._known:
            self._folded[reference] = folded(self._known[reference])
        return self._folded.get(reference)

    def within(self, fields: Fields, names: Iterable[str]) -> Iterator[Fields]:
        """Yield the entities within some fields, those referred to resolved."""
        for each in _written(fields, names):
            if (found := self.resolved(each)) is not None:
                yield found

    def hide_around(self, fields: Fields, gathering: Gathering) -> None:
        """Gather the accounts and hosts that stand within an entity."""
        for each in _written(fields, _AROUND):
            if not self._was_met(each):
                hide(self.resolved(each) or {}, gathering)

    def _was_met(self, entity: Fields) -> bool:
        """Return whether this was asked before of the same reference: all entities of an alert
        refer to its one host, and once is enough."""
        reference = entity.get("$ref")
        if not isinstance(reference, str):
            return False
        before = reference in self._met
        self._met.add(reference)
        return before


def _written(fields: Fields, names: Iterable[str]) -> Iterator[Fields]:
    for name in names:
        if name in fields:
            yield from objects(fields[name])


def _by_id(listed: Sequence[Fields]) -> dict[str, Fields]:
    known: dict[str, Fields] = {}
    waiting: list[object] = list(listed)
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if isinstance(name := each.get("$id"), str):
                known[name] = each
            waiting += [value for value in each.values() if isinstance(value, dict | list)]
        elif isinstance(each, list):
            waiting += [value for value in each if isinstance(value, dict | list)]
    return known


class Entity(NamedTuple):
    """One entity, its fields by folded names; `references` finds those it refers to."""

    fields: Fields
    stance: Stance
    role: Role | None
    references: References

    @property
    def shared(self) -> bool:
        """Whether the alert does not say that it is the victim's, or harmless."""
        return self.stance not in (Stance.VICTIM, Stance.BENIGN)

    @property
    def side(self) -> str:
        """The side of its observables."""
        return "unknown" if self.stance is Stance.UNCERTAIN else "attacker"

    def inner(self, *names: str) -> Iterator[Fields]:
        """Yield the entities within some fields, those referred to resolved."""
        return self.references.within(self.fields, names)


def gather(entities: Iterable[Fields], gathering: Gathering) -> None:
    """Read the entities of an alert."""
    listed = list(islice(entities, MOST_ENTITIES))
    references = References(listed)
    for each in listed:
        fields = references.resolved(each) or {}
        if isinstance(properties := fields.get("properties"), dict):
            fields = {**folded(properties), "kind": fields.get("kind") or fields.get("type")}
        references.hide_around(fields, gathering)
        reader = _READERS.get(_kind(fields))
        if reader is not None:
            reader(_entity(fields, references), gathering)


def _kind(fields: Fields) -> str:
    written = first(fields, _KINDS)
    name = folded_word(written.rpartition(".")[2])
    return name.removesuffix("evidence")


def _entity(fields: Fields, references: References) -> Entity:
    roles = [folded_word(word) for name in _ROLES if name in fields for word in words(fields[name])]
    verdict = VERDICTS.get(folded_word(first(fields, _VERDICTS)))
    stance = _stance([ROLES[word] for word in roles if word in ROLES], verdict)
    role = next((USES[word] for word in roles if word in USES), None)
    return Entity(fields, stance, role, references)


def _stance(roles: list[Stance], verdict: Stance | None) -> Stance:
    """Return the stance: what speaks for the victim wins, then what speaks for harmless."""
    if not roles:
        return verdict or Stance.UNTOLD
    if Stance.VICTIM in roles:
        return Stance.VICTIM
    if verdict is Stance.BENIGN:
        return Stance.BENIGN
    for stance in (Stance.CULPRIT, verdict, Stance.BENIGN, Stance.SUSPECT, Stance.UNCERTAIN):
        if stance is not None and (stance is verdict or stance in roles):
            return stance
    return Stance.UNTOLD


def _victim(entity: Entity, gathering: Gathering) -> None:
    hide(entity.fields, gathering)
    for each in (entity.fields, *entity.inner("ipinterfaces", "ipaddress", "nics")):
        gathering.hide(strings(each, ADDRESSES))


def _ip(entity: Entity, gathering: Gathering) -> None:
    address = first(entity.fields, ADDRESSES)
    gathering.hide(strings(entity.fields, ("localip",)))
    if entity.stance is Stance.VICTIM or first(entity.fields, ("addressscope",)):
        gathering.hide((address,))
    elif entity.shared:
        gathering.take("address", address, entity.side, role=entity.role)


def _url(entity: Entity, gathering: Gathering) -> None:
    if entity.shared:
        gathering.url(first(entity.fields, ("url", "remoteurl")), entity.side, role=entity.role)


def _dns(entity: Entity, gathering: Gathering) -> None:
    for each in entity.inner("hostipaddress"):
        gathering.hide(strings(each, ADDRESSES))
    gathering.hide(strings(entity.fields, ("hostipaddress",)))
    if entity.shared:
        name = first(entity.fields, ("domainname",))
        gathering.take("domain", name, entity.side, role=entity.role)


def _hash(entity: Entity, gathering: Gathering) -> None:
    if entity.shared:
        gathering.hashes((first(entity.fields, ("value", "hashvalue")),))


def _file(entity: Entity, gathering: Gathering) -> None:
    """A file of the system itself is shared only where it was found malicious and is not signed
    by its maker: attackers use what is there, and its digest is everybody's."""
    told = _descriptions(entity, gathering)
    bad = entity.stance is Stance.CULPRIT and not any(map(published_with_the_system, told))
    if bad or (entity.shared and not any(map(of_the_system, told))):
        gathering.hashes(_digests(entity, told))


def _process(entity: Entity, gathering: Gathering) -> None:
    """A process is the victim's: its image counts only where it was found out, and is not the
    system's own. What a shell is found to do is not the shell's."""
    told = _descriptions(entity, gathering)
    found_out = entity.stance in (Stance.CULPRIT, Stance.SUSPECT)
    if found_out and not any(map(of_the_system, told)):
        gathering.hashes(_digests(entity, told))


def _descriptions(entity: Entity, gathering: Gathering) -> tuple[Fields, ...]:
    """Return what is said of the one file: in parts of the entity, and in its own fields. The
    account and the device that stand beside it are gathered."""
    fields = entity.fields
    details = tuple(islice(entity.inner("filedetails"), _MOST_FILES))
    images = tuple(islice(entity.inner("imagefile"), _MOST_FILES))
    hide({name: fields[name] for name in _BESIDE if name in fields}, gathering)
    for file in (*images, *details)[:_MOST_FILES]:
        entity.references.hide_around(file, gathering)
    return (*(*details, *images)[:_MOST_FILES], fields)


def _digests(entity: Entity, descriptions: Iterable[Fields]) -> list[str]:
    found: dict[str, None] = {}
    for file in descriptions:
        hashed = entity.references.within(file, ("filehashes",))
        found.update(dict.fromkeys(hashes_of(file, (first(each, ("value",)) for each in hashed))))
    return list(found)


def _malware(entity: Entity, gathering: Gathering) -> None:
    if entity.stance is not Stance.BENIGN:
        gathering.malware.append(first(entity.fields, ("name", "malwarename")))
    for file in entity.inner("files"):
        gathering.hashes(_digests(entity, (file,)))


def _message(entity: Entity, gathering: Gathering) -> None:
    """Recipients are victims, and with them senders of the same domain. What a member's own mailbox
    sends out blames nobody."""
    fields = entity.fields
    gathering.mail = True
    recipients = [*words(fields.get("recipient")), *words(fields.get("recipients"))]
    for recipient in (*recipients, *strings(fields, _RECIPIENTS)):
        gathering.hide_mailbox(recipient)
    if folded_word(first(fields, ("antispamdirection", "emaildirection"))) in _OUTWARD:
        gathering.hide(_senders(entity))
    elif entity.shared:
        for sender in _senders(entity):
            gathering.sender(sender, entity.side)
        gathering.take("address", first(fields, ("senderip", "senderipv4")), role="sender")
        inner = (first(each, ("url",)) for each in entity.inner("urls"))
        for link in (*words(fields.get("urls")), *inner):
            gathering.url(link, role="phishing")


def _senders(entity: Entity) -> Iterator[str]:
    yield from strings(entity.fields, ("sender", "p1sender", "p2sender", "senderfromaddress"))
    for each in entity.inner("p1sender", "p2sender"):
        yield first(each, ("emailaddress",))


def _connection(entity: Entity, gathering: Gathering) -> None:
    """The far end is the one that is not private; where both are public nobody can tell."""
    if entity.shared:
        ends = ("sourceaddress", "destinationaddress")
        inner = [first(each, ADDRESSES) for each in entity.inner(*ends)]
        gathering.connection((*inner, *strings(entity.fields, ends)))


_Reader = Callable[[Entity, Gathering], None]

_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "ip": _ip,
        "url": _url,
        "dns": _dns,
        "dnsresolution": _dns,
        "domain": _dns,
        "filehash": _hash,
        "file": _file,
        "process": _process,
        "malware": _malware,
        "mailmessage": _message,
        "analyzedmessage": _message,
        "submissionmail": _message,
        "teamsmessage": _message,
        "networkconnection": _connection,
        **dict.fromkeys(
            (
                "account", "user", "host", "machine", "device", "mailbox", "azureresource",
                "cloudresource", "amazonresource", "googlecloudresource", "securitygroup",
                "iotdevice", "cloudlogonsession", "hostlogonsession", "resourceaccess",
                "kubernetescluster", "kubernetespod", "kubernetesserviceaccount", "container",
                "blob", "blobcontainer", "serviceprincipal", "mailboxconfiguration", "nic",
            ),
            _victim,
        ),
    }
)  # fmt: skip
