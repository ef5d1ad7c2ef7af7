"""Seeing rules, quotas and users at the brokers, and performing a plan. Through kafka-python:
aiokafka has no calls for them."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import kafka.errors
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.protocol.admin import AlterClientQuotasRequest, DescribeClientQuotasRequest

from relay.kafka.access import (
    ABOVE,
    Actual,
    Do,
    Login,
    Quota,
    Should,
    Step,
    mended,
    plan,
    told_rules,
)
from relay.kafka.config import KafkaSettings
from relay.kafka.passwords import logins, taken_or_made
from relay.kafka.rules import ANYTHING, Rule
from relay.kafka.security import Token

Change: TypeAlias = UserScramCredentialDeletion | UserScramCredentialUpsertion

MECHANISM: Final = ScramMechanism.SCRAM_SHA_512
SECOND: Final = ScramMechanism.SCRAM_SHA_256

ITERATIONS: Final = 8_192
"""Of SCRAM: twice the least that brokers take, half of the most. Passwords we make need none."""

KNOWN_S: Final = 15.0
"""How long after it is made all brokers may take to know of it."""

USER: Final = "User:"
ANY_NAME: Final = 2
"""Kafka's way of asking for the quotas of all users."""

CLIENT: Final = "client-id"

MANAGER: Final = attrgetter("_manager")
"""kafka-python has the messages of quotas and no call for them: they go the way of its calls."""

LOOK_S: Final = 0.1
"""Between two looks: brokers tell nobody when they know."""


class AboveRulesError(Exception):
    """Users that were made would be above all rules, and were removed again; names them."""


def observe(settings: KafkaSettings, passwords: Path | None, should: Should) -> Actual:
    """Return what there is. Raises KafkaError: no broker, no authorizer there, or not allowed."""
    with _admin(settings) as admin:
        rules = _rules(admin)
        quotas, client_quotas = _quotas(admin)
        users = {} if passwords is None else admin.describe_user_scram_credentials()
    if passwords is None:
        return Actual(rules, quotas, client_quotas)
    mechanisms = {name: _mechanisms(said) for name, said in users.items()}
    existing = {name for name, has in mechanisms.items() if MECHANISM in has}
    known = _compared(settings, passwords, existing & (should.users | should.gone), rules)
    found = {name: known.get(name, Login.SOUND) for name in existing}
    seconds = frozenset(name for name, has in mechanisms.items() if SECOND in has)
    found |= dict.fromkeys(seconds - existing, Login.STALE)
    return Actual(rules, quotas, client_quotas, found, seconds)


def perform(
    settings: KafkaSettings, passwords: Path | None, should: Should, steps: Sequence[Step]
) -> None:
    """Do what a plan says, and wait until the brokers know of it.

    Raises KafkaError at the first refusal, OSError when a password's file cannot be written,
    AboveRulesError before any rule is granted, and TimeoutError when another plan is needed.
    """
    with _admin(settings) as admin:
        if passwords is not None:
            _alter_users(admin, settings, passwords, steps)
        for step in steps:
            if step.do is Do.SET_QUOTA:
                _set_quota(admin, step)
        _revoke(admin, [s.rule for s in steps if s.do is Do.REVOKE and s.rule is not None])
        _grant(admin, [s.rule for s in steps if s.do is Do.GRANT and s.rule is not None])
    deadline = _deadline()
    while not mended(plan(should, observe(settings, passwords, should))):
        _wait(deadline)


def _deadline() -> float:
    return time.monotonic() + KNOWN_S


def _wait(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError("the brokers took it, and do not know of it")
    time.sleep(LOOK_S)


@contextmanager
def _admin(settings: KafkaSettings) -> Iterator[Any]:
    """Hold a client open, and say its errors as aiokafka's, which everything here knows."""
    admin = None
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=list(settings.bootstrap),
            client_id=settings.app,
            request_timeout_ms=3 * settings.request_timeout_ms,
            bootstrap_timeout_ms=3 * settings.request_timeout_ms,
            **_client(settings.client),
        )
        yield admin
    except kafka.errors.BrokerResponseError as error:
        raise for_code(error.errno)(str(error)) from error
    except kafka.errors.KafkaError as error:
        raise KafkaConnectionError(str(error)) from error
    finally:
        if admin is not None:
            admin.close()


