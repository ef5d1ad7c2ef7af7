"""Whatever rules, quotas and users there are: a plan, performed, leaves what should be."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from relay.kafka.access import FLOOR, Actual, Do, Login, Should, Step, mended, plan, wanted
from relay.kafka.config import KafkaSettings
from relay.kafka.rules import Rule
from relay.kafka.topics import wanted as topics
from relay.model.member import Member
from relay.settings.access import Access

KAFKA: Final = KafkaSettings(("127.0.0.1:1",))
IDS: Final = ("m", "m2", "fr", "lv")
PRINCIPALS: Final = (*IDS, "relay", "auditor", "stranger")
ACCESS: Final = Access(manage=True, passwords=Path("p"), operators=frozenset({"auditor"}))

NAMES: Final = [f"{kind}.{member}" for kind in ("detections", "alerts") for member in IDS]
RULES: Final = st.builds(
    Rule,
    principal=st.sampled_from(PRINCIPALS),
    resource=st.sampled_from(["topic", "group", "transactional_id", "cluster"]),
    name=st.sampled_from([*NAMES, "relay.state", "m.", "m2.", "relay.correlate.", "*", "a"]),
    operation=st.sampled_from(["read", "write", "all"]),
    prefixed=st.booleans(),
    allow=st.sampled_from([True, True, True, False]),
)
QUOTAS: Final = st.dictionaries(
    st.sampled_from(["producer_byte_rate", "consumer_byte_rate", "request_percentage"]),
    st.sampled_from([1.0, 1048576.0]),
    min_size=1,
)
MEMBERS: Final = st.lists(
    st.builds(
        Member,
        id=st.sampled_from(IDS),
        name=st.just("a hub"),
        country=st.just("EU"),
        kind=st.just("national-hub"),
        enabled=st.booleans(),
    ),
    min_size=1,
    unique_by=lambda member: member.id,
)
SHOULD: Final = MEMBERS.map(
    lambda members: wanted(members, topics((m.id for m in members), 1), ACCESS, KAFKA)
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Should, Actual]:
    """A deployment, and a cluster that may have been one of other members, and been changed."""
    should, before = draw(SHOULD), draw(SHOULD)
    left = draw(st.sets(st.sampled_from(sorted(before.rules))))
    actual = Actual(
        rules=frozenset(left | draw(st.sets(RULES, max_size=12))),
        quotas=draw(st.dictionaries(st.sampled_from(PRINCIPALS), QUOTAS)),
        users=draw(st.dictionaries(st.sampled_from(PRINCIPALS), st.sampled_from(Login))),
    )
    existing = {who: login for who, login in actual.users.items() if login is not Login.ABSENT}
    return should, Actual(actual.rules, actual.quotas, users=existing)


def performed(actual: Actual, steps: Sequence[Step]) -> Actual:
    """What a cluster is when the steps are done."""
    rules = set(actual.rules)
    quotas = {who: dict(quota) for who, quota in actual.quotas.items()}
    users = dict(actual.users)
    for step in steps:
        if step.do is Do.GRANT and step.rule is not None:
            rules.add(step.rule)
        elif step.do is Do.REVOKE and step.rule is not None:
            rules.remove(step.rule)
        elif step.do in {Do.MAKE_USER, Do.SET_USER}:
            users[step.principal] = Login.SOUND
        elif step.do is Do.REMOVE_USER:
            del users[step.principal]
        quotas.setdefault(step.principal, {}).update(step.quota)
    found = {who: quota for who, quota in quotas.items() if quota}
    return Actual(frozenset(rules), found, users=users)


@given(cases())
def test_a_plan_that_was_performed_leaves_nothing_to_do(case: tuple[Should, Actual]) -> None:
    """One run is enough, and a second changes nothing; what is in conflict is not performed."""
    should, actual = case
    steps = plan(should, actual)
    assume(all(step.do is not Do.CONFLICT for step in steps))

    after = performed(actual, steps)

    assert mended(plan(should, after))
    assert should.rules <= after.rules


@given(cases())
def test_nobody_is_given_a_name_that_may_be_somebody_elses(case: tuple[Should, Actual]) -> None:
    """A user that exists is changed or removed only if it has a rule that was made here."""
    should, actual = case
    steps = plan(should, actual)

    for who in {s.principal for s in steps if s.do in {Do.SET_USER, Do.REMOVE_USER}}:
        assert any(rule.principal == who for rule in actual.rules)
        assert actual.users[who] is not Login.ABOVE


@given(cases())
def test_nobody_of_the_deployment_may_do_more_than_it_should(case: tuple[Should, Actual]) -> None:
    """What members, former members and the relay are allowed is what they need, and no more."""
    should, actual = case
    mine = should.principals | should.gone

    after = performed(actual, plan(should, actual))

    assert {r for r in after.rules if r.allow and r.principal in mine} == should.rules


@given(cases())
def test_who_left_keeps_the_least_quota(case: tuple[Should, Actual]) -> None:
    """Of whom a rule or a user is taken since they left, the quota is the least there is."""
    should, actual = case
    steps = plan(should, actual)
    taken = {s.principal for s in steps if s.do in {Do.REVOKE, Do.REMOVE_USER}}

    after = performed(actual, steps)

    for who in taken - should.principals:
        assert after.quotas[who].items() >= FLOOR.items()


@given(cases())
def test_what_is_an_operators_or_a_strangers_is_not_touched(case: tuple[Should, Actual]) -> None:
    """Rules, quotas and users of others stay; a stranger that could report was a member, and one
    that could write the state the relay."""
    should, actual = case
    others = {"auditor"} if any(r.principal == "stranger" for r in actual.rules) else {"stranger"}

    steps = [step for step in plan(should, actual) if step.principal in others]

    assert all(step.do is Do.FOREIGN for step in steps)
