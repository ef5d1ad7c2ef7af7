from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relay.cli.codes import FAILURE
from relay.cli.main import app
from relay.kafka.config import KafkaSettings
from relay.kafka.topics import Topic, wanted

MEMBERS = """\
version: 1
members:
- {id: ee, name: E, country: EE, kind: national-hub}
- {id: pl, name: P, country: PL, kind: national-hub}
"""


def test_one_conflict_stops_all_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic that is missing beside it is shown and not made, and the way on is named."""
    (tmp_path / "secret").write_bytes(bytes(16))
    (tmp_path / "members.yaml").write_text(MEMBERS)
    (tmp_path / "relay.yaml").write_text("key_secret_file: secret\nlanes: 4\n")
    actual = {topic.name: topic for topic in wanted(("ee", "pl"), 4)}
    actual["rejected.pl"] = replace(actual["rejected.pl"], partitions=3)
    del actual["alerts.ee"]

    async def describe(_: KafkaSettings, names: Iterable[str]) -> dict[str, Topic]:
        return {name: actual[name] for name in names if name in actual}

    async def apply(*_: object) -> None:
        raise AssertionError("something was changed")

    monkeypatch.setattr("relay.kafka.admin.describe", describe)
    monkeypatch.setattr("relay.kafka.admin.apply", apply)
    words = ["provision", "--yes", "--settings", str(tmp_path / "relay.yaml")]
    ran = CliRunner().invoke(app, words)

    assert ran.exit_code == FAILURE, ran.output
    assert [line.split(":")[0] for line in ran.stdout.splitlines()] == [
        "create     alerts.ee",
        "conflict   rejected.pl",
    ]
    assert ran.stderr.startswith("in conflict: 1; nothing was changed, nor is anything else mended")
    assert "Partitions in conflict" in ran.stderr
