"""What aiokafka's clients are told of a secured cluster. Nothing here holds a secret for long.

Certificates, password and token are read from their files at each new connection: a file that is
replaced is in use from the next connection on, and no client is started anew for it.
"""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from ssl import cert_time_to_seconds
from typing import Any, Final
from weakref import ReferenceType, ref

from aiokafka.abc import AbstractTokenProvider

from relay.kafka.internals import heed_refused_tokens
from relay.settings.security import Security

LONGEST: Final = 64 * 1024
"""Bytes of a password or token: the largest token that fits a broker's default is half of it."""

PROTOCOLS: Final = {"plaintext": "PLAINTEXT", "ssl": "SSL", "sasl_ssl": "SASL_SSL"}
MECHANISMS: Final = {"scram-sha-512": "SCRAM-SHA-512", "oauthbearer": "OAUTHBEARER"}

log = logging.getLogger(__name__)


class SecretFileError(OSError):
    """A file of kafka.security cannot be used. Its name is not said: it may be the secret."""


def client_of(security: Security) -> Mapping[str, object]:
    """Return the keyword arguments that make a client of aiokafka one of a secured cluster."""
    made: dict[str, object] = {"security_protocol": PROTOCOLS[security.protocol]}
    if security.protocol != "plaintext":
        made["ssl_context"] = Tls(security)
    if security.protocol == "sasl_ssl":
        made["sasl_mechanism"] = MECHANISMS[security.mechanism]
    if security.password is not None:
        made["sasl_plain_username"] = security.username
        made["sasl_plain_password"] = Password(security.password)
    if security.token is not None:
        heed_refused_tokens()
        made["sasl_oauth_token_provider"] = Token(security.token)
    return made


def unusable(security: Security) -> Iterator[str]:
    """Yield what is wrong with the files of kafka.security as they are now, a sentence each."""
    attempts: list[Callable[[], object]] = []
    if security.protocol != "plaintext":
        attempts.append(Tls(security).check)
    if security.password is not None:
        attempts.append(Password(security.password).encode)
    if security.token is not None:
        attempts.append(Token(security.token).read)
    for attempt in attempts:
        try:
            attempt()
        except SecretFileError as error:
            yield str(error.strerror)


class Password:
    """A password in a file, for a client that encodes the password it was given when it logs in."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def encode(self, _: str = "utf-8") -> bytes:
        """Return the file's bytes, without a line end. Raises SecretFileError."""
        return secret_of(self._path, "password_file")


class Token(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka declares no types
    """A token in a file, as whoever issues it leaves it there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Return the token. Raises SecretFileError."""
        return self.read()

    def read(self) -> str:
        """Return the token. Raises SecretFileError."""
        return secret_of(self._path, "token_file").decode("ascii", "replace")


class Tls:
    """Stands for an SSLContext, and is made anew when one of its files has changed.

    A certificate and a key that do not fit, as between the two writes of a rotation, leave the last
    sound pair in use. Raises SecretFileError while there has never been one.
    """

    def __init__(self, security: Security) -> None:
        self.security = security
        self._made: ssl.SSLContext | None = None
        self._stamps: object = None
        self._newest: dict[object, ReferenceType[ssl.SSLObject]] = {}

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """As SSLContext.wrap_bio, which is what asyncio uses."""
        made = self._context().wrap_bio(*arguments, **named)
        alive = {host: kept for host, kept in self._newest.items() if kept() is not None}
        self._newest = alive | {named.get("server_hostname"): ref(made)}
        return made

    def peers_end(self) -> Iterator[float]:
        """Yield when the certificate ends that each broker showed at its newest open connection.

        An older connection may have been shown one that has been replaced since.
        """
        for kept in self._newest.values():
            connection = kept()
            if connection is None or connection.version() is None:
                continue
            if shown := connection.getpeercert():
                yield cert_time_to_seconds(str(shown["notAfter"]))

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        """As SSLContext.wrap_socket."""
        return self._context().wrap_socket(*arguments, **named)

    def check(self) -> None:
        """Read the files. Raises SecretFileError."""
        self._context()

    def _context(self) -> ssl.SSLContext:
        try:
            stamps = [_stamp(path) for path in _certificates(self.security) if path is not None]
            if self._made is None or stamps != self._stamps:
                self._made, self._stamps = _context(self.security), stamps
        except OSError as error:
            said = error.strerror or type(error).__name__
            if self._made is None:
                raise SecretFileError(error.errno, f"kafka.security: {said}") from None
            log.warning("certificates cannot be read, the last ones stay in use: %s", said)
        return self._made


def secret_of(path: Path, key: str) -> bytes:
    """Return what a secret's file holds, without a line end. Raises SecretFileError."""
    try:
        with path.open("rb") as file:
            found = file.read(LONGEST + 1).rstrip(b"\r\n")
    except OSError as error:
        # Without its cause, which names the file.
        raise SecretFileError(error.errno, f"kafka.security.{key}: {error.strerror}") from None
    if not 0 < len(found) <= LONGEST:
        raise SecretFileError(0, f"kafka.security.{key}: must hold 1 to {LONGEST} bytes")
    return found


def _context(security: Security) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=security.ca)
    if security.cert is not None:
        # Else OpenSSL would ask for a pass phrase on the terminal.
        made.load_cert_chain(security.cert, security.key, password="")
    return made


def _certificates(security: Security) -> tuple[Path | None, ...]:
    return security.ca, security.cert, security.key


def _stamp(path: Path) -> tuple[int, int, int]:
    """What differs when a file, or what a link points at, has been replaced."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size
