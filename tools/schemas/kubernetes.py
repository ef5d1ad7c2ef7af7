"""Kubernetes' own schemas, cut down to the kinds of a chart.

They come out of the package kubernetes-validate, which has them strict. It is 22 MB and needed by
none but who makes them anew, so it has a lock of its own.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from tools.schemas.shape import Schema, bare, reached, redirected, references

PINS: Final = Path(__file__).with_name("kubernetes-validate.lock")
FETCH_S: Final = 300.0

VERSIONS: Final = ("1.30.0", "1.37.0")
"""The oldest Kubernetes that the chart is for, and the newest that the package has."""

KINDS: Final = (
    "configmap-v1",
    "job-batch-v1",
    "networkpolicy-networking-v1",
    "pod-v1",
    "poddisruptionbudget-policy-v1",
    "service-v1",
    "serviceaccount-v1",
    "statefulset-apps-v1",
)
DEFINITIONS: Final = "_definitions.json"
METADATA: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def fetched(place: Path) -> Path:
    """Fetch the pinned package into `place`, through pip, which checks its hash."""
    words = ("download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes")
    subprocess.run(
        [sys.executable, "-m", "pip", *words, "--requirement", PINS, "--dest", place],
        check=True,
        timeout=FETCH_S,
    )
    [wheel] = place.glob("kubernetes_validate-*.whl")
    return wheel


def made(wheel: Path) -> dict[str, Schema]:
    """Return each file of each version: one a kind, and one with the definitions they share."""
    with ZipFile(wheel) as archive:
        return {
            f"v{version}/{name}": schema
            for version in VERSIONS
            for name, schema in _of_version(archive, version).items()
        }


def _of_version(archive: ZipFile, version: str) -> dict[str, Schema]:
    folder = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict"
    kinds = {f"{kind}.json": _root(_read(archive, f"{folder}/{kind}.json")) for kind in KINDS}
    known = _read(archive, f"{folder}/{DEFINITIONS}")["$defs"]
    shared = reached([METADATA, *references(list(kinds.values()))], known)
    definitions = {name: bare(each) for name, each in shared.items()}
    files: dict[str, Schema] = {**kinds, DEFINITIONS: {"$defs": definitions}}
    return {name: redirected(each, DEFINITIONS) for name, each in files.items()}


def _read(archive: ZipFile, name: str) -> Schema:
    loaded: Schema = json.loads(archive.read(name))
    return loaded


def _root(schema: Schema) -> Schema:
    # The status is the cluster's to write; and what a schema calls itself is where it is not.
    kept = bare({word: value for word, value in schema.items() if word != "$id"})
    kept["properties"].pop("status", None)
    kept["required"] = sorted({*kept.get("required", ()), "apiVersion", "kind", "metadata"})
    return kept
