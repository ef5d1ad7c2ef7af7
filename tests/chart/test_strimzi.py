import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from relay.app.running import kafka_settings
from relay.kafka.access import UNBOUNDED, Should, wanted
from relay.kafka.rules import CLUSTER, Rule, principal_of
from relay.kafka.topics import Topic
from relay.kafka.topics import wanted as wanted_topics
from relay.model.member import Member
from relay.settings import Settings
from tests.chart.mounted import laid_out, pod_of
from tests.chart.rendering import VALUES, Object, each_values, of_kind, render
from tests.chart.rendering import settings as said_in

STRIMZI: Final = [path for path in VALUES if "strimzi" in said_in(path)]
CERTIFIED: Final = {"tls", "tls-external"}
MOST: Final = 2**31 - 1  # a KafkaUser's quotas are Java's int
PATTERNS: Final = {"literal": False, "prefix": True}


def deployment(values: Path, place: Path) -> tuple[list[Object], Settings, list[Member]]:
    """What the chart makes, and what a relay in it reads."""
    objects = render(values)
    (stateful,) = of_kind(objects, "StatefulSet")
    settings, members = laid_out(objects, pod_of(stateful), place)
    return objects, settings, members


def certified(principal: str) -> str:
    """Who somebody with a certificate of Strimzi is to the brokers."""
    return f"CN={principal.removeprefix('CN=')}"


def should_be(values: Path, settings: Settings, members: list[Member]) -> Should:
    """What `relay provision` would make, if its register named principals as Strimzi does."""
    users = said_in(values)["strimzi"]["users"]
    by_id = users.get("types", {})
    theirs = [
        replace(member, principal=certified(principal_of(member)))
        if by_id.get(member.id, users.get("type")) in CERTIFIED
        else member
        for member in members
    ]
    principal = settings.access.principal
    own = certified(principal) if settings.security.protocol == "ssl" else principal
    topics = wanted_topics((member.id for member in members), settings.lanes)
    access = replace(settings.access, principal=own)
    return wanted(theirs, topics, access, kafka_settings(settings))


def snake(word: str) -> str:
    """Kafka's words as the relay has them: DescribeConfigs is describe_configs."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()


def principal_in(user: Object) -> str:
    """Whom the User Operator makes rules and quotas for."""
    name: str = user["metadata"]["name"]
    return (
        certified(name) if user["spec"].get("authentication", {}).get("type") in CERTIFIED else name
    )


def rules_of(user: Object) -> Iterator[Rule]:
    """The rules of a KafkaUser, each operation one."""
    for acl in user["spec"]["authorization"]["acls"]:
        resource: dict[str, Any] = acl["resource"]
        for operation in acl["operations"]:
            yield Rule(
                principal_in(user),
                snake(resource["type"]),
                resource.get("name", CLUSTER),
                snake(operation),
                prefixed=PATTERNS[resource.get("patternType", "literal")],
                allow=acl.get("type", "allow") == "allow",
                host=acl.get("host", "*"),
            )


@each_values(STRIMZI)
def test_strimzi_makes_the_topics_that_provision_would(values: Path, tmp_path: Path) -> None:
    """Names, partitions, copies and settings are those of `relay provision`, for every member."""
    objects, settings, members = deployment(values, tmp_path)
    found = [
        Topic(each["metadata"]["name"], each["spec"]["partitions"], each["spec"]["config"])
        for each in of_kind(objects, "KafkaTopic")
    ]
    should = wanted_topics((member.id for member in members), settings.lanes)
    copies = {each["spec"].get("replicas") for each in of_kind(objects, "KafkaTopic")}

    assert sorted(found, key=lambda t: t.name) == sorted(should, key=lambda t: t.name)
    assert copies == {settings.kafka.replication_factor}


@each_values(STRIMZI)
def test_strimzi_grants_what_provision_would(values: Path, tmp_path: Path) -> None:
    """Each may do what `relay provision` would let it do, no more; who is disabled, nothing."""
    objects, settings, members = deployment(values, tmp_path)
    found = [rule for user in of_kind(objects, "KafkaUser") for rule in rules_of(user)]

    assert len(found) == len(set(found))
    assert set(found) == should_be(values, settings, members).rules


@each_values(STRIMZI)
def test_strimzi_bounds_who_provision_would(values: Path, tmp_path: Path) -> None:
    """Members have the quotas of the settings; the relay has the most that a KafkaUser holds."""
    objects, settings, members = deployment(values, tmp_path)
    found = {
        principal_in(user): {snake(key): value for key, value in user["spec"]["quotas"].items()}
        for user in of_kind(objects, "KafkaUser")
    }
    should = {
        who: {key: MOST if value == UNBOUNDED else value for key, value in quota.items()}
        for who, quota in should_be(values, settings, members).quotas.items()
    }

    assert found == should


@each_values(STRIMZI)
def test_no_user_may_come_in_by_two_ways(values: Path) -> None:
    """Two KafkaUsers of one name would be one member that reads another's alerts."""
    names = [user["metadata"]["name"] for user in of_kind(render(values), "KafkaUser")]

    assert len(names) == len(set(names)) > 1
    assert all(isinstance(name, str) for name in names)
