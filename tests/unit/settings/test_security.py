from pathlib import Path

import pytest

from relay.settings import SettingsError, load_settings
from relay.settings.security import Security

PREFIX = "RELAY_KAFKA__SECURITY__"


def problems(**keys: str) -> list[str]:
    """What is wrong with kafka.security, said by the environment."""
    with pytest.raises(SettingsError) as raised:
        load_settings(None, {PREFIX + key.upper(): value for key, value in keys.items()})
    return [str(each) for each in raised.value.problems]


def test_paths_are_resolved_and_secrets_are_not_read(tmp_path: Path) -> None:
    """The files of kafka.security are named relative to the settings; they need not exist yet."""
    path = tmp_path / "relay.yaml"
    path.write_text(
        "kafka: {security: {protocol: sasl_ssl, ca_file: ca.pem, username: ee, "
        "password_file: ee.password}}"
    )

    security = load_settings(path, {}).security

    assert security == Security(
        "sasl_ssl", username="ee", ca=tmp_path / "ca.pem", password=tmp_path / "ee.password"
    )


def test_what_a_choice_needs_is_asked_for() -> None:
    """SCRAM needs name and password, a token its file, a certificate its key."""
    assert problems(protocol="sasl_ssl") == [
        "settings: kafka.security.password_file: is required beside the other keys of "
        "kafka.security",
        "settings: kafka.security.username: is required beside the other keys of kafka.security",
    ]
    assert "token_file: is required" in problems(protocol="sasl_ssl", mechanism="oauthbearer")[0]
    assert "key_file: is required" in problems(protocol="ssl", cert_file="x.crt")[0]


def test_what_nothing_reads_is_refused() -> None:
    """A password beside a plain connection is a mistake, not a wish to be ignored."""
    assert problems(username="ee", password_file="p") == [
        f"{PREFIX}PASSWORD_FILE: kafka.security.password_file: is not read with protocol "
        "plaintext: leave it out, or change that",
        f"{PREFIX}USERNAME: kafka.security.username: is not read with protocol plaintext: "
        "leave it out, or change that",
    ]


def test_a_secret_in_the_place_of_its_file_is_not_shown() -> None:
    """No message quotes what stands where the name of a secret's file belongs."""
    told = problems(protocol="sasl_ssl", username="ee", password_file="hunter2\n")

    assert told == [f"{PREFIX}PASSWORD_FILE: kafka.security.password_file: must be printable text"]


def test_a_secret_in_the_place_of_the_section_is_not_shown(tmp_path: Path) -> None:
    """Nor does one quote a text where the keys of kafka.security belong."""
    path = tmp_path / "relay.yaml"
    path.write_text("kafka: {security: hunter2}")

    with pytest.raises(SettingsError) as raised:
        load_settings(path, {})

    assert "kafka.security: must be a mapping of keys to values" in str(raised.value)
    assert "hunter2" not in str(raised.value)
