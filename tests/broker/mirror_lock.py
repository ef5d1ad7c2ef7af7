"""Write mirror.lock anew: `python -m tests.broker.mirror_lock`, after kafka.lock was.

It holds what MirrorMaker 2 needs besides the broker's own jars, at the version of Kafka that
kafka.lock pins. Both lists are one class path, so a module that both need must come out at one
version: what mediation picks for the one is compared with what it picked for the other.
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from relay.broker import maven
from relay.broker.artifact import Artifact, kafka_version, pinned, render_lock
from relay.broker.lock import measured, of_kafka

LOCK: Final = Path(__file__).with_name("mirror.lock")
MIRROR: Final = ("org.apache.kafka", "connect-mirror")


def beside(found: Iterable[Artifact], broker: Iterable[Artifact]) -> list[Artifact]:
    """Return what of `found` is not among the broker's jars.

    Raises:
        ValueError: a module is there in another version; names both.
    """
    there = {each.module: each for each in broker}
    artifacts = list(found)
    for each in artifacts:
        if each.module in there and each.version != there[each.module].version:
            ours = there[each.module].coordinate
            raise ValueError(f"{each.coordinate} is wanted, and kafka.lock has {ours}")
    return [each for each in artifacts if each.module not in there]


def main() -> None:
    """Rewrite mirror.lock for the version of Kafka in kafka.lock."""
    broker = pinned()
    version = kafka_version(broker)
    with tempfile.TemporaryDirectory() as directory:
        context = maven.context(Path(directory))
        artifacts = measured(context, beside(of_kafka(context, MIRROR, version), broker))
    LOCK.write_text(render_lock(artifacts, "tests.broker.mirror_lock"), "utf-8")
    size = sum(artifact.size for artifact in artifacts)
    sys.stdout.write(f"{LOCK}: Kafka {version}, {len(artifacts)} artifacts, {size} bytes\n")


if __name__ == "__main__":
    main()
