"""Certificates for a cluster of one's own: not for one that others reach."""

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relay.broker.config import HOST
from relay.settings.secret_file import replace_secret

LIFE: Final = timedelta(days=30)
"""Longer than anybody leaves a local cluster alone; a real authority is asked for longer ones."""

SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Identity:
    """PEM files of a certificate, of its key, and of both in one as Kafka's nodes read it."""

    cert: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates; its own stands in the PEM file `path`, and its key in memory alone."""

    def __init__(self, path: Path, name: str = "local") -> None:
        self.path = path
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(f"{name} authority")
        builder = _builder(self._name, self._name, self._key.public_key(), LIFE)
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        certificate = builder.add_extension(constraint, critical=True).sign(
            self._key, hashes.SHA256()
        )
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, directory: Path, life: timedelta = LIFE) -> Identity:
        """Write a new key and certificate for `name`; a `life` below zero is over by then.

        Each file is replaced in one step, the key readable by its owner alone.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_named(name), self._name, key.public_key(), life)
        for extension in _usage():
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made = Identity(*(directory / f"{name}{end}" for end in (".crt", ".key", ".pem")))
        replace_secret(made.key, secret)
        replace_secret(made.both, secret + certificate)
        replace_secret(made.cert, certificate)
        return made


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(time.time(), UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + life) - SKEW)
        .not_valid_after(now + life)
    )


def _usage() -> Sequence[x509.ExtensionType]:
    places = [x509.IPAddress(ipaddress.ip_address(HOST)), x509.DNSName("localhost")]
    kinds = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return x509.SubjectAlternativeName(places), x509.ExtendedKeyUsage(kinds)
