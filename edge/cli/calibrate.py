"""Commands about how shelves weigh: shelf (the walk), check, list, show, diff, rollback."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.health import check
from edge.cli.live import StateFolder, StoreFolder, refuse_while_open
from edge.cli.places import state_folder
from edge.cli.terminal import DIFFERENT, refuse, refuse_store, say

if TYPE_CHECKING:
    from rich.console import Console

    from calibration.shelf.faces import Face
    from calibration.shelf.questions import AtTerminal
    from calibration.shelf.session import Source, Wanted
    from edge.store import Store

app = typer.Typer(help="How shelves weigh: find out, write down, look, go back.", no_args_is_help=True)

app.command()(check)

HEAVIEST_G = 100_000.0

STOPPED = 130
"""Ctrl-C, as shells have it."""

ShelfName = Annotated[str, typer.Argument(help="A shelf of store.toml.", metavar="SHELF")]
When = Annotated[str, typer.Argument(help="A profile's date, or how it begins; without it the one that counts.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
By = Annotated[str, typer.Option(help="Who does it; the user's name without it.")]


@app.command()
def shelf(
    shelf: ShelfName,
    *,
    store: StoreFolder,
    state: StateFolder = None,
    weight: Annotated[list[float] | None, typer.Option(help="What your weight weighs, g; may be given twice.")] = None,
    plates: Annotated[str, typer.Option(help="Only these, like 3-5: the others stay as they are.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write the profile without asking.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a walk that was not finished.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again, whatever was kept.")] = False,
    trust_weight: Annotated[bool, typer.Option("--trust-weight", help="The weight is right: I made sure.")] = False,
    by: By = "",
    note: Annotated[str, typer.Option(help="Stands in the profile.")] = "",
    recorded: Annotated[
        Path | None, typer.Option("--from", help="A walk that was recorded.", metavar="FILE.mcap")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an event, for programs.")] = False,
) -> None:
    """Walk a shelf: hands off, empty, touch, weigh; accepted or refused with the remedy, and written down."""
    from calibration.shelf.progress import unfinished
    from calibration.shelf.questions import AtTerminal
    from calibration.shelf.session import BrokeOff, CannotWalk, Wanted, plates_of

    shop = _shop(store, shelf)
    if resume and fresh:
        refuse("--resume and --fresh exclude each other: name one")
    if not all(0 < w <= HEAVIEST_G for w in weight or ()):
        refuse(f"--weight: a weight weighs more than 0 g, and at most {HEAVIEST_G:,.0f} g")
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    questions = AtTerminal(yes=yes) if terminal else None
    if questions is None and not yes:
        refuse("there is no terminal to ask at: say --yes if the profile shall be written when all is well")
    if recorded is None:
        refuse_while_open(state_folder(state, shop.id), store)
    try:
        wanted = Wanted(
            shelf, tuple(weight or ()), plates_of(plates, shop.layout.shelf(shelf).plates), by or getpass.getuser(),
            note, yes, fresh, resume, trust_weight,
        )  # fmt: skip
        _walk(shop, store, wanted, questions, state, recorded, as_json=as_json)
    except (CannotWalk, BrokeOff, OSError) as error:
        refuse(str(error))
    except (KeyboardInterrupt, typer.Abort):
        measured = recorded is None and unfinished(store, shelf).exists()
        say("kept: run it again to go on" if measured else "stopped; nothing was measured yet")
        raise typer.Exit(STOPPED) from None


def _walk(
    shop: Store,
    folder: Path,
    wanted: Wanted,
    questions: AtTerminal | None,
    state: Path | None,
    recorded: Path | None,
    *,
    as_json: bool,
) -> None:
    from calibration.shelf.progress import drop
    from calibration.shelf.session import begun, decide, replayed, walk_through, walk_to, write
    from calibration.shelf.told import plain_verdict, print_verdict

    progress = replayed(shop, folder, wanted) if recorded else begun(shop, folder, wanted, questions)
    with _source(shop, folder, wanted.shelf, state, recorded) as source:
        walk = walk_to(shop, wanted, progress)
        walk_through(walk, source, _face(as_json, terminal=questions is not None), None if recorded else folder)
    verdict = decide(shop, folder, wanted, progress, datetime.now(UTC), questions)
    if not as_json:
        print_verdict(verdict, _console())
    path = None
    if verdict.accepted and (questions is None or questions.writes()):
        path = write(folder, progress, verdict, source.where)
    doubted = {f.fault for f in verdict.findings if f.refuses} == {"weight"}
    if recorded is None and not doubted:
        drop(folder, wanted.shelf)
    if as_json:
        told = {"event": "verdict", **plain_verdict(verdict), "file": str(path) if path else None}
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif path is not None:
        typer.echo(f"written: {path}")
    if path is not None:
        _say_restart(state_folder(state, shop.id))
    if doubted and recorded is None:
        say("kept: with --resume --trust-weight it is believed, with --fresh you begin again")
    if not verdict.accepted:
        raise typer.Exit(DIFFERENT)


@app.command("list")
def show_all(
    *,
    store: StoreFolder,
    shelf: Annotated[str, typer.Option(help="Only of this one.", metavar="SHELF")] = "",
    as_json: Json = False,
) -> None:
    """Every profile of every shelf: when, by whom, how good, and which counts."""
    from calibration.history import history, shelves
    from calibration.shelf.told import plain_kept, print_history

    shop = _shop(store)
    kept = [one for name in shelves(store) if shelf in ("", name) for one in history(shop, store, name)]
    if as_json:
        for one in kept:
            typer.echo(json.dumps(plain_kept(one), ensure_ascii=False))
    else:
        print_history(kept, _console())
        known = {one.shelf for one in kept}
        without = [s.id for s in shop.layout.shelves if s.id not in known and shelf in ("", s.id)]
        if without:
            typer.echo(f"without a profile: {', '.join(without)}")
    if any(one.counts and one.broken for one in kept):
        raise typer.Exit(DIFFERENT)


@app.command()
def show(shelf: ShelfName, when: When = "", *, store: StoreFolder, as_json: Json = False) -> None:
    """One profile with its evidence."""
    from calibration.history import NoSuchProfile, find, history
    from calibration.shelf.told import plain_kept, print_kept

    try:
        kept = find(history(_shop(store, shelf), store, shelf), shelf, when)
        if kept.profile is None:
            refuse(f"{kept.path}: {kept.broken}")
    except NoSuchProfile as error:
        refuse(str(error))
    if as_json:
        typer.echo(json.dumps(plain_kept(kept), ensure_ascii=False))
    else:
        print_kept(kept, _console())


@app.command()
def diff(
    shelf: ShelfName,
    whens: Annotated[list[str] | None, typer.Argument(help="Two dates; the last two without.", metavar="WHEN")] = None,
    *,
    store: StoreFolder,
) -> None:
    """What changed, plate by plate: order, polarity, span, zero, noise."""
    from calibration.history import NoSuchProfile, changes, find, history, usable
    from calibration.shelf.told import print_changes

    kept = history(_shop(store, shelf), store, shelf)
    if len(whens or ()) not in (0, 2):
        refuse("name two dates, or none for the last two")
    if len(kept) < 2 and not whens:
        refuse(f"{shelf} has {'one profile' if kept else 'no profile'}: there is nothing to compare")
    try:
        before, after = (find(kept, shelf, when) for when in whens or [k.when for k in kept[-2:]])
        print_changes(before, after, changes(usable(before), usable(after)), _console())
    except NoSuchProfile as error:
        refuse(str(error))


@app.command()
def rollback(
    shelf: ShelfName,
    when: Annotated[str, typer.Argument(help="The profile to go back to.")],
    *,
    store: StoreFolder,
    state: StateFolder = None,
    by: By = "",
    note: Annotated[str, typer.Option(help="Why; stands in the profile.")] = "",
) -> None:
    """Go back to an older profile: a new one that repeats it. Nothing is deleted."""
    from calibration.history import NoSuchProfile, find, history, roll_back

    shop = _shop(store, shelf)
    try:
        kept = find(history(shop, store, shelf), shelf, when)
        if kept.counts:
            refuse(f"{kept.when} is in force already. `tebura calibrate list` shows the others")
        path = roll_back(store, kept, datetime.now(UTC), by or getpass.getuser(), note)
    except (NoSuchProfile, OSError) as error:
        refuse(str(error))
    typer.echo(f"written: {path}")
    _say_restart(state_folder(state, shop.id))


# --- what they share ------------------------------------------------------------------------------------------------


def _shop(store: Path, shelf: str = "") -> Store:
    from calibration.shelf.session import store_of
    from edge.store import BrokenStore

    try:
        shop = store_of(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    if shelf and not shop.layout.has_shelf(shelf):
        refuse(f"there is no shelf {shelf!r} in store.toml. There are {', '.join(s.id for s in shop.layout.shelves)}")
    return shop


@contextmanager
def _source(shop: Store, folder: Path, shelf: str, state: Path | None, recorded: Path | None) -> Iterator[Source]:
    """Live batches, or a recording's."""
    from calibration.listen import listen
    from calibration.shelf.session import Recorded
    from edge.site import load_site
    from edge.store import BrokenStore
    from edge.wire import UnreadableRecording, open_recording

    with ExitStack() as stack:
        try:
            if recorded is not None:
                yield Recorded(shop, open_recording(recorded), shelf)
                return
            site = load_site(folder, shop)
        except BrokenStore as error:
            refuse_store(str(folder), error)
        except UnreadableRecording as error:
            refuse(str(error))
        yield stack.enter_context(listen(shop, site, state_folder(state, shop.id), [shelf]))


def _face(as_json: bool, *, terminal: bool) -> Face:
    from calibration.shelf.faces import Events, Lines

    if as_json:
        return Events()
    if not terminal:
        return Lines()
    from calibration.shelf.screen import Screen

    return Screen()


def _console() -> Console:
    from rich.console import Console

    return Console()


def _say_restart(state: Path) -> None:
    """A shop reads its profiles when it starts."""
    from edge.daemon.desk import NobodyThere, ask

    try:
        ask(state, {"do": "status"})
    except (NobodyThere, ValueError):
        return
    say("restart the shop so that it counts")
