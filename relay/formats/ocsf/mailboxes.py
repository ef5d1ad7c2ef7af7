"""Whom a mail is from and to, in the fields of all versions of OCSF."""

from collections.abc import Iterator, Mapping

from relay.formats.fields import texts

Fields = Mapping[str, object]

_SENDERS = (
    "from", "from_list", "from_mailbox", "from_mailboxes", "sender", "sender_mailbox", "smtp_from",
    "return_path", "reply_to", "reply_to_list", "reply_to_mailboxes",
)  # fmt: skip
_RECIPIENTS = (
    "to", "to_mailboxes", "cc", "cc_mailboxes", "bcc", "bcc_mailboxes", "delivered_to",
    "delivered_to_list", "smtp_to",
)  # fmt: skip
_MOST = 200  # addresses of one field


def senders(mail: Fields) -> Iterator[str]:
    """Yield the addresses that the mail says it is from, or wants its answers at."""
    return _addresses(mail, _SENDERS)


def recipients(mail: Fields) -> Iterator[str]:
    """Yield the addresses that got the mail."""
    return _addresses(mail, _RECIPIENTS)


def bare(written: str) -> str:
    """Return the address in `Name <a@b>`."""
    return written.rpartition("<")[2].partition(">")[0].strip()


def house(address: str) -> str:
    """Return the domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def _addresses(mail: Fields, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if name in mail:
            yield from map(bare, texts(mail, name)[:_MOST])
