"""A cluster that lets in only whom it knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NODE = "broker"
"""The name in the certificate of a cluster's own nodes: they are above all rules."""

_MODULE = "org.apache.kafka.common.security"


@dataclass(frozen=True, slots=True)
class Secured:
    """How a cluster knows its clients: by SCRAM and by certificate, and by token if there are keys.

    keystore: PEM file of the nodes' key and certificates, of the name `NODE`.
    authority: PEM file of who may sign the certificates of nodes and clients.
    admin: a SCRAM user of this name and password is made with the cluster, and is above all rules;
        whoever shows a certificate of the name is too.
    tokens: file of the public keys (JWKS) of who signs tokens, for the audience `relay`.
    """

    keystore: Path
    authority: Path
    admin: str
    password: str = field(repr=False)
    tokens: Path | None = None

    @property
    def scram(self) -> str:
        """What `kafka-storage format --add-scram` takes."""
        return f"SCRAM-SHA-512=[name={self.admin},password={self.password}]"

    @property
    def flags(self) -> tuple[str, ...]:
        """Java's flags: where keys of tokens may be read from must be said outside of settings."""
        if self.tokens is None:
            return ()
        return (f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.tokens.as_uri()}",)

    def settings(self) -> Mapping[str, str]:
        """Return the settings of a node: clients log in at INT, or show a certificate at TLS."""
        certificates = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.keystore),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority),
            "listener.name.tls.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
        }
        rules = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{NODE};User:{self.admin}",
        }
        return {**certificates, **rules, **_scram(), **_oauth(self.tokens)}


def _scram() -> dict[str, str]:
    return {
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.int.scram-sha-512.sasl.jaas.config": (
            f"{_MODULE}.scram.ScramLoginModule required;"
        ),
    }


def _oauth(tokens: Path | None) -> dict[str, str]:
    if tokens is None:
        return {}
    listener = "listener.name.int.oauthbearer.sasl"
    return {
        "sasl.enabled.mechanisms": "SCRAM-SHA-512,OAUTHBEARER",
        f"{listener}.jaas.config": f"{_MODULE}.oauthbearer.OAuthBearerLoginModule required;",
        f"{listener}.server.callback.handler.class": (
            f"{_MODULE}.oauthbearer.OAuthBearerValidatorCallbackHandler"
        ),
        f"{listener}.oauthbearer.jwks.endpoint.url": tokens.as_uri(),
        f"{listener}.oauthbearer.expected.audience": "relay",
    }
