"""kafka.security: how clients prove who they are, and by what they know the brokers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from relay.settings.catalogue import Strict
from relay.settings.scalars import PathText, Text

Protocol = Literal["plaintext", "ssl", "sasl_ssl"]
Mechanism = Literal["scram-sha-512", "oauthbearer"]


class SecuritySettings(Strict):
    """The keys of kafka.security. What is secret stands in a file, never here."""

    protocol: Protocol = Field(
        default="plaintext",
        description="how to connect; with `ssl` both sides show a certificate",
    )
    ca_file: PathText | None = Field(
        default=None,
        description="PEM file of who may sign a broker's certificate; none: as the system has it",
    )
    cert_file: PathText | None = Field(
        default=None, description="PEM file of the client's certificate and its chain"
    )
    key_file: PathText | None = Field(
        default=None, description="PEM file of the certificate's key, without a pass phrase"
    )
    mechanism: Mechanism = Field(
        default="scram-sha-512", description="with `sasl_ssl`: how the client says who it is"
    )
    username: Text | None = Field(default=None, description="name of the client for SCRAM")
    password_file: PathText | None = Field(
        default=None, description="file with the password for SCRAM"
    )
    token_file: PathText | None = Field(
        default=None, description="file with the token for OAUTHBEARER, kept fresh by its issuer"
    )


@dataclass(frozen=True, slots=True)
class Security:
    """kafka.security, compiled. Files are read at each new connection, so that what is rotated
    needs no restart."""

    protocol: Protocol = "plaintext"
    mechanism: Mechanism = "scram-sha-512"
    username: str = ""
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    password: Path | None = None
    token: Path | None = None


FILES: Final = ("ca_file", "cert_file", "key_file", "password_file", "token_file")

_SCRAM: Final = frozenset({"username", "password_file"})
_TOKEN: Final = frozenset({"token_file"})
_CERTIFICATE: Final = frozenset({"cert_file", "key_file"})
_SASL: Final = _SCRAM | _TOKEN


def misfits(settings: SecuritySettings) -> Iterator[tuple[str, str]]:
    """The keys that are missing beside the others, or that nothing would read: key, sentence.

    A password that is set and not used would be a connection that somebody thinks is secured.
    """
    needed, useless = _terms(settings)
    given = {key for key in {*FILES, "username"} if getattr(settings, key) is not None}
    if given & _CERTIFICATE:
        needed |= _CERTIFICATE - useless
    for key in sorted(needed - given):
        yield key, "is required beside the other keys of kafka.security"
    for key in sorted(given & useless):
        yield key, f"is not read with {_chosen(settings)}: leave it out, or change that"


def _terms(settings: SecuritySettings) -> tuple[frozenset[str], frozenset[str]]:
    """The keys that a choice of protocol and mechanism asks for, and those it has no use for."""
    if settings.protocol == "plaintext":
        return frozenset(), _SASL | _CERTIFICATE | {"ca_file"}
    if settings.protocol == "ssl":
        return _CERTIFICATE, _SASL
    if settings.mechanism == "oauthbearer":
        return _TOKEN, _SCRAM
    return _SCRAM, _TOKEN


def _chosen(settings: SecuritySettings) -> str:
    if settings.protocol == "sasl_ssl":
        return f"mechanism {settings.mechanism}"
    return f"protocol {settings.protocol}"
