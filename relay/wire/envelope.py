"""CloudEvents 1.0 headers in Kafka's binary mode, and the trace of an alert revision."""

from collections.abc import Mapping
from types import MappingProxyType

from relay.model.alert import Alert
from relay.model.outcome import Rejected
from relay.model.trace import HEADER, Trace, derived
from relay.model.vocabulary import AlertFormat
from relay.wire.fields import timestamp

Headers = tuple[tuple[str, bytes], ...]

SCHEMAS = "urn:shield:schema:"
_JSON = b"application/json"
_CONTENT = ("content-type", _JSON)
_MEDIA: Mapping[AlertFormat, bytes] = MappingProxyType(
    {"stix": b"application/stix+json;version=2.1"}
)
_VERSION = ("ce_specversion", b"1.0")


def alert_headers(alert: Alert, relay: str, form: AlertFormat = "native") -> Headers:
    """Return the headers of an alert in a format; `ce_id` is what consumers drop repeats by."""
    schema = "alert.v1" if form == "native" else f"alert.{form}"
    name = revision_name(alert)
    return (
        ("content-type", _MEDIA.get(form, _JSON)),
        _VERSION,
        ("ce_id", name.encode()),
        ("ce_source", f"urn:shield:relay:{relay}".encode()),
        ("ce_type", f"eu.shield.{schema}".encode()),
        ("ce_time", timestamp(alert.updated).encode()),
        ("ce_dataschema", f"{SCHEMAS}{schema}".encode()),
        ("ce_tlp", alert.tlp.encode()),
        ("ce_expirytime", timestamp(alert.expires).encode()),
        (HEADER, traceparent(name)),
    )


def revision_name(alert: Alert) -> str:
    """Return what a revision is called in `ce_id`, whoever reads it in whatever format."""
    return f"{alert.id}.{timestamp(alert.episode)}.{alert.revision}"


def rejection_headers(rejected: Rejected, name: str, relay: str) -> Headers:
    """Return the headers of a rejection; `name` is its id."""
    return (
        _CONTENT,
        _VERSION,
        ("ce_id", name.encode()),
        ("ce_source", f"urn:shield:relay:{relay}".encode()),
        ("ce_type", b"eu.shield.rejection.v1"),
        ("ce_time", timestamp(rejected.at).encode()),
        ("ce_dataschema", f"{SCHEMAS}rejection.v1".encode()),
    )


def canary_headers(name: str, at: int, relay: str) -> Headers:
    """Return the headers of a canary, which has a type of its own; `name` is its id."""
    return (
        _CONTENT,
        _VERSION,
        ("ce_id", name.encode()),
        ("ce_source", f"urn:shield:relay:{relay}".encode()),
        ("ce_type", b"eu.shield.canary.v1"),
        ("ce_time", timestamp(at).encode()),
        ("ce_dataschema", f"{SCHEMAS}canary.v1".encode()),
    )


def detection_headers(
    member: str, name: str, at: str, tlp: str, trace: Trace | None = None
) -> Headers:
    """Return the headers of a detection that `member` publishes; `name` is id.revision."""
    traced = () if trace is None else ((HEADER, trace.header()),)
    return (
        _CONTENT,
        _VERSION,
        ("ce_id", name.encode()),
        ("ce_source", f"urn:shield:member:{member}".encode()),
        ("ce_type", b"eu.shield.detection.v1"),
        ("ce_time", at.encode()),
        ("ce_dataschema", f"{SCHEMAS}detection.v1".encode()),
        ("ce_tlp", tlp.encode()),
        *traced,
    )


def traceparent(name: str) -> bytes:
    """Return the W3C trace context that anyone can derive from an alert's `ce_id`.

    It starts a new trace: a member's own is linkable and does not cross to others.
    """
    return derived(name).header()
