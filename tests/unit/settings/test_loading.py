from pathlib import Path

import pytest

from relay.model.member import Member
from relay.model.policy import HOUR_MS, WINDOWS_MS, Policy
from relay.settings import Settings, SettingsError, load_settings, policy

HOUR_AND_A_HALF = 90 * 60_000


def written(tmp_path: Path, text: str) -> Path:
    """A settings file with this text."""
    path = tmp_path / "relay.yaml"
    path.write_text(text)
    return path


def problems(path: Path | None, environ: dict[str, str]) -> list[str]:
    """What is wrong with file and environment, without the directory."""
    with pytest.raises(SettingsError) as raised:
        load_settings(path, environ)
    head = "" if path is None else f"{path.parent}/"
    return [str(each).removeprefix(head) for each in raised.value.problems]


def test_nothing_said_is_a_relay_on_this_machine() -> None:
    """Without file and environment everything has its default, and no secret."""
    settings = load_settings(None, {})

    assert (settings.relay, settings.lanes, settings.secret) == ("relay", 4, None)
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 9464)
    assert settings.windows == WINDOWS_MS
    assert settings.members == Path("members.yaml")


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    """A variable replaces one value and leaves those beside it."""
    path = written(tmp_path, "lanes: 8\nkafka: {bootstrap: 'a:1', app: x}\nlog: {level: debug}")

    settings = load_settings(path, {"RELAY_KAFKA__BOOTSTRAP": "b:2,[::1]:3", "RELAY_LANES": "16"})

    assert settings.lanes == 16
    assert (settings.kafka.brokers, settings.kafka.app) == (("b:2", "[::1]:3"), "x")
    assert (settings.log.level, settings.log.format) == ("debug", "auto")


def test_variables_are_read_by_the_type_of_their_key() -> None:
    """Digits are text where text belongs, and numbers and truth values are those of YAML."""
    environ = {
        "RELAY_RELAY": "2026",
        "RELAY_ALLOW_DOCUMENTATION_ADDRESSES": "true",
        "RELAY_HTTP__PORT": "0",
        "RELAY_KAFKA__REPLICATION_FACTOR": "3",
    }

    settings = load_settings(None, environ)

    assert (settings.relay, settings.allow_documentation_addresses) == ("2026", True)
    assert (settings.http.port, settings.kafka.replication_factor) == (0, 3)


def test_a_type_has_its_own_window_or_that_of_its_family(tmp_path: Path) -> None:
    """A length for a family holds for its types, unless one has its own."""
    path = written(tmp_path, "windows: {ip: 48h, ipv6: 90m, hash: 10d}")

    windows = load_settings(path, {"RELAY_WINDOWS__CERT_SHA1": "3600s"}).windows

    assert (windows["ipv4"], windows["ipv6"]) == (48 * HOUR_MS, HOUR_AND_A_HALF)
    assert (windows["md5"], windows["sha512"]) == (240 * HOUR_MS, 240 * HOUR_MS)
    assert (windows["cert-sha1"], windows["cert-sha256"]) == (HOUR_MS, WINDOWS_MS["cert-sha256"])


def test_paths_are_relative_to_where_they_are_said(tmp_path: Path) -> None:
    """A file's paths start from the file, a variable's from the working directory."""
    path = written(tmp_path, "members: soc/members.yaml\nstate_dir: /var/lib/relay")

    from_file = load_settings(path, {})
    from_environment = load_settings(path, {"RELAY_MEMBERS": "m.yaml"})

    assert from_file.members == tmp_path / "soc/members.yaml"
    assert from_file.state_dir == Path("/var/lib/relay")
    assert from_environment.members == Path("m.yaml")


def test_all_errors_of_file_and_environment_are_told_at_once(tmp_path: Path) -> None:
    """A problem of the environment names its variable, one of the file its line."""
    path = written(
        tmp_path,
        "lanes: 99\nkafka:\n  bootstrap: nowhere\n  app: ok\n"
        "laens: 3\nwindows: {ipv4: 1s, asn: 1h}\n",
    )

    found = problems(path, {"RELAY_HTTP__PORT": "http", "RELAY_LANS": "4", "RELAY_KAFKA": "x"})

    assert [line.split(", ipv6")[0] for line in found] == [
        "relay.yaml:1: lanes: must be at most 64, got 99",
        "relay.yaml:3: kafka.bootstrap: must be host:port, or several separated by commas,"
        " at most 16, got 'nowhere'",
        "relay.yaml:5: laens: is not a known key; did you mean 'lanes'?",
        "relay.yaml:6: windows.ipv4: must be between 1m and 90d, got '1s'",
        "relay.yaml:6: windows.asn: must be one of ipv4",
        "RELAY_HTTP__PORT: http.port: must be a whole number, got 'http'",
        "RELAY_KAFKA: sets nothing; did you mean 'RELAY_KAFKA__APP'?",
        "RELAY_LANS: sets nothing; did you mean 'RELAY_LANES'?",
    ]


