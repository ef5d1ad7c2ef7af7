"""What a container of the chart finds where its volumes are mounted."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from relay.model.member import Member
from relay.settings import Settings, load_register, load_settings
from tests.chart.rendering import Object, of_kind

SECRETS: Final = "/run/secrets/relay"
MOUNTS: Final = (SECRETS, "/etc/relay", "/var/lib/relay")


def pod_of(thing: Object) -> Object:
    """The pod that an object makes, or is."""
    spec: Object = thing["spec"]
    while "template" in spec:
        spec = spec["template"]["spec"]
    return spec


def secret_files(pod: Object) -> set[str]:
    """The names below SECRETS of what is mounted there."""
    mounts = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    return {
        path
        for volume in pod["volumes"]
        if mounts[volume["name"]].startswith(SECRETS)
        for path in _files(volume, mounts[volume["name"]].removeprefix(SECRETS).lstrip("/"))
    }


def lay_out(objects: list[Object], pod: Object, place: Path, held: Mapping[str, bytes]) -> None:
    """Write what a pod's volumes hold into a directory that stands for all of their places.

    `held` are the secrets by their names below SECRETS; where it says nothing, 16 bytes.
    """
    named = {volume["name"]: volume for volume in pod["volumes"]}["config"]["configMap"]["name"]
    files = next(
        each["data"] for each in of_kind(objects, "ConfigMap") if each["metadata"]["name"] == named
    )
    for name, content in files.items():
        (place / name).write_text(here(content, place), encoding="utf-8")
    within = {name.partition("/")[0] for name in held if "/" in name}
    secrets = {**dict.fromkeys(secret_files(pod) - within, b"0123456789abcdef"), **held}
    for name, secret in secrets.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(secret)


def here(text: str, place: Path) -> str:
    """What a text of a pod is, if `place` stands for all that is mounted in it."""
    return re.sub("|".join(MOUNTS), str(place), text)


def laid_out(objects: list[Object], pod: Object, place: Path) -> tuple[Settings, list[Member]]:
    """What the relay reads of a pod's volumes: its settings, its register.

    Raises SettingsError where it would end with code 3.
    """
    lay_out(objects, pod, place, {})
    settings = load_settings(place / "relay.yaml", {})
    return settings, list(load_register(settings.members))


def _files(volume: Object, below: str) -> list[str]:
    if "secret" in volume:
        return [below]
    return [
        path
        for source in volume["projected"]["sources"]
        for kind, said in source.items()
        for path in (
            [said["path"]]
            if kind == "serviceAccountToken"
            else [item["path"] for item in said["items"]]
        )
    ]
