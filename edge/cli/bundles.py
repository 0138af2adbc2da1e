"""Commands about files from somewhere else: bundle keys, publish, refresh; and in the shop update, back."""

from __future__ import annotations

import getpass
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder
from edge.cli.terminal import UNUSABLE, refuse, refuse_extra, refuse_store, say
from edge.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from edge.bundles.applied import Standing
    from edge.bundles.form import Bundle
    from edge.site import Site
    from edge.store import Store

app = typer.Typer(
    help="A shop's files from somewhere else, signed: catalogue, prices, planogram, policy.", no_args_is_help=True
)

KeysFolder = Annotated[Path, typer.Argument(help="The folder with the keys.", metavar="KEYS")]
Repository = Annotated[Path, typer.Argument(help="The folder that a web server serves.", metavar="REPOSITORY")]

LOOK_S = 2.0


@app.command()
def keys(keys: KeysFolder, repository: Repository) -> None:
    """Make the keys, and a repository without a bundle."""
    with _published() as publish:
        publish.found(keys, repository, datetime.now(UTC))
    typer.echo(f"{keys / 'offline'}: keep it where no network is; without root.pem no key can ever be exchanged.")
    typer.echo(f"{keys / 'online.pem'}: signs day by day that the bundles are the newest, wherever that runs.")
    typer.echo(
        f"{repository / 'metadata' / '1.root.json'}: copy it by hand beside each shop's store.toml, as root.json."
    )


@app.command()
def publish(
    keys: KeysFolder,
    repository: Repository,
    stores: Annotated[list[Path], typer.Argument(help="Store folders, one a shop.", metavar="STORE…")],
) -> None:
    """Check the files of some shops, and sign them: all, or none where one has a fault."""
    from edge.bundles.form import BrokenBundle, packed, read_folder
    from edge.cli.stores import lots_in
    from edge.forecast.supply import supplies_in
    from edge.store import BrokenStore, load_store

    bundles, whose = {}, dict[str, Path]()
    for folder in stores:
        try:
            store = load_store(folder)
            faults = [*lots_in(folder, store), *supplies_in(folder, store, datetime.now(store.timezone).date())[1]]
            if faults:
                raise BrokenStore(faults)
            if store.id in whose:
                refuse(f"{whose[store.id]} and {folder} are both the shop {store.id}. Name one folder a shop")
            whose[store.id] = folder
            bundles[store.id] = packed(store.id, read_folder(folder))
        except BrokenStore as error:
            refuse_store(str(folder), error)
        except (BrokenBundle, OSError) as error:
            refuse(f"{folder}: {error}")
    with _published() as room:
        number = room.publish(keys, repository, bundles, datetime.now(UTC))
    typer.echo(f"bundle {number}: {', '.join(sorted(bundles))}")


@app.command()
def refresh(keys: KeysFolder, repository: Repository) -> None:
    """Say anew that what is there is the newest. Run it every day; it needs online.pem alone."""
    with _published() as room:
        until = room.refresh(keys, repository, datetime.now(UTC))
    typer.echo(f"shops believe it until {until:%Y-%m-%d %H:%M} UTC")


@app.command()
def update(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    only_check: Annotated[bool, typer.Option("--check", help="Say what it would change, and change nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also take one that was taken back.")] = False,
    wait_min: Annotated[
        float, typer.Option("--wait", help="Wait so many minutes until nobody is inside.", metavar="MINUTES", min=0.0)
    ] = 60.0,
) -> None:
    """Let the shop go on with its newest bundle, when nobody is inside."""
    from edge.bundles.applied import apply, number_of, put_back, tried
    from edge.store import BrokenStore

    now, site = _shop(store)
    bundle, number = _fetched(store, state, now, site)
    try:
        new = tried(store, bundle)
    except BrokenStore as error:
        say(f"bundle {number} cannot be used, and nothing has changed. Whoever publishes it has to mend:")
        refuse_store(str(store), error)
    changed = _changes(store, bundle)
    if not changed:
        late = not only_check and _read_late(store, state)
        typer.echo(
            f"The shop goes on with bundle {number}."
            if late
            else f"Nothing is new: the shop has what bundle {number} says."
        )
        return
    typer.echo(f"bundle {number}: {', '.join(changed)}")
    if only_check:
        return
    if number == -number_of(store) and not again:
        refuse(f"bundle {number} was taken back here. Publish a better one, or take it all the same with --again")
    runs = _waited(store, state, now, new, wait_min)
    was = _standing(store)
    apply(store, bundle, number)
    _reload(store, state, runs, f"bundle {number}", lambda: put_back(store, was, -number))


@app.command()
def back(store: StoreFolder, state: StateFolder = None) -> None:
    """Let the shop go on with what it had before its last bundle."""
    from edge.bundles.applied import before, go_back, number_of, put_back, tried
    from edge.store import BrokenStore

    now, _ = _shop(store)
    bundle = before(store)
    if bundle is None:
        refuse(f"{store}: had nothing before: no bundle has come yet")
    try:
        new = tried(store, bundle)
    except BrokenStore as error:
        refuse_store(str(store), error)
    if number_of(store) < 0 and not _changes(store, bundle):
        refuse(f"bundle {-number_of(store)} was taken back already. One step back is all that is kept")
    runs = _waited(store, state, now, new, 0.0)
    was, number = _standing(store), number_of(store)
    go_back(store, bundle)
    _reload(store, state, runs, "what it had before", lambda: put_back(store, was, number))


