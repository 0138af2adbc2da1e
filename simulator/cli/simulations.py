"""Commands that play a shop that is not there: simulate, demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.terminal import refuse, refuse_extra, refuse_store, say
from simulator.cli.hands import Cluster, Workers, hands_or_all, many

if TYPE_CHECKING:
    from simulator.fleet.crew import Hands


def simulate(
    story: Annotated[Path | None, typer.Argument(help="A shop story, as text.")] = None,
    *,
    busy: Annotated[
        int | None, typer.Option(help="No story: so many visits by people who do what people do.", min=1)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The recording to write.", metavar="FILE.mcap")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same recording.")] = 1,
    store: Annotated[Path | None, typer.Option(help="A store folder; the demo shop without it.")] = None,
    frames: Annotated[
        Path | None,
        typer.Option(help="A folder: film it too, a video a camera, for replay --videos.", metavar="FOLDER"),
    ] = None,
    looks: Annotated[bool, typer.Option("--looks/--no-looks", help="Cameras say what everybody looks like.")] = True,
    boards: Annotated[
        Path | None,
        typer.Option(help="No recording: a camera's calibration to practise, in a new folder.", metavar="FOLDER"),
    ] = None,
    serial: Annotated[bool, typer.Option("--serial", help="No recording: a device on a serial port, to try.")] = False,
    protocol: Annotated[str, typer.Option(help="Of --serial: what it speaks, like mt-sics or barcode.")] = "lines",
    plates: Annotated[int | None, typer.Option(help="Of --serial with lines: how many plates.", min=1)] = None,
    link: Annotated[Path | None, typer.Option(help="Of --serial: the path that becomes the port.")] = None,
    shelf: Annotated[str | None, typer.Option(help="No recording: this shelf, live, with hands on it.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="Of --shelf: what is wrong with it, like order or noisy:3; repeatable.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Of --shelf: counts, volts or grams.")] = None,
    state: Annotated[Path | None, typer.Option(help="Of --shelf: the shop's state folder.")] = None,
    stripe: Annotated[
        bool, typer.Option("--stripe", help="No recording: a double of Stripe, to be charged by.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Of --stripe: where it listens.", min=1, max=65535)] = None,
    journal: Annotated[Path | None, typer.Option(help="Of --stripe: a file that keeps its books.")] = None,
    seeds: Annotated[
        int | None, typer.Option(help="So many recordings from --seed on; -o is then a folder.", min=1)
    ] = None,
    workers: Workers = None,
    cluster: Cluster = "",
) -> None:
    """Simulate a physical shop and write what its sensors said; or live: a serial device of it, or a whole shelf, or
    a payment provider; or the photographs that a camera is calibrated with.
    """
    recording = bool(story or busy is not None or out or frames or not looks or seeds or workers or cluster)
    of_a_port = protocol != "lines" or plates is not None
    of_a_shelf = bool(fault or unit or state)
    if stripe:
        if recording or of_a_port or of_a_shelf or boards or shelf or serial or link or store:
            refuse("--stripe goes with --port and --journal alone")
        _stripe(port or 8420, journal)
        return
    if port is not None or journal is not None:
        refuse("--port and --journal go with --stripe: add it")
    if boards is not None:
        if recording or serial or link or store or shelf or of_a_port or of_a_shelf:
            refuse("--boards goes with --seed alone: the shop is the demo shop")
        _boards(boards, seed)
        return
    if shelf is not None:
        if recording or of_a_port or (link and not serial):
            refuse("--shelf goes with --fault, --unit, --store, --state and --seed; on a serial port: --serial --link")
        _shelf(shelf, fault or [], unit, link, serial, store, state, seed)
        return
    if of_a_shelf:
        refuse("--fault, --unit and --state go with --shelf: name one")
    if serial:
        if recording:
            refuse("--serial goes with --protocol, --plates, --link, --store and --seed, and writes no recording")
        _device(protocol, plates, link, store, seed)
        return
    if of_a_port or link:
        refuse("--protocol, --plates and --link go with --serial: add it")
    _record(story, busy, out, seed, seeds, store, frames, looks, workers, cluster)


def _record(
    story: Path | None, busy: int | None, out: Path | None, seed: int, seeds: int | None, store: Path | None,
    frames: Path | None, looks: bool, workers: int | None, cluster: str,
) -> None:  # fmt: skip
    """One recording, or many."""
    if (story is None) == (busy is None):
        refuse("name a story, or --busy and how many visits")
    if out is None:
        refuse("name the recording to write: -o FILE.mcap")
    if seeds is not None:
        if frames is not None:
            refuse("--frames goes with one recording: leave out --seeds")
        _many(story, busy, out, range(seed, seed + seeds), store, looks, hands_or_all(workers, cluster))
        return
    if workers or cluster:
        refuse("--workers and --cluster go with --seeds: add it")
    from edge.store import BrokenStore
    from simulator.commands import simulate as write

    try:
        write(story, busy, out, seed, store, frames, lambda camera: say(f"filmed {camera}"), looks=looks)
    except BrokenStore as error:
        refuse_store(str(store), error)
    except ImportError as error:
        refuse_extra(error, "camera")
    except (OSError, ValueError) as error:
        refuse(str(error))


def _many(
    story: Path | None, busy: int | None, folder: Path, seeds: range, store: Path | None, looks: bool, crew: Hands
) -> None:  # fmt: skip
    from edge.store import BrokenStore, load_store
    from simulator.commands import DEMO, simulate_many

    try:
        load_store(store or DEMO)  # told once, and not by each
        with many(len(seeds), "recordings") as step:
            simulate_many(story, busy, folder, seeds, store, crew, step, looks=looks)
    except BrokenStore as error:
        refuse_store(str(store), error)
    except (OSError, ValueError) as error:
        refuse(str(error))


def _boards(folder: Path, seed: int) -> None:
    try:
        from simulator.rig.practice import practice
    except ImportError as error:
        refuse_extra(error, "camera")
    say("drawing what a technician would photograph: some seconds")
    try:
        command = practice(folder, seed)
    except OSError as error:
        refuse(str(error))
    say(f"a board held under camera c1, and markers on its floor. Go on with:\n{command}")


def _stripe(port: int, journal: Path | None) -> None:
    from simulator.providers.prompt import stripe

    try:
        stripe(port, journal)
    except (OSError, ValueError) as error:
        refuse(f"the double cannot listen on port {port}, or not read its journal ({error}). Name others")


def _device(protocol: str, plates: int | None, link: Path | None, store: Path | None, seed: int) -> None:
    from edge.store import BrokenStore
    from simulator.devices.prompt import serial

    try:
        serial(protocol, plates, link, store, seed)
    except BrokenStore as error:
        refuse_store(str(store), error)
    except (OSError, ValueError) as error:
        refuse(str(error))


def _shelf(
    shelf: str, faults: list[str], unit: str | None, link: Path | None, serial: bool, store: Path | None,
    state: Path | None, seed: int,
) -> None:  # fmt: skip
    from edge.cli.places import state_folder
    from edge.store import BrokenStore
    from simulator.rig.prompt import shelf as stand

    try:
        stand(shelf, faults, unit, link, serial, store, lambda store_id: state_folder(state, store_id), seed)
    except BrokenStore as error:
        refuse_store(str(store), error)
    except (OSError, ValueError) as error:
        refuse(str(error))


def demo(
    out: Annotated[
        Path | None,
        typer.Option(help="Where the recording, the ledger and the report go.", show_default="out"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another morning.")] = 1,
    seeds: Annotated[
        int | None, typer.Option(help="So many mornings from --seed on: of how many visits is it right?", min=1)
    ] = None,
    *,
    money: Annotated[
        bool, typer.Option("--money", help="An evening's money instead: held, captured, marked down, given back.")
    ] = False,
    screens: Annotated[
        bool, typer.Option("--screens", help="A shop at work now instead, with its pages to be opened.")
    ] = False,
    headquarters: Annotated[
        int | None, typer.Option("--headquarters", help="So many shops instead, and their headquarters.", min=1, max=99)
    ] = None,
    looks: Annotated[bool, typer.Option("--looks/--no-looks", help="Cameras say what everybody looks like.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Of --seeds: for programs.")] = False,
    workers: Workers = None,
    cluster: Cluster = "",
) -> None:
    """A lively few minutes in the demo shop: simulate, replay, and compare with what really happened; or many of them,
    and only how good they were; or what becomes of money on an evening; or the shop's screens while people shop.
    """
    if seeds is not None:
        if out is not None:
            refuse("--out goes with one morning: of many, no files are kept. Leave it out, or leave out --seeds")
        _many_demos(seeds, seed, looks, as_json, hands_or_all(workers, cluster))
        return
    if as_json:
        refuse("--json goes with --seeds: add it")
    if workers or cluster:
        refuse("--workers and --cluster go with --seeds: add it")
    from simulator.demo import demo as show
    from simulator.evening import evening

    folder = out or Path("out")
    try:
        if headquarters is not None:
            _show_headquarters(folder, headquarters, seed)
        elif screens:
            _show_screens(folder, seed)
        elif money:
            evening(folder)
        else:
            show(folder, seed, looks=looks)
    except BrokenPipeError:
        raise
    except OSError as error:
        remedy = "Name a folder that you may write to with --out"
        refuse(f"{folder}: cannot hold the demo's files ({error.strerror or error}). {remedy}")


def _show_screens(folder: Path, seed: int) -> None:
    try:
        from simulator.screens import show_screens
    except ImportError as error:
        refuse_extra(error, "web")
    show_screens(folder, seed)


def _show_headquarters(folder: Path, shops: int, seed: int) -> None:
    try:
        from simulator.headquarters import demo as show
        from simulator.servers import Missing
    except ImportError as error:
        refuse_extra(error, "headquarters")
    try:
        show(folder, shops, seed)
    except Missing as error:
        refuse(str(error))


def _many_demos(seeds: int, first: int, looks: bool, as_json: bool, crew: Hands) -> None:
    from simulator.mornings import mornings, show, told

    with many(seeds, "mornings") as step:
        found = mornings(seeds, first, looks=looks, hands=crew, told=step)
    if as_json:
        typer.echo(json.dumps(told(found), ensure_ascii=False))
    else:
        show(found, looks=looks)
