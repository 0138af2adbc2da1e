"""Commands about how sensors are calibrated: shelf (the walk), camera, check, list, show, diff, rollback."""

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

from calibration.cli.cameras import camera
from calibration.cli.health import check
from calibration.cli.profiles import By, console, diff, list_, rollback, say_restart, shop_of, show
from edge.cli.live import StateFolder, StoreFolder, refuse_while_open
from edge.cli.places import state_folder
from edge.cli.terminal import DIFFERENT, refuse, refuse_store, say

if TYPE_CHECKING:
    from calibration.shelf.faces import Face
    from calibration.shelf.questions import AtTerminal
    from calibration.shelf.session import Source, Wanted
    from edge.store import Store

app = typer.Typer(help="How shelves weigh and cameras see: find out, write down, look, go back.", no_args_is_help=True)

app.command()(check)
app.command()(camera)
app.command("list")(list_)
app.command()(show)
app.command()(diff)
app.command()(rollback)

HEAVIEST_G = 100_000.0

STOPPED = 130
"""Ctrl-C, as shells have it."""

ShelfName = Annotated[str, typer.Argument(help="A shelf of store.toml.", metavar="SHELF")]


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

    shop = shop_of(store, shelf=shelf)
    if resume and fresh:
        refuse("--resume and --fresh exclude each other: name one")
    if not all(0 < w <= HEAVIEST_G for w in weight or ()):
        refuse(f"--weight: a weight weighs more than 0 g, and at most {HEAVIEST_G:,.0f} g")
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    questions = AtTerminal(yes=yes) if terminal else None
    if questions is None and not yes:
        refuse("there is no terminal to ask at: say --yes if the profile shall be written when all is well")
    if recorded is None:
        refuse_while_open(state_folder(state, shop.id), store, state)
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
        print_verdict(verdict, console())
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
        say_restart(state_folder(state, shop.id))
    if doubted and recorded is None:
        say("kept: with --resume --trust-weight it is believed, with --fresh you begin again")
    if not verdict.accepted:
        raise typer.Exit(DIFFERENT)


# --- what they share ------------------------------------------------------------------------------------------------


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
