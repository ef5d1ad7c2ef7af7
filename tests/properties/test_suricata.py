import io
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.core.normalise import Canonical, canonical
from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Refused, Skipped, Source
from relay.formats.reading import records
from relay.wire.detection import DetectionV1

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("victim.org",), allow_documentation=True
)
CATEGORIES = st.sampled_from((
    "Malware Command and Control Activity Detected", "A Network Trojan was detected",
    "Attempted Administrator Privilege Gain", "Successful Administrator Privilege Gain",
    "Attempted Denial of Service", "Detection of a Network Scan", "Misc Attack",
    "Potentially Bad Traffic", "Potential Corporate Privacy Violation",
    "Exploit Kit Activity Detected",
    "Possible Social Engineering Attempted", "no such category",
))  # fmt: skip
SIGNATURES = st.sampled_from(
    ("ET SCAN x", "ET POLICY x", "ET CINS x", "ET MALWARE x", "x OUTBOUND", "", "x \u202e\x00 y")
)
ATTACKER, VICTIM = "198.51.100.7", "10.66.77.88"
PLANTED = (
    "10.66.77.88", "fd66::77:88", "planted-user", "planted-host", "victim.org", "planted-secret",
    "192.168.66.77", "planted@",
)  # fmt: skip

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=12).filter(lambda text: text.isascii() or text.isprintable()),
    st.sampled_from(
        (ATTACKER, VICTIM, "alert", "2026-11-20T12:00:00+0100", "c2.evil.example", "/x")
    ),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(("ip", "hash", "rrname", "query", "x")), inner, max_size=4),
    ),
    max_leaves=8,
)
FIELDS = (
    "event_type", "timestamp", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "direction",
    "flow", "flow_id", "app_proto", "http", "tls", "dns", "fileinfo", "files", "quic",
)  # fmt: skip
ALERT = (
    "gid",
    "signature_id",
    "rev",
    "signature",
    "category",
    "severity",
    "metadata",
    "source",
    "target",
)

HOSTS = ("c2.evil.com", "www.victim.org", VICTIM, "planted-host", "planted-host.local")
NAMES = ("10.66.77.88.t.evil.com", "www.victim.org", "planted-host.corp", "planted-host")


def sound(category: str, signature: str, alert: dict[str, Any], more: dict[str, Any]) -> Any:
    """An alert, with fields of anything over it."""
    rule = {"signature_id": 1, "signature": signature, "category": category, "severity": 1}
    return {
        "timestamp": "2026-11-20T12:00:00.1+0100",
        "event_type": "alert",
        "src_ip": ATTACKER,
        "dest_ip": VICTIM,
        "proto": "TCP",
        "alert": {**rule, **alert},
        **more,
    }


