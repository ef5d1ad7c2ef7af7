"""Being written."""

from relay.formats.rendering import Rendered
from relay.model.alert import Alert


def render(alert: Alert, relay: str) -> Rendered:
    """Being written."""
    return Rendered(f"{alert.id}{relay}".encode())
