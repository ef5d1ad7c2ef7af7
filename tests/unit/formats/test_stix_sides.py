import pytest

from tests.unit.formats.kit import detections
from tests.unit.formats.stix_objects import (
    ADDRESS,
    C2,
    HOST,
    MALWARE,
    MD5,
    SHA256,
    a_bundle,
    a_sighting,
    a_thing,
    an_indicator,
    an_object,
    nothing,
    observed,
    pairs,
    tied,
)


def test_the_objects_of_infrastructure_and_malware_are_the_attackers() -> None:
    """By the relationships that bind them, with the malware's name and at the best time."""
    server = an_object("infrastructure", infrastructure_types=["command-and-control"])
    sample = a_thing("file", hashes={"SHA-256": SHA256, "MD5": MD5})
    spoken = a_thing("domain-name", value="c2.example")
    malware = MALWARE | {"sample_refs": [sample["id"]]}
    ties = [
        tied(server, "consists-of", C2, created="2026-11-06T00:00:00Z"),
        tied(malware, "communicates-with", spoken, start_time="2026-11-07T00:00:00Z"),
        tied(malware, "uses", server),
    ]

    found = detections("stix", a_bundle(C2, server, sample, spoken, malware, *ties))
    told = {o.value: (each.detected_at[:10], each.malware, o.side, o.role)
            for each in found for o in each.observables}  # fmt: skip
    assert told == {
        "198.51.100.7": ("2026-11-06", ["Dropper X"], "infrastructure", "c2"),
        "c2.example": ("2026-11-07", ["Dropper X"], "attacker", None),
        SHA256: ("2026-11-01", ["Dropper X"], "attacker", "payload"),
        MD5: ("2026-11-01", ["Dropper X"], "attacker", "payload"),
    }


@pytest.mark.parametrize("kind", ["targets", "impersonates", "mitigates", "located-at", "x"])
def test_other_relationships_bind_nothing_to_the_attacker(kind: str) -> None:
    """Whom malware hits, whom it poses as, and what nobody knows, is not the attacker's."""
    assert nothing(MALWARE, C2, tied(MALWARE, kind, C2))


def test_the_infrastructure_that_is_targeted_is_the_victims() -> None:
    """Its addresses come out nowhere, not even where another object has them."""
    server = an_object("infrastructure")
    ties = [tied(MALWARE, "targets", server), tied(server, "consists-of", C2)]

    assert nothing(MALWARE, server, C2, *ties)
    assert nothing(MALWARE, server, C2, *ties, an_indicator(ADDRESS))
    assert nothing(MALWARE, server, C2, ties[0], tied(server, "communicates-with", C2))


def test_objects_on_their_own_are_no_detection() -> None:
    """Nothing says whose they are, nor when."""
    assert nothing(C2, a_thing("file", hashes={"MD5": MD5}))
    assert nothing(C2, an_object("report", object_refs=[C2["id"]]))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("domain-name", "api.telegram.org"),
        ("url", "https://www.welivesecurity.com/2026/11/20/loader/"),
        ("url", "http://ip-api.com/json"),
        ("url", "outlook.com"),
        ("url", "http://www.google.com/"),
    ],
)
def test_what_everybody_uses_is_not_told_because_it_was_observed(kind: str, value: str) -> None:
    """Platforms export context as observed data; an indicator of it means what it says."""
    thing = a_thing(kind, value=value)
    said = an_indicator(f"[{kind}:value = '{value}']")

    assert nothing(thing, observed(thing))
    assert pairs(thing, observed(thing), said) == pairs(said) != []
    assert pairs(thing, C2, observed(thing, C2)) == [("ipv4", "198.51.100.7")]


def test_observed_data_is_of_an_unknown_side() -> None:
    """What was merely observed may be anybody's; a sighting of malware makes it the attacker's."""
    (found,) = detections("stix", a_bundle(C2, observed(C2)))
    (sighted,) = detections(
        "stix",
        a_bundle(
            C2, observed(C2), MALWARE, a_sighting(MALWARE, observed_data_refs=[observed(C2)["id"]])
        ),
    )

    assert [(o.value, o.side) for o in found.observables] == [("198.51.100.7", "unknown")]
    assert [(o.value, o.side) for o in sighted.observables] == [("198.51.100.7", "attacker")]
    assert (sighted.malware, sighted.detected_at) == (["Dropper X"], "2026-11-04T13:00:00.000Z")


def test_what_an_indicator_was_seen_in_is_not_shared() -> None:
    """The evidence of a sighting holds the victim's side: the indicator says what was bad."""
    indicator = an_indicator(ADDRESS)
    data = observed(HOST, C2)
    sighting = a_sighting(indicator, observed_data_refs=[data["id"]])

    assert pairs(indicator, HOST, C2, data, sighting) == [("ipv4", "198.51.100.7")]


def test_what_a_revoked_indicator_was_seen_in_is_not_shared_either() -> None:
    """It was a mistake: the evidence is of nothing."""
    indicator = an_indicator("[file:name MATCHES '^x']", revoked=True)
    data = observed(C2)

    assert nothing(indicator, C2, data, a_sighting(indicator, observed_data_refs=[data["id"]]))


