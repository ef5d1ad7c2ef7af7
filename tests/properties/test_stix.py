from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from relay.core.normalise import Canonical, canonical
from relay.formats.adapters import adapt
from relay.formats.outcome import Converted, Refused, Skipped, Source
from relay.wire.detection import DetectionV1
from tests.unit.formats.stix_objects import (
    a_bundle,
    a_sighting,
    a_thing,
    an_indicator,
    an_object,
    observed,
    tied,
)

SOURCE = Source(
    "ee", "amber", 1_800_000_000_000, own_domains=("victim.org",), allow_documentation=True
)
ATTACKER, VICTIM = "198.51.100.7", "10.66.77.88"
PLANTED = (
    "10.66.77.88", "fd66::77:88", "planted", "victim.org", "192.168.66.77", "203.0.113.66",
)  # fmt: skip
TYPES = (
    "indicator", "observed-data", "sighting", "relationship", "malware", "infrastructure",
    "attack-pattern", "identity", "vulnerability", "report", "marking-definition", "ipv4-addr",
    "domain-name", "url", "file", "email-message", "email-addr", "network-traffic", "process",
    "user-account", "autonomous-system", "bundle", "x-own",
)  # fmt: skip
FIELDS = (
    "pattern", "pattern_type", "valid_from", "created", "modified", "revoked", "spec_version",
    "object_refs", "observed_data_refs", "sighting_of_ref", "source_ref", "target_ref",
    "relationship_type", "object_marking_refs", "granular_markings", "labels", "indicator_types",
    "kill_chain_phases", "external_references", "extensions", "definition", "definition_type",
    "name", "confidence", "first_seen", "last_seen", "count", "first_observed", "last_observed",
    "number_observed", "value", "hashes", "number", "src_ref", "dst_ref", "from_ref", "to_refs",
    "resolves_to_refs", "body_multipart", "image_ref", "opened_connection_refs", "objects",
    "sample_refs", "account_login", "contact_information", "identity_class", "type", "id",
)  # fmt: skip
IDS = st.builds(
    "{}--0b6a9c1e-5d0f-4c1b-8f67-00000000000{}".format, st.sampled_from(TYPES), st.integers(0, 2)
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    IDS,
    st.sampled_from((
        ATTACKER, VICTIM, "2.1", "2.0", "stix", "2026-11-20T12:00:00Z", "tlp:red", "tlp:x", "red",
        "[ipv4-addr:value = '198.51.100.7']", "[a:b = 'c' OR", "[url:value = 'http://c2.example/']",
        "indicates", "consists-of", "based-on", "targets", "c2.example", "\x00", "ab" * 16,
    )),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from((*FIELDS, "MD5", "SHA-256", "0", "1")), inner, max_size=4),
    ),
    max_leaves=8,
)
OBJECTS = st.builds(
    lambda kind, name, fields: {"type": kind, "id": name, "spec_version": "2.1", **fields},
    st.sampled_from(TYPES),
    IDS,
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
)


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
def test_any_bytes_have_an_outcome(record: bytes) -> None:
    """Whatever a record holds, it is converted, skipped or refused, and nothing is raised."""
    check(adapt("stix", record, SOURCE))


@given(st.lists(OBJECTS | JSON, max_size=8))
def test_any_objects_have_an_outcome(objects: list[Any]) -> None:
    """Objects of any types, that refer to one another in any way, give detections or a reason."""
    check(adapt("stix", orjson.dumps({"type": "bundle", "objects": objects}), SOURCE))


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_fields_of_any_type_do_no_harm_to_a_sound_bundle(fields: dict[str, Any]) -> None:
    """An indicator and its sighting with anything over their fields."""
    indicator = an_indicator(f"[ipv4-addr:value = '{ATTACKER}']")
    sighting = a_sighting(indicator)

    check(adapt("stix", orjson.dumps(a_bundle({**indicator, **fields}, sighting)), SOURCE))
    check(adapt("stix", orjson.dumps(a_bundle(indicator, {**sighting, **fields})), SOURCE))


PLACES = st.sampled_from((
    "http://c2.example/planted-login", "http://c2.example/x?u=planted-to@mail.com",
    "http://victim.org/", "http://10.66.77.88/x", "http://c2.example/%31%30.66.77.88",
    "http://c2.example/planted-from-process",
))  # fmt: skip


