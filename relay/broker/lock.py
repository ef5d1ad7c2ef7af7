"""Write kafka.lock anew: `python -m relay.broker.lock [KAFKA_VERSION]`.

Resolves the server's closure once, for whoever raises the version; starting a broker never
resolves. Every module of Kafka must come out at the version asked for: mediation between POMs may
pick another, and such a closure is refused. log4j's binding is added at the version of log4j-core,
or the broker would log nothing. Review the difference before committing it: what is fetched here
is what everybody is held to.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from relay.broker import maven
from relay.broker.artifact import LOCK, SERVER, Artifact, kafka_version, pinned, render_lock
from relay.broker.jars import PARALLEL

LOG4J = "org.apache.logging.log4j"


def closure(context: maven.MavenContext, coordinates: Iterable[str]) -> list[Artifact]:
    """Return the artifacts of `coordinates` and all that they need at run time, without sums."""
    wanted = [context.create_dependency(each) for each in coordinates]
    inputs, transitive = context.resolver.resolve(wanted)
    return [
        Artifact(each.groupId, each.artifactId, each.version, each.classifier, "", 0)
        for each in (*inputs, *transitive)
    ]


def of_kafka(context: maven.MavenContext, module: tuple[str, str], version: str) -> list[Artifact]:
    """Return what a module of Kafka needs, as `closure` does.

    Raises:
        ValueError: mediation picked another version for a module of Kafka.
    """
    found = closure(context, [":".join((*module, version))])
    refuse_mixed(found, version)
    return found


def measured(context: maven.MavenContext, artifacts: Iterable[Artifact]) -> tuple[Artifact, ...]:
    """Fetch `artifacts` and return them with their sums and sizes."""

    def one(artifact: Artifact) -> Artifact:
        content = maven.download(context, artifact).read_bytes()
        return replace(artifact, sha256=hashlib.sha256(content).hexdigest(), size=len(content))

    with ThreadPoolExecutor(PARALLEL) as pool:
        return tuple(pool.map(one, artifacts))


def with_binding(found: Iterable[Artifact]) -> list[Artifact]:
    """Add log4j's binding to slf4j 1, at the version of the log4j-core among them."""
    artifacts = list(found)
    core = next(each for each in artifacts if (each.group, each.name) == (LOG4J, "log4j-core"))
    return [*artifacts, Artifact(LOG4J, "log4j-slf4j-impl", core.version, "", "", 0)]


def refuse_mixed(found: Iterable[Artifact], version: str) -> None:
    """Raise ValueError, naming them, if modules of Kafka have a version other than `version`."""
    mixed = [each for each in found if each.group == SERVER[0] and each.version != version]
    if mixed:
        named = ", ".join(each.coordinate for each in mixed)
        raise ValueError(f"not all of Kafka is {version}: {named}")


def main(arguments: list[str]) -> None:
    """Rewrite kafka.lock for the version in `arguments`, or for the one it pins now."""
    version = arguments[0] if arguments else kafka_version(pinned())
    with tempfile.TemporaryDirectory() as directory:
        context = maven.context(Path(directory))
        artifacts = measured(context, with_binding(of_kafka(context, SERVER, version)))
    LOCK.write_text(render_lock(artifacts), "utf-8")
    size = sum(artifact.size for artifact in artifacts)
    sys.stdout.write(f"{LOCK}: Kafka {version}, {len(artifacts)} artifacts, {size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