class _Token(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python declares no types
    """The token of a file, for a client that is not asynchronous."""

    def __init__(self, token: Token) -> None:
        super().__init__()
        self._token = token

    def token(self) -> str:
        return self._token.read()


def _client(client: Mapping[str, object]) -> dict[str, object]:
    """The keyword arguments of aiokafka as kafka-python has them: the same, but for tokens."""
    made = dict(client)
    token = made.get("sasl_oauth_token_provider")
    if isinstance(token, Token):
        made["sasl_oauth_token_provider"] = _Token(token)
    return made


def _rules(admin: Any) -> frozenset[Rule]:
    rules, _ = admin.describe_acls(_filter(None))
    return frozenset(map(_rule, rules))


def _filter(rule: Rule | None) -> ACLFilter:
    """What finds one rule exactly, or all."""
    if rule is None:
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        return ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
    pattern = ResourcePatternFilter(*_pattern(rule))
    permission = ACLPermissionType.ALLOW if rule.allow else ACLPermissionType.DENY
    operation = ACLOperation[rule.operation.upper()]
    return ACLFilter(USER + rule.principal, rule.host, operation, permission, pattern)


def _pattern(rule: Rule) -> tuple[ResourceType, str, ACLResourcePatternType]:
    kind = ACLResourcePatternType.PREFIXED if rule.prefixed else ACLResourcePatternType.LITERAL
    return ResourceType[rule.resource.upper()], rule.name, kind


def _rule(acl: ACL) -> Rule:
    pattern = acl.resource_pattern
    return Rule(
        principal=acl.principal.removeprefix(USER),
        resource=pattern.resource_type.name.lower(),
        name=pattern.resource_name,
        operation=acl.operation.name.lower(),
        prefixed=pattern.pattern_type is ACLResourcePatternType.PREFIXED,
        allow=acl.permission_type is ACLPermissionType.ALLOW,
        host=acl.host,
    )


def _grant(admin: Any, rules: Sequence[Rule]) -> None:
    made = [
        ACL(
            USER + rule.principal,
            rule.host,
            ACLOperation[rule.operation.upper()],
            ACLPermissionType.ALLOW,
            ResourcePattern(*_pattern(rule)),
        )
        for rule in rules
    ]
    if made:
        _refused(admin.create_acls(made)["failed"])


def _revoke(admin: Any, rules: Sequence[Rule]) -> None:
    if rules:
        _refused(error for *_, error in admin.delete_acls(list(map(_filter, rules))))


def _refused(errors: Iterable[type[kafka.errors.BrokerResponseError]]) -> None:
    for error in errors:
        if error is not kafka.errors.NoError:
            raise error


def _mechanisms(said: Mapping[str, Any]) -> set[ScramMechanism]:
    return {each["mechanism"] for each in said["credential_infos"]}


def _compared(
    settings: KafkaSettings, passwords: Path, users: Iterable[str], rules: frozenset[Rule]
) -> Mapping[str, Login]:
    """Return what is known of users: who is told rules since a rule allows it is not above them."""
    allowed = told_rules(rules)
    known = asyncio.run(logins(settings, passwords, users))
    return {
        who: Login.SOUND if login is Login.ABOVE and allowed & {who, ANYTHING} else login
        for who, login in known.items()
    }


def _alter_users(
    admin: Any, settings: KafkaSettings, passwords: Path, steps: Sequence[Step]
) -> None:
    users = admin.describe_user_scram_credentials()
    for step in steps:
        who = step.principal
        if step.do is Do.REMOVE_USER:
            for mechanism in _mechanisms(users[who]):
                _alter_user(admin, who, UserScramCredentialDeletion(who, mechanism))
        elif step.do in {Do.MAKE_USER, Do.SET_USER}:
            password = taken_or_made(passwords, who)
            change = UserScramCredentialUpsertion(who, MECHANISM, password, ITERATIONS)
            _alter_user(admin, who, change)
    made = {step.principal for step in steps if step.do is Do.MAKE_USER}
    deadline = _deadline()
    while Login.STALE in (known := _compared(settings, passwords, made, _rules(admin))).values():
        _wait(deadline)
    above = sorted(who for who, login in known.items() if login is Login.ABOVE)
    for who in above:
        _alter_user(admin, who, UserScramCredentialDeletion(who, MECHANISM))
    if above:
        raise AboveRulesError("\n".join(f"{who}: {ABOVE}; it was removed again" for who in above))


def _alter_user(admin: Any, who: str, change: Change) -> None:
    for said in admin.alter_user_scram_credentials([change]).values():
        if said is not None:
            raise KafkaError(f"{who}: {said}")


def _quotas(admin: Any) -> tuple[dict[str, Quota], dict[tuple[str, str | None], Quota]]:
    """The quotas of users by name, whatever client they use, and with a client of a name."""
    request = DescribeClientQuotasRequest(components=[("user", ANY_NAME, None)], strict=False)
    answer = _sent(admin, request)
    _refused([kafka.errors.for_code(answer.error_code)])
    alone: dict[str, Quota] = {}
    with_client: dict[tuple[str, str | None], Quota] = {}
    for entry in answer.entries or ():
        names = {part.entity_type: part.entity_name for part in entry.entity}
        quota = {value.key: value.value for value in entry.values}
        # Without a name it is the default of all users, which any of a user's own wins over.
        if names["user"] is None:
            continue
        if CLIENT in names:
            with_client[names["user"], names[CLIENT]] = quota
        else:
            alone[names["user"]] = quota
    return alone, with_client


def _set_quota(admin: Any, step: Step) -> None:
    values = [(key, value, False) for key, value in step.quota]
    entry = ([("user", step.principal)], values)
    answer = _sent(admin, AlterClientQuotasRequest(entries=[entry], validate_only=False))
    _refused(kafka.errors.for_code(each.error_code) for each in answer.entries)


def _sent(admin: Any, request: object) -> Any:
    manager = MANAGER(admin)
    return manager.run(manager.send, request)