def _shop(folder: Path) -> tuple[Store, Site]:
    from edge.bundles.applied import resume
    from edge.site import load_shop
    from edge.store import BrokenStore

    resume(folder)
    try:
        return load_shop(folder)
    except BrokenStore as error:
        refuse_store(str(folder), error)


def _fetched(folder: Path, state: Path | None, store: Store, site: Site) -> tuple[Bundle, int]:
    from edge.cli.places import state_folder

    if not site.bundles.address:
        refuse('this shop gets no bundles. Write [bundles] with address = "https://…" into site.toml')
    try:
        from edge.bundles.fetch import NotFetched, fetch
        from edge.bundles.form import BrokenBundle
    except ImportError as error:
        refuse_extra(error, "bundles")
    known = state_folder(state, store.id) / "bundles"
    try:
        found = fetch(site.bundles.address, folder / site.bundles.root, known, store.id)
    except (NotFetched, BrokenBundle, OSError) as error:
        refuse(shown(str(error)))
    return found.bundle, found.number


def _changes(folder: Path, bundle: Bundle) -> list[str]:
    """Files that would be others."""
    from edge.bundles.form import NAMES, read_folder

    there = read_folder(folder)
    new = {name: text.encode() for name, text in bundle.files.items()}
    return [name for name in NAMES if there.get(name) != new.get(name)]


def _standing(folder: Path) -> Standing:
    """How it is, to be put back where the shop refuses what comes."""
    from edge.bundles.applied import standing
    from edge.bundles.form import BrokenBundle

    try:
        return standing(folder)
    except (BrokenBundle, OSError) as error:
        refuse(f"{folder}: {shown(str(error))}; nothing has changed")


def _waited(folder: Path, state: Path | None, now: Store, new: Store, wait_min: float) -> bool:
    """Until nobody is inside; says whether the shop runs at all. What a running shop cannot take is refused."""
    from edge.cli.live import folder_of
    from edge.daemon.desk import NoAnswer, NobodyThere, ask
    from edge.store.reload import needs_restart

    until_s, told = time.monotonic() + 60 * wait_min, False
    while True:
        try:
            inside = len(ask(folder_of(folder, state), {"do": "floor"})["visits"])
        except (NoAnswer, ValueError) as error:  # it runs, and nobody knows who is inside
            refuse(
                f"the shop did not say who is inside, and nothing has changed ({shown(str(error))}). Try again later"
            )
        except NobodyThere:
            return False
        faults = needs_restart(now, new)
        if faults:
            for fault in faults:
                typer.echo(shown(str(fault)), err=True)
            refuse("the running shop cannot take this, and nothing has changed. Stop it, update, and start it again")
        if not inside:
            return True
        if time.monotonic() >= until_s:
            refuse(f"{inside} inside; nothing has changed. Try again later, or wait longer with --wait")
        if not told:
            say(f"{inside} inside: waiting until nobody is")
            told = True
        time.sleep(LOOK_S)


def _read_late(folder: Path, state: Path | None) -> bool:
    """Whether the running shop had not read its files: somebody was killed between writing them and telling it."""
    from edge.cli.live import folder_of
    from edge.daemon.desk import NobodyThere, ask

    try:
        return bool(ask(folder_of(folder, state), {"do": "reload", "by": getpass.getuser()}).get("changed"))
    except (NobodyThere, ValueError):
        return False


def _reload(folder: Path, state: Path | None, runs: bool, which: str, undo: Callable[[], None]) -> None:
    """The running shop reads its files anew; where it refuses, they are as they were."""
    from edge.cli.live import folder_of
    from edge.daemon.desk import NoAnswer, NobodyThere, ask
    from edge.store import Fault

    try:
        answer = ask(folder_of(folder, state), {"do": "reload", "by": getpass.getuser()}) if runs else {}
    except NoAnswer as error:
        refuse(f"{shown(str(error))}. Its files say {which}: `tebura reload` lets it go on with them")
    except NobodyThere:
        runs, answer = False, {}
    except ValueError as error:
        answer = {"faults": [], "why": str(error)}
    if "why" in answer or answer.get("faults"):
        undo()
        for fault in answer["faults"]:
            typer.echo(shown(str(Fault(**fault))), err=True)
        if "why" in answer:
            say(shown(str(answer["why"])))
        say("the shop refuses it, and goes on as it was")
        raise typer.Exit(UNUSABLE)
    typer.echo(f"The shop goes on with {which}." if runs else f"The shop does not run: it begins with {which}.")


@contextmanager
def _published() -> Iterator[ModuleType]:
    try:
        from edge.bundles import publish as room
    except ImportError as error:
        refuse_extra(error, "bundles")
    try:
        yield room
    except (room.NotPublished, OSError) as error:
        refuse(str(error))
