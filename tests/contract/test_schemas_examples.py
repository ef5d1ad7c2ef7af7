import os
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from typer.testing import CliRunner

from relay.cli.main import app
from relay.core.correlate import Rules
from relay.core.register import Register
from relay.model.member import Member
from relay.model.outcome import Accepted, Outcome, Reason, Rejected, Verdict
from relay.model.policy import Policy
from relay.model.records import Position, Record
from relay.pipeline import ingest
from relay.wire import canary
from relay.wire.detection import MAX_BYTES
from relay.wire.fields import millis
from tests.unit.wire.contract import EXAMPLES, examples, validator

ROOT: Final = Path(__file__).parents[2]
READ_AT: Final = millis("2026-03-02T12:00:00Z")
MEMBERS: Final = (
    *(Member(name, name, name.upper(), "national-hub") for name in ("de", "ee", "fr", "pl")),
    Member("lt", "lt", "LT", "national-hub", enabled=False),
)
POLICY: Final = Policy(MEMBERS, b"a secret of the examples", allow_documentation=True)
RULES: Final = Rules(POLICY, Register(MEMBERS))

# Reasons of a record that is not refused, and the one that no record can give.
NEVER_REFUSED: Final = frozenset({
    Reason.VICTIM_SIDE, Reason.SPECIAL_ADDRESS, Reason.PERSONAL_PARAMETER, Reason.INTERNAL,
})  # fmt: skip

# Reasons that only a record in a foreign format can give.
FOREIGN: Final = frozenset({Reason.OTHER_FORMAT, Reason.NO_TIME})

VALID: Final = examples("detection.v1/valid")
TRIMMED: Final = examples("detection.v1/trimmed")
INVALID: Final = examples("detection.v1/invalid")


def outcomes(value: bytes, member: str) -> tuple[Outcome, ...]:
    """What becomes of a record of a member's topic."""
    record = Record(Position(f"detections.{member}", 0, 0), READ_AT, None, value)
    return ingest([record], RULES).outcomes


def told(name: str) -> str:
    """The reason in the name of a file."""
    return name.partition("--")[0]


@pytest.mark.parametrize("name", VALID)
def test_a_valid_example_is_taken(name: str) -> None:
    """A detection that is shown as valid gives sightings and no rejection."""
    member = orjson.loads(VALID[name])["member"]
    (outcome,) = outcomes(VALID[name], member)

    assert isinstance(outcome, Accepted), outcome
    assert outcome.sightings > 0


@pytest.mark.parametrize("name", TRIMMED)
def test_a_trimmed_example_is_taken_without_what_its_name_says(name: str) -> None:
    """A detection that is shown as trimmed is taken, and its sender is told what was cut."""
    rejected, taken = outcomes(TRIMMED[name], "ee")

    assert isinstance(rejected, Rejected), rejected
    assert (rejected.verdict, rejected.reason) == (Verdict.TRIMMED, told(name))
    assert isinstance(taken, Accepted)


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_example_is_refused_for_the_reason_in_its_name(name: str) -> None:
    """What is shown as invalid, read from the topic of `ee`, is refused for that very reason."""
    reason = told(name)
    member = "lt" if reason == Reason.MEMBER_DISABLED else "ee"
    (rejected,) = outcomes(INVALID[name], member)

    assert isinstance(rejected, Rejected), rejected
    assert (rejected.verdict, rejected.reason) == (Verdict.REFUSED, reason), rejected


def test_each_reason_has_an_example() -> None:
    """There is an example of every reason for which a record can be refused or trimmed."""
    assert {told(name) for name in INVALID} == {reason.value for reason in Reason} - {
        reason.value for reason in NEVER_REFUSED | FOREIGN
    }
    assert {told(name) for name in TRIMMED} == {
        reason.value for reason in NEVER_REFUSED - {Reason.INTERNAL}
    }


@pytest.mark.parametrize("name", [name for name in INVALID if told(name) == "unlabelled"])
def test_a_member_can_see_for_itself_that_a_label_is_missing(name: str) -> None:
    """What is refused as unlabelled, the published schema refuses too."""
    assert not validator("detection.v1").is_valid(orjson.loads(INVALID[name]))


def test_examples_name_no_real_thing() -> None:
    """Examples use addresses and names that are set aside for documentation, and fit a message."""
    found = b"".join((*VALID.values(), *TRIMMED.values()))

    assert b".com" not in found
    assert all(len(value) <= MAX_BYTES for value in (*VALID.values(), *TRIMMED.values()))


def simulated(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `relay simulate` tells the members of examples/members.yaml of the example log."""
    for name in [name for name in os.environ if name.startswith("RELAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RELAY_ALLOW_DOCUMENTATION_ADDRESSES", "true")
    log = (EXAMPLES / "log.ndjson").read_bytes()
    members = str(ROOT / "examples/members.yaml")
    run = CliRunner().invoke(app, ["simulate", "--members", members], input=log)
    assert run.exit_code == 0, run.output
    return [unversioned(orjson.loads(line)["value"]) for line in run.stdout.splitlines()]


def unversioned(body: Any) -> Any:
    """A message without the version of the relay, which a release must be able to raise."""
    if "relay" in body:
        body["relay"].pop("version")
    return body


def test_alerts_and_rejections_are_what_a_simulation_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example of what a member is told is told when the example log is simulated."""
    lines = simulated(monkeypatch)
    shown = {
        f"{where}/{name}": unversioned(orjson.loads(value))
        for where in ("alert.v1/valid", "rejection.v1/valid")
        for name, value in examples(where).items()
    }

    assert [name for name, body in shown.items() if body not in lines] == []


@pytest.mark.parametrize("name", examples("canary.v1/valid"))
def test_a_sign_of_life_is_what_its_schema_says(name: str) -> None:
    """What is shown as valid is, and it is what the relay writes."""
    body = orjson.loads(examples("canary.v1/valid")[name])
    written = canary.encode(body["relay"], body["lane"], millis(body["at"]), body["every_s"])

    assert validator("canary.v1").is_valid(body)
    assert orjson.loads(written) == body


@pytest.mark.parametrize("name", examples("canary.v1/invalid"))
def test_what_is_shown_as_no_sign_of_life_is_none(name: str) -> None:
    """A reader's own check refuses what is shown as invalid."""
    assert not validator("canary.v1").is_valid(orjson.loads(examples("canary.v1/invalid")[name]))


def test_the_examples_tell_a_whole_story() -> None:
    """There is an alert of each state that the log reaches, and a rejection of each outcome."""
    alerts = [orjson.loads(value) for value in examples("alert.v1/valid").values()]
    rejections = [orjson.loads(value) for value in examples("rejection.v1/valid").values()]

    assert {body["state"] for body in alerts} == {"early-warning", "cross-border", "closed"}
    assert {body["outcome"] for body in rejections} == {"refused", "trimmed"}