def test_a_canary_comes_seldom_or_not_at_all() -> None:
    """Ten seconds to an hour, a minute if nothing is said, or never."""
    chosen = [load_settings(None, {"RELAY_CANARY__EVERY_S": s}) for s in ("0", "10", "3600")]
    (found,) = problems(None, {"RELAY_CANARY__EVERY_S": "9"})

    assert [each.canary.every_s for each in chosen] == [0, 10, 3600]
    assert load_settings(None, {}).canary.every_s == 60
    assert (
        found == "RELAY_CANARY__EVERY_S: canary.every_s: must be at least 10, or 0 for none, got 9"
    )


@pytest.mark.parametrize(
    "length", ["59s", "91d", "0h", "1.5h", "24", "1w", "", "-1h", "9999999999h"]
)
def test_a_window_is_a_plain_length_between_a_minute_and_90_days(length: str) -> None:
    """Anything else is refused, not rounded."""
    (found,) = problems(None, {"RELAY_WINDOWS__CVE": length})

    assert found.startswith("RELAY_WINDOWS__CVE: windows.cve: must be ")


def test_what_kubernetes_adds_for_a_service_is_not_taken_for_a_setting() -> None:
    """A Service named relay puts RELAY_PORT and its like into every pod beside it."""
    environ = {
        "RELAY_SERVICE_HOST": "10.0.0.1",
        "RELAY_SERVICE_PORT_METRICS": "9464",
        "RELAY_PORT": "tcp://10.0.0.1:9464",
        "RELAY_METRICS_PORT_9464_TCP_ADDR": "10.0.0.1",
        "RELAY_CACHE_DIR": "/var/cache",
    }

    assert load_settings(None, environ) == load_settings(None, {})


def test_a_section_that_is_none_is_refused_where_it_stands(tmp_path: Path) -> None:
    """A variable inside a section does not hide that the file has no section there."""
    path = written(tmp_path, "kafka: 5")

    assert problems(path, {"RELAY_KAFKA__APP": "x"}) == [
        "relay.yaml:1: kafka: must be a mapping of keys to values, got 5"
    ]


def test_a_file_that_is_a_list_is_refused(tmp_path: Path) -> None:
    """The whole of the file is a mapping."""
    assert problems(written(tmp_path, "- lanes: 4"), {"RELAY_LANES": "4"}) == [
        "relay.yaml:1: must be a mapping of keys to values"
    ]


@pytest.mark.parametrize("content", [b"k" * 16, b"k" * 64, b"k" * 32 + b"\r\n"])
def test_a_secret_is_read_without_the_line_end_of_an_editor(tmp_path: Path, content: bytes) -> None:
    """A secret has 16 to 64 bytes, and the same ones however it was saved."""
    (tmp_path / "key").write_bytes(content)

    settings = load_settings(written(tmp_path, "key_secret_file: key"), {})

    assert settings.secret == content.rstrip()
    assert "kkkk" not in repr(settings)


@pytest.mark.parametrize("content", [b"hunter2", b"hunter2" * 12, b"\n" * 20, None])
def test_a_secret_of_no_use_is_told_without_showing_it(
    tmp_path: Path, content: bytes | None
) -> None:
    """Neither the content nor the name is shown: the secret may stand in either."""
    if content is not None:
        (tmp_path / "hunter2.key").write_bytes(content)
    path = written(tmp_path, "lanes: 0\nkey_secret_file: hunter2.key")

    found = problems(path, {})

    assert [line.split(": ")[1] for line in found] == ["lanes", "key_secret_file"]
    assert not any("hunter2" in line for line in found)


def test_a_secret_in_the_place_of_its_file_is_not_shown(tmp_path: Path) -> None:
    """A wrong type, an unknown key and a variable that sets nothing are named, not quoted."""
    path = written(tmp_path, "key_secret_file: 1234567890\nkey_secret: hunter2")

    found = problems(path, {"RELAY_KEY_SECRET": "hunter2"})

    assert len(found) == 3
    assert not any("hunter2" in line or "123" in line for line in found)


def test_a_policy_is_the_settings_and_the_register(tmp_path: Path) -> None:
    """What decides is taken over value by value."""
    (tmp_path / "key").write_bytes(b"k" * 16)
    text = "relay: r1\nlanes: 2\nkey_secret_file: key\nallow_documentation_addresses: true"
    settings = load_settings(written(tmp_path, text), {})
    members = (Member("ee", "E", "EE", "national-hub"),)

    assert policy(settings, members) == Policy(
        members, b"k" * 16, lanes=2, relay="r1", allow_documentation=True
    )


def test_a_policy_needs_a_secret() -> None:
    """Without a secret of the deployment or one for a simulation nothing can be decided."""
    settings: Settings = load_settings(None, {})

    with pytest.raises(SettingsError, match="key_secret_file: is required"):
        policy(settings, ())
    assert policy(settings, (), b"s" * 16).secret == b"s" * 16
