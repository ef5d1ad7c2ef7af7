"""The plan of who may do what, as a value."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from relay.kafka.access import (
    FLOOR,
    UNBOUNDED,
    Actual,
    Do,
    Login,
    Should,
    clashes,
    mended,
    plan,
    told_rules,
    wanted,
)
from relay.kafka.config import KafkaSettings
from relay.kafka.rules import CLUSTER, Rule
from relay.kafka.topics import wanted as topics
from relay.model.member import Member
from relay.settings.access import Access

KAFKA: Final = KafkaSettings(("127.0.0.1:1",))
ACCESS: Final = Access(manage=True, passwords=Path("passwords"))
EE: Final = Member("ee", "CERT-EE", "EE", "national-hub")
FR: Final = Member("fr", "CERT-FR", "FR", "national-hub", principal="CN=fr,O=hub")
GONE: Final = Member("pl", "CERT Polska", "PL", "national-hub", enabled=False)


def should(*members: Member, access: Access = ACCESS) -> Should:
    """What a deployment of these members needs."""
    return wanted(members, topics((member.id for member in members), 2), access, KAFKA)


def done(needs: Should) -> Actual:
    """A cluster at which all is as it should be."""
    return Actual(needs.rules, needs.quotas, users=dict.fromkeys(needs.users, Login.SOUND))


def told(needs: Should, actual: Actual) -> list[tuple[str, str, str]]:
    """The plan, as it is shown."""
    return [(step.do.value, step.principal, step.says) for step in plan(needs, actual)]


def test_a_member_may_do_four_things() -> None:
    """It writes its detections and reads what is for it, in groups that begin with its id."""
    rules = {rule for rule in should(EE, FR).rules if rule.principal == "ee"}

    assert rules == {
        Rule("ee", "topic", "detections.ee", "write"),
        Rule("ee", "topic", "alerts.ee", "read"),
        Rule("ee", "topic", "rejected.ee", "read"),
        Rule("ee", "group", "ee.", "read", prefixed=True),
    }


def test_a_member_is_who_the_register_says_at_the_brokers() -> None:
    """Rules and quota are of the principal, topics and groups of the id."""
    needs = should(FR)

    assert Rule("CN=fr,O=hub", "topic", "alerts.fr", "read") in needs.rules
    assert set(needs.quotas) == {"CN=fr,O=hub", "relay"}


def test_the_relay_may_neither_report_nor_read_what_it_told() -> None:
    """Of each topic it has the one direction it needs; of its own, both."""
    mine = {(r.name, r.operation) for r in should(EE).rules if r.principal == "relay"}

    assert {("detections.ee", "read"), ("alerts.ee", "write"), ("rejected.ee", "write")} < mine
    assert {("relay.state", "read"), ("relay.state", "write")} < mine
    assert not {("detections.ee", "write"), ("alerts.ee", "read"), ("rejected.ee", "read")} & mine
    assert {(f"relay.{what}.", "write") for what in ("correlate", "probe", "canary")} < mine
    assert ("ee.", "describe") in mine
    assert ("ee.", "read") not in mine


def test_the_relay_has_a_quota_that_holds_nothing_back() -> None:
    """A default for all users would else slow the relay down."""
    assert set(should(EE).quotas["relay"].values()) == {UNBOUNDED}
    assert should(EE).quotas["ee"]["producer_byte_rate"] == 1 << 20


def test_nothing_is_done_twice() -> None:
    """A cluster that is as it should be needs no step."""
    needs = should(EE, FR)

    assert plan(needs, done(needs)) == ()


def test_an_empty_cluster_gets_all_of_it() -> None:
    """The first plan makes every user, quota and rule, and takes nothing away."""
    needs = should(EE)
    steps = plan(needs, Actual())

    assert {step.rule for step in steps if step.do is Do.GRANT} == needs.rules
    assert {step.principal for step in steps if step.do is Do.MAKE_USER} == {"ee", "relay"}
    assert {step.do for step in steps} == {Do.GRANT, Do.MAKE_USER, Do.SET_QUOTA}


def test_who_is_disabled_loses_all_but_a_quota_and_the_rules_last() -> None:
    """If that is broken off, what is left still says whom to take the rest from. The quota is the
    least there is, since a certificate may still let them in."""
    before = should(EE, Member("pl", "CERT Polska", "PL", "national-hub"))
    needs = should(EE, GONE)

    steps = [step for step in plan(needs, done(before)) if step.principal == "pl"]

    assert [step.do for step in steps] == [Do.REMOVE_USER, Do.SET_QUOTA, *[Do.REVOKE] * 4]
    assert dict(steps[1].quota) == FLOOR


@pytest.mark.parametrize("needs", [should(EE, GONE), should(EE)], ids=["disabled", "gone"])
def test_who_left_is_held_back_for_good(needs: Should) -> None:
    """Nothing is left to be done about it, and nobody takes the quota away."""
    held = done(needs)

    assert plan(needs, Actual(held.rules, {**held.quotas, "pl": FLOOR}, users=held.users)) == ()


def test_who_was_taken_out_of_the_register_is_found_by_its_rules() -> None:
    """Whoever may write detections by name was a member, and nothing else tells of it."""
    before, needs = should(EE, FR), should(EE)

    steps = [step for step in plan(needs, done(before)) if step.principal == "CN=fr,O=hub"]

    assert [step.do for step in steps] == [Do.REMOVE_USER, Do.SET_QUOTA, *[Do.REVOKE] * 4]


def test_a_principal_that_was_changed_loses_what_the_new_one_gets() -> None:
    """The old name of a member is one that left."""
    before = should(Member("fr", "CERT-FR", "FR", "national-hub"))
    shown = told(should(FR), done(before))

    assert ("remove-user", "fr", "is no member any more: its password is of no use") in shown
    assert ("revoke", "fr", "may read topic alerts.fr") in shown
    assert ("grant", "CN=fr,O=hub", "may read topic alerts.fr") in shown


def test_a_relay_that_had_another_name_loses_all_of_it() -> None:
    """Nobody else may write to the state; while both run, the old name is an operator's."""
    before = should(EE)
    access = Access(manage=True, principal="relay2", passwords=Path("passwords"))
    after = should(EE, access=access)
    both = should(EE, access=replace(access, operators=frozenset({"relay"})))

    steps = [step for step in plan(after, done(before)) if step.principal == "relay"]
    meanwhile = [step for step in plan(both, done(before)) if step.principal == "relay"]

    assert [step.do for step in steps[:2]] == [Do.REMOVE_USER, Do.SET_QUOTA]
    assert {s.rule for s in steps[2:]} == {r for r in before.rules if r.principal == "relay"}
    assert meanwhile == []


