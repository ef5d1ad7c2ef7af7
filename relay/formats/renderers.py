"""Formats out: an alert as another system loads it. One renderer per format."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from relay.formats.ecs.render import render as ecs
from relay.formats.idea0.render import render as idea0
from relay.formats.misp.render import render as misp
from relay.formats.ocsf.render import render as ocsf
from relay.formats.rendering import Rendered
from relay.formats.stix.render import render as stix
from relay.model.alert import Alert
from relay.model.vocabulary import AlertFormat
from relay.wire import alert as native

Renderer = Callable[[Alert, str], Rendered]
"""From an alert and the relay's id to a message of at most 64 KiB: equal bytes for equal alerts."""


def _native(alert: Alert, relay: str) -> Rendered:
    return Rendered(native.encode(alert, relay))


RENDERERS: Mapping[AlertFormat, Renderer] = MappingProxyType(
    {"native": _native, "stix": stix, "misp": misp, "ocsf": ocsf, "ecs": ecs, "idea0": idea0}
)
