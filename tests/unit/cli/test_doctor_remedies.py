"""What the doctor says to do, and when: as the runbooks and alerts have it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from aiokafka.errors import KafkaConnectionError, SaslAuthenticationFailed

from relay.broker.certificates import LIFE, Authority
from relay.cli.codes import FORBIDDEN, UNREACHABLE
from relay.cli.doctor import gathering
from relay.cli.doctor.command import exit_code
from relay.cli.doctor.finding import Finding, Weight
from relay.cli.doctor.findings import RENEWALS, findings
from relay.cli.doctor.gathered import Gathered
from relay.kafka.config import KafkaSettings
from relay.kafka.events import Purpose, Why
from relay.kafka.security import client_of
from relay.kafka.survey import Cluster, Unanswered
from relay.settings.security import Security
from relay.telemetry.scrape import Checked, Pages, Series
from tests.builders import START
from tests.unit.cli.test_doctor import SOUND, doctored, planted

ROOT: Final = Path(__file__).parents[3]
NOW: Final = START / 1_000
DAY: Final = 86_400
SILENT: Final = Unanswered(Why.CONNECTION, "KafkaConnectionError")


def serving(*served: Series) -> Gathered:
    """All is sound, and the relay says this of itself."""
    return replace(SOUND, pages=Pages(Checked(ok=True), Checked(ok=True), served))


def ending(purpose: str) -> Gathered:
    """A certificate of this purpose ends in five days; brokers' are known from the relay alone."""
    at = NOW + 5 * DAY
    if purpose == "broker":
        name = "relay_certificate_expiry_timestamp_seconds"
        return serving(
            Series(name, {"purpose": "broker"}, at),
            Series(name, {"purpose": "client"}, NOW - DAY),
        )
    return replace(SOUND, ends={purpose: at})


@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_to_do_about_a_certificate_is_what_its_runbook_says(purpose: Purpose) -> None:
    """An authority stays beside the new one, and a broker's certificate is not the operator's."""
    [found] = findings(ending(purpose.value))
    runbook = (ROOT / "docs" / "runbooks" / "RelayCertificateExpiresSoon.md").read_text()
    words = " ".join(runbook.split())
    first = found.do.split(";")[0].split(", and")[0]

    assert (found.where, found.weight) == ("certificates", Weight.WRONG)
    assert "expires in 5.0 days" in found.says
    assert found.do == RENEWALS[purpose]
    assert f"`{purpose}`: {first}" in words


def secured(place: Path, life: timedelta = LIFE) -> KafkaSettings:
    """Settings of a client that shows a certificate."""
    authority = Authority(place / "ca.crt")
    made = authority.issue("relay", place, life)
    security = Security("ssl", ca=place / "ca.crt", cert=made.cert, key=made.key)
    return KafkaSettings(("127.0.0.1:1",), client=client_of(security))


def asked(
    kafka: KafkaSettings, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> tuple[Finding, int]:
    """What is found, and the code, where clients only hear that brokers went away."""

    async def refusal(_: KafkaSettings) -> Exception | None:
        return error

    monkeypatch.setattr(gathering, "refusal", refusal)
    known, cluster = gathering.refused(SOUND, Cluster(*[SILENT] * 8), kafka)
    known = replace(known, cluster=cluster)
    [found] = [each for each in findings(known) if each.where == "broker"]
    return found, exit_code(known, (found,))


@pytest.mark.parametrize(
    ("life", "says"),
    [(LIFE, "may be of an authority that they do not trust"), (-timedelta(hours=1), "has expired")],
)
def test_a_certificate_that_is_refused_is_no_broker_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, life: timedelta, says: str
) -> None:
    """The connection there was is closed: code 5, and the certificate is named."""
    found, code = asked(secured(tmp_path, life), KafkaConnectionError("planted"), monkeypatch)

    assert code == FORBIDDEN
    assert "the certificate of kafka.security.cert_file" in found.says
    assert says in found.says
    assert "planted" not in found.says


