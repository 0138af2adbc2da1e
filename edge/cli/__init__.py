"""The ``tebura`` command.

Enters: what somebody types. Leaves: results on stdout, everything else on stderr, and an exit code (`terminal`). One
module a family of commands. Every import that only one command needs stands inside that command: a replay's start
counts as part of the replay.
"""

from __future__ import annotations

import sys

import typer

from edge.cli import (
    calibrate,
    camera,
    ledgers,
    live,
    measures,
    member,
    planogram,
    recordings,
    reviews,
    simulations,
    stock,
    stores,
)

app = typer.Typer(
    help="The runtime of a shop without a checkout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for family in (live, camera, stock, recordings, simulations, stores, measures):
    app.add_typer(family.app)
app.add_typer(ledgers.app, name="ledger")
app.add_typer(member.app, name="member")
app.add_typer(reviews.app, name="review")
app.add_typer(planogram.app, name="planogram")
app.add_typer(calibrate.app, name="calibrate")


def main() -> None:
    """The entry point of the installed command."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
