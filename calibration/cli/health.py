"""`tebura calibrate check`: are shelves and cameras well, from recordings or the live shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder
from edge.cli.places import state_folder
from edge.cli.terminal import DIFFERENT, UNUSABLE, refuse, refuse_store, refuse_unwritable, say, writing

if TYPE_CHECKING:
    from calibration.camera.bumped import CameraHealth
    from calibration.health import ShelfHealth
    from calibration.health.sources import Ear

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Recordings, or folders of them, one after the other; else the live shop.", metavar="[FILE…]"),
]


def check(
    files: Files = None,
    *,
    store: Annotated[
        Path | None, typer.Option("--store", help="The store's folder; a recording without it brings its own store.")
    ] = None,
    state: StateFolder = None,
    for_s: Annotated[float, typer.Option("--for", help="So many seconds of the live shop.", min=5.0)] = 60.0,
    shelf: Annotated[
        list[str] | None, typer.Option("--shelf", help="Only this shelf, and no camera; several times for more.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All plates, not only those that deserve a word.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a shelf and a camera, and nothing else.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw what they did.", metavar="FILE.html|.png|.svg")
    ] = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn", help="Keep each plate's noise and drift, and how cameras agree, in the store's folder."
        ),
    ] = False,
) -> None:
    """Say whether shelves and cameras are well, without touching anything. 0: they are, 1: not, 2: unusable."""
    from calibration.camera.agreement import UnusableAgreement
    from calibration.health import plot as pictures
    from calibration.health.sources import NothingHeard
    from edge.store import BrokenStore
    from edge.wire import UnreadableRecording

    if store is None and (learn or not files):
        refuse("name the store's folder: --store DIR")
    try:
        if plot is not None:
            pictures.check(plot)
            refuse_unwritable(plot, "--plot")
        ear = _heard(files or [], store, state, for_s, shelf or [])
        verdict, cameras = ear.verdict(), ear.cameras()
        _print(ear, verdict, cameras, every, as_json)
        if not files and not shelf:
            _keep(state_folder(state, ear.store.id), ear, verdict, cameras)
        if plot is not None:
            _draw(plot, ear, verdict)
        if learn and store is not None:
            _learn(store, ear, verdict, cameras)
    except BrokenStore as error:
        refuse_store(str(store or ", ".join(map(str, files or ()))), error)
    except BrokenPipeError:
        raise
    except (NothingHeard, UnusableAgreement, UnreadableRecording, pictures.Unplottable, OSError) as error:
        refuse(str(error))
    if not all(s.well for s in verdict) or any(c.bumped for c in cameras):
        raise typer.Exit(DIFFERENT)
    if not all(s.told for s in verdict):
        raise typer.Exit(UNUSABLE)


def _heard(files: list[Path], store: Path | None, state: Path | None, for_s: float, shelves: list[str]) -> Ear:
    from calibration.health.sources import from_live, from_recordings, known

    if files:
        return from_recordings(files, store, shelves)
    from calibration.listen import listen
    from edge.site import load_site
    from edge.store import load_store

    assert store is not None
    shop = load_store(store)
    wanted = known(shop, shelves)
    cameras = [] if shelves else [c.id for c in shop.layout.cameras]
    with listen(shop, load_site(store, shop), state_folder(state, shop.id), wanted, cameras) as listening:
        say(f"listening to {listening.where} for {for_s:g} s; Ctrl-C ends it sooner")
        return from_live(shop, listening, wanted, for_s)


def _print(ear: Ear, verdict: list[ShelfHealth], cameras: list[CameraHealth], every: bool, as_json: bool) -> None:
    from calibration.camera import told
    from calibration.health import show

    for trouble in ear.troubles:
        say(trouble)
    if as_json:
        for shelf in verdict:
            typer.echo(json.dumps(show.facts(shelf), ensure_ascii=False))
        for camera in cameras:
            typer.echo(json.dumps(told.facts(camera), ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    show.show(console, f"{ear.of}, {ear.span}", verdict, every=every)
    if cameras:
        told.print_health(cameras, console)


def _keep(folder: Path, ear: Ear, verdict: list[ShelfHealth], cameras: list[CameraHealth]) -> None:
    """For the console of a shop on this PC; one that runs elsewhere has no state folder here."""
    from calibration.camera import told
    from calibration.health import show
    from edge.facts.checked import keep_checked

    if folder.is_dir():
        keep_checked(folder, ear.ended_s, [show.facts(s) for s in verdict], [told.facts(c) for c in cameras])


def _draw(path: Path, ear: Ear, verdict: list[ShelfHealth]) -> None:
    from calibration.health import page
    from calibration.health import plot as pictures

    with writing(path, "--plot"):
        if path.suffix.lower() == ".html":
            page.write(path, ear, verdict)
        else:
            pictures.draw(path, ear, verdict)
    say(f"{path} shows it")


def _learn(folder: Path, ear: Ear, verdict: list[ShelfHealth], cameras: list[CameraHealth]) -> None:
    import getpass
    from datetime import UTC, datetime

    from calibration.camera.agreement import agreements_of, keep_agreements
    from calibration.health.learn import learn

    now, by = datetime.now(UTC), getpass.getuser()
    written, left = learn(ear.store, folder, verdict, now, by, ear.of)
    if ear.traffic is not None:
        known = ear.traffic.learned({c.camera for c in cameras if c.bumped}, agreements_of(ear.store))
        if known:
            written.append(keep_agreements(folder, known, now, by, ear.of))
        for camera in {c.camera for c in cameras} - {a.camera for a in known}:
            left[camera] = "too few heads that another camera saw as well, or it was bumped"
    for path in written:
        say(f"{path} is written; a shop that runs takes it with its next start")
    for shelf, why in left.items():
        say(f"{shelf}: nothing learned: {why}")
