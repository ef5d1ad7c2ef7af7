from dataclasses import replace
from importlib import import_module
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.idea0.render import render
from relay.formats.outcome import Converted
from relay.formats.rendering import MOST_BYTES
from relay.model.alert import Alert
from relay.model.vocabulary import CLASSIFICATIONS, OBSERVABLE_TYPES
from relay.wire.fields import millis
from tests.unit.formats.kit import SOURCE, an_alert_of, detections, outcome_of, rendered, told
from tests.unit.wire.values import a_full_alert

VALID, LITE = import_module("idea.valid"), import_module("idea.lite")
"""The two checkers of CESNET's own library, which declares no types."""

UUID = "7b1f4a9e-6a3b-5c1d-9d2e-0123456789ab"
HEX = "0123456789abcdef"
VALUES = {
    "ipv4": st.integers(1, 254).map(lambda last: f"198.51.100.{last}"),
    "ipv6": st.integers(1, 99).map(lambda last: f"2001:db8::{last}"),
    "cidr": st.sampled_from(("198.51.100.0/25", "2001:db8:7::/48")),
    "domain": st.sampled_from(("c2.example", "xn--bcher-kva.example")),
    "url": st.sampled_from(("http://c2.example/a%20b?x=[1]", "https://[2001:db8::7]:8443/")),
    "email": st.sampled_from(("a.b+c@evil.example",)),
    "onion": st.just("b" * 56 + ".onion"),
    "md5": st.text(HEX, min_size=32, max_size=32).filter(lambda text: set(text) != {"0"}),
    "sha1": st.text(HEX, min_size=40, max_size=40).filter(lambda text: set(text) != {"0"}),
    "sha256": st.text(HEX, min_size=64, max_size=64).filter(lambda text: set(text) != {"0"}),
    "sha512": st.just("ab" * 64),
    "cve": st.just("CVE-2021-44228"),
    "asn": st.just("AS64496"),
    "cert-sha1": st.just("cd" * 20),
    "cert-sha256": st.just("cd" * 32),
    "btc": st.just("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    "ja3": st.just("ab" * 16),
    "ja3s": st.just("ac" * 16),
    "ja4": st.just("t13d1516h2_8daaf6152771_e5627efa2ab1"),
    "jarm": st.just("2" * 62),
    "hassh": st.just("ad" * 16),
    "mutex": st.just("Global\\x"),
    "regkey": st.just("HKLM\\Software\\x"),
    "user-agent": st.just("curl/8.5.0"),
}
LACKING = {
    "cert-sha1", "cert-sha256", "btc", "ja3", "ja3s", "ja4", "jarm", "hassh", "mutex", "regkey",
    "user-agent",
}  # fmt: skip
ROLES = (None, "c2", "source", "scanner", "distribution", "phishing", "exfiltration", "sender",
         "payload", "exploit-target", "other")  # fmt: skip


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Alerts of any observables, labels, states and classifications."""
    kinds = draw(st.lists(st.sampled_from(OBSERVABLE_TYPES), min_size=1, max_size=8))
    shown = {(kind, draw(VALUES[kind])): draw(st.sampled_from(ROLES)) for kind in kinds}
    start = draw(st.integers(1_700_000_000_000, 1_770_000_000_000))
    alert = an_alert_of(*shown)
    seen = tuple(
        replace(each, observable=replace(each.observable, role=role))
        for each, role in zip(alert.observables, shown.values(), strict=True)
    )
    return replace(
        alert,
        key=seen[0].observable,
        observables=seen,
        start=start,
        end=start + draw(st.integers(0, 10**8)),
        tlp=draw(st.sampled_from(("clear", "green", "amber", "amber+strict", "red"))),
        pap=draw(st.sampled_from(("clear", "green", "amber", "red"))),
        severity=draw(st.sampled_from(("info", "low", "medium", "high", "critical"))),
        confidence=draw(st.integers(0, 100)),
        state=draw(st.sampled_from(("early-warning", "widespread", "closed", "reported"))),
        revision=draw(st.integers(1, 9)),
        title=draw(st.text(st.characters(codec="utf-8"), max_size=40)),
        classifications=tuple(draw(st.lists(st.sampled_from(CLASSIFICATIONS), max_size=3))),
        related=draw(st.sampled_from(((), (UUID,)))),
    )


def official(message: dict[str, Any]) -> None:
    """Hold a message against both checkers; either raises ValueError."""
    VALID.Idea(message)
    LITE.Idea(message)


@given(alerts())
def test_the_official_library_accepts_every_message(alert: Alert) -> None:
    """Whatever is alerted, CESNET's own library finds no fault with the message."""
    official(orjson.loads(render(alert, "relay-test").body))


def test_what_the_standard_has_no_key_for_is_in_our_own() -> None:
    """State, expiry, flags and whether lists were cut; the library has no fault to find with it."""
    alert = an_alert_of(
        ("ipv4", "198.51.100.7"), flags=("clock_future",), truncated=True, state="closed"
    )
    message = rendered("idea0", alert)
    official(message)

    mark = message["_relay"]
    assert (mark["State"], mark["Flags"], mark["Truncated"]) == ("closed", ["clock_future"], True)
    assert mark["Expires"] == "2026-03-02T08:14:09.251Z"


def test_the_official_library_does_find_faults() -> None:
    """The check is one: a message with a wrong key of each kind is refused."""
    message = rendered("idea0", an_alert_of(("ipv4", "198.51.100.7")))
    faults: list[dict[str, Any]] = [
        {"Format": "IDEA1"},
        {"ID": "a b"},
        {"DetectTime": "yesterday"},
        {"Category": ["Recon/Scanning"]},
        {"Source": [{"IP4": ["c2.example"]}]},
        {"Ref": ["no reference"]},
        {"Attach": [{"Hash": ["abc"]}]},
        {"Node": [{"Name": "Relay One"}]},
    ]

    for fault in faults:
        with pytest.raises((ValueError, OSError)):
            VALID.Idea({**message, **fault})


@given(alerts())
def test_an_alert_comes_back_as_it_was_told(alert: Alert) -> None:
    """Observables that IDEA has, times, severity, labels and the alert's id survive the way out
    and in; what comes back is no sighting of the member's own."""
    outcome = outcome_of("idea0", rendered("idea0", alert), replace(SOURCE, tlp=None))
    kept = [each for each in told(alert) if each[0] not in LACKING]
    if "test:test" in alert.classifications or not kept:
        assert not isinstance(outcome, Converted)
        return

    (back,) = detections("idea0", rendered("idea0", alert), replace(SOURCE, tlp=None))
    assert {(o.type, o.value) for o in back.observables} == set(kept)
    assert back.first_seen is not None
    assert (millis(back.detected_at), millis(back.first_seen)) == (alert.end, alert.start)
    assert (back.severity, back.confidence) == (alert.severity, alert.confidence)
    assert (back.sharing.tlp, back.sharing.pap) == (alert.tlp, alert.pap)
    assert (back.first_hand, back.derived_from) == (False, [alert.id])
    assert {technique.id for technique in back.techniques} == {"T1071.001"}
    if alert.classifications:
        assert back.classification == alert.classifications[0]


@given(alerts())
def test_what_is_lost_is_counted(alert: Alert) -> None:
    """Types that IDEA lacks and who reported it are counted, and nothing else is lost."""
    lost = dict(render(alert, "relay-test").lost)
    lacking = sum(kind in LACKING for kind, _ in told(alert))

    assert lost.pop("observables", 0) == lacking
    assert lost == {"sources": 1}


def test_each_revision_is_a_message_that_replaces_the_last() -> None:
    """Revisions have ids of their own, name the one they replace, and share the alert's."""
    alert = an_alert_of(("ipv4", "198.51.100.7"))
    first, second = (rendered("idea0", replace(alert, revision=each)) for each in (1, 2))

    assert "PredID" not in first
    assert second["PredID"] == [first["ID"]]
    assert first["ID"] != second["ID"]
    assert first["AltNames"] == second["AltNames"] == [alert.id]


def test_roles_are_tags() -> None:
    """A control server bears IDEA's tag for one, so that no receiver takes it for a bot."""
    alert = an_alert_of(("ipv4", "198.51.100.7"))
    seen = replace(
        alert.observables[0], observable=replace(alert.observables[0].observable, role="c2")
    )

    message = rendered("idea0", replace(alert, observables=(seen,)))

    assert message["Source"] == [{"Type": ["CC"], "IP4": ["198.51.100.7"]}]
    assert message["Category"] == ["Intrusion.Botnet"]


@pytest.mark.parametrize("value", ["x" * 2048, "ab" * 32])
def test_the_fullest_alert_is_a_message(value: str) -> None:
    """However long its values and full its lists, an alert is at most 64 KiB, and what had to be
    left out is counted."""
    full = a_full_alert(value)
    urls = [
        replace(each, observable=replace(each.observable, type="url")) for each in full.observables
    ]
    alert = replace(full, observables=(tuple(urls) * 200)[:200])

    message = render(alert, "relay-test")

    assert len(message.body) <= MOST_BYTES
    shown = len(orjson.loads(message.body)["Source"])
    assert shown + dict(message.lost).get("size", 0) == 200
    official(orjson.loads(message.body))


def test_equal_alerts_are_equal_bytes() -> None:
    """A replay writes the same bytes."""
    alerts_ = [an_alert_of(("ipv4", "198.51.100.7"), ("domain", "c2.example")) for _ in range(2)]

    assert len({render(alert, "relay-test").body for alert in alerts_}) == 1


@pytest.mark.parametrize("relay", ["relay-test", "EU.Relay", "1", "", "\u00e9", "x" * 300])
def test_any_id_of_a_relay_is_a_node(relay: str) -> None:
    """IDEA names nodes in few letters; every relay has a name in them."""
    alert = an_alert_of(("ipv4", "198.51.100.7"))

    official(orjson.loads(render(alert, relay).body))
