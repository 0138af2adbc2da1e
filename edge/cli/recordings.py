"""Commands about recordings: simulate, replay, compare, demo."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.terminal import DIFFERENT, UNUSABLE, refuse, refuse_store, say

if TYPE_CHECKING:
    from edge.ledger.book import Book
    from edge.wire import Loss, Recording
    from simulator.live import Played, Stage
    from simulator.replay import Replayed
    from simulator.report import Collector

app = typer.Typer()


@app.command()
def simulate(
    story: Annotated[Path | None, typer.Argument(help="A shop story, as text.")] = None,
    *,
    busy: Annotated[int | None, typer.Option(help="No story: so many visits by people who do what people do.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The recording to write.", metavar="FILE.mcap")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same recording.")] = 1,
    store: Annotated[Path | None, typer.Option(help="A store folder; the demo shop without it.")] = None,
    serial: Annotated[bool, typer.Option("--serial", help="No recording: a device on a serial port, to try.")] = False,
    protocol: Annotated[str, typer.Option(help="Of --serial: mt-sics, lines or barcode.")] = "lines",
    plates: Annotated[int | None, typer.Option(help="Of --serial with lines: how many plates.", min=1)] = None,
    link: Annotated[Path | None, typer.Option(help="Of --serial: the path that becomes the port.")] = None,
    shelf: Annotated[str | None, typer.Option(help="No recording: this shelf, live, with hands on it.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="Of --shelf: what is wrong with it, like order or noisy:3; repeatable.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Of --shelf: counts, volts or grams.")] = None,
    state: Annotated[Path | None, typer.Option(help="Of --shelf: the shop's state folder.")] = None,
) -> None:
    """Simulate a physical shop and write what its sensors said; or live: a serial device of it, or a whole shelf."""
    if shelf is not None:
        if story or busy is not None or out or plates is not None or protocol != "lines" or (link and not serial):
            refuse("--shelf goes with --fault, --unit, --store, --state and --seed; on a serial port: --serial --link")
        _shelf(shelf, fault or [], unit, link, serial, store, state, seed)
        return
    if fault or unit or state:
        refuse("--fault, --unit and --state go with --shelf: name one")
    if serial and (story or busy is not None or out):
        refuse("--serial goes with --protocol, --plates, --link, --store and --seed, and writes no recording")
    if not serial and (protocol != "lines" or plates is not None or link):
        refuse("--protocol, --plates and --link go with --serial: add it")
    if serial:
        _device(protocol, plates, link, store, seed)
        return
    if (story is None) == (busy is None):
        refuse("name a story, or --busy and how many visits")
    if out is None:
        refuse("name the recording to write: -o FILE.mcap")
    from edge.store import BrokenStore
    from simulator.commands import simulate as write

    try:
        write(story, busy, out, seed, store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    except (OSError, ValueError) as error:
        refuse(str(error))


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


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(help="Recordings.", metavar="FILE…")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a visit and nothing else.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a page that shows all.", metavar="FILE.html")] = None,
    ledger: Annotated[Path | None, typer.Option(help="Keep the book in this file.", metavar="FILE.db")] = None,
    stop_after: Annotated[int | None, typer.Option(help="Stop after so many messages; needs --ledger.", min=0)] = None,
    go_on: Annotated[bool, typer.Option("--continue", help="Go on where the ledger's replay was stopped.")] = False,
    language: Annotated[str, typer.Option(help="Of receipts: ja or en; the shop's first without it.")] = "",
    live: Annotated[bool, typer.Option("--live", help="Play them into a running shop, over broker and ports.")] = False,
    speed: Annotated[
        float | None, typer.Option(help="With --live: so many times as fast.", min=0.01, max=100.0)
    ] = None,
    store: Annotated[Path | None, typer.Option(help="With --live: the folder of the shop that runs with --rehearsal; "
                                                    "without it, one is started.")] = None,
    state: Annotated[Path | None, typer.Option(help="With --live: that shop's state folder.")] = None,
) -> None:  # fmt: skip
    """Turn recordings into receipts."""
    kept = report or ledger or stop_after is not None or go_on
    if (live and kept) or (not live and (speed is not None or store or state)):
        refuse(
            "--speed, --store and --state go with --live; --report, --ledger, --stop-after and --continue without it"
        )
    if live:
        _replay_live(files, speed or 1.0, store, state, as_json, language)
        return
    if len(files) > 1 and (report or ledger):
        refuse("--report and --ledger take one recording at a time")
    if ledger is None and (stop_after is not None or go_on):
        refuse("--stop-after and --continue need --ledger, where the checkpoint is kept")
    failed = False
    for file in files:
        try:
            _replay_one(file, as_json, report, ledger, stop_after, go_on, language)
        except typer.Exit:
            failed = True
    if failed:
        raise typer.Exit(UNUSABLE)


def _replay_live(
    files: list[Path], speed: float, store: Path | None, state: Path | None, as_json: bool, language: str
) -> None:
    from edge.checkout import receipt_text
    from edge.store import BrokenStore
    from edge.wire import UnreadableRecording, open_recording
    from simulator.live import play_live
    from simulator.replay import visit_line

    for file in files:
        try:
            recording = open_recording(file)
            with _stage(recording, store, state) as stage:
                played = play_live(recording, stage, speed)
        except BrokenStore as error:
            refuse_store(str(file), error)
        except (UnreadableRecording, OSError) as error:
            refuse(str(error))
        if as_json:
            for entry in played.decided:
                typer.echo(json.dumps(visit_line(recording.name, entry), ensure_ascii=False))
        else:
            for receipt in played.receipts:
                typer.echo(receipt_text(receipt, language))
        _tell_played(recording, played, summary=not as_json)


def _tell_played(recording: Recording, played: Played, summary: bool) -> None:
    if recording.loss is not None:
        _tell_broken_off(recording.name, recording.loss)
    if summary:
        reviews = sum(entry.kind == "review" for entry in played.decided)
        visits, settled = len(played.decided), len(played.decided) - reviews
        heard = "" if played.unheard else f"; all {played.published:,} messages were heard"
        say(f"{recording.name}: {_visits(visits)}, {settled} settled, {reviews} for review{heard}")
    if played.unheard:
        what = f"{played.unheard:,} of {played.published:,} messages were not heard"
        say(f"{recording.name}: {what}, and receipts may differ. Play it with a lower --speed")


def _stage(recording: Recording, store: Path | None, state: Path | None) -> AbstractContextManager[Stage]:
    """The shop that was named, or one of the recording's own."""
    from edge.cli.places import state_folder
    from edge.store import read_store
    from simulator.live import own_stage, running_stage

    if store is None:
        return own_stage(recording)
    shop = read_store(recording.store_files())
    return nullcontext(running_stage(store, state_folder(state, shop.id), recording))


