"""MISP events of any shape: nothing raised, and nothing of the victim's side comes out."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.formats.adapters import adapt
from relay.formats.misp.kinds import PIECES
from relay.formats.misp.objects import RELATIONS
from relay.formats.outcome import Converted, Outcome, Refused, Skipped, Source
from relay.wire.detection import DetectionV1
from tests.unit.formats.misp_events import attribute, event, tags, thing

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("planted.org",), allow_documentation=True
)
PLANTED = (
    "10.66.77.88", "203.0.113.77", "planted-host", "planted-user", "planted@victim.example",
    "planted.victim.example", "www.planted.org", "planted-asset",
)  # fmt: skip

KINDS = st.sampled_from([*PIECES, "text", "link", "comment", "target-user", "filename", ""])
CATEGORIES = st.sampled_from([
    "Network activity", "Payload delivery", "External analysis", "Internal reference",
    "Financial fraud", "Other", "",
])  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False),
    st.text(max_size=12).filter(lambda text: text.isascii() or text.isprintable()),
    st.sampled_from(["evil.example|198.51.100.7", "198.51.100.7|", "|", "0", "5", "tlp:red"]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "value", "type", "Tag", "Event", "Attribute", "x"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
ATTRIBUTE = (
    "type", "category", "value", "to_ids", "distribution", "deleted", "timestamp", "first_seen",
    "last_seen", "object_relation", "Tag", "Sighting", "Event",
)  # fmt: skip
EVENT = (
    "uuid", "info", "date", "timestamp", "threat_level_id", "distribution", "Tag", "EventTag",
    "Attribute", "Object", "Event", "response",
)  # fmt: skip


def check(outcome: Outcome) -> None:
    """An outcome is one of three, and what is converted is valid."""
    assert isinstance(outcome, Converted | Skipped | Refused)
    for detection in outcome.detections if isinstance(outcome, Converted) else ():
        DetectionV1.model_validate(detection)


@given(
    KINDS,
    CATEGORIES,
    st.sampled_from(["", "planted-template", *RELATIONS]),
    st.dictionaries(st.sampled_from(ATTRIBUTE), JSON, max_size=4),
    st.dictionaries(st.sampled_from(EVENT), JSON, max_size=4),
)
def test_any_shape_of_an_event_has_an_outcome(
    kind: str, category: str, template: str, changes: dict[str, Any], more: dict[str, Any]
) -> None:
    """Fields of any type in any place give valid detections, or a reason why not."""
    changed = {**attribute(kind, "evil.example", category), **changes}
    part = thing(template, changed) if template else changed

    check(adapt("misp", orjson.dumps(event(part, **more)), SOURCE))


@given(JSON)
def test_any_wrapping_has_an_outcome(value: Any) -> None:
    """Whatever stands where an event is looked for, nothing is raised."""
    for name in ("Event", "response", "Attribute", "Object"):
        check(adapt("misp", orjson.dumps({name: value}), SOURCE))


@st.composite
def victims(draw: st.DrawFn) -> dict[str, Any]:
    """A part of an event that tells of the victim's side, in any of the ways MISP has."""
    value = draw(st.sampled_from(PLANTED))
    flagged: dict[str, Any] = {"to_ids": draw(st.booleans())}
    kind = draw(st.sampled_from(["ip-dst", "ip-src", "domain", "hostname", "email-src", "text"]))
    template, relation = draw(
        st.sampled_from([
            ("victim", "name"), ("victim", "ip-address"), ("corporate-asset", "asset-id"),
            ("corporate-asset", "IP"), ("target-system", "targeted_machine"), ("device", "name"),
            ("employee", "email-address"), ("user-account", "username"), ("ddos", "ip-dst"),
            ("attack-step", "dst-ip"), ("cowrie", "dst_ip"), ("email", "to"), ("email", "cc"),
            ("authentication-failure-report", "ip-dst"),
        ])
    )  # fmt: skip
    named = attribute(kind, value, object_relation=relation, **flagged)
    target = draw(st.sampled_from(["target-user", "target-email", "target-machine", "target-org"]))
    return draw(
        st.sampled_from([
            attribute(target, value, "Targeting data", **flagged),
            attribute(target, value, "Payload delivery", **flagged),
            attribute(kind, value, "Targeting data", **flagged),
            attribute(target, value, "Targeting data", deleted=True, **flagged),
            attribute("ip-dst|port", f"{value}|8443", "Targeting data", **flagged),
            attribute("email-dst", value, "Payload delivery", **flagged),
            thing(template, named),
        ])
    )  # fmt: skip


@given(
    st.lists(victims(), min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(["", "relay:alert-id"]),
    st.booleans(),
)
def test_a_planted_victim_never_comes_out(
    parts: list[dict[str, Any]], flagged: bool, mark: str, proposed: bool
) -> None:
    """Hosts, people and addresses of the victim's side are in no detection: not as observables,
    not within others, not in titles and names, even where the relay's own mark is claimed."""
    values = {
        str(one["value"]).partition("|")[0]
        for part in parts
        for one in part.get("Attribute", [part])
    }
    bait = [
        one
        for value in values
        for one in (
            attribute("ip-dst", value, to_ids=flagged),
            attribute("domain", f"{value.replace('@', '.')}.evil.example", to_ids=flagged),
            attribute("url", f"http://evil.example/{value}?q={value}", to_ids=flagged),
            attribute("email-src", f"x@{value.partition('@')[2] or value}", to_ids=flagged),
            attribute("user-agent", f"agent {value}", to_ids=flagged),
            attribute("regkey", f"HKLM\\{value}\\x", to_ids=flagged),
        )
    ]
    names = [f'misp-galaxy:tool="{value}"' for value in values]
    if mark:
        names.append(f'{mark}="5a0f4a9e-6a3b-5c1d-9d2e-0123456789ab"')
    plain = [part for part in parts if "Attribute" not in part] if proposed else []
    told = event(
        *(part for part in parts if part not in plain),
        *bait,
        attribute("domain", "evil.example"),
        info=f"Seen at {', '.join(values)}",
        Tag=tags(*names),
        ShadowAttribute=plain,
    )

    outcome = adapt("misp", orjson.dumps(told), SOURCE)

    check(outcome)
    assert isinstance(outcome, Converted)
    text = orjson.dumps(outcome.detections).decode()
    assert [value for value in values if value in text] == []