def test_an_object_may_be_sighted_itself() -> None:
    """OpenCTI does so: the sighting says that it is the attacker's, and when."""
    other = {"first_seen": "2026-11-03T00:00:00Z", "last_seen": "2026-11-03T01:00:00Z"}
    (found,) = detections("stix", a_bundle(C2, a_sighting(C2), a_sighting(C2, "two", **other)))

    assert [(o.value, o.side) for o in found.observables] == [("198.51.100.7", "attacker")]
    assert (found.first_seen, found.detected_at, found.count) == (
        "2026-11-03T00:00:00.000Z",
        "2026-11-04T13:00:00.000Z",
        6,
    )
    assert nothing(C2, a_sighting(C2, count=0))


def test_raw_events_of_ones_own_logs_are_no_detection() -> None:
    """A search over a SIEM returns observed data of events: nobody called them an attack."""
    event = a_thing("x-oca-event")

    assert nothing(event, C2, observed(event, C2))


def test_of_a_message_only_the_sender_and_what_it_carried_is_taken() -> None:
    """Recipients never come out, wherever else they stand."""
    sender = a_thing("email-addr", "from", value="x@evil.example")
    to = a_thing("email-addr", "to", value="jane@victim.example")
    attached = a_thing("file", hashes={"SHA-256": SHA256})
    message = a_thing(
        "email-message", from_ref=sender["id"], to_refs=[to["id"]], cc_refs=[to["id"]],
        body_multipart=[{"body_raw_ref": attached["id"]}], subject="Hello Jane",
    )  # fmt: skip
    things = [message, sender, to, attached]
    told = an_indicator("[url:value = 'http://c2.example/jane@victim.example']")

    assert pairs(*things, observed(*things)) == [("email", "x@evil.example"), ("sha256", SHA256)]
    assert pairs(*things, observed(*things), told) == [
        ("email", "x@evil.example"), ("sha256", SHA256),
    ]  # fmt: skip


def test_of_a_connection_between_two_public_ends_neither_is_taken() -> None:
    """One of them is the victim; if only one could be shared, it is the other's."""
    inside = a_thing("ipv4-addr", "inside", value="10.0.0.7")
    unclear = a_thing("network-traffic", src_ref=HOST["id"], dst_ref=C2["id"])
    outward = a_thing("network-traffic", src_ref=inside["id"], dst_ref=C2["id"])

    assert nothing(HOST, C2, unclear, observed(unclear, HOST, C2))
    assert pairs(inside, C2, outward, observed(outward, inside, C2)) == [("ipv4", "198.51.100.7")]
    assert pairs(HOST, C2, unclear, observed(unclear, HOST, C2), an_indicator(ADDRESS)) == [
        ("ipv4", "198.51.100.7")
    ]


def test_a_process_called_out() -> None:
    """The image is what ran, the other end of its connection is whom it called."""
    image = a_thing("file", hashes={"SHA-256": SHA256})
    call = a_thing("network-traffic", src_ref=HOST["id"], dst_ref=C2["id"])
    process = a_thing("process", image_ref=image["id"], opened_connection_refs=[call["id"]],
                      command_line="x --password y")  # fmt: skip
    things = [image, call, process, HOST, C2]

    assert pairs(*things, observed(*things)) == [("sha256", SHA256), ("ipv4", "198.51.100.7")]


def test_accounts_are_the_victims_unless_bound_to_the_attacker() -> None:
    """A login that was observed is nowhere in what comes out; the attacker's own hides nothing."""
    account = a_thing("user-account", account_login="jdoe", user_id="1001")
    told = an_indicator("[url:value = 'http://c2.example/jdoe']")
    actor = an_object("threat-actor", name="Actor")

    assert nothing(account, told)
    assert pairs(account, an_indicator("[url:value = 'http://c2.example/1001']")) == [
        ("url", "http://c2.example/1001")
    ]
    assert pairs(account, actor, tied(actor, "uses", account), told) == [
        ("url", "http://c2.example/jdoe")
    ]


def test_the_contact_of_an_organisation_is_nobodys_indicator() -> None:
    """Whoever reports or was hit is reached there: it never comes out."""
    bank = an_object("identity", name="Bank", contact_information="soc@bank.example")

    assert nothing(bank, an_indicator("[email-addr:value = 'soc@bank.example']"))


def test_objects_held_by_observed_data_are_read() -> None:
    """The dictionary of STIX 2.0 is deprecated in 2.1, not gone."""
    held = {
        "0": {"type": "domain-name", "value": "c2.example", "resolves_to_refs": ["1"]},
        "1": {"type": "ipv4-addr", "value": "198.51.100.7"},
        "2": {"type": "email-message", "from_ref": "3", "to_refs": ["4"]},
        "3": {"type": "email-addr", "value": "x@evil.example"},
        "4": {"type": "email-addr", "value": "jane@victim.example"},
        "5": {"type": "network-traffic", "src_ref": "6", "dst_ref": "7"},
        "6": {"type": "ipv4-addr", "value": "203.0.113.9"},
        "7": {"type": "ipv4-addr", "value": "203.0.113.10"},
    }
    found = pairs(observed(objects=held, object_refs=None))

    assert sorted(found) == [
        ("domain", "c2.example"), ("email", "x@evil.example"), ("ipv4", "198.51.100.7"),
    ]  # fmt: skip


def test_a_sighted_vulnerability_is_an_observable() -> None:
    """Named beside malware it is context; seen used, it is what was seen."""
    hole = an_object("vulnerability", name="CVE-2026-1234")

    assert pairs(hole, a_sighting(hole)) == [("cve", "CVE-2026-1234")]
    assert nothing(hole, MALWARE, tied(MALWARE, "exploits", hole))
