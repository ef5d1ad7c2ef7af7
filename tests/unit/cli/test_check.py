from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relay.broker.certificates import Authority
from relay.cli.codes import SETTINGS
from relay.cli.main import app

MEMBERS = "version: 1\nmembers:\n- {id: ee, name: E, country: EE, kind: national-hub}\n"


def checked(place: Path, life: timedelta) -> Result:
    """What `relay check` says of a client certificate with so long to live."""
    authority = Authority(place / "ca.crt")
    authority.issue("relay", place, life)
    (place / "secret").write_bytes(bytes(16))
    (place / "members.yaml").write_text(MEMBERS)
    (place / "relay.yaml").write_text(
        "key_secret_file: secret\nkafka:\n  security: {protocol: ssl, ca_file: ca.crt, "
        "cert_file: relay.crt, key_file: relay.key}\n"
    )
    return CliRunner().invoke(app, ["check", "--settings", str(place / "relay.yaml")])


@pytest.mark.parametrize(("days", "said"), [(29, ""), (5, "expires in 5.0 days")])
def test_what_expires_soon_is_named(tmp_path: Path, days: int, said: str) -> None:
    """It is no error yet; what has time left is not spoken of."""
    ran = checked(tmp_path, timedelta(days=days, minutes=1))

    assert ran.exit_code == 0, ran.output
    assert said in ran.stderr
    assert bool(ran.stderr) == bool(said)
    assert "sound" in ran.stdout


def test_a_certificate_that_has_expired_is_an_error(tmp_path: Path) -> None:
    """A relay could not connect with it, which is better known before."""
    ran = checked(tmp_path, timedelta(seconds=-1))

    assert ran.exit_code == SETTINGS
    assert "kafka.security.cert_file has expired: 20" in ran.stderr


@pytest.mark.parametrize(
    ("every_s", "wants", "enabled", "told"),
    [
        (0, "true", "true", True),
        (60, "true", "true", False),
        (0, "false", "true", False),
        (0, "true", "false", False),
    ],
)
def test_who_waits_for_canaries_that_are_not_written_is_named(
    tmp_path: Path, every_s: int, wants: str, enabled: str, told: bool
) -> None:
    """It is a warning alone: what `wants.canary` promises to a member is not kept."""
    (tmp_path / "secret").write_bytes(bytes(16))
    wanting = f"wants: {{canary: {wants}}}, enabled: {enabled}}}"
    (tmp_path / "members.yaml").write_text(
        MEMBERS.replace("national-hub}", f"national-hub, {wanting}")
    )
    (tmp_path / "relay.yaml").write_text(
        f"key_secret_file: secret\ncanary: {{every_s: {every_s}}}\n"
    )

    ran = CliRunner().invoke(app, ["check", "--settings", str(tmp_path / "relay.yaml")])

    assert ran.exit_code == 0, ran.output
    assert ("canary.every_s is 0: 1 members with wants.canary" in ran.stderr) is told
    assert bool(ran.stderr) is told
