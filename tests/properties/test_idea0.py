from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.core.normalise import Canonical, canonical
from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Refused, Skipped, Source
from relay.wire.detection import DetectionV1

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("victim.org",), allow_documentation=True
)
CATEGORIES = st.lists(
    st.sampled_from((
        "Recon.Scanning", "Attempt.Login", "Attempt.Exploit", "Availability.DDoS", "Abusive.Spam",
        "Malware.Trojan", "Intrusion.Botnet", "Intrusion.AdminCompromise", "Fraud.Phishing",
        "Suspicious.Miner", "Vulnerable.Config", "Anomaly.Traffic", "Other", "Test", "",
    )),
    max_size=3,
)  # fmt: skip
ATTACKER = "198.51.100.7"

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=12).filter(lambda text: text.isascii() or text.isprintable()),
    st.sampled_from((
        ATTACKER, "203.0.113.0-203.0.113.255", "2001:DB8::7", "2026-11-20T12:00:00Z", "CC",
        "http://c2.example/", "http://[", "sha1:" + "ab" * 20, "urn:cve:CVE-2021-44228", "GREEN",
    )),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(("IP4", "Type", "URL", "Hash", "Port", "Email", "ASN", "Alert")),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
FIELDS = (
    "Format", "ID", "DetectTime", "EventTime", "CeaseTime", "WinStartTime", "WinEndTime",
    "Category", "Confidence", "Description", "Source", "Target", "Attach", "Node", "Ref", "TLP",
    "ConnCount", "_relay",
)  # fmt: skip


