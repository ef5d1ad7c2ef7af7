"""`relay provision` on a secured cluster: rules, quotas, users, drift, and members that leave."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest
from aiokafka.errors import SaslAuthenticationFailed

from relay.broker import Runtime
from relay.broker.secured import NODE
from relay.kafka.access import Do, Should
from relay.kafka.access_admin import observe
from relay.kafka.config import KafkaSettings
from relay.kafka.login import refusal
from relay.kafka.rules import CLUSTER, Rule
from tests.broker.attempts import DENIED, group, read, tried, write
from tests.broker.by_hand import WEAK, by_hand, quota, remove_password, scram_users, set_password
from tests.broker.guarded import ADMIN, guarded_in
from tests.broker.guarded_deployment import BY_PASSWORD, HUBS, Deployment
from tests.broker.pace import metadata_until_throttled, throttled_after
from tests.broker.world import until

pytestmark = pytest.mark.broker

REQUESTS: Final = 1_000
"""Enough for the least quota of a thread's time, and far too few for a member's."""


@pytest.fixture(scope="module")
def deployment(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment, provisioned on a secured cluster of its own."""
    with guarded_in(tmp_path_factory.mktemp("guarded"), runtime) as guarded:
        made = Deployment(tmp_path_factory.mktemp("deployment"), guarded)
        done = made.provision("--yes")
        assert done.exit_code == 0, done.stdout + done.stderr
        yield made


@pytest.fixture(autouse=True)
def restored(deployment: Deployment) -> Iterator[None]:
    """After each test the deployment is as the first provisioning left it."""
    yield
    deployment.settings()
    deployment.members(*HUBS)
    done = deployment.provision("--yes")
    assert done.exit_code == 0, done.stderr


def test_a_second_time_there_is_nothing_to_do(deployment: Deployment) -> None:
    """What was made is as it should be."""
    again = deployment.provision("--yes")

    assert again.exit_code == 0
    assert "all as they should be" in again.stdout
    assert deployment.plan() == []


def login(client: KafkaSettings) -> Exception | None:
    """Why somebody is not let in; None: they are."""
    return asyncio.run(refusal(client))


def test_an_administrator_may_come_by_certificate_or_token(deployment: Deployment) -> None:
    """Rules and quotas are seen the same, however whoever provisions logs in."""
    guarded, nothing = deployment.guarded, Should(frozenset(), {}, frozenset())
    by_password = observe(guarded.admin, None, nothing)

    for client in (guarded.certified(ADMIN), guarded.bearer(guarded.signer.token(ADMIN))):
        assert observe(client, None, nothing) == by_password
    for security in logins(deployment).values():
        deployment.settings(security, operators=[ADMIN])
        assert deployment.plan() == []
    assert by_password.rules
    assert by_password.quotas


def test_what_somebody_changed_is_shown_and_mended(deployment: Deployment) -> None:
    """A rule too many for a member is revoked, and one that is missing is granted."""
    extra = Rule("m", "topic", "alerts.m2", "read")
    own = Rule("m", "topic", "alerts.m", "read")
    by_hand(deployment, Do.GRANT, extra)
    by_hand(deployment, Do.REVOKE, own)

    shown, looked = deployment.plan(), deployment.provision("--check")
    mended = deployment.provision("--yes", "--check")
    after = deployment.provision("--check")

    assert shown == [
        ("revoke", "m", "may read topic alerts.m2"),
        ("grant", "m", "may read topic alerts.m"),
    ]
    assert deployment.plan() == []
    assert (looked.exit_code, mended.exit_code, after.exit_code) == (1, 0, 0)


def test_a_stranger_that_reaches_members_topics_is_shown_and_left(deployment: Deployment) -> None:
    """A rule of somebody unknown is for a person to judge, until the settings say who it is."""
    rule = Rule("stranger", "topic", "alerts.", "read", prefixed=True)
    by_hand(deployment, Do.GRANT, rule)

    mended = deployment.provision("--yes", "--check")
    shown, looked = deployment.plan(), deployment.provision("--check")
    deployment.settings(operators=["stranger"])
    known, quiet = deployment.plan(), deployment.provision("--check")
    by_hand(deployment, Do.REVOKE, rule)

    assert shown == [("foreign", "stranger", "may read topic alerts.…")]
    assert known == []
    assert (mended.exit_code, looked.exit_code, quiet.exit_code) == (1, 1, 0)


