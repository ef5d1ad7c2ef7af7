"""An alert rendered in a format and read back by the adapter of the same: what is lost is told."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.normalise import Canonical, canonical
from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Skipped
from relay.formats.renderers import RENDERERS
from relay.model.alert import Alert
from relay.model.vocabulary import CLASSIFICATIONS, AlertFormat
from relay.wire.detection import MAX_BYTES, DetectionV1
from relay.wire.fields import millis
from tests.unit.formats.kit import UNLABELLED, an_alert_of, told

FOREIGN: tuple[AlertFormat, ...] = tuple(form for form in RENDERERS if form != "native")
REAL = tuple(name for name in CLASSIFICATIONS if name != "test:test")
"""What is marked as a test, a format may pass over when it is read."""
HEX = "0123456789abcdef"
AT = 1_790_000_000_000


def _hex(length: int) -> st.SearchStrategy[str]:
    return st.text(HEX, min_size=length, max_size=length)


_NUMBERS = st.integers(1, 254)
_LABELS = st.from_regex(r"[a-z][a-z0-9_-]{0,8}[a-z0-9]", fullmatch=True)
_DOMAINS = st.builds(lambda name, top: f"{name}.{top}", _LABELS, st.sampled_from(["org", "co.uk"]))
_PATHS = st.text("abcXYZ019-._~%=&?/'\"\\|[](){}", max_size=40)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "ipv4": st.builds("198.41.{}.{}".format, _NUMBERS, _NUMBERS),
    "ipv6": st.builds("2a02:26f0:{:x}::{:x}".format, _NUMBERS, _NUMBERS),
    "cidr": st.builds("198.{}.0.0/16".format, st.integers(100, 120)),
    "domain": _DOMAINS,
    "onion": st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=56, max_size=56).map(
        lambda name: f"{name}.onion"
    ),
    "url": st.builds(lambda host, path: f"http://{host}/{path}", _DOMAINS, _PATHS),
    "email": st.builds(lambda name, host: f"{name}@{host}", _LABELS, _DOMAINS),
    "md5": _hex(32), "sha1": _hex(40), "sha256": _hex(64), "sha512": _hex(128),
    "cert-sha1": _hex(40), "cert-sha256": _hex(64),
    "ja3": _hex(32), "ja3s": _hex(32), "hassh": _hex(32), "jarm": _hex(62),
    "ja4": st.builds("t13d1516h2_{}_{}".format, _hex(12), _hex(12)),
    "cve": st.builds("CVE-20{:02d}-{:04d}".format, st.integers(10, 26), st.integers(1, 99_999)),
    "asn": st.integers(1, 4_294_967_294).map("AS{}".format),
    "btc": st.sampled_from(
        ["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"]
    ),
    "mutex": st.text("abcXYZ0129_\\{}-", min_size=3, max_size=30),
    "regkey": st.text("abcXYZ09 \\_", min_size=1, max_size=30).map("HKLM\\Software\\{}".format),
    "user-agent": st.text("abcXYZ09 /().;", min_size=3, max_size=40).map("agent {}".format),
}  # fmt: skip


@st.composite
def observables(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Canonical observables of any types, the first of a type that correlates."""
    kinds = [draw(st.sampled_from(["ipv4", "domain", "url", "sha256"]))]
    kinds += draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=6))
    verdicts = [canonical(kind, draw(VALUES[kind])) for kind in kinds]
    found = [(v.type, v.value) for v in verdicts if isinstance(v, Canonical)]
    return list(dict.fromkeys(found)) or [("ipv4", "198.41.0.4")]


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Open alerts of every label and severity."""
    end = AT + draw(st.integers(0, 10**9))
    severity = draw(st.sampled_from(["info", "low", "medium", "high", "critical"]))
    return an_alert_of(
        *draw(observables()),
        start=end - draw(st.integers(0, 10**7)),
        end=end,
        episode=end,
        updated=end + draw(st.integers(0, 10**6)),
        expires=end + 10**8,
        severity=severity,
        claimed_severity=severity,
        confidence=draw(st.integers(0, 100)),
        tlp=draw(st.sampled_from(["clear", "green", "amber", "amber+strict", "red"])),
        pap=draw(st.sampled_from(["clear", "green", "amber", "red"])),
        state=draw(st.sampled_from(["early-warning", "cross-border", "widespread", "reported"])),
        revision=draw(st.integers(1, 50)),
        classifications=tuple(
            draw(st.lists(st.sampled_from(REAL), min_size=1, max_size=3, unique=True))
        ),
        techniques=draw(st.sampled_from([(), (("T1071.001", 2),), (("T1110", 1), ("T1059", 3))])),
    )


def read_back(form: AlertFormat, alert: Alert) -> tuple[list[DetectionV1], Counter[str]]:
    """The detections that the adapter makes of a rendering, and what the rendering lost."""
    rendered = RENDERERS[form](alert, "relay-test")
    assert len(rendered.body) <= MAX_BYTES
    outcome = adapt(form, rendered.body, UNLABELLED)
    lost: Counter[str] = Counter()
    lost.update(dict(rendered.lost))
    if isinstance(outcome, Skipped) and lost["observables"] + lost["size"] == len(told(alert)):
        return [], lost
    assert isinstance(outcome, Converted), outcome
    return [DetectionV1.model_validate(body) for body in outcome.detections], lost


@pytest.mark.parametrize("form", FOREIGN)
@given(alert=alerts())
def test_what_comes_back_is_what_went_in_less_what_was_told_lost(
    form: AlertFormat, alert: Alert
) -> None:
    """Observables, times, severity, confidence, labels and the alert itself survive; each loss is
    counted."""
    found, lost = read_back(form, alert)

    back = {(o.type, o.value) for each in found for o in each.observables}
    assert back <= set(told(alert))
    assert len(back) == len(told(alert)) - lost["observables"] - lost["size"]
    assert {millis(each.detected_at) for each in found} <= {alert.end}
    assert {millis(each.first_seen) for each in found if each.first_seen} <= {alert.start}
    assert {each.severity for each in found} <= {alert.severity}
    assert {each.confidence for each in found} <= {alert.confidence}
    assert {each.sharing.pap for each in found} <= {alert.pap}
    if not lost["label"]:
        assert {each.sharing.tlp for each in found} <= {alert.tlp}


@pytest.mark.parametrize("form", FOREIGN)
@given(alert=alerts())
def test_what_the_relay_wrote_is_known_again(form: AlertFormat, alert: Alert) -> None:
    """A relayed alert that comes in again is a follow-up: an echo is no second witness."""
    found, _ = read_back(form, alert)

    assert all(each.derived_from == [alert.id] for each in found)
    assert not any(each.first_hand for each in found)


@pytest.mark.parametrize("form", FOREIGN)
def test_a_label_that_a_format_lacks_never_becomes_a_wider_one(form: AlertFormat) -> None:
    """Whatever a format has no word for, nothing is shared more widely for it."""
    for tlp in ("clear", "green", "amber", "amber+strict", "red"):
        alert = an_alert_of(("ipv4", "198.41.0.4"), tlp=tlp)
        found, _ = read_back(form, alert)
        order = ("clear", "green", "amber", "amber+strict", "red")
        assert all(order.index(each.sharing.tlp) >= order.index(tlp) for each in found)


@pytest.mark.parametrize("form", FOREIGN)
def test_the_largest_alert_fits_a_message(form: AlertFormat) -> None:
    """Two hundred long values do not fit all formats: what is left out is counted as `size`."""
    many: list[tuple[str, str]] = [
        ("url", f"http://host{n}.example.org/{'a' * 200}") for n in range(200)
    ]
    alert = replace(an_alert_of(*many), related=(an_alert_of(("ipv4", "198.41.0.4")).id,) * 50)

    rendered = RENDERERS[form](alert, "r" * 64)

    assert len(rendered.body) <= MAX_BYTES
    found, lost = read_back(form, alert)
    back = {(o.type, o.value) for each in found for o in each.observables}
    assert many[0] in back
    assert len(back) + lost["size"] == len(many)


@pytest.mark.parametrize("form", FOREIGN)
@given(alert=alerts(), more=st.integers(1, 9))
def test_equal_alerts_have_equal_bytes(form: AlertFormat, alert: Alert, more: int) -> None:
    """A replay writes the same bytes; a later revision of the alert is another message."""
    again: Any = replace(alert, updated=alert.updated + more, revision=alert.revision + 1)

    assert RENDERERS[form](alert, "r") == RENDERERS[form](replace(alert), "r")
    assert RENDERERS[form](alert, "r").body != RENDERERS[form](again, "r").body
