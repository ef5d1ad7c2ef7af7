"""`relay convert` through the command line."""

import gzip
import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from relay.cli.main import app
from relay.wire import alert
from tests.builders import a_detection
from tests.unit.formats.eve_events import C2, INSIDE, OUTSIDE, SCAN, event
from tests.unit.formats.kit import an_alert_of

PRIVATE = {"type": "ipv4", "value": "192.168.7.7", "side": "attacker"}
VICTIM = {"type": "domain", "value": "mail.ministry.example", "side": "victim"}


def run(data: bytes | list[Any], *options: str, label: str = "green") -> Result:
    """The command on bytes, or on values as lines."""
    lines = data if isinstance(data, bytes) else b"\n".join(json.dumps(v).encode() for v in data)
    labelled = ["--tlp", label] if label else []
    fixed = ["convert", "--member", "pl", "--allow-documentation"]
    return CliRunner().invoke(app, [*fixed, *labelled, *options], input=lines)


def told(result: Result) -> list[dict[str, Any]]:
    """The lines that came out."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def outcomes(result: Result) -> list[tuple[int, str]]:
    """(index, what came of it) of each line."""
    names = ("detection", "alert", "skipped", "rejected")
    return [(line["index"], next(n for n in names if n in line)) for line in told(result)]


def test_each_record_is_answered_in_its_place() -> None:
    """What is converted, skipped and rejected comes out in the order of the input."""
    scan = event(OUTSIDE, INSIDE, SCAN)

    result = run([scan, {**scan, "event_type": "dns"}, [1], scan], "--from", "suricata")

    assert outcomes(result) == [
        (0, "detection"), (1, "skipped"), (2, "rejected"), (3, "detection"),
    ]  # fmt: skip
    assert told(result)[1] == {"index": 1, "skipped": "event_type dns"}
    assert set(told(result)[2]["rejected"]) == {"reason", "detail", "path"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_array_is_its_elements_plain_or_compressed(pack: Any) -> None:
    """Rotated and exported logs come as they are."""
    two = json.dumps([event(OUTSIDE, INSIDE, SCAN)] * 2, indent=2).encode()

    assert outcomes(run(pack(two), "--from", "eve")) == [(0, "detection"), (1, "detection")]


def test_auto_says_which_format_it_found() -> None:
    """Each record is recognised by itself, and the line names its format."""
    lines = [event(OUTSIDE, INSIDE, SCAN), a_detection(), {"tea": "pot"}]

    result = run(lines, "--from", "auto")

    assert [line.get("format") for line in told(result)] == ["suricata", "native", None]
    assert told(result)[2]["rejected"]["reason"] == "other-format"
    assert "1 detection (suricata)" in result.stderr


def test_a_record_of_another_format_is_rejected_by_name() -> None:
    """Who named the wrong format is told which one it looks like."""
    (line,) = told(run([{"class_uid": 2004}], "--from", "suricata"))

    assert "OCSF" in line["rejected"]["detail"]


def test_without_a_label_nothing_is_shared() -> None:
    """A format that carries no label needs one given: none is ever assumed."""
    (line,) = told(run([event(OUTSIDE, INSIDE, SCAN)], "--from", "suricata", label=""))

    assert line["rejected"]["reason"] == "unlabelled"


def test_a_native_detection_is_minimised() -> None:
    """What the relay would cut does not come out here either; the rest stays as it was."""
    body = a_detection(observables=[("domain", "EVIL.Example."), VICTIM, PRIVATE], local_ref="7")

    (line,) = told(run([body], "--from", "native"))

    kept = [{"type": "domain", "value": "evil.example", "side": "attacker"}]
    assert line["detection"] == {**body, "observables": kept}


def test_a_native_label_is_never_widened() -> None:
    """The label given is the widest: what a detection says itself may only be stricter."""
    (wide,) = told(run([a_detection(sharing={"tlp": "clear"})], "--from", "native"))
    (strict,) = told(run([a_detection(sharing={"tlp": "red"})], "--from", "native"))

    assert wide["detection"]["sharing"]["tlp"] == "green"
    assert strict["detection"]["sharing"]["tlp"] == "red"


@pytest.mark.parametrize("own", ["c2.example", "*.c2.example", ".C2.example."])
def test_the_members_own_domain_is_kept_however_it_is_written(own: str) -> None:
    """A wildcard or a dot before a domain means what is below it."""
    called = {**C2, "metadata": {"hostile": ["dest_ip"]}}
    beacon = event(INSIDE, OUTSIDE, called, tls={"sni": "vpn.c2.example"})

    (free,) = told(run([beacon], "--from", "suricata"))
    (kept,) = told(run([beacon], "--from", "suricata", "--own-domain", own))

    assert "vpn.c2.example" in json.dumps(free)
    assert "vpn.c2.example" not in json.dumps(kept)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"member": "fr"}, "wrong-member"),
        ({"severity": "grave"}, "invalid"),
        ({"observables": [VICTIM]}, "nothing-left"),
        ({"observables": [("ipv4", "1.2.3")]}, "invalid-observable"),
    ],
)
def test_a_native_message_is_rejected_as_the_relay_would(
    changes: dict[str, Any], reason: str
) -> None:
    """The reasons are those of `rejection.v1`."""
    (line,) = told(run([{**a_detection(), **a_detection(**changes)}], "--from", "native"))

    assert line["rejected"]["reason"] == reason


def test_an_alert_is_rendered_in_the_format_asked_for() -> None:
    """What a member reads natively can be had in the form that its tools load."""
    body = json.loads(alert.encode(an_alert_of(("ipv4", OUTSIDE)), "relay-test"))

    (same,) = told(run([body], "--from", "native"))
    (line,) = told(run([body], "--from", "native", "--to", "stix"))

    assert same["alert"] == {**body, "relay": same["alert"]["relay"]}
    assert line["alert"]["type"] == "bundle"


def test_a_detection_is_rendered_minimised() -> None:
    """A rendering of a detection holds no more than what may leave its member."""
    body = a_detection(observables=[("ipv4", OUTSIDE), VICTIM])

    result = run([body], "--from", "native", "--to", "misp")

    assert OUTSIDE in result.stdout
    assert VICTIM["value"] not in result.stdout


def test_what_a_format_cannot_say_is_counted() -> None:
    """A loss is never silent: stderr has how many of what."""
    ja3 = ("ja3", "e7d705a3286e19ea42f587b344ee6865")
    body = a_detection(observables=[("ipv4", OUTSIDE), ja3])

    result = run([body], "--from", "native", "--to", "stix")

    assert "lost" in result.stderr
    assert "1 observables" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--from", "sricata"), "did you mean suricata?"),
        (("--from", "native", "--to", "wazuh"), "The formats are: native, stix"),
        (("--from", "native", "--to", "splunk"), "it can be read, not written"),
        (("--from", "native", "--own-network", "x"), "--own-network"),
        (("--from", "native", "--own-domain", "https://soc.example"), "--own-domain: must be"),
        (("--from", "native", "--member", "Z_Z"), "--member: must be"),
    ],
)
def test_a_wrong_option_is_told_with_what_would_be_right(
    options: tuple[str, ...], says: str
) -> None:
    """A usage error is exit code 2 and one sentence."""
    result = run(b"", *options)

    assert result.exit_code == 2
    assert says in result.stderr
