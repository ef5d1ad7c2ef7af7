"""A deployment on a secured cluster, provisioned through the command line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from typer.testing import CliRunner, Result

from relay.cli.main import app
from relay.kafka.config import KafkaSettings
from tests.broker.guarded import ADMIN, Guarded

HUBS: Final = ("m", "m2", "fr")
BY_PASSWORD: Final = {
    "protocol": "sasl_ssl",
    "username": ADMIN,
    "password_file": "admin.password",
}


class Deployment:
    """Settings for who provisions, in a directory of their own."""

    def __init__(self, place: Path, guarded: Guarded) -> None:
        self.place = place
        self.guarded = guarded
        (place / "key-secret").write_text("a secret for this test alone")
        (place / "admin.password").write_text(guarded.password)
        self.members(*HUBS)
        self.settings()

    def settings(self, security: Mapping[str, str] = BY_PASSWORD, **access: object) -> None:
        """Write relay.yaml, with another login or other keys of access where they are said."""
        cluster, ca = self.guarded.cluster, str(self.guarded.authority.path)
        bootstrap = cluster.tls if security["protocol"] == "ssl" else cluster.bootstrap
        body = {
            "key_secret_file": "key-secret",
            "lanes": 2,
            "kafka": {"bootstrap": bootstrap, "security": {"ca_file": ca, **security}},
            "access": {"manage": True, "passwords_dir": "passwords", **access},
        }
        (self.place / "relay.yaml").write_text(json.dumps(body))

    def members(self, *enabled: str, disabled: str = "") -> None:
        """Write members.yaml."""
        rows = [{"id": each, "enabled": True} for each in enabled]
        rows += [{"id": disabled, "enabled": False}] if disabled else []
        hub = {"name": "a hub", "country": "EU", "kind": "national-hub"}
        body = {"version": 1, "members": [{**hub, **row} for row in rows]}
        (self.place / "members.yaml").write_text(json.dumps(body))

    def provision(self, *words: str) -> Result:
        """Run the command to its end."""
        settings = str(self.place / "relay.yaml")
        return CliRunner().invoke(app, ["provision", "--settings", settings, *words])

    def command(self, who: str, *words: str) -> Result:
        """Run another command to its end, as somebody who was provisioned."""
        body = json.loads((self.place / "relay.yaml").read_text())
        security = body["kafka"]["security"]
        security |= {"username": who, "password_file": f"passwords/{who}.password"}
        settings = self.place / f"as-{who}.yaml"
        settings.write_text(json.dumps(body))
        return CliRunner().invoke(app, [*words, "--settings", str(settings)])

    def plan(self) -> list[tuple[str, str, str]]:
        """What would be done: (what, to which principal, in words), topics left out."""
        told = self.provision("--json")
        assert told.exit_code == 0, told.stderr
        rows = json.loads(told.stdout)["changes"]
        return [(row["do"], row["principal"], row["what"]) for row in rows if "principal" in row]

    def password(self, who: str) -> str:
        """The password that was made for somebody."""
        return (self.place / "passwords" / f"{who}.password").read_text().strip()

    def client(self, who: str) -> KafkaSettings:
        """How somebody connects who has that password."""
        return self.guarded.scram(who, self.password(who))
