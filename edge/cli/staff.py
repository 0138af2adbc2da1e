"""Commands about who works with the screens: staff add, list, role, password, revoke, unlock.

Passwords are asked for twice without being shown, or read from a file; never from the command line, which the shell's
history and every other process of the PC can read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import completed
from edge.cli.places import named_state_folder, state_folder
from edge.cli.terminal import refuse, refuse_extra, refuse_store
from edge.shown import shown
from edge.told import told

if TYPE_CHECKING:
    from edge.web.staff import Staff

app = typer.Typer(help="Who works with the screens, and what they may do.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What colleagues call this person, like aki.")]
Roles = Annotated[list[str], typer.Option("--role", help="viewer, staff, manager or owner; several times for several.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Its first line is the password; asked for without it.")
]
StateFolder = Annotated[
    Path | None, typer.Option("--state", help="Where the shop keeps its state; the store's own place without it.")
]
StoreFolder = Annotated[Path | None, typer.Option("--store", help="The store folder; needed without --state.")]


@app.command()
def add(
    name: Name,
    *,
    role: Roles,
    password_file: PasswordFile = None,
    state: StateFolder = None,
    store: StoreFolder = None,
) -> None:
    """Somebody new, or somebody who was revoked."""
    with _staff(state, store, create=True) as staff:
        person = staff.add(name, _password(password_file), role, _now_s())
        staff.note(_now_s(), _who(), _HERE, told("added to the staff"), detail=f"{name}: {' '.join(person.roles)}")
    typer.echo(f"{name} may log in as {' and '.join(person.roles)}.")


@app.command("list")
def list_(*, state: StateFolder = None, store: StoreFolder = None) -> None:
    """Everybody, since when, in which roles, and who has to wait after wrong passwords."""
    from datetime import UTC, datetime

    with _staff(state, store) as staff:
        found = [(person, staff.waits_s(person.name, _now_s())) for person in staff.everybody()]
    width = max((len(person.name) for person, _ in found), default=0)
    for person, wait_s in found:
        since = datetime.fromtimestamp(person.revoked_s or person.since_s, UTC)
        standing = "revoked" if person.revoked_s is not None else " ".join(person.roles)
        waits = f"  has to wait {wait_s:.0f} s after wrong passwords" if wait_s else ""
        typer.echo(shown(f"{person.name:<{width}}  {since:%Y-%m-%dT%H:%M:%SZ}  {standing}{waits}"))


@app.command()
def role(name: Name, roles: Annotated[list[str], typer.Argument(help="All the roles from now on.")], *,
         state: StateFolder = None, store: StoreFolder = None) -> None:  # fmt: skip
    """Other roles, in place of all that somebody had; they have to log in again."""
    with _staff(state, store) as staff:
        person = staff.set_roles(name, roles)
        staff.note(_now_s(), _who(), _HERE, told("changed roles"), detail=f"{name}: {' '.join(person.roles)}")
    typer.echo(f"{name} is {' and '.join(person.roles)} from now on, and has to log in again.")


@app.command()
def password(
    name: Name, *, password_file: PasswordFile = None, state: StateFolder = None, store: StoreFolder = None
) -> None:
    """Another password; whoever is logged in with the old one has to log in again."""
    with _staff(state, store) as staff:
        staff.set_password(name, _password(password_file))
        staff.note(_now_s(), _who(), _HERE, told("changed a password"), detail=name)
    typer.echo(f"{name} has another password from now on, and has to log in again.")


@app.command()
def revoke(name: Name, *, state: StateFolder = None, store: StoreFolder = None) -> None:
    """Let somebody log in no more; at once, wherever they are logged in."""
    with _staff(state, store) as staff:
        staff.revoke(name, _now_s())
        staff.note(_now_s(), _who(), _HERE, told("revoked"), detail=name)
    typer.echo(f"{name} may not log in any more.")


@app.command()
def unlock(name: Name, *, state: StateFolder = None, store: StoreFolder = None) -> None:
    """Forget the wrong passwords of somebody, who need not wait any longer."""
    with _staff(state, store) as staff:
        staff.unlock(name)
        staff.note(_now_s(), _who(), _HERE, told("unlocked"), detail=name)
    typer.echo(f"{name} may try again at once.")


_HERE = "the terminal"
"""Stands for an address in the audit."""


def _password(file: Path | None) -> str:
    import getpass
    import sys

    if file is not None:
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            refuse(f"{file}: cannot be read ({why}). Name a file whose first line is the password")
    if not sys.stdin.isatty():
        refuse("a password is typed at a terminal. Name a file whose first line it is with --password-file")
    first = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != first:
        refuse("the two are not the same. Nothing was changed; type it again")
    return first


@contextmanager
def _staff(state: Path | None, store: Path | None, create: bool = False) -> Iterator[Staff]:
    """The register of a state folder; only `add` makes one. What it refuses is told at the terminal."""
    try:
        from edge.web.passwords import WeakPassword
        from edge.web.staff import FILE, Staff, UnusableStaff
    except ImportError as missing:
        refuse_extra(missing, "web")
    folder = _folder(state, store)
    if create:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            refuse(f"{folder}: {error.strerror}. Name a folder that you may write to with --state")
    elif not (folder / FILE).is_file():
        refuse(completed(f"{folder}: nobody works here yet. `tebura staff add NAME --role owner` begins", store, state))
    try:
        with Staff(folder / FILE) as staff:
            yield staff
    except (UnusableStaff, WeakPassword) as error:
        refuse(completed(str(error), store, state))


def _folder(state: Path | None, store: Path | None) -> Path:
    from edge.store import BrokenStore, load_store

    named = named_state_folder(state)
    if named is not None:
        return named
    if store is None:
        refuse("whose staff? Name the shop's state folder with --state, or its store folder with --store")
    try:
        return state_folder(None, load_store(store).id)
    except BrokenStore as error:
        refuse_store(str(store), error)


def _who() -> str:
    import getpass

    return getpass.getuser()


def _now_s() -> float:
    import time

    return time.time()
