"""The command `relay`: every sub-command in one place."""

import logging
from typing import Annotated

import typer

from relay import __version__
from relay.cli import (
    broker,
    check,
    convert,
    demo,
    doctor,
    emit,
    follow,
    provision,
    run,
    schemas,
    simulate,
)
from relay.cli.codes import USAGE

app = typer.Typer(
    name="relay",
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command("run")(run.command)
app.command("provision")(provision.command)
app.command("check")(check.command)
app.command("doctor")(doctor.command)
app.command("demo")(demo.command)
app.command("emit")(emit.command)
app.command("convert")(convert.command)
app.command("follow")(follow.command)
app.command("schemas")(schemas.command)
app.command("simulate")(simulate.command)
app.add_typer(broker.app, name="broker")


Version = Annotated[bool, typer.Option("--version", help="Say which version this is.")]


@app.callback(invoke_without_command=True)
def common(context: typer.Context, version: Version = False) -> None:
    """Relay of detections between SOCs: who sees an attack first warns the others."""
    if version:
        typer.echo(f"relay {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(USAGE)


def main() -> None:
    """Run the command line."""
    # Without a handler Python writes a client's every retry to the terminal; each command says
    # itself what went wrong, and `run` sends them to its log.
    for client in ("aiokafka", "kafka"):
        logging.getLogger(client).addHandler(logging.NullHandler())
    app()
