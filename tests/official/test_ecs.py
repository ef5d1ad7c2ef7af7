"""Rendered alerts against the Elastic Common Schema.

No package publishes its definitions; those of the fields in use stand below, from the schema's own
reference (elastic/ecs, `ecs_flat.yml` of 8.17): type, whether it is a list, and what it may hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import orjson
import pytest
from hypothesis import given

from relay.formats.moments import moment
from relay.formats.renderers import RENDERERS
from relay.formats.rendering import MOST_BYTES
from relay.model.alert import Alert
from tests.properties.test_round_trips import alerts
from tests.unit.formats.kit import an_alert_of
from tests.unit.wire.values import a_full_alert

LONGEST_KEYWORD = 1024  # `ignore_above`: what is longer is stored and not found


@dataclass(frozen=True)
class Field:
    """A definition of the schema."""

    type: str = "keyword"
    many: bool = False
    allowed: tuple[str, ...] = ()


DATE, NUMBER = Field("date"), Field("long")
TYPES = Field(allowed=(
    "autonomous-system", "artifact", "directory", "domain-name", "email-addr", "file", "ipv4-addr",
    "ipv6-addr", "mac-addr", "mutex", "port", "process", "software", "url", "user-account",
    "windows-registry-key", "x509-certificate",
))  # fmt: skip
INDICATOR = {
    "name": Field(), "type": TYPES, "ip": Field("ip"), "url.domain": Field(),
    "url.full": Field("wildcard"), "email.address": Field(), "registry.key": Field(),
    "file.hash.md5": Field(), "file.hash.sha1": Field(), "file.hash.sha256": Field(),
    "file.hash.sha512": Field(), "provider": Field(), "first_seen": DATE, "last_seen": DATE,
    "modified_at": DATE, "description": Field(), "sightings": NUMBER,
    "confidence": Field(allowed=("Not Specified", "None", "Low", "Medium", "High")),
    "marking.tlp": Field(
        allowed=("WHITE", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
    ),
    "marking.tlp_version": Field(),
}  # fmt: skip
FIELDS = {
    "@timestamp": DATE, "ecs.version": Field(), "message": Field("text"),
    "tags": Field(many=True),
    "event.kind": Field(allowed=("alert", "asset", "enrichment", "event", "metric", "state",
                                 "pipeline_error", "signal")),
    "event.category": Field(many=True, allowed=("threat",)),
    "event.type": Field(many=True, allowed=("indicator",)),
    "event.action": Field(), "event.dataset": Field(), "event.id": Field(),
    "event.module": Field(), "event.provider": Field(), "event.reason": Field(),
    "event.created": DATE, "event.start": DATE, "event.end": DATE, "event.severity": NUMBER,
    "event.risk_score": Field("float"), "observer.name": Field(), "observer.product": Field(),
    "observer.type": Field(), "observer.version": Field(), "related.ip": Field("ip", many=True),
    "related.hash": Field(many=True), "related.hosts": Field(many=True), "rule.id": Field(),
    "rule.name": Field(), "threat.feed.name": Field(), "threat.technique.id": Field(many=True),
    **{f"threat.indicator.{name}": field for name, field in INDICATOR.items()},
    **{f"threat.enrichments.indicator.{name}": field for name, field in INDICATOR.items()},
}  # fmt: skip
OWN = ("labels.relay_alert_id", "relay.", "threat.enrichments.relay.")
"""Outside the schema: labels are anybody's, and `relay` is a field set of our own."""


def leaves(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a document, those of nested objects under the path of their list."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(part, list) and part and isinstance(part[0], dict):
        for inner in part:
            yield from leaves(inner, path)
    else:
        yield path, part


def sound(field: Field, value: Any) -> bool:
    """Whether a value is of a field's type and among what it may hold."""
    if field.allowed and value not in field.allowed:
        return False
    if field.type == "date":
        return moment(value) is not None
    if field.type == "ip":
        return bool(ip_address(value))
    if field.type == "long":
        return isinstance(value, int) and value < 2**63
    if field.type == "float":
        return isinstance(value, float)
    return isinstance(value, str) and (field.type != "keyword" or len(value) <= LONGEST_KEYWORD)


def check(alert: Alert) -> None:
    """Each field is one of the schema's or our own, and holds what it may."""
    body = RENDERERS["ecs"](alert, "relay-test").body
    assert len(body) <= MOST_BYTES
    for path, value in leaves(orjson.loads(body)):
        if path.startswith(OWN):
            continue
        field = FIELDS[path]
        assert isinstance(value, list) == field.many, path
        assert all(sound(field, each) for each in (value if field.many else [value])), path


@given(alerts())
def test_every_field_is_defined_and_of_its_type(alert: Alert) -> None:
    """Whatever an alert holds, its document fits the schema's mappings."""
    check(alert)


@pytest.mark.parametrize(
    "alert",
    [
        a_full_alert("ab" * 32),
        an_alert_of(("url", f"http://a.example.org/{'a' * 2000}")),
        *(an_alert_of(("ipv4", "198.41.0.4"), state=state) for state in ("closed", "withdrawn")),
    ],
)
def test_alerts_at_the_bounds_are_sound(alert: Alert) -> None:
    """So do the largest alert, the longest value, and states that end an alert."""
    check(alert)