def test_a_second_password_is_shown_and_left() -> None:
    """A member that logs in by SCRAM-SHA-256 does so by what was not made here."""
    needs = should(EE)
    actual = replace(done(needs), seconds=frozenset({"ee", "stranger"}))

    assert [(step.do, step.principal) for step in plan(needs, actual)] == [(Do.FOREIGN, "ee")]


def test_users_are_left_alone_where_passwords_are_not_ours() -> None:
    """Members that come by certificate or token have no SCRAM user to be made."""
    needs = should(EE, access=Access(manage=True))

    assert {step.do for step in plan(needs, Actual())} == {Do.GRANT, Do.SET_QUOTA}


@pytest.mark.parametrize(
    "rule",
    [
        Rule("stranger", "topic", "*", "read"),
        Rule("stranger", "topic", "alerts.", "read", prefixed=True),
        Rule("stranger", "topic", "alerts.ee", "read"),
        Rule("stranger", "group", "e", "read", prefixed=True),
        Rule("stranger", "group", "ee.siem", "read"),
        Rule("stranger", "transactional_id", "relay.correlate.0", "write"),
        Rule("ee", "topic", "detections.ee", "write", allow=False),
    ],
)
def test_what_a_person_must_judge_is_shown_and_left(rule: Rule) -> None:
    """Rules of strangers that reach what is ours, and all that forbid us something, stay."""
    needs = should(EE)
    actual = done(needs)

    steps = plan(needs, Actual(actual.rules | {rule}, actual.quotas, users=actual.users))

    assert [(step.do, step.rule) for step in steps] == [(Do.FOREIGN, rule)]
    assert mended(steps)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("stranger", "topic", "alerts.e", "read"),
        Rule("stranger", "topic", "orders.", "write", prefixed=True),
        Rule("stranger", "group", "ee2.", "read", prefixed=True),
    ],
)
def test_what_reaches_nothing_of_ours_is_not_our_business(rule: Rule) -> None:
    """Other applications of the cluster are not reported."""
    needs = should(EE)
    actual = done(needs)

    assert plan(needs, Actual(actual.rules | {rule}, actual.quotas, users=actual.users)) == ()


