"""`python -m bench`: a line of JSON per scenario on standard output; progress on standard error."""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from types import FrameType

import orjson

from bench import formats
from bench.deployment import Deployment, RelayError, Shape
from bench.scenarios import Amounts, Result, drain, flood, restore, steady
from relay.broker import BrokerError, prepare

FORMATS = "formats"
"""The scenario that needs no broker."""

Scenario = Callable[[Deployment, Amounts], Coroutine[None, None, Result]]


def scenarios(rate: int | None) -> dict[str, Scenario]:
    """Return the scenarios by name, in the order they run; `rate` is of `steady` and `flood`."""
    rates = (1_000, 3_000) if rate is None else (rate,)
    named: dict[str, Scenario] = {"drain": drain, "restore": restore}
    named |= {f"steady-{each}": partial(steady, rate=each) for each in rates}
    return named | {"flood": partial(flood, rate=rates[0])}


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--scenario",
        action="append",
        help="formats (no broker), drain, restore (after drain), steady-1000, steady-3000, flood; "
        "may be repeated",
    )
    parser.add_argument("--seconds", type=int, default=30, help="of each paced load")
    parser.add_argument("--rate", type=int, help="detections a second: steady-RATE, flood")
    parser.add_argument("--members", type=int, default=40)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--detections", type=int, default=60_000, help="of drain")
    parser.add_argument("--cut-ms", type=int, help="correlate.cut_ms of the relay")
    return parser.parse_args()


def run(chosen: list[str], named: dict[str, Scenario], asked: argparse.Namespace) -> None:
    """Run scenarios on one broker and print what each has measured."""
    shape = Shape(asked.members, asked.lanes, asked.cut_ms)
    amounts = Amounts(asked.seconds, asked.detections)
    with tempfile.TemporaryDirectory(prefix="relay-bench-", ignore_cleanup_errors=True) as home:
        deployment = Deployment(Path(home), prepare(), shape)
        try:
            say("starting a broker")
            deployment.set_up()
            for name in chosen:
                say(name)
                began = time.monotonic()
                result = asyncio.run(named[name](deployment, amounts))
                took = round(time.monotonic() - began, 1)
                shown = {"scenario": name, "members": shape.members, "lanes": shape.lanes}
                print(orjson.dumps(shown | result | {"took_s": took}).decode(), flush=True)
        finally:
            deployment.close()


def say(what: str) -> None:
    """Tell a person who waits."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run what was asked for; 1 if it could not be measured, 130 if interrupted."""
    asked = options()
    named = scenarios(asked.rate)
    chosen = asked.scenario or [FORMATS, *named]
    if FORMATS in chosen:
        chosen = [name for name in chosen if name != FORMATS]
        say(FORMATS)
        print(orjson.dumps({"scenario": FORMATS} | formats.rates()).decode(), flush=True)
    unknown = [name for name in chosen if name not in named]
    if unknown:
        say(f"there is no {unknown[0]}; there are {', '.join(named)}")
        return 2
    if "restore" in chosen and "drain" not in chosen:
        chosen = ["drain", *chosen]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if chosen:
            run(chosen, named, asked)
    except (BrokerError, RelayError, TimeoutError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
