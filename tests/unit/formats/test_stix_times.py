from typing import Any

import pytest

from relay.formats.outcome import Refused
from tests.unit.formats.kit import detections, outcome_of
from tests.unit.formats.stix_objects import (
    ADDRESS,
    C2,
    MD5,
    SHA1,
    a_bundle,
    a_sighting,
    an_indicator,
    an_object,
    nothing,
    observed,
    pairs,
    tied,
)


def test_of_several_versions_the_latest_counts() -> None:
    """The value of an older version is gone, in whatever order they come."""
    old = an_indicator("[domain-name:value = 'old.example']")
    new = an_indicator(ADDRESS, modified="2026-11-05T00:00:00.000Z")

    assert pairs(old, new) == pairs(new, old) == [("ipv4", "198.51.100.7")]


def test_what_is_revoked_is_not_shared() -> None:
    """Neither by the indicator itself, nor by the objects that said the same."""
    revoked = an_indicator(ADDRESS, modified="2026-11-05T00:00:00.000Z", revoked=True)
    other = an_indicator("[domain-name:value = 'c2.example']", "two")

    assert nothing(an_indicator(ADDRESS), revoked)
    assert pairs(an_indicator(ADDRESS), revoked, other) == [("domain", "c2.example")]
    assert nothing(revoked, C2, observed(C2))
    assert nothing(revoked, C2, tied(revoked, "based-on", C2))
    assert nothing(an_indicator(ADDRESS) | {"revoked": True})


def test_a_revoked_infrastructure_claims_nothing() -> None:
    """A relationship to what is taken back is taken back."""
    server = an_object("infrastructure", revoked=True)

    assert nothing(C2, server, tied(server, "consists-of", C2))


def test_one_value_is_one_observable() -> None:
    """The same as indicator, as object and in observed data comes out once, at the best time."""
    indicator = an_indicator(ADDRESS)
    data = observed(C2)

    (found,) = detections("stix", a_bundle(indicator, C2, data, tied(indicator, "based-on", data)))
    assert [o.value for o in found.observables] == ["198.51.100.7"]
    assert (found.detected_at, found.first_seen, found.count) == (
        "2026-11-03T11:00:00.000Z", "2026-11-03T10:00:00.000Z", 7,
    )  # fmt: skip
    (loose,) = detections("stix", a_bundle(indicator, C2, data))
    assert [o.value for o in loose.observables] == ["198.51.100.7"]
    assert loose.detected_at == "2026-11-03T11:00:00.000Z"
    assert loose.observables[0].side == "attacker"


TIMES = [
    ({}, [], "2026-11-02T09:00:00.123Z"),
    ({"valid_from": None}, [], "2026-11-01T08:00:00.000Z"),
    ({"valid_from": None, "created": None}, [], "2026-11-01T08:00:00.000Z"),
    ({}, [{}], "2026-11-04T13:00:00.000Z"),
    ({}, [{"last_seen": None}], "2026-11-04T12:00:00.000Z"),
    ({}, [{"last_seen": None, "first_seen": None}], "2026-11-01T08:00:00.000Z"),
    ({}, [{}, {"last_seen": "2026-11-04T14:00:00Z"}], "2026-11-04T14:00:00.000Z"),
    ({}, [{"count": 0}], "2026-11-02T09:00:00.123Z"),
    ({}, [{"x_opencti_negative": True}], "2026-11-02T09:00:00.123Z"),
    ({}, [{"revoked": True}], "2026-11-02T09:00:00.123Z"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sightings", "expected"), TIMES)
def test_the_time_is_that_of_the_event(
    fields: dict[str, Any], sightings: list[dict[str, Any]], expected: str
) -> None:
    """A sighting's last time, else since when the indicator is valid, else when it was made; a
    sighting that says "not seen" is none."""
    indicator = an_indicator(ADDRESS, **fields)
    seen = [a_sighting(indicator, f"s{n}", **each) for n, each in enumerate(sightings)]

    (found,) = detections("stix", a_bundle(indicator, *seen))
    assert found.detected_at == expected


def test_sightings_of_one_indicator_add_up() -> None:
    """The span reaches from the first to the last, and the counts are summed."""
    indicator = an_indicator(ADDRESS)
    earlier = {"first_seen": "2026-11-03T00:00:00Z", "last_seen": "2026-11-03T01:00:00Z"}

    (found,) = detections(
        "stix",
        a_bundle(indicator, a_sighting(indicator), a_sighting(indicator, "two", **earlier)),
    )
    assert (found.first_seen, found.last_seen, found.count) == (
        "2026-11-03T00:00:00.000Z", "2026-11-04T13:00:00.000Z", 6,
    )  # fmt: skip


def test_without_any_time_it_is_refused() -> None:
    """An event of an unknown time cannot be correlated."""
    outcome = outcome_of(
        "stix", an_indicator(ADDRESS, valid_from="today", created=None, modified=None)
    )

    assert isinstance(outcome, Refused)
    assert outcome.reason == "no-time"


def test_indicators_of_one_kind_are_one_detection() -> None:
    """What has the same time, label, severity and confidence is told together; the rest apart."""
    first = an_indicator(ADDRESS, "one")
    second = an_indicator("[domain-name:value = 'c2.example']", "two")
    later = an_indicator(f"[file:hashes.MD5 = '{MD5}']", "three", valid_from="2026-11-09T00:00:00Z")
    surer = an_indicator(f"[file:hashes.'SHA-1' = '{SHA1}']", "four", confidence=90)

    found = detections("stix", a_bundle(first, second, later, surer))
    assert [[o.value for o in each.observables] for each in found] == [
        ["198.51.100.7", "c2.example"], [MD5], [SHA1],
    ]  # fmt: skip
    assert [each.title for each in found] == [
        "Indicator one (and 1 more)", "Indicator three", "Indicator four",
    ]  # fmt: skip
    assert len({each.id for each in found}) == 3


def test_what_one_tool_stamped_a_moment_apart_is_one_detection() -> None:
    """Times of publishing count by the second, and the last is told; what was seen, exactly."""
    first = an_indicator(ADDRESS, valid_from="2026-11-02T09:00:00.100Z")
    second = an_indicator(
        "[domain-name:value = 'c2.example']", "two", valid_from="2026-11-02T09:00:00.900Z"
    )
    seen = [a_sighting(first, "one"), a_sighting(second, "two", last_seen="2026-11-04T13:00:00.5Z")]

    (found,) = detections("stix", a_bundle(first, second))
    assert found.detected_at == "2026-11-02T09:00:00.900Z"
    assert len(detections("stix", a_bundle(first, second, *seen))) == 2


def test_a_large_bundle_loses_nothing() -> None:
    """More indicators than a detection holds become several detections."""
    many = [an_indicator(f"[domain-name:value = 'd{n}.example']", str(n)) for n in range(250)]

    found = detections("stix", a_bundle(*many))
    assert [len(each.observables) for each in found] == [100, 100, 50]


def test_a_repeat_keeps_its_id_and_a_new_version_has_another() -> None:
    """The id is that of what is claimed, not of the bundle it came in."""
    indicator = an_indicator(ADDRESS)
    (first,) = detections("stix", a_bundle(indicator))
    (again,) = detections("stix", [indicator])
    (newer,) = detections("stix", indicator | {"modified": "2026-11-05T00:00:00.000Z"})

    assert first.id == again.id
    assert newer.id != first.id
