"""What every command needs at the terminal: saying something, refusing, and exit codes.

Results go to stdout, everything else to stderr. 0: all went well; 1: two runs differ or a book does not hold; 2:
something that was named cannot be used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from edge.store import Fault

DIFFERENT, UNUSABLE = 1, 2
SYSTEM = "Install what OpenCV needs of the system; on Debian and Ubuntu: apt install libgl1 libglib2.0-0"


def say(message: str) -> None:
    """Something for the person at the terminal, not for the program behind the pipe."""
    typer.echo(f"tebura: {message}", err=True)


def refuse(message: str) -> NoReturn:
    """Something that was named cannot be used."""
    say(message)
    raise typer.Exit(UNUSABLE)


def refuse_unwritable(path: Path, option: str) -> None:
    """A file that could not be written is told before the work that it is for."""
    if os.path.isdir(path):
        _refuse_file(path, "it is a folder", option)
    if not os.path.isdir(path.parent):
        _refuse_file(path, f"there is no folder {path.parent}", option)
    if not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        _refuse_file(path, "this user may not write there", option)


@contextmanager
def writing(path: Path, option: str) -> Iterator[None]:
    """What only the writing itself finds out: a full disk, a folder that takes no files."""
    try:
        yield
    except OSError as error:
        _refuse_file(path, error.strerror or str(error), option)


def _refuse_file(path: Path, why: str, option: str) -> NoReturn:
    refuse(f"{path}: cannot be written ({why}). Name a file in a folder that you may write to with {option}")


def refuse_extra(missing: ImportError, extra: str) -> NoReturn:
    """Something needs what Tebura was installed without, or what a PC without a desktop lacks."""
    if isinstance(missing, ModuleNotFoundError):
        refuse(f"{missing.name} is missing: pip install 'tebura[{extra}]'")
    refuse(f"{missing.name or extra} cannot be loaded ({missing}). {SYSTEM}")


def told_with_place(fault: Fault, folder: Path) -> str:
    """A fault of a store's file, with line and column where that file is TOML and can be read."""
    from edge.store.located import place_in

    place = None
    if fault.file.endswith(".toml"):
        with suppress(OSError, UnicodeDecodeError):
            place = place_in((folder / fault.file).read_text(encoding="utf-8"), fault.where)
    if place is None:
        return str(fault)
    return f"{fault.file}:{place[0]}:{place[1]}: {fault.where}: {fault.what}. {fault.remedy}"


def refuse_store(where: str, error: Exception) -> NoReturn:
    """Every fault of a store, one a line."""
    from edge.store import BrokenStore

    faults = error.faults if isinstance(error, BrokenStore) else ()
    for fault in faults:
        typer.echo(told_with_place(fault, Path(where)), err=True)
    refuse(f"{where}: {len(faults)} fault{'' if len(faults) == 1 else 's'} in the store")
