"""`python -m monitoring`: write the chart's dashboards; `--check` says what has drifted."""

import json
import sys
from pathlib import Path

from monitoring.dashboards import DASHBOARDS
from monitoring.panels import rendered

PLACE = Path(__file__).parents[1] / "helm/relay/files/dashboards"


def files() -> dict[str, str]:
    """Return the dashboards by the names of their files."""
    return {
        f"{each.uid}.json": json.dumps(rendered(each), indent=2, ensure_ascii=False) + "\n"
        for each in DASHBOARDS
    }


def drifted() -> list[str]:
    """Return the names of files that are missing, too many, or not what would be written."""
    made = files()
    there = {path.name: path.read_text(encoding="utf-8") for path in PLACE.glob("*.json")}
    return sorted(name for name in made | there if made.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    """Write, or check; the exit code is 1 where something has drifted."""
    if arguments == ["--check"]:
        for name in drifted():
            print(f"{name}: not as `python -m monitoring` writes it", file=sys.stderr)
        return int(bool(drifted()))
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in drifted():
        (PLACE / name).unlink(missing_ok=True)
    for name, text in files().items():
        (PLACE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
