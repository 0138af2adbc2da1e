"""Commands about members: add, revoke, list, wallet, and qr, which shows the code that a phone would show."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.consents import consent, delete
from edge.cli.live import completed
from edge.cli.places import named_state_folder, state_folder
from edge.cli.terminal import refuse, refuse_store, say

if TYPE_CHECKING:
    from segno import QRCode

    from edge.adapters.members import Members
    from edge.records import Role
    from edge.store import Store

app = typer.Typer(help="Who may come in.", no_args_is_help=True)
app.command()(consent)
app.command()(delete)

Subject = Annotated[str, typer.Argument(help="A name or number that means this one person, like member-17.")]
StateFolder = Annotated[
    Path | None, typer.Option("--state", help="Where the shop keeps its state; the store's own place without it.")
]
StoreFolder = Annotated[Path | None, typer.Option("--store", help="The store folder; needed without --state.")]
KeyFile = Annotated[Path | None, typer.Option(help="The file with the private key; SUBJECT.key without it.")]


@app.command()
def add(
    subject: Subject,
    *,
    key: Annotated[str, typer.Option(help="The public key that the app shows, base64; without it one is made.")] = "",
    key_file: KeyFile = None,
    no_key: Annotated[bool, typer.Option("--no-key", help="Only a reader (palm, face) knows this person.")] = False,
    staff: Annotated[bool, typer.Option("--staff", help="Works here.")] = False,
    state: StateFolder = None,
    store: StoreFolder = None,
) -> None:
    """Enrol somebody, or somebody again with a new key."""
    from edge.adapters.members import UnusableMembers, read_key

    if sum((bool(key), key_file is not None, no_key)) > 1:
        refuse("--key, --key-file and --no-key exclude each other: name one")
    folder = _folder(state, store)
    written = None
    try:
        if key:
            public = read_key(key)
        elif no_key:
            public = b""
        else:
            written = _key_file(subject, key_file)
            public = _make_key(written)
        with _members(folder, create=True) as members:
            enrolment = members.add(subject, public, "staff" if staff else "member", _now_s())
    except UnusableMembers as error:
        if written is not None:
            written.unlink()
        refuse(completed(str(error), store, state))
    typer.echo(f"{subject} is enrolled as {enrolment.role}.")
    if written is not None:
        say(f"the private key is in {written}: it belongs on {subject}'s device and nowhere else")


@app.command()
def invite(
    subject: Subject,
    *,
    store: Annotated[Path, typer.Option(help="The folder of the store that they shall be a member of.")],
    state: StateFolder = None,
    staff: Annotated[bool, typer.Option("--staff", help="Works here.")] = False,
    minutes: Annotated[float, typer.Option(help="So long the code is good.", min=1, max=7 * 1440)] = 15,
    by: Annotated[str, typer.Option(help="Who invites; the user's name without it.")] = "",
    address: Annotated[
        str, typer.Option(help="Where phones find the screens, like https://shop.example.com; else as in site.toml.")
    ] = "",
) -> None:
    """Show a code, once good, that makes a phone somebody's: as a link, a QR code, and to be typed."""
    import getpass

    import segno

    from edge.adapters.members import FILE, Members, UnusableMembers, check_subject
    from edge.site import load_shop
    from edge.store import BrokenStore
    from edge.web.shopper.enrol import Enrolments, link, shown

    try:
        _, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    address = address or site.screens.address
    if not address:
        refuse("where do phones find the screens? Say it with --address, or as `address` in [screens] of site.toml")
    folder = _folder(state, store)
    if not folder.is_dir():
        refuse(f"{folder}: there is no such folder. Start the shop once, or name its state folder with --state")
    try:
        check_subject(subject)
        if (folder / FILE).is_file():
            with Members(folder / FILE) as members:
                members.expect_new(subject)
        role: Role = "staff" if staff else "member"
        code = Enrolments(folder).invite(subject, role, by or getpass.getuser(), _now_s(), minutes * 60.0)
    except UnusableMembers as error:
        refuse(completed(str(error), store, state))
    where = link(address, code)
    _draw_qr(segno.make_qr(where, error="m"))
    typer.echo(where)
    typer.echo(f"or type {shown(code)} at {address.rstrip('/')}/m/")
    say(f"good once, for {minutes:g} minutes, for {subject}")


@app.command()
def revoke(subject: Subject, *, state: StateFolder = None, store: StoreFolder = None) -> None:
    """Let somebody in no more: the phone was stolen, or they left."""
    from edge.adapters.members import UnusableMembers

    try:
        with _members(_folder(state, store)) as members:
            members.revoke(subject, _now_s())
    except UnusableMembers as error:
        refuse(completed(str(error), store, state))
    typer.echo(f"{subject} may not come in any more.")


