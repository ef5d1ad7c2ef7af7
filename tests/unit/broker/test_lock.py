from pathlib import Path

import pytest

from relay.broker.artifact import SERVER, Artifact, kafka_version, pinned
from relay.broker.lock import refuse_mixed, with_binding
from tests.broker.mirror_lock import LOCK, MIRROR, beside


def an_artifact(group: str, name: str, version: str) -> Artifact:
    """An artifact that nobody has fetched yet."""
    return Artifact(group, name, version, "", "", 0)


def test_mixed_kafka_is_refused() -> None:
    """A closure in which mediation picked another kafka-clients is not written down."""
    closure = [
        an_artifact("org.apache.kafka", "kafka_2.13", "4.3.1"),
        an_artifact("org.apache.kafka", "kafka-clients", "4.1.0"),
        an_artifact("org.scala-lang", "scala-library", "2.13.18"),
    ]

    with pytest.raises(ValueError, match=r"kafka-clients:4\.1\.0$"):
        refuse_mixed(closure, "4.3.1")


def test_binding_follows_log4j() -> None:
    """The logging binding is added at the version of the log4j in the closure."""
    closure = [an_artifact("org.apache.logging.log4j", "log4j-core", "2.99.1")]

    added = with_binding(closure)[-1]

    assert added.coordinate == "org.apache.logging.log4j:log4j-slf4j-impl:2.99.1"


def test_what_a_mirror_needs_besides_is_of_the_same_kafka() -> None:
    """Both lists are one class path: no module stands in both, and all of Kafka is one version."""
    broker, mirror = pinned(), pinned(LOCK)
    modules = [each.module for each in (*broker, *mirror)]
    kafka = {each.version for each in mirror if each.group == SERVER[0]}

    assert len(set(modules)) == len(modules)
    assert kafka == {kafka_version(broker)}
    assert MIRROR in {(each.group, each.name) for each in mirror}


def test_a_module_in_two_versions_is_refused() -> None:
    """What mediation picked for the mirror must be what it picked for the broker."""
    broker = [an_artifact("org.a", "b", "1.0"), an_artifact("org.a", "c", "1.0")]
    same, other = an_artifact("org.a", "b", "1.0"), an_artifact("org.a", "c", "2.0")
    more = an_artifact("org.a", "d", "7.0")

    assert beside([same, more], broker) == [more]
    with pytest.raises(
        ValueError, match=r"org\.a:c:2\.0 is wanted, and kafka\.lock has org\.a:c:1"
    ):
        beside([same, other], broker)


def test_an_error_names_the_lock_it_is_in(tmp_path: Path) -> None:
    """Each lock is read by the same rules, and complained of by its own name."""
    lock = tmp_path / "mirror.lock"
    lock.write_text("org.a:b")

    with pytest.raises(ValueError, match=r"^mirror\.lock, line 1"):
        pinned(lock)
