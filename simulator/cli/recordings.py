"""Commands about recordings: replay, compare."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.languages import Language
from edge.cli.terminal import (
    DIFFERENT,
    UNUSABLE,
    refuse,
    refuse_extra,
    refuse_store,
    refuse_unwritable,
    say,
    writing,
)
from simulator.cli.fleets import compare_folders, replay_many
from simulator.cli.hands import Afresh, Cluster, Workers

if TYPE_CHECKING:
    from edge.ledger.book import Book
    from edge.store import Store
    from edge.wire import Loss, Recording
    from simulator.live import Played, Stage
    from simulator.replay import Replayed
    from simulator.report import Collector

LEFT_OUT = "what people look like was left out (record_appearance = false); the live shop may have judged otherwise"


def replay(
    files: Annotated[list[Path], typer.Argument(help="Recordings.", metavar="FILE…")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a visit and nothing else.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write an English page of all.", metavar="FILE.html")] = None,
    ledger: Annotated[Path | None, typer.Option(help="Keep the book in this file.", metavar="FILE.db")] = None,
    stop_after: Annotated[int | None, typer.Option(help="Stop after so many messages; needs --ledger.", min=0)] = None,
    go_on: Annotated[bool, typer.Option("--continue", help="Go on where the ledger's replay was stopped.")] = False,
    language: Language = "",
    calibration: Annotated[
        Path | None, typer.Option(help="Weigh as this store folder's calibration says, not as the recorded one.")
    ] = None,
    videos: Annotated[
        Path | None,
        typer.Option(help="The folder of its videos: look through the cameras again.", metavar="FOLDER"),
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(help="With --videos: an ONNX file; the shipped one without it.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Play them into a running shop, over broker and ports.")] = False,
    speed: Annotated[
        float | None, typer.Option(help="With --live: so many times as fast.", min=0.01, max=100.0)
    ] = None,
    store: Annotated[Path | None, typer.Option(help="With --live: the folder of the shop that runs with --rehearsal; "
                                                    "without it, one is started.")] = None,
    state: Annotated[Path | None, typer.Option(help="With --live: that shop's state folder.")] = None,
    workers: Workers = None,
    cluster: Cluster = "",
    afresh: Afresh = False,
) -> None:  # fmt: skip
    """Turn recordings into receipts."""
    kept = report or ledger or stop_after is not None or go_on or calibration or videos
    many = workers is not None or bool(cluster)
    if many and (kept or live):
        refuse("--workers and --cluster go with --json, --language and --afresh alone: the rest is of one recording")
    if afresh and not many:
        refuse("--afresh goes with --workers or --cluster: without them everything is replayed")
    if (live and kept) or (not live and (speed is not None or store or state)):
        refuse(
            "--speed, --store and --state go with --live; --report, --ledger, --stop-after, --continue, "
            "--calibration and --videos without it"
        )
    if detector and not videos:
        refuse("--detector goes with --videos: name the folder of the recording's videos")
    if many:
        options = ("--json",) * as_json + ("--language", language) * bool(language)
        replay_many(files, options, workers, cluster, afresh)
        return
    if live:
        _replay_live(files, speed or 1.0, store, state, as_json, language)
        return
    if len(files) > 1 and (report or ledger or videos):
        refuse("--report, --ledger and --videos take one recording at a time")
    if ledger is None and (stop_after is not None or go_on):
        refuse("--stop-after and --continue need --ledger, where the checkpoint is kept")
    if report:
        refuse_unwritable(report, "--report")
    failed, reader = False, _reader(videos, detector)
    for file in files:
        try:
            _replay_one(reader, file, as_json, report, ledger, stop_after, go_on, calibration, language)
        except typer.Exit:
            failed = True
    if failed:
        raise typer.Exit(UNUSABLE)


def _replay_live(
    files: list[Path], speed: float, store: Path | None, state: Path | None, as_json: bool, language: str
) -> None:
    from edge.checkout import receipt_text
    from edge.store import BrokenStore, read_store
    from edge.wire import UnreadableRecording, open_recording
    from simulator.live import play_live
    from simulator.replay import looks_left_out, visit_line

    for file in files:
        try:
            recording = open_recording(file)
            with _stage(recording, store, state) as stage:
                played = play_live(recording, stage, speed)
            left_out = looks_left_out(recording, read_store(recording.store_files()))
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
        if left_out:
            _tell_left_out(recording.name)


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


def _reader(videos: Path | None, detector: Path | None) -> Callable[[Path], Recording]:
    """How recordings are opened: as they are, or with their cameras' videos looked through again."""
    from edge.wire import open_recording

    if videos is None:
        return open_recording
    try:
        from simulator.watch import filmed
    except ImportError as error:
        refuse_extra(error, "camera")
    return lambda path: filmed(path, videos, detector, say)