def check(outcome: object) -> None:
    """An outcome is one of three, and what is converted is valid and canonical."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    if not isinstance(outcome, Converted):
        return
    for detection in outcome.detections:
        for found in DetectionV1.model_validate(detection).observables:
            again = canonical(found.type, found.value, allow_documentation=True)
            assert again == Canonical(found.type, found.value)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_outcome(line: bytes) -> None:
    """Whatever a line holds, it is converted, skipped or refused, and nothing is raised."""
    check(adapt("suricata", line, SOURCE))


@given(
    CATEGORIES,
    SIGNATURES,
    st.dictionaries(st.sampled_from(ALERT), JSON, max_size=4),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8),
)
def test_any_shape_of_an_alert_has_an_outcome(
    category: str, signature: str, alert: dict[str, Any], more: dict[str, Any]
) -> None:
    """Fields of any type in any place give a valid detection, or a reason why not."""
    check(adapt("suricata", orjson.dumps(sound(category, signature, alert, more)), SOURCE))


@given(
    category=CATEGORIES,
    signature=SIGNATURES,
    outward=st.booleans(),
    answer=st.booleans(),
    direction=st.booleans(),
    victim=st.sampled_from((VICTIM, "fd66::77:88")),
    host=st.sampled_from(HOSTS),
    path=st.sampled_from((
        "/x?user=planted-user", "/x?u=planted@victim.org", "/10.66.77.88", "/%31%30.66.77.88",
        "/x?token=planted-secret&v=1", "/y?q=192.168.66.77", "http://planted-host.local/",
    )),
    name=st.sampled_from(NAMES),
    blamed=st.sampled_from((None, "src_ip", "dest_ip")),
)  # fmt: skip
def test_a_planted_victim_never_comes_out(
    category: str, signature: str, outward: bool, answer: bool, direction: bool,
    victim: str, host: str, path: str, name: str, blamed: str | None,
) -> None:  # fmt: skip
    """Addresses, names, users and secrets of the victim's side are in no detection, whatever the
    rule, the direction of the flow and the place they were planted in."""
    ends = [(victim, 40_000), (ATTACKER, 80)] if outward else [(ATTACKER, 40_000), (victim, 80)]
    (src, src_port), (dest, dest_port) = reversed(ends) if answer else ends
    event = sound(category, f"{signature} {victim}", {}, {
        "src_ip": src, "src_port": src_port, "dest_ip": dest, "dest_port": dest_port,
        "host": "planted-host", "in_iface": "planted-host", "xff": victim,
        "http": {"hostname": host, "url": path, "http_user_agent": "planted-user",
                 "http_refer": "http://planted-host.local/", "xff": victim,
                 "http_request_body": "planted-secret", "http_method": "GET"},
        "dns": {"rrname": name, "answers": [{"rdata": victim}], "query": [{"rrname": name}]},
        "tls": {"sni": name, "subject": "CN=planted-host", "issuerdn": "CN=victim.org"},
        "smtp": {"mail_from": "planted@victim.org", "rcpt_to": ["planted@victim.org"]},
        "email": {"from": "planted@victim.org", "to": ["planted@victim.org"]},
        "fileinfo": {"filename": "planted-user.docx", "sha256": "planted-secret"},
        "payload": "planted-secret", "payload_printable": "planted-secret",
        "packet": "planted-secret",
        "ssh": {"client": {"software_version": "planted-user"}}, "vars": {"u": "planted-user"},
        "krb5": {"cname": "planted-user"}, "smb": {"share": "\\\\planted-host\\c$"},
        **({"direction": "to_client" if answer else "to_server"} if direction else {}),
        "alert": {
            "signature_id": 1, "category": category, "signature": f"{signature} {victim}",
            **({"metadata": {"hostile": [blamed], "u": ["planted-user"]}} if blamed else {}),
        },
    })  # fmt: skip

    outcome = adapt("suricata", orjson.dumps(event), SOURCE)

    check(outcome)
    if isinstance(outcome, Converted):
        told = orjson.dumps(outcome.detections).decode()
        assert [planted for planted in PLANTED if planted in told] == []


@given(
    st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), min_size=1, max_size=5),
    st.sampled_from((b"\n", b"\r\n", b"", b", ", b"\n\n")),
    st.booleans(),
    st.integers(1, 40),
)
def test_records_come_out_as_they_went_in(
    objects: list[dict[str, Any]], between: bytes, array: bool, size: int
) -> None:
    """However objects are joined and the stream is cut, reading gives the same objects."""
    joined = between.join(map(orjson.dumps, objects))
    raw = orjson.dumps(objects) if array else joined

    class Slow(io.BytesIO):
        def read1(self, _size: int | None = -1, /) -> bytes:
            """Give the next few bytes."""
            return super().read(size)

    found = [orjson.loads(one) for one in records(Slow(raw)) if isinstance(one, bytes)]

    assert found == [orjson.loads(orjson.dumps(one)) for one in objects]


@given(st.binary(max_size=300))
def test_any_stream_can_be_read(raw: bytes) -> None:
    """Reading never raises, and loses nothing but blanks, commas and the wrapping of arrays."""
    found = list(records(io.BytesIO(raw)))

    if not any(isinstance(one, Refused) for one in found):
        kept = b"".join(one for one in found if isinstance(one, bytes))
        drop = b" \t\r\n,[]"
        start = raw.removeprefix(b"\xef\xbb\xbf")
        assert kept.translate(None, drop) == start.translate(None, drop)