def test_another_quota_is_set_for_members_alone(deployment: Deployment) -> None:
    """A quota of the settings holds for each member, and the relay's own stays without bound."""
    deployment.settings(produce_bytes=2048)

    assert deployment.plan() == [
        ("set-quota", who, "producer_byte_rate: 1048576 -> 2048") for who in sorted(HUBS)
    ]


@pytest.mark.parametrize(
    ("client", "says"), [("relay", "client id relay"), (None, "any client id")], ids=["one", "all"]
)
def test_a_quota_that_wins_over_the_relays_is_shown_and_left(
    deployment: Deployment, client: str | None, says: str
) -> None:
    """Kafka takes that of a user and a client id before the user's: a person must decide."""
    with quota(deployment, ("user", "relay"), ("client-id", client)):
        until(lambda: bool(deployment.plan()))
        shown, checked = deployment.plan(), deployment.provision("--check")

    assert [(do, who) for do, who, _ in shown] == [("foreign", "relay")]
    assert says in shown[0][2]
    assert checked.exit_code == 1


def test_a_member_that_floods_is_throttled_and_the_relay_never(deployment: Deployment) -> None:
    """Past its quota a member is made to wait by the broker; the relay writes as much at once, be
    there a quota for all who have none of their own."""
    deployment.settings(produce_bytes=16 * 1024)
    deployment.provision("--yes")

    after = throttled_after(deployment.client("fr"), "detections.fr", 100)

    assert after is not None
    with quota(deployment, ("user", None)):
        assert throttled_after(deployment.client("relay"), "rejected.fr", 2 * after) is None


def test_a_password_that_was_replaced_is_set(deployment: Deployment) -> None:
    """The plan knows a password that the brokers do not, and afterwards the old one is refused."""
    old, path = deployment.client("fr"), deployment.place / "passwords" / "fr.password"
    path.write_text("a-new-password-of-fr")

    shown = deployment.plan()
    deployment.provision("--yes")

    assert shown == [("set-user", "fr", "gets the password that is in its file now")]
    assert isinstance(login(old), SaslAuthenticationFailed)
    assert login(deployment.client("fr")) is None


@pytest.mark.parametrize("disabled", ["m2", ""], ids=["disabled", "gone"])
def test_who_leaves_is_let_in_no_more(deployment: Deployment, disabled: str) -> None:
    """Disabled or taken out of the register: rules go, and the user with all its passwords, be
    one of somebody else's making; the others' stay."""
    kept, replayed = deployment.client("m"), deployment.client("m2")
    set_password(deployment, "m2", "another-password", WEAK)
    until(lambda: [who for do, who, _ in deployment.plan() if do == "foreign"] == ["m2"])
    deployment.members("m", "fr", disabled=disabled)

    shown = deployment.plan()
    done = deployment.provision("--yes")

    assert {who for _, who, _ in shown if who != "relay"} == {"m2"}
    assert [do for do, who, _ in shown if who == "m2"] == [
        "remove-user", "set-quota", "revoke", "revoke", "revoke", "revoke",
    ]  # fmt: skip
    assert isinstance(login(replayed), SaslAuthenticationFailed)
    assert login(kept) is None
    assert "m2" not in scram_users(deployment)
    assert deployment.password("m2") not in done.stdout + done.stderr
    assert deployment.plan() == []


@pytest.mark.parametrize("by", ["certificate", "token"])
@pytest.mark.parametrize("disabled", ["m2", ""], ids=["disabled", "gone"])
def test_who_leaves_with_a_login_that_counts_can_do_nothing(
    deployment: Deployment, disabled: str, by: str
) -> None:
    """A certificate or token lets them in until it ends; all is denied, and few requests slow them
    down, where many of a member's do not."""
    guarded = deployment.guarded
    client = guarded.certified("m2")
    if by == "token":
        client = guarded.bearer(guarded.signer.token("m2"))
    before = metadata_until_throttled(client, REQUESTS)
    deployment.members("m", "fr", disabled=disabled)

    deployment.provision("--yes")

    assert login(client) is None
    for attempt in (write("detections.m2"), read("alerts.m2"), group("m2.siem", "alerts.m2")):
        assert isinstance(tried(client, attempt), DENIED)
    assert before is None
    assert metadata_until_throttled(client, REQUESTS) is not None