def _replay_one(
    file: Path, as_json: bool, report: Path | None, ledger: Path | None, stop_after: int | None, go_on: bool,
    language: str,
) -> None:  # fmt: skip
    from edge.store import BrokenStore, read_store
    from edge.wire import UnreadableRecording, open_recording
    from simulator.replay import WrongLedger
    from simulator.replay import replay as run

    try:
        recording = open_recording(file)
        store = read_store(recording.store_files())
        collector = _collector(recording) if report else None
        book = _book(ledger, go_on, wanted=not as_json)
        with _progress(recording) as progress:
            done = run(
                recording, store=store, book=book, observers=[collector] if collector else [],
                progress=progress, stop_after=stop_after, go_on=go_on,
            )  # fmt: skip
    except BrokenStore as error:
        refuse_store(str(file), error)
    except (UnreadableRecording, WrongLedger, OSError) as error:
        refuse(str(error))
    _tell_loss(done)
    if as_json:
        for line in done.lines():
            typer.echo(json.dumps(line, ensure_ascii=False))
    elif book is not None:
        _print_receipts(done, book, language)
    if report and collector:
        _write_report(report, done, collector)
    _close(book, done)


def _collector(recording: Recording) -> Collector:
    from edge.store import read_store
    from simulator.report import Collector, read_truth

    truth = read_truth(recording.attachments.get("truth.json"))
    return Collector(read_store(recording.store_files()), recording.name, truth)


