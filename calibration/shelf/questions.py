"""What a walk asks somebody at a terminal; without one, flags answer.

Enters: a question. Leaves: the answer. Everything is asked on stderr: results alone belong on stdout.
"""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from calibration.shelf.progress import Progress


class AtTerminal:
    """``yes``: a new profile is written without asking."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    def weight(self) -> float:
        """Grams."""
        return float(typer.prompt("What does your weight weigh, in grams?", default=500.0, err=True))

    def go_on(self, progress: Progress) -> bool:
        since = datetime.fromtimestamp(progress.began_s, UTC).astimezone()
        what = f"A walk that began {since:%Y-%m-%d %H:%M} was not finished ({len(progress.done)} plates weighed)."
        return typer.confirm(f"{what} Go on with it?", default=True, err=True)

    def trusts(self, what: str) -> bool:
        return typer.confirm(f"{what}\nAre you sure of the weight?", default=False, err=True)

    def writes(self) -> bool:
        return self._yes or typer.confirm("Write the new profile?", default=True, err=True)
