import json
import re
from collections.abc import Mapping
from email import message_from_string
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement

from container.archive import Image
from container.bill import PLACE
from container.build import BILL
from container.debian import STATUS

ALLOWED = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "EUPL-1.2", "ISC", "MIT", "MIT-0", "MPL-2.0",
    "PSF-2.0",
}  # fmt: skip
"""Licences under which what we link to may be passed on with the relay."""

Bill = Mapping[str, Any]


@pytest.fixture(scope="module")
def bill(root: Path) -> Bill:
    """The bill that is in the image."""
    made: Bill = json.loads((root / PLACE).read_text("utf-8"))
    return made


def purls(bill: Bill, kind: str) -> dict[str, str]:
    """Name → version of the components of a kind."""
    every = [*bill["components"], bill["metadata"]["component"]]
    found = (PackageURL.from_string(each["purl"]) for each in every if "purl" in each)
    return {each.name: str(each.version) for each in found if each.type == kind}


def expressions(bill: Bill) -> dict[str, str]:
    """Name → SPDX expression of what is Python's, the relay included."""
    every = [*bill["components"], bill["metadata"]["component"]]
    return {
        each["name"]: each["licenses"][0]["expression"]
        for each in every
        if not each.get("purl", "pkg:deb/").startswith("pkg:deb/")
    }


def test_it_is_a_bill(image: Image, root: Path) -> None:
    """It holds by the schema of CycloneDX 1.6, and the one beside the archive is the same."""
    text = (root / PLACE).read_text("utf-8")

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert (image.path.parent / BILL).read_text("utf-8") == text


def test_it_lists_the_distributions_that_are_there(bill: Bill, root: Path) -> None:
    """Every directory with metadata is a component of the same version, and the other way round."""
    [site] = root.glob("usr/local/lib/python3*/dist-packages")
    there = {
        each.metadata["Name"].lower().replace("_", "-"): each.version
        for each in distributions(path=[str(site)])
    }

    assert purls(bill, "pypi") | purls(bill, "generic") == there
    assert {path.name for path in site.iterdir() if path.name.endswith("-info")} == {
        path.name for path in site.glob("*.dist-info")
    }


def test_the_distributions_are_those_of_the_lock(bill: Bill) -> None:
    """What was tested is what is shipped: each entry of requirements.lock that holds on Linux."""
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text("utf-8")
    rows = (row.rstrip(" \\") for row in lock.splitlines() if "==" in row and row[0] != " ")
    wanted = [Requirement(row) for row in rows]

    assert purls(bill, "pypi") == {
        each.name: str(each.specifier).removeprefix("==")
        for each in wanted
        if each.marker is None or each.marker.evaluate()
    }


def test_it_lists_the_packages_that_are_there(bill: Bill, root: Path) -> None:
    """Every package of which a file is there is a component of the same version, and no other."""
    records = [path for path in (root / STATUS).iterdir() if path.suffix != ".md5sums"]
    controls = [message_from_string(path.read_text("utf-8")) for path in records]

    assert purls(bill, "deb") == {str(each["Package"]): str(each["Version"]) for each in controls}
    assert {path.name for path in (root / "usr/share/doc").iterdir()} == purls(bill, "deb").keys()


def test_everything_depends_on_what_is_listed(bill: Bill) -> None:
    """From the relay one comes to every component, and to none that is not listed."""
    edges = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    reached: set[str] = set()
    ahead = [bill["metadata"]["component"]["bom-ref"]]
    while ahead:
        ref = ahead.pop()
        if ref not in reached:
            reached.add(ref)
            ahead.extend(edges[ref])
    listed = {each["bom-ref"] for each in bill["components"] if "purl" in each}

    assert reached == listed | {bill["metadata"]["component"]["bom-ref"]}


def test_licences_are_ones_we_may_pass_on(bill: Bill) -> None:
    """Every distribution is under licences of the list alone."""
    foreign = {
        name: expression
        for name, expression in expressions(bill).items()
        if not set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR"} <= ALLOWED
    }

    assert len(expressions(bill)) > 20
    assert foreign == {}
