"""What every command needs at the terminal: saying something, refusing, and exit codes.

Results go to stdout, everything else to stderr. 0: all went well; 1: two runs differ or a book does not hold; 2:
something that was named cannot be used.
"""

from __future__ import annotations

from typing import NoReturn

import typer

DIFFERENT, UNUSABLE = 1, 2


def say(message: str) -> None:
    """Something for the person at the terminal, not for the program behind the pipe."""
    typer.echo(f"tebura: {message}", err=True)


def refuse(message: str) -> NoReturn:
    """Something that was named cannot be used."""
    say(message)
    raise typer.Exit(UNUSABLE)


def refuse_extra(missing: ModuleNotFoundError, extra: str) -> NoReturn:
    """Something needs what Tebura was installed without."""
    refuse(f"{missing.name} is missing: pip install 'tebura[{extra}]'")


def refuse_store(where: str, error: Exception) -> NoReturn:
    """Every fault of a store, one a line."""
    from edge.store import BrokenStore

    faults = error.faults if isinstance(error, BrokenStore) else ()
    for fault in faults:
        typer.echo(str(fault), err=True)
    refuse(f"{where}: {len(faults)} fault{'' if len(faults) == 1 else 's'} in the store")