@app.command()
def name(
    subject: Subject,
    called: Annotated[str, typer.Argument(help="What staff call them; without it nothing is kept.")] = "",
    *,
    state: StateFolder = None,
    store: StoreFolder = None,
) -> None:
    """What somebody is called. It stands in the register alone; the book knows them as SUBJECT."""
    from edge.adapters.members import UnusableMembers

    try:
        with _members(_folder(state, store)) as members:
            members.call(subject, called)
    except UnusableMembers as error:
        refuse(completed(str(error), store, state))
    typer.echo(f"{subject} is called {called.strip()}." if called.strip() else f"{subject} is called nothing any more.")


@app.command()
def age(
    subject: Subject,
    years: Annotated[int, typer.Argument(help="So old they have proven to be, like 20; 0 forgets it.", min=0, max=120)],
    *,
    how: Annotated[str, typer.Option(help="What you looked at, like 'driving licence, in the shop'.")] = "",
    by: Annotated[str, typer.Option(help="Who looked; the user's name without it.")] = "",
    state: StateFolder = None,
    store: StoreFolder = None,
) -> None:
    """Somebody has proven how old they are: goods for adults are sold to them without asking each time."""
    import getpass

    from edge.adapters.members import UnusableMembers

    try:
        with _members(_folder(state, store)) as members:
            members.prove_age(subject, years, how, by or getpass.getuser(), _now_s())
    except UnusableMembers as error:
        refuse(completed(str(error), store, state))
    typer.echo(f"{subject} has proven to be {years}." if years else f"Nothing is known about the age of {subject}.")


@app.command("list")
def show(*, state: StateFolder = None, store: StoreFolder = None) -> None:
    """Everybody who is enrolled, since when, and with which key."""
    import base64
    from datetime import UTC, datetime

    from edge.adapters.members import UnusableMembers

    try:
        with _members(_folder(state, store)) as members:
            found = members.everybody()
    except UnusableMembers as error:
        refuse(completed(str(error), store, state))
    if not found:
        say(completed("nobody is enrolled yet. `tebura member add SUBJECT` enrols somebody", store, state))
    with _members(_folder(state, store)) as members:
        names = members.names()
    width = max((len(e.subject) for e in found), default=0)
    for enrolment in found:
        standing = "revoked" if enrolment.revoked_s is not None else enrolment.role
        since = datetime.fromtimestamp(enrolment.revoked_s or enrolment.since_s, UTC)
        key = base64.b64encode(enrolment.key).decode() or "no key: readers only"
        proven = f"  {enrolment.age}+: {enrolment.age_how}, seen by {enrolment.age_by}" if enrolment.age else ""
        called = f"  {names[enrolment.subject]}" if enrolment.subject in names else ""
        typer.echo(f"{enrolment.subject:<{width}}  {standing:<7}  {since:%Y-%m-%dT%H:%M:%SZ}  {key}{proven}{called}")


@app.command()
def wallet(
    subject: Subject,
    value: Annotated[
        str, typer.Argument(help="In the provider's words, like cus_…:pm_… of Stripe; without it, read from stdin.")
    ] = "",
    *,
    remove: Annotated[bool, typer.Option("--remove", help="They have no way to pay any more.")] = False,
    state: StateFolder = None,
    store: StoreFolder = None,
) -> None:
    """How somebody pays. What is typed stays in the shell's history: leave VALUE out, and it is asked for."""
    from edge.adapters.members import UnusableMembers

    if remove and value:
        refuse("--remove and a VALUE exclude each other: name one")
    folder = _folder(state, store)
    if not remove:
        value = value or _asked(f"how {subject} pays: ")
        if not value:
            refuse("nothing was said. Type the provider's words, or --remove")
        _refuse_foreign(value, store)
    try:
        with _members(folder) as members:
            members.keep_wallet(subject, value, _now_s())
    except UnusableMembers as error:
        refuse(completed(str(error), store, state))
    typer.echo(f"{subject} has no way to pay any more." if remove else f"{subject} pays by it from now on.")


@app.command()
def qr(
    subject: Subject,
    *,
    key_file: KeyFile = None,
    store: Annotated[Path, typer.Option(help="The folder of the store that shall be entered.")],
    state: StateFolder = None,
    party: Annotated[int, typer.Option(help="So many people come in on it.", min=1, max=50)] = 1,
    once: Annotated[bool, typer.Option("--once", help="Show one code and end.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Print one code's text alone and end.")] = False,
) -> None:
    """Show the code that a phone would show, a new one every ten seconds, until Ctrl-C."""
    import secrets

    from edge.gate import LIFE_S, issue

    private = _private_key(key_file or Path(f"{subject}.key"))
    shop = _store(store)
    unknown = _unknown(_folder(state, store), subject, private, asked=state is not None)
    if unknown:
        say(completed(f"the gate will refuse this code: {unknown}", store, state))
    try:
        while True:
            code = issue(private, shop.id, int(_now_s()), secrets.token_bytes(4), party)
            if text:
                typer.echo(code)
                return
            _draw(code, again=not once)
            if once:
                return
            _count_down(round(LIFE_S), f"{subject}, {party} to enter {shop.name}")
    except KeyboardInterrupt:
        typer.echo()