def _replay_one(
    opened: Callable[[Path], Recording], file: Path, as_json: bool, report: Path | None, ledger: Path | None,
    stop_after: int | None, go_on: bool, calibration: Path | None, language: str,
) -> None:  # fmt: skip
    from edge.store import BrokenStore
    from edge.wire import UnreadableRecording
    from simulator.replay import WrongLedger
    from simulator.replay import replay as run

    try:
        recording = opened(file)
        store = _store_of(recording, calibration)
        collector = _collector(recording, store) if report else None
        book = _book(ledger, go_on, store, wanted=not as_json)
        with _progress(recording) as progress, _closed_if_broken(book):
            done = run(
                recording, store=store, book=book, observers=[collector] if collector else [],
                progress=progress, stop_after=stop_after, go_on=go_on,
            )  # fmt: skip
    except BrokenStore as error:
        refuse_store(str(file), error)
    except (UnreadableRecording, WrongLedger, OSError, ValueError) as error:
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


@contextmanager
def _closed_if_broken(book: Book | None) -> Iterator[None]:
    """Nobody goes on in a book whose replay did not come to its end."""
    try:
        yield
    except BaseException:
        if book is not None:
            book.close()
        raise


def _store_of(recording: Recording, calibration: Path | None) -> Store:
    """The recorded store; with ``calibration`` its shelves weigh as that store folder says."""
    from edge.store import read_store
    from edge.store.calibration import profiles_that_count

    files = recording.store_files()
    if calibration is not None:
        if not calibration.is_dir():
            refuse(f"{calibration}: there is no such store folder")
        profiles, unread = profiles_that_count(calibration)
        own = {n: data for n, data in files.items() if not n.startswith("calibration/")}
        return read_store(own | profiles, unread)
    return read_store(files)


def _collector(recording: Recording, store: Store) -> Collector:
    from simulator.report import Collector, read_truth

    return Collector(store, recording.name, read_truth(recording.attachments.get("truth.json")))


def _book(ledger: Path | None, go_on: bool, store: Store, *, wanted: bool) -> Book | None:
    """The ledger that was named, else one in memory where receipts are printed."""
    if ledger is not None:
        from simulator.replay import open_ledger

        return open_ledger(ledger, go_on, store)
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
        say(f"{done.recording}: {count} message{'' if count == 1 else 's'} refused: {reason}")
    if done.looks_left_out:
        _tell_left_out(done.recording)
    for fault in dict.fromkeys(done.faults):
        say(f"{done.recording}: this could not be digested and was left out; please report it:\n{fault.rstrip()}")


def _tell_broken_off(recording: str, loss: Loss) -> None:
    say(f"{recording}: {loss.reason}; {loss.messages} messages could be read and were used")


def _tell_left_out(recording: str) -> None:
    say(f"{recording}: {LEFT_OUT}")


def _visits(count: int) -> str:
    return f"{count} visit{'' if count == 1 else 's'}"


def _print_receipts(done: Replayed, book: Book, language: str) -> None:
    from edge.checkout import receipt_text
    from edge.ledger import receipts

    for receipt in receipts(book):
        typer.echo(receipt_text(receipt, language))
    speed = done.span_s / max(done.spent_s, 1e-9)
    took = f"{done.span_s:.0f} s in {done.spent_s:.1f} s, {speed:.{0 if speed >= 10 else 1}f} × real time"
    say(f"{done.recording}: {_visits(len(done.decided))}, {took}")


def _write_report(path: Path, done: Replayed, collector: Collector) -> None:
    from simulator.report import page

    notes = [f"{count} messages were refused: {reason}." for reason, count in sorted(done.refused.items())]
    if done.looks_left_out:
        notes.insert(0, f"{LEFT_OUT[0].upper()}{LEFT_OUT[1:]}.")
    if done.loss is not None:
        notes.insert(0, f"Something is missing: {done.loss.reason}. All that could be read is used.")
    speed = f"{done.span_s / max(done.spent_s, 1e-9):.0f} ×"
    figures = (("messages", f"{done.messages:,}"), ("faster than the shop", speed))
    told = page(collector.material(figures, tuple(notes)))
    with writing(path, "--report"):
        path.write_text(told, encoding="utf-8")
    say(f"the report is {path}")  # fmt: skip


def compare(
    a: Annotated[Path, typer.Argument(help="A recording, a ledger or an export; or a folder of them.")],
    b: Annotated[Path, typer.Argument(help="Another one.")],
    *,
    workers: Workers = None,
    cluster: Cluster = "",
) -> None:
    """Say in which records two runs differ; of two folders, those of the same name."""
    if a.is_dir() and b.is_dir():
        compare_folders(a, b, workers, cluster)
        return
    if workers or cluster:
        refuse("--workers and --cluster go with two folders: of two runs there is one comparison")
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
