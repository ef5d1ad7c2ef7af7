"""Strimzi's resources, written by its own generator: no artifact of it holds them as files.

`python -m tools.schemas.strimzi VERSION` pins another Strimzi.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from relay.broker import cache_dir, fetch_jars, find_java
from relay.broker.artifact import parse_lock, render_lock
from relay.broker.lock import closure, measured
from relay.broker.maven import context

PINS: Final = Path(__file__).with_name("strimzi.lock")
GENERATOR: Final = "io.strimzi.crdgenerator.CrdGenerator"
ARTIFACTS: Final = ("io.strimzi:crd-generator", "io.strimzi:api")
CLASSES: Final = (
    "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "io.strimzi.api.kafka.model.user.KafkaUser",
)
OPTIONS: Final = (
    "--yaml",
    *("--target-kube", "1.30+"),
    *("--crd-api-version", "v1"),
    *("--api-versions", "v1"),
    *("--storage-version", "v1"),
    *("--describe-api-versions", "v1"),
)
WRITE_S: Final = 120.0


def generated(place: Path) -> list[Path]:
    """Write the definitions into the directory `place`. Raises BrokerError."""
    text = PINS.read_text(encoding="utf-8")
    jars = fetch_jars(cache_dir(), artifacts=parse_lock(text, PINS.name))
    paths = [place.absolute() / f"{name.rpartition('.')[2].lower()}.yaml" for name in CLASSES]
    subprocess.run(
        [
            find_java(),
            *("-classpath", ":".join(map(str, jars))),
            GENERATOR,
            *OPTIONS,
            *(f"{name}={path}" for name, path in zip(CLASSES, paths, strict=True)),
        ],
        check=True,
        timeout=WRITE_S,
    )
    return paths


def main(version: str) -> None:
    """Pin the generator of a version of Strimzi and all that it needs."""
    with tempfile.TemporaryDirectory() as directory:
        maven = context(Path(directory))
        wanted = [f"{artifact}:{version}" for artifact in ARTIFACTS]
        artifacts = measured(maven, closure(maven, wanted))
    PINS.write_text(render_lock(artifacts, "tools.schemas.strimzi"), encoding="utf-8")
    print(f"{PINS}: Strimzi {version}, {len(artifacts)} artifacts")


if __name__ == "__main__":
    main(*sys.argv[1:])
