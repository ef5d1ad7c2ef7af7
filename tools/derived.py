"""What is made of the chart and committed: its README, and a rendering to be read in review.

`python -m tools.derived` writes both anew.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tools.programs import look_up

ROOT: Final = Path(__file__).parents[1]
CHART: Final = ROOT / "helm/relay"
README: Final = CHART / "README.md"
VALUES: Final = CHART / "ci/minimal-values.yaml"
GOLDEN: Final = ROOT / "tests/chart/golden/minimal.yaml"
RUN_S: Final = 120.0


def readme() -> str:
    """Return what helm-docs writes of values.yaml and README.md.gotmpl.

    Raises UnavailableError, and CalledProcessError with what helm-docs said.
    """
    options = ("--sort-values-order=file", "--skip-version-footer", "--log-level=warning")
    # It writes in place only.
    with tempfile.TemporaryDirectory() as directory:
        copied = shutil.copytree(CHART, Path(directory) / CHART.name)
        (copied / README.name).unlink(missing_ok=True)
        _said("helm-docs", *options, f"--chart-search-root={directory}")
        return (copied / README.name).read_text(encoding="utf-8")


def rendering() -> str:
    """Return what the chart makes of the fewest values.

    Raises UnavailableError, and CalledProcessError with what helm said.
    """
    place = ("relay", str(CHART), "--namespace", "shield")
    return _said("helm", "template", *place, "--values", str(VALUES))


def _said(program: str, *words: str) -> str:
    command = [str(look_up(program)), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=True).stdout


def main() -> None:
    """Write both."""
    README.write_text(readme(), encoding="utf-8")
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(rendering(), encoding="utf-8")


if __name__ == "__main__":
    main()
