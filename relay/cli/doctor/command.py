"""`relay doctor`: look everywhere, say what looks wrong, write all of it down for support."""

import os
import re
import stat
from pathlib import Path
from typing import Annotated

import orjson
import typer

from relay.cli.codes import FAILURE, FORBIDDEN, SETTINGS, UNREACHABLE, USAGE, fail
from relay.cli.doctor.document import document
from relay.cli.doctor.finding import Finding, Weight
from relay.cli.doctor.findings import findings
from relay.cli.doctor.gathered import Gathered
from relay.cli.doctor.gathering import gather
from relay.cli.options import HERE, SettingsFile
from relay.kafka.events import Why
from relay.kafka.survey import Unanswered

MOST: int = 12
"""Findings that are shown; the document has all."""

OWNER_ONLY: int = 0o600


def command(
    settings: SettingsFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the document here, mode 0600.")
    ] = None,
    relay: Annotated[
        str | None, typer.Option("--relay", help="host:port of a relay's pages, if not as set.")
    ] = None,
) -> None:
    """Collect what support needs: no observable, no text of a member, no secret is in it.

    Asks settings, disk, brokers and a running relay; what does not answer is left out and named.
    The document goes to standard output, what looks wrong to standard error.

    Example: relay doctor --settings relay.yaml --output doctor.json
    """
    chosen = settings if settings is not None or not HERE.exists() else HERE
    known = gather(chosen, os.environ, None if relay is None else _address(relay))
    found = findings(known)
    _write(orjson.dumps(document(known, found), option=orjson.OPT_INDENT_2) + b"\n", output)
    _tell(found)
    code = exit_code(known, found)
    if code:
        raise typer.Exit(code)


def exit_code(known: Gathered, found: tuple[Finding, ...]) -> int:
    """Return 3 for settings, 4 and 5 for brokers, 1 for anything else that is wrong, else 0."""
    if known.settings.wrong or known.roll.wrong or known.foreign:
        return SETTINGS
    if known.cluster is not None and isinstance(known.cluster.brokers, Unanswered):
        return FORBIDDEN if known.cluster.brokers.why is Why.FORBIDDEN else UNREACHABLE
    return FAILURE if any(each.weight is Weight.WRONG for each in found) else 0


def _address(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"\[?([^\[\]/@]+)\]?:([0-9]{1,5})", text)
    if found is None or not 0 < int(found[2]) < 1 << 16:
        fail(USAGE, "--relay must be host:port")
    return found[1], int(found[2])


def _write(text: bytes, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(file, "wb") as opened:
            # Also of a file that was there before, but no device becomes anybody's own.
            if stat.S_ISREG(os.fstat(file).st_mode):
                os.fchmod(file, OWNER_ONLY)
            opened.write(text)
    except OSError as error:
        fail(FAILURE, f"{output}: {error.strerror or error}")


def _tell(found: tuple[Finding, ...]) -> None:
    for each in found[:MOST]:
        typer.echo(f"{each.weight:<5} {each.where}: {each.says}\n      do: {each.do}", err=True)
    if len(found) > MOST:
        typer.echo(f"and {len(found) - MOST} more in the document", err=True)
    if not found:
        typer.echo("nothing looks wrong", err=True)
