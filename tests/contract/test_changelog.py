import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SECTION: Final = re.compile(r"^## \[([^\]]+)\]", re.MULTILINE)
ROW: Final = re.compile(r"^\| (?P<question>[^|]+) \| (?P<answer>[^|]+) \|$", re.MULTILINE)


def rows(text: str) -> dict[str, str]:
    """The first table of a text: each question with its answer."""
    table = text[text.index("| question | answer |") :].split("\n\n", 1)[0]
    found = {row["question"]: row["answer"].strip() for row in ROW.finditer(table)}
    del found["question"]
    found.pop("---", None)
    return found


def sections() -> dict[str, str]:
    """What the changelog says of each version, and of the one to come."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    _, *parts = SECTION.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def upgrading(section: str) -> str:
    """The part of a section that is for whoever upgrades."""
    found = re.search(r"^### Upgrading$(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def test_every_version_says_how_to_upgrade() -> None:
    """Each section answers the questions of docs/operations.md, all of them, in their order."""
    form = (ROOT / "docs" / "operations.md").read_text("utf-8")
    asked = list(rows(form[form.index("### The form of upgrade notes") :]))
    answered = {version: rows(upgrading(said)) for version, said in sections().items()}

    assert "Unreleased" in answered
    assert len(asked) == 7
    assert {version: list(found) for version, found in answered.items()} == dict.fromkeys(
        answered, asked
    )
    assert all(answer for found in answered.values() for answer in found.values())
