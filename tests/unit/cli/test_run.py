"""How `relay run` ends when it must."""

import io
import json

import pytest
import typer

from relay.cli.run import _FaultsTold
from relay.telemetry import configure


def test_a_fault_is_a_line_and_no_traceback() -> None:
    """Where it was, not what it said: the message may quote a member."""
    stream = io.StringIO()
    configure("info", "json", stream)

    with pytest.raises(typer.Exit) as ended, _FaultsTold():
        raise ExceptionGroup("evil.example", [ValueError("evil.example")])

    assert ended.value.exit_code == 1
    assert ended.value.__suppress_context__
    line = json.loads(stream.getvalue())
    assert (line["level"], line["msg"]) == ("critical", "ended by a fault")
    assert [each["type"] for each in line["exception"]][1:] == ["builtins.ValueError"]
    assert "evil" not in stream.getvalue()


def test_what_was_said_already_is_not_said_again() -> None:
    """An exit with its code goes on as it is, and so does Ctrl-C."""
    stream = io.StringIO()
    configure("info", "json", stream)

    with pytest.raises(typer.Exit) as ended, _FaultsTold():
        raise typer.Exit(4)
    with pytest.raises(KeyboardInterrupt), _FaultsTold():
        raise KeyboardInterrupt

    assert ended.value.exit_code == 4
    assert stream.getvalue() == ""
