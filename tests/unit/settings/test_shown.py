from pathlib import Path

from relay.settings.catalogue import catalogue, section_of
from relay.settings.relay import RelayFile
from relay.settings.shown import shown_settings


def test_each_key_says_where_it_comes_from(tmp_path: Path) -> None:
    """A value's origin is the file with its line, the environment, or the default."""
    file = tmp_path / "relay.yaml"
    file.write_text("lanes: 2\nlog:\n  level: debug\nwindows:\n  ip: 4h\n")
    found = {
        each.key: (each.origin, each.line, each.value)
        for each in shown_settings(file, {"RELAY_HTTP__PORT": "9000"}).keys
    }

    assert found["lanes"] == ("file", 1, 2)
    assert found["log.level"] == ("file", 3, "debug")
    assert found["windows"] == ("file", 4, {"ip": 4 * 3_600_000})
    assert found["http.port"] == ("environment", None, 9000)
    assert found["correlate.cut_ms"] == ("default", None, 25)


def test_every_key_is_there_and_texts_are_withheld_unless_listed(tmp_path: Path) -> None:
    """No key of the file is left out; the name of the secret's file is not shown."""
    file = tmp_path / "relay.yaml"
    file.write_text("key_secret_file: somewhere\n")
    found = shown_settings(file, {})
    keys = [key for key, field in catalogue(RelayFile).items() if section_of(field)[0] is None]

    assert [each.key for each in found.keys] == keys
    assert [each.key for each in found.keys if each.withheld] == ["key_secret_file"]
    assert found.wrong == ()


def test_a_file_that_cannot_be_read_is_an_answer() -> None:
    """Where there is no such file, that is what is wrong, and nothing is raised."""
    found = shown_settings(Path("nowhere.yaml"), {})

    assert found.keys == ()
    assert len(found.wrong) == 1
