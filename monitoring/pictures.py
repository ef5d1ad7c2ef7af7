"""`python -m monitoring.pictures`: play the demo's story for two minutes and draw the dashboards.

The relay is killed once, as in the demo, so that the pictures show a take-over. Writes
docs/pictures; needs Prometheus, or apt to fetch it with.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from monitoring.dashboards import DASHBOARDS
from monitoring.drawing import Curve, drawn, named
from monitoring.panels import Dashboard
from monitoring.prometheus import Prometheus, UnavailableError
from monitoring.queries import closed
from monitoring.rehearsal import Rehearsal, rehearsing
from relay.broker import prepare

PLACE: Final = Path(__file__).parents[1] / "docs/pictures"
LASTS_S: Final = 120.0
KILL_S: Final = 60.0
PACE_S: Final = 0.1
STEP_S: Final = 2.0


def play(rehearsal: Rehearsal) -> None:
    """Play ten acts a second, at most, for two minutes; kill and revive the relay in between."""
    began, killed = time.monotonic(), False
    while (now := time.monotonic() - began) < LASTS_S:
        rehearsal.go_on()
        if now > KILL_S and not killed:
            killed = True
            rehearsal.stage.kill_relay()
            rehearsal.stage.start_relay()
        time.sleep(PACE_S)


def curves(prometheus: Prometheus, board: Dashboard, since: float) -> dict[str, list[Curve]]:
    """Return what each panel shows, by its title."""
    return {
        panel.title: [
            Curve(named(query.legend, series), series.points)
            for query in panel.queries
            for series in prometheus.history(closed(query.expr, "10s"), since, STEP_S)
        ]
        for panel in board.panels
    }


def main() -> int:
    """Play and draw; the exit code is 1 where there is no Prometheus."""
    PLACE.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory() as home,
            rehearsing(Path(home), prepare()) as rehearsal,
        ):
            play(rehearsal)
            for board in DASHBOARDS:
                answers = curves(rehearsal.prometheus, board, rehearsal.began)
                picture = drawn(board, answers)
                (PLACE / f"{board.uid}.svg").write_text(picture, encoding="utf-8")
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
