"""Who logs in with what on a secured stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relay.broker import Secured
from relay.settings.security import Security

ADMIN: Final = "admin"
PASSWORDS: Final = "passwords"
"""Where `relay provision` keeps the passwords of members and relay."""


@dataclass(frozen=True, slots=True)
class Locks:
    """A secured cluster's certificates and its administrator's password, below `home`."""

    home: Path
    secured: Secured

    @property
    def admin(self) -> Security:
        """How the administrator logs in."""
        ca = self.secured.authority
        return Security("sasl_ssl", "scram-sha-512", ADMIN, ca=ca, password=self.password)

    @property
    def password(self) -> Path:
        """The file with the administrator's password."""
        return self.home / f"{ADMIN}.password"

    @property
    def environ(self) -> Mapping[str, str]:
        """What makes the relay's settings those of the administrator, who provisions."""
        return {
            "RELAY_KAFKA__SECURITY__USERNAME": ADMIN,
            "RELAY_KAFKA__SECURITY__PASSWORD_FILE": str(self.password),
        }

    def keys(self, name: str) -> dict[str, str]:
        """Return kafka.security of somebody for whom `relay provision` makes a password."""
        return {
            "protocol": "sasl_ssl",
            "ca_file": str(self.secured.authority),
            "username": name,
            "password_file": str(self.home / PASSWORDS / f"{name}.password"),
        }
