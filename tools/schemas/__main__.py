"""`python -m tools.schemas`: fetch what is pinned, and write tests/chart/schemas anew."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Final

from tools.schemas import custom, kubernetes, strimzi

PLACE: Final = Path(__file__).parents[2] / "tests/chart/schemas"


def main() -> None:
    """Write each schema as one line; the folders of what was made before are removed."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        files = kubernetes.made(kubernetes.fetched(work))
        files |= custom.made([*custom.fetched(), *strimzi.generated(work)])
    for folder in PLACE.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    for path, schema in files.items():
        (PLACE / path).parent.mkdir(exist_ok=True)
        text = json.dumps(schema, separators=(",", ":"), sort_keys=True)
        (PLACE / path).write_text(text + "\n", encoding="utf-8")
    print(f"{PLACE}: {len(files)} files")


if __name__ == "__main__":
    main()
