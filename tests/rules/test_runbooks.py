import re
from pathlib import Path
from typing import Final

import pytest
import typer
import yaml

from relay.cli.main import app

ROOT: Final = Path(__file__).parents[2]
PLACE: Final = ROOT / "docs/runbooks"
PAGES: Final = sorted(page for page in PLACE.glob("*.md") if page.stem != "README")
PARTS: Final = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]
SOURCES: Final = "\n".join(path.read_text() for path in sorted((ROOT / "relay").rglob("*.py")))
NUMBERED: Final = re.compile(r"^1\. ", re.MULTILINE)


def alerts() -> set[str]:
    """The names of all alerts."""
    found = re.findall(
        r"^ +- alert: (\w+)$",
        "\n".join(path.read_text() for path in ROOT.glob("helm/relay/files/rules/*.yaml")),
        re.MULTILINE,
    )
    return set(found)


def commands() -> dict[str, set[str]]:
    """The options of each command of `relay`."""
    group = typer.main.get_command(app)
    assert hasattr(group, "commands"), "the command is a group"
    return {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in group.commands.items()
    }


def leads(to: str) -> bool:
    """Whether there is such a page and, in it, such a heading."""
    path, _, heading = to.partition("#")
    if not (PLACE / path).exists():
        return False
    lines = (PLACE / path).read_text().splitlines() if heading else []
    slugs = {line.lstrip("# ").lower().replace(" ", "-") for line in lines if line[:1] == "#"}
    return not heading or heading in slugs


def test_there_is_a_page_for_every_alert_and_no_other() -> None:
    """Who is woken finds a page; a page is of something that may wake."""
    assert {page.stem for page in PAGES} == alerts()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_four_parts(page: Path) -> None:
    """Meaning, impact, diagnosis, mitigation, in this order; the last two in steps."""
    text = page.read_text()

    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## .*$", text, re.MULTILINE) == PARTS
    assert len(NUMBERED.findall(text)) == 2


@pytest.mark.parametrize("page", [*PAGES, PLACE / "README.md"], ids=lambda page: page.stem)
def test_what_a_page_tells_to_type_is_there(page: Path) -> None:
    """Commands and their options, lines of the log and other pages are those of this project."""
    text = page.read_text()
    typed = re.findall(r"`relay ([a-z]+)((?: [^`]*)?)`", text)
    known = commands()

    assert [name for name, _ in typed if name not in known] == []
    assert [
        option
        for name, rest in typed
        for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest.partition("|")[0])
        if option not in known[name]
    ] == []
    assert [
        line for line in re.findall(r'"msg":"([^"]+)"', text) if f'"{line}"' not in SOURCES
    ] == []
    assert [to for to in re.findall(r"\]\(([^)]+)\)", text) if not leads(to)] == []


def test_a_page_leads_on_from_no_code_that_is_cut() -> None:
    """What is to be copied stands on one line."""
    cut = [
        f"{page.stem}: {line}"
        for page in PAGES
        for line in page.read_text().splitlines()
        if line.count("`") % 2
    ]

    assert cut == []


def test_the_rules_name_the_pages() -> None:
    """The address in an alert is a file of this repository."""
    documents = [
        yaml.safe_load(path.read_text()) for path in ROOT.glob("helm/relay/files/rules/*.yaml")
    ]
    named = [
        rule["annotations"]["runbook_url"]
        for each in documents
        for group in each["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]

    assert [path for path in named if not (ROOT / path).is_file()] == []
