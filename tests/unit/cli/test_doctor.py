"""The doctor without a broker: what looks wrong, and what is never shown."""

import fcntl
import json
import os
import re
import stat
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from relay.broker import free_ports
from relay.broker.certificates import Authority
from relay.cli.doctor.document import document
from relay.cli.doctor.finding import Weight
from relay.cli.doctor.findings import findings
from relay.cli.doctor.gathered import Disk, Gathered, Roll, Secret, Versions
from relay.cli.main import app
from relay.kafka.events import Why
from relay.kafka.survey import Brokers, Cluster, Copies, Group, Open, Progress, Unanswered
from relay.kafka.topics import Change, Kind, Topic
from relay.settings.shown import ShownSettings
from relay.state.survey import Checkpoint
from relay.telemetry.scrape import Checked, Pages, Series
from tests.builders import HOUR, START

ROOT = Path(__file__).parents[3]
GIB = 1 << 30
DAY = 86_400
PLANTED = "planted-5a1e"
"""Stands wherever a person may write something; it must come out nowhere."""

READ = Progress("relay.ingest", "detections.ee", 0, 0, 9, 9)
SOUND_CLUSTER = Cluster(
    Brokers("c", (1, 2, 3), 1, {"produce": 13}),
    {},
    (Copies("relay.state", 0, 1, 3, 3),),
    (Group("relay.ingest", "Stable", 1),),
    (READ, Progress("relay.correlate", "relay.sightings", 0, 0, 7, 7)),
    (Open(0, 0),),
    {0: START},
    {"relay.correlate.0": 1},
)
SOUND = Gathered(
    now=START,
    versions=Versions("1", "3.11", "Linux", {}),
    settings=ShownSettings((), ()),
    roll=Roll(("ee", "fr"), ("ee", "fr"), {}, {}, {}),
    secret=Secret(given=True),
    disk=Disk(
        exists=True, writable=True, total=10 * GIB, free=9 * GIB, inodes_free=9, checkpoints=()
    ),
    cluster=SOUND_CLUSTER,
    address="127.0.0.1:9464",
    pages=Pages(Checked(ok=True), Checked(ok=True), ()),
)


def seen(cluster: Cluster) -> Gathered:
    """All is sound but what the cluster says."""
    return replace(SOUND, cluster=cluster)


def on_disk(**changes: Any) -> Gathered:
    """All is sound but the disk."""
    assert SOUND.disk is not None
    return replace(SOUND, disk=replace(SOUND.disk, **changes))


def counted(name: str) -> Gathered:
    """All is sound but one metric."""
    pages = Pages(Checked(ok=True), Checked(ok=True), (Series(name, {}, 2),))
    return replace(SOUND, pages=pages)


def without_canary_for(seconds: float) -> Gathered:
    """All is sound, but a member's topic has not been reached for some time."""
    reached = START / 1_000 - seconds
    served = (
        Series("relay_canary_interval_seconds", {}, 60),
        Series("relay_canary_last_success_timestamp_seconds", {"member": "fr"}, reached),
    )
    return replace(SOUND, pages=Pages(Checked(ok=True), Checked(ok=True), served))


def test_a_canary_that_is_a_little_late_is_not_lost() -> None:
    """A lane that was just taken over may have missed some."""
    assert findings(without_canary_for(240)) == ()


def test_what_ends_later_than_in_a_fortnight_is_no_finding() -> None:
    """Within a week it weighs more than before."""
    later, soon, near = (
        findings(replace(SOUND, ends={"client": START / 1_000 + days * DAY})) for days in (15, 8, 6)
    )

    assert [[each.weight for each in found] for found in (later, soon, near)] == [
        [], [Weight.NOTE], [Weight.WRONG],
    ]  # fmt: skip


def test_where_all_is_sound_nothing_is_found() -> None:
    """A deployment in order has no findings, and nothing that was not asked."""
    written = document(SOUND, findings(SOUND))

    assert written["findings"] == []
    assert written["not_asked"] == {}


GONE = Unanswered(Why.CONNECTION, "KafkaConnectionError")
MISSING = Change(Kind.CREATE, Topic("alerts.fr", 1, {}), "")
RESTORING = Checked(ok=False, checks={"correlate_owned": 4, "correlate_ready": 1})
LATE = Progress("relay.ingest", "detections.ee", 0, 0, 0, 20_000)
BEFORE = Progress("relay.ingest", "detections.ee", 0, 5, 4, 9)
UNFED = Progress("relay.correlate", "relay.sightings", 0, 0, None, 0)
BEYOND = Progress("relay.correlate", "relay.sightings", 0, 0, 10, 9)


