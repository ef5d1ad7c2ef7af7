import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MODULE_LINES: Final = 300  # what one reads in a sitting
FUNCTION_LINES: Final = 40  # what fits a screen
NESTING: Final = 3  # what one keeps in mind
IGNORES: Final = 25  # each is a debt with a reason; past this, the rule is wrong, not the code
VAGUE: Final = {"base", "common", "helper", "helpers", "misc", "util", "utils"}
BLOCKS: Final = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith)

# Spelled with [ ] so that this file does not find itself.
IGNORE: Final = re.compile(r"#[ ]*(?:type:[ ]*ignore|noqa|ruff:[ ]*noqa|mypy:[ ]*ignore)")
CODED: Final = re.compile(r"#[ ]*(?:type:[ ]*ignore\[[a-z]|noqa:[ ]*[A-Z]+[0-9])")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    """Every Python file of the project."""
    names = ("relay", "tests", "bench", "container", "helm", "monitoring", "tools")
    tops = (ROOT / top for top in names)
    return sorted(path for top in tops for path in top.rglob("*.py"))


def place(path: Path) -> str:
    """Where a file is, as a reader of a failure wants it."""
    return str(path.relative_to(ROOT))


def functions() -> Iterator[tuple[str, Function, list[str]]]:
    """Each function: its place, its tree, and the rows of its file."""
    for path in modules():
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                yield f"{place(path)}:{node.lineno} {node.name}", node, text.splitlines()


def length(node: Function, rows: list[str]) -> int:
    """Lines of a function that are not blank, its docstring left out."""
    start = node.lineno
    if ast.get_docstring(node, clean=False) is not None:
        start = (node.body[0].end_lineno or start) + 1
    own = [row for row in rows[start - 1 : node.end_lineno] if row.strip()]
    return len(own) + (start != node.lineno)


def depth(node: ast.AST) -> int:
    """How deep blocks stand in each other; an elif is no deeper than its if."""
    deepest = max((depth(child) for child in ast.iter_child_nodes(node)), default=0)
    if not isinstance(node, BLOCKS):
        return deepest
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        beside = depth(node.orelse[0])
        within = max(depth(child) for child in (node.test, *node.body))
        return max(beside, within + 1)
    return deepest + 1


def test_no_module_is_longer_than_a_sitting() -> None:
    """A module has at most 300 lines that are not blank."""
    sizes = {
        place(path): sum(1 for row in path.read_text().splitlines() if row.strip())
        for path in modules()
    }

    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    """A function has at most 40 lines that are not blank, its docstring left out."""
    sizes = {name: length(node, rows) for name, node, rows in functions()}

    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}


def test_no_function_nests_deeper_than_three() -> None:
    """Blocks stand at most three deep in each other."""
    depths = {name: depth(node) for name, node, _ in functions()}

    assert {name: deep for name, deep in depths.items() if deep > NESTING} == {}


def test_every_test_says_its_rule() -> None:
    """A test has a docstring: one sentence that states the rule it holds."""
    silent = [
        name
        for name, node, _ in functions()
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []


def test_modules_are_named_for_what_they_hold() -> None:
    """There is no drawer for things without a place."""
    assert [place(path) for path in modules() if path.stem.strip("_") in VAGUE] == []


def test_nothing_of_our_own_is_mocked() -> None:
    """Fakes obey the port they stand for; a mock obeys the test."""
    mocking = re.compile(r"^\s*(?:from|import)\s+(?:unittest[ ]*(?:\.|import )[ ]*|)mock\b", re.M)

    assert [place(path) for path in modules() if mocking.search(path.read_text())] == []


def test_ignores_are_few_and_say_what_they_ignore() -> None:
    """Each suppression carries its code, and there are at most 25 of them."""
    found = [
        f"{place(path)}: {row.strip()}"
        for path in modules()
        for row in path.read_text().splitlines()
        if IGNORE.search(row)
    ]

    assert [row for row in found if not CODED.search(row)] == []
    assert len(found) <= IGNORES, "\n".join(found)


def test_imports_point_inwards() -> None:
    """The import contracts of pyproject.toml are kept."""
    checker = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [checker, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr
