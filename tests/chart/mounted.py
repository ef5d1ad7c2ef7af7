"""What a container of the chart finds where its volumes are mounted."""

from pathlib import Path
from typing import Final

from relay.model.member import Member
from relay.settings import Settings, load_register, load_settings
from tests.chart.rendering import Object, of_kind

SECRETS: Final = "/run/secrets/relay"


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


def laid_out(objects: list[Object], pod: Object, place: Path) -> tuple[Settings, list[Member]]:
    """What the relay reads of a pod's volumes, laid out in a directory: its settings, its register.

    Raises SettingsError where it would end with code 3.
    """
    named = {volume["name"]: volume for volume in pod["volumes"]}["config"]["configMap"]["name"]
    files = next(
        each["data"] for each in of_kind(objects, "ConfigMap") if each["metadata"]["name"] == named
    )
    for name, content in files.items():
        (place / name).write_text(content.replace(SECRETS, str(place)), encoding="utf-8")
    for name in secret_files(pod):
        (place / name).write_bytes(b"0123456789abcdef")
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