BANK = an_object("identity", identity_class="organization", name="Planted Bank",
                 contact_information="planted-contact@mail.com")  # fmt: skip
ACCOUNT = a_thing("user-account", account_login="planted-login", user_id="planted-user",
                  display_name="Planted Person", credential="planted-secret")  # fmt: skip
TO = a_thing("email-addr", "to", value="planted-to@mail.com", display_name="Planted To")
SENDER = a_thing("email-addr", "from", value="x@evil.example")
MAIL = a_thing("email-message", from_ref=SENDER["id"], to_refs=[TO["id"]], cc_refs=[TO["id"]],
               bcc_refs=[TO["id"]], subject="planted-subject", body="planted-body",
               received_lines=["planted-line"], is_multipart=False)  # fmt: skip
INSIDE = a_thing("ipv4-addr", "inside", value=VICTIM)
OUTSIDE = a_thing("ipv4-addr", "outside", value="203.0.113.66")
C2 = a_thing("ipv4-addr", "c2", value=ATTACKER)
CALLS = (
    a_thing("network-traffic", "in", src_ref=INSIDE["id"], dst_ref=C2["id"]),
    a_thing("network-traffic", "out", src_ref=OUTSIDE["id"], dst_ref=C2["id"]),
)
USER = a_thing("user-account", "process", account_login="planted-from-process")
PROCESS = a_thing("process", opened_connection_refs=[CALLS[1]["id"]], cwd="/home/planted",
                  command_line="planted-command", creator_user_ref=USER["id"])  # fmt: skip
THINGS = (ACCOUNT, TO, SENDER, MAIL, INSIDE, OUTSIDE, C2, *CALLS, USER, PROCESS)
SITE = an_object("infrastructure", "site", name="Planted Site")
ATTACKED = a_thing("domain-name", "site", value="planted-site.example")
MALWARE = an_object("malware", name="Planted Bank Stealer", is_family=True)
TIES = (tied(MALWARE, "targets", SITE), tied(SITE, "consists-of", ATTACKED),
        tied(MALWARE, "targets", BANK))  # fmt: skip


def planted(url: str, named: str) -> dict[str, Any]:
    """An indicator of the attacker, with victims in its pattern, its name and its description."""
    secret = "[user-account:account_login = 'planted-login' AND user-account:credential = 'planted'"
    return an_indicator(
        f"[url:value = '{url}'] OR {secret}] OR [email-message:to_refs[*].value = "
        f"'planted-to@mail.com'] OR [ipv4-addr:value = '{VICTIM}'] OR [file:name = 'planted.doc'] "
        f"OR [domain-name:value = 'c2.example'] OR [ipv6-addr:value = 'fd66::77:88']",
        name=named,
        description="planted-description",
    )


@given(
    url=PLACES,
    named=st.sampled_from(("Attack on Planted Bank", "x planted-login y", "x 10.66.77.88 y")),
    bound=st.booleans(),
    sighted=st.booleans(),
    embedded=st.booleans(),
)
def test_a_planted_victim_never_comes_out(
    url: str, named: str, bound: bool, sighted: bool, embedded: bool
) -> None:
    """Reporters, targets, recipients, accounts, ends of connections and private values are in no
    detection, whatever they are bound to and wherever else they were planted."""
    indicator = planted(url, named)
    data = observed(*THINGS, **({"objects": {"0": INSIDE, "1": ACCOUNT}} if embedded else {}))
    sighting = a_sighting(
        indicator if bound else MALWARE,
        observed_data_refs=[data["id"]],
        where_sighted_refs=[BANK["id"]],
        description="planted-sighting",
    )
    objects = [BANK, *THINGS, data, SITE, ATTACKED, MALWARE, indicator, *TIES]
    objects += [tied(indicator, "indicates", MALWARE), *([sighting] if sighted else [])]
    objects += [tied(indicator, "based-on", data)] if bound else []

    outcome = adapt("stix", orjson.dumps(a_bundle(*objects)), SOURCE)

    check(outcome)
    assert isinstance(outcome, Converted)
    told = orjson.dumps(outcome.detections).decode().lower()
    assert [word for word in PLANTED if word in told] == []
    assert "c2.example" in told
