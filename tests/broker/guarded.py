"""A secured cluster, and clients of every kind: known, expired, signed by somebody else."""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from relay.broker import Cluster, Runtime, Secured, Spec
from relay.broker.certificates import LIFE, Authority
from relay.broker.secured import NODE
from relay.kafka.config import KafkaSettings
from relay.kafka.security import client_of
from relay.settings.secret_file import replace_secret
from relay.settings.security import Security
from tests.broker.conftest import owned, probe
from tests.broker.world import until

ADMIN: Final = "admin"
COORDINATE: Final = 32
"""Bytes of a number of the curve P-256."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Issues tokens, and tells a cluster by which key it will know them."""

    path: Path
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=partial(ec.generate_private_key, ec.SECP256R1())
    )

    def publish(self) -> None:
        """Write the key set."""
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "tests"}
        key |= {"x": _text(_number(numbers.x)), "y": _text(_number(numbers.y))}
        self.path.write_text(json.dumps({"keys": [key]}))

    def token(
        self, subject: str, life_s: int = 600, audience: str = "relay", kid: str = "tests"
    ) -> str:
        """Return a token (JWT) that says who somebody is, for `life_s` seconds from now."""
        now = int(time.time())
        head = {"alg": "ES256", "typ": "JWT", "kid": kid}
        body = {"sub": subject, "aud": audience, "iat": now - 60, "exp": now + life_s, "scope": "k"}
        signed = ".".join(_text(json.dumps(part).encode()) for part in (head, body))
        signature = self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(signature)
        return f"{signed}.{_text(_number(r) + _number(s))}"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running secured cluster, who signs for it, and its administrator's password."""

    home: Path
    cluster: Cluster
    authority: Authority
    signer: Signer
    password: str

    @property
    def admin(self) -> KafkaSettings:
        """How the administrator connects."""
        return self.scram(ADMIN, self.password)

    @property
    def journal(self) -> str:
        """All that the broker has logged."""
        [log] = self.cluster.data.glob("node-*/server.log")
        return log.read_text()

    @contextmanager
    def heard(self, sign: str, *withheld: str) -> Iterator[None]:
        """Hold that the broker logs `sign` because of the block, and at no time what is secret."""
        before = len(self.journal)
        yield
        until(lambda: sign in self.journal[before:])
        assert [secret for secret in withheld if secret in self.journal] == []

    def security(self, name: str, password: str) -> Security:
        """How somebody with a password connects; the password is in a file of its own."""
        path = self.home / f"{name}.{secrets.token_hex(4)}.password"
        replace_secret(path, password.encode())
        ca = self.authority.path
        return Security("sasl_ssl", "scram-sha-512", name, ca=ca, password=path)

    def scram(self, name: str, password: str) -> KafkaSettings:
        """Settings of a client with a password."""
        return self.settings(self.security(name, password))

    def settings(self, security: Security) -> KafkaSettings:
        """Settings of a client that logs in."""
        return settings_of(self.cluster.bootstrap, security)

    def bearer(self, token: str) -> KafkaSettings:
        """Settings of a client with a token."""
        path = self.home / f"{secrets.token_hex(4)}.token"
        path.write_text(token)
        ca = self.authority.path
        return self.settings(Security("sasl_ssl", "oauthbearer", ca=ca, token=path))

    def certified(
        self, name: str, by: Authority | None = None, life: timedelta = LIFE
    ) -> KafkaSettings:
        """Settings of a client with a certificate, of the cluster's authority unless said."""
        directory = self.home / secrets.token_hex(4)
        directory.mkdir()
        made = (by or self.authority).issue(name, directory, life)
        security = Security("ssl", ca=self.authority.path, cert=made.cert, key=made.key)
        return settings_of(self.cluster.tls, security)


def settings_of(bootstrap: str, security: Security) -> KafkaSettings:
    """Settings of a client of the cluster."""
    return KafkaSettings(tuple(bootstrap.split(",")), client=client_of(security))


@contextmanager
def guarded_in(home: Path, runtime: Runtime, **overrides: str) -> Iterator[Guarded]:
    """Hold a secured cluster; `overrides` are Kafka's settings, with `_` for each dot."""
    home.mkdir(parents=True, exist_ok=True)
    authority = Authority(home / "authority.crt", "tests")
    signer = Signer(home / "keys.json")
    signer.publish()
    password = secrets.token_urlsafe()
    keystore = authority.issue(NODE, home).both
    secured = Secured(keystore, authority.path, ADMIN, password, signer.path)
    spec = Spec(secured=secured, overrides={k.replace("_", "."): v for k, v in overrides.items()})
    cluster = Cluster(home / "kafka", spec, runtime)
    made = Guarded(home, cluster, authority, signer, password)
    with owned(cluster.data):
        try:
            cluster.start()
            cluster.wait_ready(partial(probe, client=made.admin.client))
            yield made
        finally:
            cluster.stop()


def _number(value: int) -> bytes:
    return value.to_bytes(COORDINATE, "big")


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