def test_a_login_that_is_refused_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients only log it; asked once more, the broker says it. Its text stays out."""
    error = SaslAuthenticationFailed("planted")
    found, code = asked(KafkaSettings(("127.0.0.1:1",)), error, monkeypatch)

    assert code == FORBIDDEN
    assert "does not allow us in: SaslAuthenticationFailed" in found.says
    assert "planted" not in found.says


@pytest.mark.parametrize("error", [ConnectionRefusedError(), None])
def test_a_broker_that_is_away_is_still_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """Nothing listens, or it came back just now: code 4, and no certificate is blamed."""
    found, code = asked(secured(tmp_path), error, monkeypatch)

    assert code == UNREACHABLE
    assert "none answers: connection" in found.says


def without_canary(seconds: float, every: int, aside: tuple[str, ...] = ()) -> Gathered:
    """Two members whose topics were last reached so long ago; of some it is known why."""
    last = "relay_canary_last_success_timestamp_seconds"
    return serving(
        Series("relay_canary_interval_seconds", {}, every),
        *(Series(last, {"member": each}, NOW - seconds) for each in ("ee", "fr")),
        *(
            Series("relay_member_aside_lanes", {"member": each}, each in aside)
            for each in ("ee", "fr")
        ),
    )


@pytest.mark.parametrize(
    ("known", "lost"),
    [
        (without_canary(299, 10), []),
        (without_canary(301, 10), ["ee, fr"]),
        (without_canary(499, 100), []),
        (without_canary(501, 100), ["ee, fr"]),
        (without_canary(301, 10, ("ee",)), ["fr"]),
        (without_canary(301, 10, ("ee", "fr")), []),
    ],
)
def test_a_canary_is_lost_when_its_alert_says_so(known: Gathered, lost: list[str]) -> None:
    """Five intervals, five minutes at least, and nobody set aside: that is told by itself."""
    found = [each.says for each in findings(known) if "no canary reaches" in each.says]

    assert [says.partition("(")[2].rstrip(")") for says in found] == lost


def test_who_waits_for_canaries_that_are_not_written_is_noted() -> None:
    """It is no fault, but a member that raises an alarm at their silence is to be told."""
    [found] = findings(replace(SOUND, unheard=("fr",)))

    assert (found.where, found.weight) == ("settings", Weight.NOTE)
    assert "canary.every_s is 0" in found.says
    assert "(fr)" in found.says


def test_who_waits_for_canaries_is_known_from_the_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and register together tell it, whoever answers."""
    planted(tmp_path)
    settings, register = tmp_path / "relay.yaml", tmp_path / "members.yaml"
    settings.write_text(settings.read_text() + "canary: {every_s: 0}\n")
    register.write_text(
        register.read_text().replace("kind: third", "wants: {canary: true}, kind: third")
    )
    _, written, said = doctored(tmp_path, monkeypatch)

    assert "canary.every_s is 0: 1 members with wants.canary get no canary (us)" in said
    assert "settings" in {each["where"] for each in json.loads(written)["findings"]}


@pytest.mark.parametrize(
    ("checks", "page"),
    [
        ({"draining": True}, "docs/operations.md"),
        ({"correlate_owned": 4, "correlate_ready": 1}, "docs/runbooks/RelayLanesUnowned.md"),
        ({}, "docs/operations.md"),
    ],
)
def test_a_relay_that_is_not_ready_is_sent_to_a_section_that_exists(
    checks: dict[str, bool | int | float], page: str
) -> None:
    """A page of a hundred lines alone is no remedy."""
    pages = Pages(Checked(ok=True), Checked(ok=False, checks=checks), ())
    [found] = findings(replace(SOUND, pages=pages))
    _, quote, section = found.do.partition('"')

    assert page in found.do
    assert bool(quote) == (page == "docs/operations.md")
    assert f"## {section.partition(chr(34))[0]}".rstrip() in (ROOT / page).read_text()
