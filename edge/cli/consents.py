"""Commands about what members may ask of the shop: member consent, member delete. They go to the running shop, which
records them.
"""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from edge.cli.deciding import By, Subject, warn_unwritten
from edge.cli.live import StateFolder, StoreFolder, ask_shop
from edge.cli.terminal import refuse


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


def delete(
    subject: Subject,
    store: StoreFolder,
    state: StateFolder = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more.")] = False,
    by: By = "",
) -> None:
    """Somebody is a member no more, for ever: what the shop knows of them goes, but for what the law wants kept."""
    from edge.cli.live import completed, folder_of
    from edge.web.forget import delete_member

    if not yes:
        typer.confirm(
            f"{subject} is forgotten: phone, way to pay, points, coupons, consent, what they wrote. Receipts and "
            f"postings stay in the book, under {subject}. This cannot be undone. Go on?",
            abort=True,
        )
    folder = folder_of(store, state)
    try:
        answer = delete_member(folder, subject, by or getpass.getuser())
    except (OSError, ValueError) as error:
        refuse(completed(str(error), store, state))
    warn_unwritten(answer, store, state)
    typer.echo(f"{subject} is deleted. docs/members.md says what stays, why, and until when.")
