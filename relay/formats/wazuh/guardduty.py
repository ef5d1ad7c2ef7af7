"""Amazon GuardDuty inside a Wazuh event: `data.aws` of a finding.

In the role TARGET a machine of the member was attacked, and the remote end attacks. In the role
ACTOR the member's machine acts: the remote end is a command server in some types of finding, and
the victim of the member's machine in the others.
"""

from collections.abc import Iterator

from relay.formats.fields import part, parts, text
from relay.formats.harvest import Harvest
from relay.formats.moments import moment
from relay.formats.wazuh.paths import Fields

_CALLS = (
    "C&CActivity", "CryptoCurrency:", "Trojan:", "MaliciousIPCaller", "MaliciousDomainRequest",
    "SuspiciousDomainRequest", "DropPoint", "PhishingDomainRequest",
)  # fmt: skip
_ACTIONS = (
    "networkConnectionAction", "awsApiCallAction", "kubernetesApiCallAction",
    "rdsLoginAttemptAction",
)  # fmt: skip
_MOST_PROBES = 1000


def is_finding(aws: Fields) -> bool:
    """Return whether a part `data.aws` is a finding of GuardDuty."""
    return text(aws, "source") == "guardduty" or bool(part(part(aws, "service"), "action"))


def gather(aws: Fields, harvest: Harvest) -> None:
    """Gather the remote end of a finding, where it attacks."""
    service = part(aws, "service")
    action = part(service, "action")
    kind = text(aws, "type")
    acts = text(service, "resourceRole").upper() == "ACTOR"
    if acts and not any(word in kind for word in _CALLS):
        return
    side, role = ("infrastructure", "c2") if acts else ("attacker", "source")
    for remote in _remotes(action):
        for field in ("ipAddressV4", "ipAddressV6"):
            harvest.address(text(remote, field), side, role=role)
    if acts:
        harvest.add("domain", text(part(action, "dnsRequestAction"), "domain"), side, role=role)


def seen(aws: Fields) -> tuple[int | None, int | None]:
    """Return when the finding's activity was seen first and last."""
    service = part(aws, "service")
    return moment(service.get("eventFirstSeen")), moment(service.get("eventLastSeen"))


def _remotes(action: Fields) -> Iterator[Fields]:
    for name in _ACTIONS:
        yield part(part(action, name), "remoteIpDetails")
    for probe in parts(part(action, "portProbeAction"), "portProbeDetails")[:_MOST_PROBES]:
        yield part(probe, "remoteIpDetails")
