"""What an administrator does and sees with other tools than the relay's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kafka.admin import ScramMechanism, UserScramCredentialDeletion, UserScramCredentialUpsertion
from kafka.protocol.admin import AlterClientQuotasRequest

from relay.kafka.access import Do, Should, Step
from relay.kafka.access_admin import ITERATIONS, _admin, _sent, perform
from relay.kafka.rules import Rule
from tests.broker.guarded_deployment import HUBS, Deployment

STRONG: Final = ScramMechanism.SCRAM_SHA_512
WEAK: Final = ScramMechanism.SCRAM_SHA_256


def by_hand(deployment: Deployment, do: Do, rule: Rule) -> None:
    """Grant or revoke a rule."""
    rules = frozenset({rule} if do is Do.GRANT else ())
    others = frozenset({*HUBS, "relay", rule.principal})
    should = Should(rules, {}, frozenset(), operators=others)
    perform(deployment.guarded.admin, None, should, [Step(do, rule.principal, "", rule)])


@contextmanager
def quota(deployment: Deployment, *entity: tuple[str, str | None]) -> Iterator[None]:
    """Hold a quota of a trickle in force for somebody."""

    def alter(value: float, removed: bool) -> None:
        values = [("producer_byte_rate", value, removed)]
        request = AlterClientQuotasRequest(entries=[(entity, values)], validate_only=False)
        with _admin(deployment.guarded.admin) as admin:
            assert [each.error_code for each in _sent(admin, request).entries] == [0]

    alter(4096.0, removed=False)
    try:
        yield
    finally:
        alter(0.0, removed=True)


def scram_users(deployment: Deployment) -> set[str]:
    """The users that there are, whatever the mechanism."""
    with _admin(deployment.guarded.admin) as admin:
        return set(admin.describe_user_scram_credentials())


def set_password(
    deployment: Deployment, who: str, password: str, mechanism: ScramMechanism = STRONG
) -> None:
    """Make a user, or change its password."""
    change = UserScramCredentialUpsertion(who, mechanism, password.encode(), ITERATIONS)
    with _admin(deployment.guarded.admin) as admin:
        admin.alter_user_scram_credentials([change])


def remove_password(deployment: Deployment, who: str, mechanism: ScramMechanism = STRONG) -> None:
    """Take a user's password away."""
    with _admin(deployment.guarded.admin) as admin:
        admin.alter_user_scram_credentials([UserScramCredentialDeletion(who, mechanism)])
