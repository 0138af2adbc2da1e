"""The command about what a member allows: member consent. It goes to the running shop, which records it."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from edge.cli.deciding import By, Subject, warn_unwritten
from edge.cli.live import StateFolder, StoreFolder, ask_shop


def consent(
    subject: Subject,
    store: StoreFolder,
    state: StateFolder = None,
    *,
    insight: Annotated[
        bool, typer.Option("--insight/--no-insight", help="Their name may, or may not, stand beside what happened.")
    ],
    by: By = "",
) -> None:  # fmt: skip
    """Somebody allows the shop to keep events with their name, or takes that back: then their name is gone there."""
    wanted = {
        "do": "consent",
        "subject": subject,
        "purpose": "insight",
        "given": insight,
        "by": by or getpass.getuser(),
    }
    answer = ask_shop(store, state, wanted)
    warn_unwritten(answer, store, state)
    if answer["given"]:
        typer.echo(f"{subject} allows it: from their next visit on, events stand under their name.")
    else:
        typer.echo(f"{subject} does not allow it: their name is taken out of all events.")
