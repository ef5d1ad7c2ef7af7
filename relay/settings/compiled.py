"""Settings as the relay runs by them: frozen values, paths resolved, secrets read."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from relay.model.member import Member
from relay.model.policy import WINDOWS_MS, Policy
from relay.model.vocabulary import FAMILIES
from relay.settings.access import Access
from relay.settings.problem import Problem, SettingsError
from relay.settings.relay import (
    CanarySettings,
    CorrelateSettings,
    HttpSettings,
    KafkaSettings,
    LogSettings,
    TracesSettings,
    WindowType,
)
from relay.settings.security import Security


@dataclass(frozen=True, slots=True)
class Settings:
    """relay.yaml and the environment, compiled.

    `windows` has the length in ms of every key type. `secret` None: no key_secret_file was given.
    """

    relay: str
    members: Path
    lanes: int
    secret: bytes | None = field(repr=False)
    allow_documentation_addresses: bool
    windows: Mapping[str, int]
    state_dir: Path
    kafka: KafkaSettings
    http: HttpSettings
    log: LogSettings
    correlate: CorrelateSettings
    security: Security = field(default_factory=Security)
    access: Access = field(default_factory=Access)
    canary: CanarySettings = field(default_factory=CanarySettings)
    traces: TracesSettings = field(default_factory=TracesSettings)


def policy(
    settings: Settings, members: tuple[Member, ...], default_secret: bytes | None = None
) -> Policy:
    """What decides, by register and settings.

    `default_secret` is for a run without a deployment, like a simulation; with neither it nor a
    key_secret_file there is nothing to run by, and `SettingsError` says so.
    """
    secret = settings.secret or default_secret
    if secret is None:
        sentence = "is required: a file with 16 to 64 random bytes, kept for the deployment's life"
        raise SettingsError((Problem("settings", None, "key_secret_file", sentence),))
    return Policy(
        members=members,
        secret=secret,
        lanes=settings.lanes,
        relay=settings.relay,
        allow_documentation=settings.allow_documentation_addresses,
        windows=dict(settings.windows),
    )


def fingerprint(policy: Policy) -> str:
    """Sixteen hexadecimal digits, equal for all that decide alike. The secret keys the hash."""
    members = sorted(policy.members, key=lambda member: member.id)
    rest = replace(policy, secret=b"", members=tuple(members))
    words = json.dumps(asdict(rest), default=_plain, sort_keys=True)
    return blake2b(words.encode(), digest_size=8, key=policy.secret).hexdigest()


def _plain(value: object) -> object:
    """Sets in one order, whatever hashing does; networks and enumerations as they are written."""
    return sorted(value) if isinstance(value, frozenset) else str(value)


def windows(lengths: Mapping[WindowType, int]) -> dict[str, int]:
    """The length of every key type in ms: its own, else its family's, else the default."""
    families = {kind: length for name, length in lengths.items() for kind in FAMILIES.get(name, ())}
    own = {name: length for name, length in lengths.items() if name not in FAMILIES}
    return WINDOWS_MS | families | own