@pytest.mark.parametrize(
    ("known", "where", "says"),
    [
        (replace(SOUND, secret=Secret(given=False)), "settings", "no key secret"),
        (replace(SOUND, secret=Secret(given=True, open_to_others=True)), "settings", "open to"),
        (
            replace(SOUND, secret=Secret(given=True, open_keys=("token_file",))),
            "settings",
            "file of kafka.security.token_file is open to",
        ),
        (replace(SOUND, roll=Roll(("ee",), ("ee",), {}, {}, {})), "register", "1 members"),
        (on_disk(free=GIB // 2), "disk", "512 MiB are free"),
        (on_disk(free=GIB * 10 // 21, total=10 * GIB), "disk", "are free"),
        (on_disk(writable=False), "disk", "cannot be written"),
        (on_disk(checkpoints=(Checkpoint(0, 1, 9),)), "disk", "1 checkpoints (0/1) could not"),
        (on_disk(unreadable=True), "disk", "checkpoints could not be looked at"),
        (on_disk(checkpoints=(Checkpoint(0, 1, 9, (9, 9), 1, START),)), "disk", "another version"),
        (on_disk(checkpoints=(Checkpoint(0, 1, 9, (1, 1), 1, START - 13 * HOUR),)), "disk", "ago"),
        (seen(Cluster(*[GONE] * 8)), "broker", "none answers"),
        (seen(replace(SOUND_CLUSTER, groups=GONE)), "groups", "no answer"),
        (replace(SOUND, differing=(MISSING,)), "topics", "1 are missing: alerts.fr"),
        (replace(SOUND, foreign=True), "topics", "another key_secret_file"),
        (
            seen(replace(SOUND_CLUSTER, copies=(Copies("t", 0, None, 3, 3),))),
            "copies",
            "no leader: t/0",
        ),
        (seen(replace(SOUND_CLUSTER, copies=(Copies("t", 0, 1, 3, 2),))), "copies", "behind: t/0"),
        (seen(replace(SOUND_CLUSTER, copies=(Copies("t", 0, 1, 1, 1),))), "copies", "fewer than"),
        (seen(replace(SOUND_CLUSTER, progress=(LATE,))), "progress", "20000 records"),
        (seen(replace(SOUND_CLUSTER, progress=(BEFORE,))), "progress", "retention took"),
        (seen(replace(SOUND_CLUSTER, progress=(BEYOND,))), "progress", "beyond the end"),
        (seen(replace(SOUND_CLUSTER, progress=(READ, UNFED))), "progress", "no lane has had"),
        (
            seen(
                replace(
                    SOUND_CLUSTER, progress=(LATE,), groups=(Group("relay.ingest", "Empty", 0),)
                )
            ),
            "groups",
            "20000 records wait",
        ),
        (seen(replace(SOUND_CLUSTER, newest={0: START + 6_000})), "clock", "6.0 s ahead"),
        (replace(SOUND, pages=Pages(None, None, None)), "relay", "no relay answers"),
        (
            replace(SOUND, pages=Pages(Checked(ok=False), Checked(ok=True), ())),
            "relay",
            "not live",
        ),
        (
            replace(SOUND, pages=Pages(Checked(ok=True), RESTORING, ())),
            "relay",
            "correlate has 1 of 4",
        ),
        (counted("relay_records_lost_total"), "relay", "2 records were lost"),
        (counted("relay_member_aside_lanes"), "relay", "2 lanes have a member set aside"),
        (replace(SOUND, ends={"client": START / 1_000 + 13 * DAY}), "certificates", "13.0 days"),
        (replace(SOUND, ends={"authority": START / 1_000 - 1}), "certificates", "has expired"),
        (without_canary_for(301), "relay", "1 members (fr)"),
        (counted("relay_spans_refused_total"), "relay", "2 spans of traces were not taken"),
        (replace(SOUND, untraceable=True), "settings", "without the extra otel"),
    ],
)
def test_what_looks_wrong_is_found_with_what_to_do(known: Gathered, where: str, says: str) -> None:
    """Each thing that is wrong is one of the findings, in its place, with a remedy."""
    found = [each for each in findings(known) if each.where == where and says in each.says]

    assert len(found) == 1
    assert found[0].do


def planted(place: Path) -> None:
    """Write settings, register, secret and state full of what must not be shown."""
    (place / "key-secret").write_text(f"{PLANTED} of thirty-two bytes")
    [nobody, http] = free_ports(2)
    (place / "relay.yaml").write_text(
        f"key_secret_file: key-secret\nkafka:\n  bootstrap: 127.0.0.1:{nobody}\n"
        f"http:\n  port: {http}\n"
    )
    (place / "members.yaml").write_text(
        "version: 1\nmembers:\n"
        f"  - {{id: ee, name: {PLANTED}, country: EE, kind: national-hub,"
        f" red_contact: {PLANTED} 198.41.0.4, emits: {{domains: [{PLANTED}.example.eu],"
        " networks: [198.41.0.0/24]}}\n"
        f"  - {{id: us, name: {PLANTED}, country: US, kind: third-country,"
        f" third_country_basis: {PLANTED}}}\n"
    )


def doctored(place: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """Run the command in a directory; its code and what it wrote to both outputs."""
    monkeypatch.chdir(place)
    ran = CliRunner().invoke(app, ["doctor"])
    return ran.exit_code, ran.stdout, ran.stderr


def test_without_broker_and_relay_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document is whole where nobody answers, says what was not asked, and ends with 4."""
    planted(tmp_path)
    code, written, said = doctored(tmp_path, monkeypatch)
    told = json.loads(written)

    assert code == 4
    assert told["register"]["ids"] == ["ee", "us"]
    assert told["not_asked"]["relay.metrics"] == "no answer"
    assert told["not_asked"]["cluster.broker"].startswith("connection")
    assert "none answers" in said
    for text in (PLANTED, "198.41"):
        assert text not in written + said


@pytest.mark.parametrize(
    "settings",
    [
        f"key_secret_file: {PLANTED}\n",
        f"key_secret_file: {PLANTED}-{PLANTED}\nlanes: {PLANTED}\n",
        f"{PLANTED}: 1\n",
        f"kafka:\n  {PLANTED}: {PLANTED}\n",
        f"kafka:\n  bootstrap: user:{PLANTED}@host:9092\n",
        f"windows:\n  {PLANTED}: 4h\n",
        f"- {PLANTED}\n",
        f"log: *{PLANTED}\n",
    ],
)
def test_wrong_settings_are_told_by_their_place_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    """A secret in the place of something else, or of a key, is not shown: exit code 3, no value."""
    planted(tmp_path)
    (tmp_path / "relay.yaml").write_text(settings)
    code, written, said = doctored(tmp_path, monkeypatch)

    assert code == 3
    assert json.loads(written)["settings_wrong"]
    assert PLANTED not in written + said


def test_a_wrong_register_is_told_by_its_place_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A register that cannot be read keeps what is in it to itself."""
    planted(tmp_path)
    (tmp_path / "members.yaml").write_text(
        f"version: 1\nmembers:\n  - {{id: {PLANTED}-{PLANTED}-{PLANTED}, kind: {PLANTED}}}\n"
    )
    code, written, said = doctored(tmp_path, monkeypatch)
    wrong = json.loads(written)["register"]["wrong"]

    assert code == 3
    assert wrong[0] == {"file": "register", "line": 3, "key": "members[].id"}
    assert PLANTED not in written + said


def test_every_library_is_named_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The versions are those of all that the relay requires, each of them found."""
    planted(tmp_path)
    _, written, _ = doctored(tmp_path, monkeypatch)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = {re.split("[<>=]", each)[0] for each in project["dependencies"]}
    libraries = json.loads(written)["versions"]["libraries"]

    assert set(libraries) == required
    assert "missing" not in libraries.values()


def test_the_document_is_written_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --output the document goes to a file of mode 0600, also where one was open."""
    planted(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.json").touch(0o644)
    ran = CliRunner().invoke(app, ["doctor", "--output", "out.json"])

    assert ran.stdout == ""
    assert json.loads((tmp_path / "out.json").read_text())["schema"] == "doctor.v1"
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("mode", "open_keys"), [(0o640, ["password_file"]), (0o600, [])])
def test_a_password_that_others_may_read_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, open_keys: list[str]
) -> None:
    """The file of a password is looked at as that of the key secret is, and not read."""
    planted(tmp_path)
    path = tmp_path / "relay.yaml"
    Authority(tmp_path / "ca.crt")
    login = f"ca_file: ca.crt, username: ee, password_file: {PLANTED}"
    secured = f"\n  security: {{protocol: sasl_ssl, {login}}}\nhttp:"
    path.write_text(path.read_text().replace("\nhttp:", secured))
    (tmp_path / PLANTED).touch(mode)
    (tmp_path / PLANTED).chmod(mode)

    _, written, said = doctored(tmp_path, monkeypatch)

    told = json.loads(written)
    assert told["secret"]["open_keys"] == open_keys
    assert list(told["certificates"]) == ["authority"]
    assert ("kafka.security.password_file is open to others" in said) == bool(open_keys)
    assert PLANTED not in written + said


def test_a_device_keeps_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--output may be no regular file, like /dev/null: it is written to and left to everybody."""
    planted(tmp_path)
    monkeypatch.chdir(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o622)
    reader = os.open(pipe, os.O_RDWR)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 1 << 20)
    CliRunner().invoke(app, ["doctor", "--output", str(pipe)])
    written = os.read(reader, 1 << 20)
    os.close(reader)

    assert json.loads(written)["schema"] == "doctor.v1"
    assert stat.S_IMODE(pipe.stat().st_mode) == 0o622
