"""What is said of certificates that end soon. Pure."""

from typing import Final

from relay.wire.fields import timestamp

DAY_S: Final = 86_400
SOON_S: Final = 14 * DAY_S
"""From here on it is worth a ticket, as RelayCertificateExpiresSoon has it."""

NEAR_S: Final = 7 * DAY_S
"""From here on somebody is woken: RelayCertificateExpiresCritical."""

NAMES: Final = {
    "client": "the certificate of kafka.security.cert_file",
    "authority": "an authority of kafka.security.ca_file",
    "broker": "a certificate that the brokers show",
}


def lapsing(purpose: str, at: float, now: float) -> str | None:
    """Return a sentence on what ends at `at` (Unix time in s), None if that is far away."""
    left = at - now
    if left > SOON_S:
        return None
    when = timestamp(int(at * 1_000))
    if left <= 0:
        return f"{NAMES[purpose]} has expired: {when}"
    return f"{NAMES[purpose]} expires in {left / DAY_S:.1f} days: {when}"
