"""The options that the commands for foreign formats share: which format, and whose records."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from relay.cli.codes import USAGE, fail
from relay.formats.outcome import Source
from relay.model.vocabulary import ALERT_FORMATS, FORMATS, AlertFormat, Format
from relay.settings.scalars import MEMBER_ID, Domain

AUTO: Final = "auto"

_DOMAINS: Final = TypeAdapter(Domain)

ALIASES: Final = {"elastic": "ecs", "eve": "suricata", "idea": "idea0", "stix2": "stix"}
"""What a format is called, too."""


class Tlp(StrEnum):
    """The label of what carries none."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


Label = Annotated[
    Tlp | None,
    typer.Option(help="Label of what carries none, and the widest of what carries one."),
]
Documentation = Annotated[
    bool,
    typer.Option(
        "--allow-documentation", help="Let documentation addresses pass, for demos and tests."
    ),
]
Networks = Annotated[
    list[str] | None, typer.Option(help="The member's public network: never comes out.")
]
Domains = Annotated[
    list[str] | None, typer.Option(help="The member's domain, with all names below it.")
]


def format_in(written: str) -> Format:
    """Return the format a member emits by its name; a usage error if there is none."""
    name = _named(written, FORMATS)
    return next(form for form in FORMATS if form == name)


def format_out(written: str) -> AlertFormat:
    """Return the format of alerts by its name; a usage error if there is none."""
    name = _named(written, ALERT_FORMATS)
    return next(form for form in ALERT_FORMATS if form == name)


def _named(written: str, known: Iterable[str]) -> str:
    name = written.strip().lower()
    name = ALIASES.get(name, name)
    if name not in known:
        near = get_close_matches(name, [*known, *ALIASES], 1)
        meant = f"; did you mean {near[0]}?" if near else "."
        if name in FORMATS:
            meant = ": it can be read, not written."
        fail(USAGE, f"there is no format {written!r}{meant} The formats are: {', '.join(known)}")
    return name


def member_of(written: str) -> str:
    """Return a member's id; a usage error if it cannot be one."""
    if re.fullmatch(MEMBER_ID, written) is None:
        fail(USAGE, "--member: must be 1 to 32 lower-case letters, digits and inner hyphens")
    return written


def source_of(
    member: str,
    tlp: Tlp | None,
    networks: list[str] | None,
    domains: list[str] | None,
    *,
    allow_documentation: bool,
) -> Callable[[int], Source]:
    """Return what makes the source of records published at a time in ms."""
    own_networks = tuple(map(_network, networks or ()))
    own_domains = tuple(map(_domain, domains or ()))
    label = tlp.value if tlp is not None else None

    def source(at: int) -> Source:
        return Source(member, label, at, own_networks, own_domains, allow_documentation)

    return source


def _domain(text: str) -> str:
    try:
        return _DOMAINS.validate_python(text.removeprefix("*").removeprefix("."))
    except ValidationError as error:
        fail(USAGE, f"--own-domain: {error.errors()[0]['msg']}, got {text!r}")


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        fail(USAGE, f"--own-network: {error}")