@pytest.mark.parametrize("who", ["m", "relay"])
def test_only_an_administrator_can_provision(deployment: Deployment, who: str) -> None:
    """Anybody else is told so, with code 5, what it takes, and without the password."""
    deployment.members("fr", "m2")

    told = deployment.command(who, "provision", "--yes")

    assert told.exit_code == 5, told.stderr
    assert "access denied: to see and change access takes an administrator" in told.stderr
    assert "Request(" not in told.stderr
    assert deployment.password(who) not in told.stderr


def logins(deployment: Deployment) -> dict[str, dict[str, str]]:
    """The keys of kafka.security by which the administrator may come."""
    guarded, place = deployment.guarded, deployment.place
    made = guarded.authority.issue(ADMIN, place)
    (place / "admin.token").write_text(guarded.signer.token(ADMIN))
    token = {"mechanism": "oauthbearer", "token_file": "admin.token"}
    return {
        "password": dict(BY_PASSWORD),
        "certificate": {"protocol": "ssl", "cert_file": str(made.cert), "key_file": str(made.key)},
        "token": {"protocol": "sasl_ssl", **token},
    }


@pytest.mark.parametrize("by", ["password", "certificate", "token"])
@pytest.mark.parametrize("who", ["relay", "admin"])
def test_a_member_cannot_be_the_relay_or_an_operator(
    deployment: Deployment, who: str, by: str
) -> None:
    """A register that would make a member the relay or the administrator is refused; who comes
    without saying a name must be named."""
    security = logins(deployment)[by]
    deployment.settings(security)
    deployment.members("fr", who)

    told = deployment.provision("--yes")
    deployment.settings(security, operators=[ADMIN])
    named = deployment.provision("--yes")

    assert (told.exit_code, named.exit_code) == (3, 3)
    assert who in named.stderr
    assert (who if by == "password" else "access.operators: must name") in told.stderr


def test_a_member_cannot_be_above_all_rules(deployment: Deployment) -> None:
    """A name that is a super user of the brokers, which the settings do not know, gets no user that
    stays, and no rule."""
    deployment.members(*HUBS, NODE)

    told = deployment.provision("--yes")
    after = scram_users(deployment)
    rules = observe(deployment.guarded.admin, None, Should(frozenset(), {}, frozenset())).rules

    assert told.exit_code == 3, told.output
    assert f"{NODE}: to the brokers it is above all rules" in told.stderr
    assert NODE not in after
    assert {"m", "m2", "fr"} <= after
    assert [rule for rule in rules if rule.principal == NODE] == []


@pytest.mark.parametrize("disabled", [False, True])
def test_a_user_that_is_above_all_rules_is_not_touched(
    deployment: Deployment, disabled: bool
) -> None:
    """With its password at hand it is known for what it is, before anything is done."""
    password = deployment.place / "passwords" / f"{NODE}.password"
    password.write_text("of-a-node-of-the-cluster")
    set_password(deployment, NODE, "of-a-node-of-the-cluster")
    until(lambda: login(deployment.client(NODE)) is None)
    deployment.members(*HUBS, *([] if disabled else [NODE]), disabled=NODE if disabled else "")

    told = deployment.provision("--yes")
    still = login(deployment.client(NODE))
    remove_password(deployment, NODE)
    password.unlink()

    assert told.exit_code == 1, told.output
    assert f"conflict    {NODE}: to the brokers it is above all rules" in told.stdout
    assert still is None


def test_a_rule_that_lets_a_member_see_rules_is_taken_away(deployment: Deployment) -> None:
    """Brokers answer it as they answer those above all rules; it is no such, and is mended."""
    by_hand(deployment, Do.GRANT, Rule("m", "cluster", CLUSTER, "describe"))

    shown = deployment.plan()
    done = deployment.provision("--yes")

    assert shown == [("revoke", "m", "may describe cluster kafka-cluster")]
    assert done.exit_code == 0, done.output
