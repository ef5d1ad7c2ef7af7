"""Programs that do a step of the build."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from container.errors import BuildError

STEP_S = 600.0
TAIL_LINES = 20


def run(
    command: Sequence[str | Path], place: Path | None = None, more: Mapping[str, str] | None = None
) -> bytes:
    """Run a program to its end and return what it printed.

    `more` are variables besides this process's own.
    Raises BuildError, with the end of what it said.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=place,
            env={**os.environ, **(more or {})},
            capture_output=True,
            timeout=STEP_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{words[0]}: {error}") from error
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").splitlines()[-TAIL_LINES:]
        raise BuildError(
            "\n".join((f"{' '.join(words[:4])} … ended with {done.returncode}:", *said))
        )
    return done.stdout
