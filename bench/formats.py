"""How fast adapters and renderers are: one process, no broker, CPU time."""

import gc
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import orjson

from relay.formats.adapters import READERS, adapt
from relay.formats.native import observables
from relay.formats.outcome import Converted, Source
from relay.formats.renderers import RENDERERS
from relay.formats.single import alert_of
from relay.model.vocabulary import Format
from relay.wire.detection import DetectionV1

EXAMPLES = Path(__file__).parents[1] / "examples/formats"
SOURCE = Source("ee", "green", 1_800_000_000_000, allow_documentation=True)
SECONDS = 1.0
"""CPU time spent on each, after a tenth of it to warm up."""

REPEATS = 3
"""The best of so many counts: what else the machine does can only slow it."""


def rates() -> dict[str, dict[str, int]]:
    """Return events per CPU-second of each adapter, and alerts per CPU-second of each renderer."""
    return {"adapters": _adapters(), "renderers": _renderers()}


def _adapters() -> dict[str, int]:
    found: dict[str, int] = {}
    for form in READERS:
        record = orjson.dumps(orjson.loads((EXAMPLES / f"{form}.json").read_bytes()))
        _detection(form)
        found[form] = _rate(partial(adapt, form, record, SOURCE))
    return found


def _renderers() -> dict[str, int]:
    detection = _detection("misp")
    kept = observables(detection, SOURCE)
    if not isinstance(kept, tuple):
        raise TypeError("the example of misp has nothing to share")
    alert = replace(
        alert_of(detection, kept), state="cross-border", votes=3, countries=("EE", "PL")
    )
    return {form: _rate(partial(render, alert, "relay")) for form, render in RENDERERS.items()}


def _detection(form: Format) -> DetectionV1:
    """Return the first detection of a format's example."""
    outcome = adapt(form, (EXAMPLES / f"{form}.json").read_bytes(), SOURCE)
    if not isinstance(outcome, Converted):
        raise TypeError(f"the example of {form} is not converted")
    return DetectionV1.model_validate(outcome.detections[0])


def _rate(work: Callable[[], object]) -> int:
    _often(work, SECONDS / 10)
    return round(max(_often(work, SECONDS) for _ in range(REPEATS)))


def _often(work: Callable[[], object], seconds: float) -> float:
    """Return how often `work` is done per CPU-second."""
    gc.collect()
    began = time.process_time()
    count = 0
    while time.process_time() - began < seconds:
        for _ in range(100):
            work()
        count += 100
    return count / (time.process_time() - began)