def check(outcome: object) -> None:
    """An outcome is one of three, and what is converted is valid and canonical."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if not isinstance(outcome, Converted):
        return
    for detection in outcome.detections:
        for found in DetectionV1.model_validate(detection).observables:
            again = canonical(found.type, found.value, allow_documentation=True)
            assert again == Canonical(found.type, found.value)


@given(CATEGORIES, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8))
def test_any_shape_of_a_message_has_an_outcome(categories: list[str], more: dict[str, Any]) -> None:
    """Fields of any type in any place give a valid detection, or a reason why not."""
    sound = {
        "Format": "IDEA0",
        "DetectTime": "2026-11-20T12:00:00Z",
        "Category": categories,
        "Source": [{"IP4": [ATTACKER]}],
    }

    check(adapt("idea0", orjson.dumps({**sound, **more}), SOURCE))


@given(
    CATEGORIES,
    st.dictionaries(
        st.sampled_from((
            "Type", "IP4", "IP6", "IP", "Port", "Hostname", "URL", "Email", "Proto", "ASN", "Ref",
            "Spoofed", "AttachHand",
        )),
        JSON,
    ),
    st.dictionaries(st.sampled_from(("Type", "Hash", "Ref", "Handle")), JSON),
)  # fmt: skip
def test_any_shape_of_a_source_has_an_outcome(
    categories: list[str], source: dict[str, Any], file: dict[str, Any]
) -> None:
    """The same for sources, targets and attachments."""
    event = {
        "Format": "IDEA0",
        "DetectTime": "2026-11-20T12:00:00Z",
        "Category": categories,
        "Source": [source, {"IP4": [ATTACKER], "Type": ["CC"]}],
        "Target": source,
        "Attach": [file],
    }

    check(adapt("idea0", orjson.dumps(event), SOURCE))


VICTIM, RANGE_END = "203.0.113.66", "203.0.113.77"
PLANTED = (
    VICTIM, RANGE_END, "203.0.113.88", "2001:db8::66", "planted-host", "planted.example",
    "planted-user", "planted-agent", "victim.org", "00:00:5e:00:53:66", "10.66.77.88",
    "planted-note", "planted-file",
)  # fmt: skip
VICTIMS = {
    "IP4": [VICTIM, f"10.0.0.1-{RANGE_END}", "203.0.113.88/32"],
    "IP6": ["2001:DB8:0:0::66"],
    "Hostname": ["planted-host", "www.planted.example"],
    "URL": ["https://planted.example/login?user=planted-user"],
    "Email": ["planted-user@victim.org"],
    "MAC": ["00:00:5e:00:53:66"],
    "Account": ["planted-user"],
    "LocalIP4": ["10.66.77.88"],
    "LocalHostname": ["planted-host"],
    "SIPTo": ["planted-user@203.0.113.66:5060"],
    "UserAgent": ["planted-agent"],
    "Netname": ["ripe:planted-host"],
    "Router": ["planted-host"],
    "Note": "planted-note",
    "AttachHand": ["victims"],
}
CLEAN = ({"Type": ["CC"]}, {"Type": ["Phishing"]}, {"Type": ["OriginBlacklist"]})
OFFENDING = st.fixed_dictionaries(
    {
        "IP4": st.just([ATTACKER, VICTIM]),
        "Hostname": st.sampled_from(
            (["c2.evil.example"], ["planted-host"], ["planted-host.evil.example"])
        ),
        "URL": st.sampled_from((
            ["http://c2.evil.example/?h=planted-host"], ["http://c2.evil.example/203.0.113.66"],
            ["http://c2.evil.example/?u=planted-user%40victim.org"], ["http://www.victim.org/"],
            ["http://c2.evil.example/?to=%68ttps://planted.example/login?user=planted-user"],
        )),
        "Email": st.sampled_from((["a@evil.example"], ["planted-user@evil.example"])),
        "Account": st.just(["planted-user"]),
        "LocalIP4": st.just(["10.66.77.88"]),
    }
)  # fmt: skip
FLAGS = ({"Spoofed": True}, {"Anonymised": True}, {"Imprecise": True})
ATTACKS = ("Recon.Scanning", "Attempt.Exploit", "Availability.DDoS", "Abusive.Spam")
TALKS = ("Intrusion.Botnet", "Malware.Trojan", "Fraud.Phishing", "Suspicious.Booter")
HIDING = st.one_of(
    st.tuples(st.sampled_from(ATTACKS), st.sampled_from(FLAGS)),
    st.tuples(st.sampled_from(TALKS), st.sampled_from((*FLAGS, {"Type": ["Botnet"]}, {}))),
)
"""A category, and what makes a source in it one that is not shared."""


@given(
    HIDING,
    st.sampled_from(CLEAN),
    OFFENDING,
    st.booleans(),
    st.sampled_from(("planted-host was hit", "planted-user@victim.org", f"from {VICTIM}", "")),
)
def test_a_planted_victim_never_comes_out(
    hiding: tuple[str, dict[str, Any]],
    tag: dict[str, Any],
    offending: dict[str, Any],
    as_target: bool,
    description: str,
) -> None:
    """What a target, a forged or infected source, or the detector names is in no detection,
    wherever else the attacker's values hold it."""
    category, flags = hiding
    hidden = {**VICTIMS, **flags}
    event = {
        "Format": "IDEA0",
        "ID": "planted-note",
        "DetectTime": "2026-11-20T12:00:00Z",
        "Category": [category],
        "Description": description,
        "Note": "planted-note",
        "Source": [{**offending, **tag}, *([] if as_target else [hidden])],
        "Target": [VICTIMS] if as_target else [],
        "Attach": [
            {"Handle": "victims", "FileName": ["planted-file"], "Content": "planted-note",
             "Note": "planted-note"},
            {"Type": ["Malware"], "Hash": ["md5:" + "ab" * 16], "FileName": ["planted-file"],
             "ExternalURI": ["http://planted.example/"]},
        ],
        "Node": [{"Name": "org.victim.planted", "Note": "planted-note", "SW": ["planted-host"]}],
        "_CESNET": {"ResolvedAbuses": ["planted-user@victim.org"]},
        "_Mentat": {"ResolvedAbuses": ["planted-user@victim.org"]},
    }  # fmt: skip

    outcome = adapt("idea0", orjson.dumps(event), SOURCE)

    check(outcome)
    assert isinstance(outcome, Converted)
    told = orjson.dumps(outcome.detections).decode()
    assert [planted for planted in (*PLANTED, "org.victim") if planted in told] == []
    assert ATTACKER in told