def _book(ledger: Path | None, go_on: bool, wanted: bool) -> Book | None:
    """The ledger that was named, else one in memory where receipts are printed."""
    if ledger is not None:
        from simulator.replay import open_ledger

        return open_ledger(ledger, go_on)
    if wanted:
        from edge.ledger.book import Book

        return Book()
    return None


def _close(book: Book | None, done: Replayed) -> None:
    if book is not None:
        if done.stopped:
            book.close()
            say(f"stopped after {done.messages} messages; go on with --continue")
        else:
            book.seal()


@contextmanager
def _progress(recording: Recording) -> Iterator[Callable[[int], None] | None]:
    """A bar on stderr where somebody sees it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from simulator.replay import summary_of

    summary = summary_of(recording.path)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(recording.name, total=summary[0] if summary else None)
        yield lambda count: bar.update(task, completed=count)


def _tell_loss(done: Replayed) -> None:
    if done.loss is not None:
        _tell_broken_off(done.recording, done.loss)
    for reason, count in sorted(done.refused.items()):
        say(f"{done.recording}: {count} messages refused: {reason}")


def _tell_broken_off(recording: str, loss: Loss) -> None:
    say(f"{recording}: {loss.reason}; {loss.messages} messages could be read and were used")


def _visits(count: int) -> str:
    return f"{count} visit{'' if count == 1 else 's'}"


def _print_receipts(done: Replayed, book: Book, language: str) -> None:
    from edge.checkout import receipt_text
    from edge.ledger import receipts

    for receipt in receipts(book):
        typer.echo(receipt_text(receipt, language))
    speed = done.span_s / max(done.spent_s, 1e-9)
    took = f"{done.span_s:.0f} s in {done.spent_s:.1f} s, {speed:.0f} × real time"
    say(f"{done.recording}: {_visits(len(done.decided))}, {took}")


def _write_report(path: Path, done: Replayed, collector: Collector) -> None:
    from simulator.report import page

    notes = [f"{count} messages were refused: {reason}." for reason, count in sorted(done.refused.items())]
    if done.loss is not None:
        notes.insert(0, f"Something is missing: {done.loss.reason}. All that could be read is used.")
    speed = f"{done.span_s / max(done.spent_s, 1e-9):.0f} ×"
    figures = (("messages", f"{done.messages:,}"), ("faster than the shop", speed))
    path.write_text(page(collector.material(figures, tuple(notes))), encoding="utf-8")
    say(f"the report is {path}")  # fmt: skip


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(help="A recording, a ledger or an export.")],
    b: Annotated[Path, typer.Argument(help="Another one.")],
) -> None:
    """Say in which records two runs differ."""
    from edge.store import BrokenStore
    from edge.wire import UnreadableRecording
    from simulator.compare import UnreadableRun, read_run
    from simulator.compare import compare as find

    runs = []
    for path in (a, b):
        try:
            runs.append(read_run(path))
        except BrokenStore as error:
            refuse_store(str(path), error)
        except (UnreadableRun, UnreadableRecording, OSError) as error:
            refuse(str(error))
    differences = find(*runs)
    if not differences:
        typer.echo(f"No difference in {len(runs[0])} records.")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"A is {a}, B is {b}. {len(differences)} records differ; the first:", markup=False)
    for i, difference in enumerate(differences):
        style = "bold red" if i == 0 else ""
        console.print(
            Text(f"{'→' if i == 0 else ' '} {difference.at_s:.3f}  {difference.key}  {difference.where}", style)
        )
        for path_, in_a, in_b in difference.fields:
            console.print(Text(f"      {path_}: A {in_a}, B {in_b}"))
    raise typer.Exit(DIFFERENT)  # fmt: skip


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the recording, the ledger and the report go.")] = Path("out"),
    seed: Annotated[int, typer.Option(help="Another seed, another morning.")] = 1,
) -> None:
    """A lively few minutes in the demo shop: simulate, replay, and compare with what really happened."""
    from simulator.demo import demo as show

    show(out, seed)