def test_an_operators_rules_are_known() -> None:
    """An auditor that the settings name is neither reported nor taken for a member that left."""
    access = Access(manage=True, operators=frozenset({"auditor"}))
    needs = should(EE, access=access)
    rule = Rule("auditor", "topic", "detections.ee", "write")

    assert plan(needs, Actual(needs.rules | {rule}, needs.quotas)) == ()


@pytest.mark.parametrize("login", [Login.ABOVE, Login.STALE])
def test_a_name_that_may_be_somebody_elses_is_a_conflict(login: Login) -> None:
    """Whoever is above all rules is no member, and a user that was not made here is left."""
    needs = should(EE)

    steps = plan(needs, Actual(frozenset(), {}, users={"ee": login, "relay": Login.SOUND}))

    assert {step.do for step in steps if step.principal == "ee"} == {
        Do.CONFLICT, Do.GRANT, Do.SET_QUOTA,
    }  # fmt: skip
    assert not mended(steps)


def test_a_password_of_a_member_that_was_here_is_set() -> None:
    """Its rules say that the name is its own."""
    needs = should(EE)
    users = {"ee": Login.STALE, "relay": Login.SOUND}

    steps = plan(needs, Actual(needs.rules, needs.quotas, users=users))

    assert [(step.do, step.principal) for step in steps] == [(Do.SET_USER, "ee")]


@pytest.mark.parametrize(("login", "do"), [(Login.ABOVE, Do.CONFLICT), (Login.SOUND, Do.FOREIGN)])
def test_a_user_that_may_be_somebody_elses_is_not_removed(login: Login, do: Do) -> None:
    """A member that is disabled and has nothing else here may never have been here."""
    needs = should(EE, GONE)
    actual = done(needs)
    quotas = {**actual.quotas, "pl": FLOOR}

    steps = plan(needs, Actual(actual.rules, quotas, users={**actual.users, "pl": login}))

    assert [(step.do, step.principal) for step in steps] == [(do, "pl")]


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        (Rule("ee", "cluster", CLUSTER, "describe"), {"ee"}),
        (Rule("*", "cluster", CLUSTER, "alter"), {"*"}),
        (Rule("ee", "cluster", CLUSTER, "all"), {"ee"}),
        (Rule("ee", "cluster", CLUSTER, "idempotent_write"), set()),
        (Rule("ee", "topic", "alerts.ee", "describe"), set()),
        (Rule("ee", "cluster", CLUSTER, "describe", allow=False), set()),
    ],
)
def test_who_is_told_rules_by_a_rule_is_not_above_them(rule: Rule, who: set[str]) -> None:
    """Brokers answer those whom a rule allows to ask, and those above all rules."""
    assert told_rules(frozenset({rule})) == who


@pytest.mark.parametrize(("client", "named"), [("x", "client id x"), (None, "any client id")])
def test_a_quota_that_wins_over_ours_is_shown(client: str | None, named: str) -> None:
    """Kafka takes that of a user and a client id first; those of strangers are theirs."""
    needs = should(EE)
    actual = done(needs)
    narrow = {("relay", client): {"request_percentage": 1.0}, ("stranger", None): {"x": 1.0}}

    shown = told(needs, Actual(actual.rules, actual.quotas, narrow, actual.users))

    says = f"with {named} it has a quota that wins over its own: request_percentage: 1"
    assert shown == [("foreign", "relay", says)]


@pytest.mark.parametrize("member", ["relay", "auditor"])
def test_no_member_may_be_the_relay_or_an_operator(member: str) -> None:
    """Its groups would be the relay's, or its rules an operator's."""
    access = Access(manage=True, principal="bridge", operators=frozenset({"auditor"}))

    found = list(clashes([Member(member, "a", "EU", "national-hub")], access, KAFKA))

    assert len(found) == 1
    assert member in found[0]
