"""`relay convert`: records of any format on stdin, what they come to on stdout, no broker."""

import sys
import time
from collections import Counter
from typing import Annotated

import orjson
import typer

from relay.cli.formats import (
    AUTO,
    Documentation,
    Domains,
    Label,
    Networks,
    format_in,
    format_out,
    member_of,
    source_of,
)
from relay.cli.kafka import Member
from relay.formats.adapters import WHOLE
from relay.formats.convert import Conversion, Line
from relay.formats.reading import records

_OUTCOMES = ("detection", "alert", "skipped", "rejected")


def command(
    member: Member,
    form: Annotated[
        str, typer.Option("--from", "-f", help="Format of the records; auto recognises each.")
    ],
    to: Annotated[str, typer.Option("--to", "-t", help="Format that comes out.")] = "native",
    tlp: Label = None,
    relay: Annotated[str, typer.Option(help="Id of the relay that renderings name.")] = "relay",
    allow_documentation: Documentation = False,
    own_network: Networks = None,
    own_domain: Domains = None,
) -> None:
    """Convert records on stdin: NDJSON, arrays, objects one after another; plain or gzip.

    One JSON object a line out, in order: {"index": n, "detection": {…}}, "alert" for an alert,
    "skipped" with a reason for what is no detection, or "rejected" with reason, detail and path.
    A record with several detections gives several lines with its index, which counts from 0.
    What is rejected is told there; the exit code is 0. Counts go to stderr.

    Example: relay convert --from misp --to stix -m ee --tlp green < event.json
    """
    chosen = None if form.strip().lower() == AUTO else format_in(form)
    conversion = Conversion(chosen, format_out(to), relay)
    source = source_of(
        member_of(member), tlp, own_network, own_domain, allow_documentation=allow_documentation
    )
    counts: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    out = sys.stdout.buffer
    for index, record in enumerate(records(sys.stdin.buffer, whole=chosen in WHOLE)):
        for told in conversion.told(record, source(time.time_ns() // 1_000_000)):
            counts[_named(told.line)] += 1
            lost.update(dict(told.lost))
            line = {"index": index, **told.line}
            out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()
    typer.echo(f"{_listed(counts) or 'no records'}", err=True)
    if lost:
        typer.echo(f"lost, since {to} has no place for it: {_listed(lost)}", err=True)


def _named(line: Line) -> str:
    """Return what a line is, and of which format it was found to be."""
    what = next(name for name in _OUTCOMES if name in line)
    return f"{what} ({line['format']})" if "format" in line else what


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
