"""The bill of materials: what is in an image, read from the image's own records (CycloneDX 1.6)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from container.debian import ROOTS, STATUS
from container.distributions import site
from container.errors import BuildError
from container.licences import of_distribution, of_package
from container.source import Source

PLACE = "usr/share/relay/sbom.cdx.json"
"""Where the bill lies in the image."""


def bill(root: Path, python: str, source: Source) -> str:
    """Return the bill of what is below `root`, as JSON. Raises BuildError."""
    installed: Mapping[str, Distribution] = {
        canonicalize_name(each.metadata["Name"]): each
        for each in distributions(path=[str(root / site(python))])
    }
    controls = {str(control["Package"]): control for control in _controls(root)}
    system = _system(root)
    debian = {
        name: _of_debian(control, _copyright(root, name), system)
        for name, control in controls.items()
    }
    pypi = {name: _of_python(name, each) for name, each in installed.items()}
    relay = pypi.pop("relay")
    made = Bom(components=[_operating_system(system), *debian.values(), *pypi.values()])
    _head(made, relay, source)
    for name, component in pypi.items():
        made.register_dependency(component, _present(_requires(installed[name]), pypi))
    for name, component in debian.items():
        made.register_dependency(component, _present(_depends(controls[name]), debian))
    own = (*_requires(installed["relay"]), *ROOTS)
    made.register_dependency(relay, _present(own, pypi | debian))
    return JsonV1Dot6(made).output_as_string(indent=2) + "\n"


def _head(made: Bom, relay: Component, source: Source) -> None:
    contents = " ".join(sorted(str(component.purl) for component in made.components))
    made.metadata.component = relay
    made.metadata.timestamp = datetime.fromtimestamp(source.epoch, UTC)
    made.serial_number = uuid5(NAMESPACE_URL, f"{source.revision} {contents}")


def _present(names: Iterable[str], components: Mapping[str, Component]) -> list[Component]:
    return [components[name] for name in sorted(set(names)) if name in components]


def _controls(root: Path) -> Iterator[Message]:
    for path in sorted((root / STATUS).iterdir()):
        if path.suffix != ".md5sums":
            yield message_from_string(path.read_text("utf-8"))


def _copyright(root: Path, package: str) -> str:
    path = root / "usr/share/doc" / package / "copyright"
    return path.read_text("utf-8") if path.exists() else ""


def _system(root: Path) -> Mapping[str, str]:
    """os-release, as keys and values."""
    text = (root / "usr/lib/os-release").read_text("utf-8")
    return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))


def _operating_system(system: Mapping[str, str]) -> Component:
    return Component(
        name=system["ID"],
        version=system["VERSION_ID"],
        type=ComponentType.OPERATING_SYSTEM,
        bom_ref="operating-system",
    )


def _of_debian(control: Message, copyright_file: str, system: Mapping[str, str]) -> Component:
    name, version = str(control["Package"]), str(control["Version"])
    # Advisories are written for sources: the name of a library's binary package is not enough.
    origin = re.match(r"\S+", str(control.get("Source", name)))
    qualifiers = {
        "arch": str(control["Architecture"]),
        "distro": f"{system['ID']}-{system['VERSION_ID']}",
        "upstream": origin[0] if origin else name,
    }
    purl = PackageURL("deb", system["ID"], name, version, qualifiers)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[DisjunctiveLicense(name=each) for each in of_package(copyright_file)],
    )


def _of_python(name: str, installed: Distribution) -> Component:
    expression = of_distribution(installed.metadata)
    if expression is None:
        raise BuildError(f"{name} says no licence that is known: see container/licences.py")
    own = name == "relay"
    # The relay is on no index; another project has its name there.
    purl = PackageURL("generic" if own else "pypi", None, name, installed.version)
    return Component(
        name=name,
        version=installed.version,
        type=ComponentType.APPLICATION if own else ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseExpression(expression)],
    )


def _requires(installed: Distribution) -> Iterator[str]:
    for line in installed.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def _depends(control: Message) -> Iterator[str]:
    for field in ("Pre-Depends", "Depends"):
        yield from re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]+)", str(control.get(field, "")))
