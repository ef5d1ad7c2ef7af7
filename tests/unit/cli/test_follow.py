from collections.abc import Sequence

import orjson
import pytest
import typer
from aiokafka.errors import UnknownTopicOrPartitionError
from typer.testing import CliRunner

from relay.cli.codes import FAILURE
from relay.cli.follow import Display
from relay.cli.kafka import broker_errors
from relay.cli.main import app
from relay.kafka.config import KafkaSettings
from relay.model.records import Position, Record
from relay.wire.canary import encode


def a_record(body: object, at: int = 0, topic: str = "alerts.fr", partition: int = 0) -> Record:
    """A record as it was read; `body` may be bytes."""
    value = body if isinstance(body, bytes) else orjson.dumps(body)
    return Record(Position(topic, partition, at), at, None, value)


def an_alert(number: int, revision: int = 1) -> dict[str, object]:
    """As much of an alert as tells it from others."""
    return {"id": number, "episode": "e", "revision": revision}


def shown(records: Sequence[Record], output: pytest.CaptureFixture[str]) -> list[object]:
    """What `--json` prints of these records."""
    Display(as_json=True).show(records)
    return [orjson.loads(line) for line in output.readouterr().out.splitlines()]


def test_what_is_there_comes_in_order_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Partitions and topics are read one after another, but shown as it happened."""
    records = [
        a_record(an_alert(2), at=2),
        a_record(an_alert(4), at=4),
        a_record(an_alert(1), at=1, partition=1),
        a_record({"reason": "too-old"}, at=3, topic="rejected.fr"),
    ]

    assert shown(records, capsys) == [
        an_alert(1), an_alert(2), {"reason": "too-old"}, an_alert(4),
    ]  # fmt: skip


def test_a_repeat_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A revision is shown once, however often it was written; rejections are all shown."""
    alerts = [a_record(an_alert(1, revision)) for revision in (1, 1, 2, 1)]
    rejections = [a_record({"reason": "x"}, topic="rejected.fr")] * 2

    assert shown([*alerts, *rejections], capsys) == [
        an_alert(1), an_alert(1, 2), {"reason": "x"}, {"reason": "x"},
    ]  # fmt: skip


def test_signs_of_life_are_shown_on_request_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads alerts is told of no canary; who asks for them gets each, once."""
    canary = orjson.loads(encode("relay", 2, 1_772_439_240_000, 60))
    records = [a_record(canary), a_record(an_alert(1)), a_record(canary)]

    assert shown(records, capsys) == [an_alert(1)]
    Display(as_json=True, canaries=True).show(records)
    assert [orjson.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        canary, an_alert(1),
    ]  # fmt: skip
    Display(as_json=False, canaries=True).show(records[:1])
    assert capsys.readouterr().out == "08:14:00  CANARY        lane 2 of relay, every 60 s\n"


def test_what_is_no_object_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Foreign bytes on a topic do not end the command."""
    assert shown([a_record(b"{"), a_record(b"[]"), a_record(an_alert(1))], capsys) == [an_alert(1)]


def test_the_missing_topic_is_the_one_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Of several topics that are read, the one that is not there is named, in one line."""
    with (
        pytest.raises(typer.Exit) as ended,
        broker_errors(KafkaSettings(("nowhere:1",)), "alerts.fr"),
    ):
        raise UnknownTopicOrPartitionError("rejected.fr")

    assert ended.value.exit_code == FAILURE
    assert capsys.readouterr().err == (
        "rejected.fr: there is no such topic; `relay provision` makes it\n"
    )


def test_a_reader_that_goes_away_is_no_fault_of_a_broker() -> None:
    """As when a command's output goes to `head`: the command line ends quietly, as others do."""
    with pytest.raises(BrokenPipeError), broker_errors(KafkaSettings(("127.0.0.1:1",)), "topics"):
        raise BrokenPipeError


def test_until_end_is_said_to_begin_at_the_beginning() -> None:
    """It shows all that is kept, and whoever asks for help is to know it before."""
    told = CliRunner().invoke(app, ["follow", "--help"], env={"COLUMNS": "200"})

    [line] = [line for line in told.stdout.splitlines() if "--until-end" in line]
    assert "All that is kept" in line
