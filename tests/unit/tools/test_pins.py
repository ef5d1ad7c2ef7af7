import json
import re
from pathlib import Path
from typing import Final

from relay.broker.artifact import parse_lock, render_lock
from tools.programs import MODULES, PACKAGES
from tools.schemas import strimzi
from tools.schemas.custom import FILES
from tools.schemas.kubernetes import PINS, VERSIONS

ROOT: Final = Path(__file__).parents[3]
NOTICE: Final = (ROOT / "tests/chart/schemas/NOTICE.md").read_text()
ADDRESS: Final = re.compile(r"https?://")


def pinned() -> dict[str, str]:
    """The modules that custom resources come from, with their versions."""
    text = (MODULES / "crds/go.mod").read_text()
    return dict(re.findall(r"^\t(\S+) v(\S+)$", text, re.MULTILINE))


def test_custom_resources_come_from_pinned_modules() -> None:
    """Each module that is read is pinned, with the hash of its content."""
    sums = (MODULES / "crds/go.sum").read_text()

    assert set(pinned()) == set(FILES)
    for module, version in pinned().items():
        assert f"{module} v{version} h1:" in sums


def test_the_generator_of_strimzi_is_pinned() -> None:
    """Its lock is as it would be written, and holds the generator and the API at one version."""
    text = strimzi.PINS.read_text()
    artifacts = parse_lock(text, strimzi.PINS.name)

    assert text == render_lock(artifacts, "tools.schemas.strimzi")
    of_strimzi = {
        f"{each.group}:{each.name}": each.version
        for each in artifacts
        if each.group == "io.strimzi"
    }
    assert set(strimzi.ARTIFACTS) <= set(of_strimzi)
    assert len({of_strimzi[name] for name in strimzi.ARTIFACTS}) == 1


def test_the_notice_has_the_versions_of_the_pins() -> None:
    """What is committed of others is said to be of what it is of."""
    [strimzis] = {
        each.version
        for each in parse_lock(strimzi.PINS.read_text())
        if f"{each.group}:{each.name}" in strimzi.ARTIFACTS
    }
    [package] = re.findall(r"==(\S+)", PINS.read_text())

    for version in (*pinned().values(), strimzis):
        assert f"| {version} |" in NOTICE
    assert f"kubernetes-validate {package}" in NOTICE
    assert all(f"`v{version}/`" in NOTICE for version in VERSIONS)


def test_pins_name_no_place() -> None:
    """Where modules and packages come from is the setting of whoever builds."""
    files = [*MODULES.glob("*/go.mod"), *MODULES.glob("*/go.sum"), PINS, strimzi.PINS]

    assert len(files) > len(PACKAGES)
    assert [path for path in files if ADDRESS.search(path.read_text())] == []


def test_schemas_are_as_they_are_written() -> None:
    """Each committed schema is one line of JSON with sorted keys, so that a change is a change."""
    files = sorted((ROOT / "tests/chart/schemas").glob("*/*.json"))

    assert files
    for path in files:
        text = path.read_text()
        again = json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)
        assert text == again + "\n", path.name


def test_every_program_has_its_reason() -> None:
    """docs/dependencies.md says of each program why it is there."""
    told = (ROOT / "docs/dependencies.md").read_text().partition("## Programs that judge")[2]

    rows = re.findall(r"^\| ([\w./-]+)", told, re.MULTILINE)
    named = {row.rpartition("/")[2] for row in rows} - {"name", "---"}
    assert {name.replace("pod-security-admission", "podsecurity") for name in named} == set(
        PACKAGES
    )