# --- the terminal --------------------------------------------------------------------------------------------------


def _draw(code: str, again: bool) -> None:
    """A gate's code, as a phone would show it."""
    import segno

    _draw_qr(segno.make_qr(code, version=6, error="m", mode="alphanumeric", boost_error=False), again)


def _draw_qr(qr: QRCode, again: bool = False) -> None:
    """In half blocks. On a terminal white on black, whatever its colours are, and in the place of the last."""
    import io

    drawn = io.StringIO()
    qr.terminal(drawn, compact=True)
    lines = drawn.getvalue().splitlines()
    if sys.stdout.isatty():
        if again:
            sys.stdout.write("\x1b[H\x1b[J")
        lines = [f"\x1b[97;40m{line}\x1b[0m" for line in lines]
    typer.echo("\n".join(lines))


def _count_down(seconds: int, what: str) -> None:
    import signal
    import time

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background starts us without one
    for left in range(seconds, 0, -1):
        if sys.stdout.isatty():
            sys.stdout.write(f"\r{what}; the next code in {left:>2} s ")
            sys.stdout.flush()
        time.sleep(1.0)


# --- keys and places -----------------------------------------------------------------------------------------------


def _key_file(subject: str, named: Path | None) -> Path:
    if named is None and not re.fullmatch(r"\w[\w.@+-]*", subject):
        refuse(f"{subject!r} makes no good file name: say where the private key goes with --key-file")
    return named or Path(f"{subject}.key")


def _make_key(path: Path) -> bytes:
    """A new key pair: the private one in a new file that only its owner may read, the public one returned."""
    import base64
    import os

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(private.private_bytes_raw()) + b"\n")
    except FileExistsError:
        refuse(f"{path}: is there already, and may be somebody's only key. Name another with --key-file")
    except OSError as error:
        refuse(f"{path}: {error.strerror}. Name a file in a folder that you may write to with --key-file")
    return private.public_key().public_bytes_raw()


def _private_key(path: Path) -> bytes:
    import base64
    import binascii

    try:
        private = base64.b64decode(path.read_bytes().strip(), validate=True)
    except OSError as error:
        refuse(f"{path}: {error.strerror}. Name the file that `tebura member add` wrote with --key-file")
    except binascii.Error:
        private = b""
    if len(private) != 32:
        refuse(f"{path}: holds no private key, 32 bytes in base64. Name the file that `tebura member add` wrote")
    return private


def _unknown(folder: Path, subject: str, private_key: bytes, *, asked: bool) -> str:
    """Why a shop does not know this key as somebody's, as far as its register can be read here; empty where it does.

    ``asked``: somebody named the folder. Else a register that is not there may be in another one.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from edge.adapters.members import FILE, UnusableMembers

    enrol = f"`tebura member add {subject}` enrols them"
    if not (folder / FILE).is_file():
        return f"nobody is enrolled in {folder} yet. {enrol}" if asked else ""
    try:
        with _members(folder) as members:
            found = next((e for e in members.everybody() if e.subject == subject), None)
    except UnusableMembers:
        return ""
    if found is None:
        return f"nobody is enrolled as {subject} in {folder}. {enrol}"
    if found.revoked_s is not None:
        return f"{subject} may not come in any more. {enrol} again"
    if found.key != Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw():
        return f"{subject} is enrolled with another key. Name that one with --key-file, or {enrol} anew"
    return ""


def _asked(prompt: str) -> str:
    """What somebody types without seeing it, or what comes through a pipe."""
    import getpass

    return (getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()).strip()


def _refuse_foreign(value: str, store: Path | None) -> None:
    """What cannot be a way to pay at this shop's provider, where the shop says who that is."""
    from edge.adapters.payment.choose import wallet_fault
    from edge.site import load_site
    from edge.store import BrokenStore

    if store is None:
        return
    try:
        fault = wallet_fault(load_site(store, _store(store)).payment, value)
    except BrokenStore as error:
        refuse_store(str(store), error)
    if fault:
        refuse(fault)


def _store(folder: Path) -> Store:
    from edge.store import BrokenStore, load_store

    try:
        return load_store(folder)
    except BrokenStore as error:
        refuse_store(str(folder), error)


def _folder(state: Path | None, store: Path | None) -> Path:
    named = named_state_folder(state)
    if named is not None:
        return named
    if store is None:
        refuse("whose members? Name the shop's state folder with --state, or its store folder with --store")
    return state_folder(None, _store(store).id)


@contextmanager
def _members(folder: Path, create: bool = False) -> Iterator[Members]:
    """The register of a state folder; only an enrolment makes one."""
    from edge.adapters.members import FILE, Members

    path = folder / FILE
    if create:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            refuse(f"{folder}: {error.strerror}. Name a folder that you may write to with --state")
    elif not path.is_file():
        refuse(f"{path}: nobody is enrolled yet. `tebura member add` begins a register")
    with Members(path) as members:
        yield members


def _now_s() -> float:
    import time

    return time.time()
