"""The schemas of other people's resources: of Prometheus, KEDA, External Secrets and Strimzi."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import yaml

from tools.programs import MODULES, UnavailableError
from tools.schemas.kubernetes import DEFINITIONS, METADATA, VERSIONS
from tools.schemas.shape import Schema, strict

FETCH_S: Final = 300.0
# OpenAPI 3.0's schemas have the words of this draft.
DRAFT: Final = "http://json-schema.org/draft-04/schema#"

FILES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "github.com/prometheus-operator/prometheus-operator": (
            "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        ),
        "github.com/kedacore/keda/v2": ("config/crd/bases/keda.sh_scaledobjects.yaml",),
        "github.com/external-secrets/external-secrets": (
            "config/crds/bases/external-secrets.io_externalsecrets.yaml",
        ),
    }
)
"""Where each module keeps its definitions; the versions are pinned in `tools/go/crds`."""


def fetched() -> list[Path]:
    """Fetch the modules, through Go, which checks their hashes.

    Raises UnavailableError.
    """
    return [_fetched(module) / name for module, names in FILES.items() for name in names]


def _fetched(module: str) -> Path:
    go = shutil.which("go")
    if go is None:
        raise UnavailableError(f"there is no go on the path to fetch {module} with")
    run = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=MODULES / "crds",
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if run.returncode != 0:
        raise UnavailableError(f"go mod download {module}: {run.stdout}{run.stderr}")
    return Path(json.loads(run.stdout)["Dir"])


def made(definitions: Iterable[Path]) -> dict[str, Schema]:
    """Return a schema for each version that each definition serves."""
    return {
        name: schema
        for path in definitions
        for name, schema in served(yaml.safe_load(path.read_text(encoding="utf-8"))).items()
    }


def served(definition: Schema) -> dict[str, Schema]:
    """Return the schemas of one CustomResourceDefinition, by the names kubeconform looks for."""
    group, kind = definition["spec"]["group"], definition["spec"]["names"]["kind"]
    return {
        f"custom/{kind.lower()}-{group.partition('.')[0]}-{each['name']}.json": _root(
            each["schema"]["openAPIV3Schema"], f"{group}/{each['name']}", kind
        )
        for each in definition["spec"]["versions"]
        if each["served"]
    }


def _root(schema: Schema, version: str, kind: str) -> Schema:
    kept = strict(schema)
    # The status is the cluster's to write.
    kept["properties"].pop("status", None)
    kept["properties"] |= {
        "apiVersion": {"enum": [version]},
        "kind": {"enum": [kind]},
        "metadata": {"$ref": f"../v{VERSIONS[-1]}/{DEFINITIONS}#/$defs/{METADATA}"},
    }
    kept["required"] = sorted({*kept.get("required", ()), "apiVersion", "kind", "metadata"})
    return {"$schema": DRAFT, **kept}
