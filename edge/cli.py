"""The ``tebura`` command.

Enters: what somebody types. Leaves: results on stdout, everything else on stderr, and an exit code: 0 when all went
well, 1 when two runs differ or a book does not hold, 2 when something that was named cannot be used. Every import
that only one command needs stands inside that command: a replay's start counts as part of the replay.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from edge.ledger.book import Book
    from edge.wire import Recording
    from simulator.replay import Replayed
    from simulator.report import Collector

DIFFERENT, UNUSABLE = 1, 2

app = typer.Typer(
    help="The runtime of a shop without a checkout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ledger_app = typer.Typer(help="Look into a ledger.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")

LedgerFile = Annotated[Path, typer.Argument(help="A ledger, as `tebura replay --ledger` writes it.", metavar="FILE.db")]


def main() -> None:
    """The entry point of the installed command."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def say(message: str) -> None:
    """Something for the person at the terminal, not for the program behind the pipe."""
    typer.echo(f"tebura: {message}", err=True)


def refuse(message: str) -> NoReturn:
    """Something that was named cannot be used."""
    say(message)
    raise typer.Exit(UNUSABLE)


# --- recordings ----------------------------------------------------------------------------------------------------


@app.command()
def simulate(
    story: Annotated[Path | None, typer.Argument(help="A shop story, as text.")] = None,
    *,
    busy: Annotated[int | None, typer.Option(help="No story: so many visits by people who do what people do.")] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The recording to write.", metavar="FILE.mcap")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same recording.")] = 1,
    store: Annotated[Path | None, typer.Option(help="A store folder; the demo shop without it.")] = None,
) -> None:
    """Simulate a physical shop and write what its sensors said."""
    if (story is None) == (busy is None):
        refuse("name a story, or --busy and how many visits")
    from edge.store import BrokenStore
    from simulator.commands import simulate as write

    try:
        write(story, busy, out, seed, store)
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
) -> None:  # fmt: skip
    """Turn recordings into receipts."""
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
        say(f"{done.recording}: {done.loss.reason}; {done.loss.messages} messages could be read and were used")
    for reason, count in sorted(done.refused.items()):
        say(f"{done.recording}: {count} messages refused: {reason}")


def _print_receipts(done: Replayed, book: Book, language: str) -> None:
    from edge.checkout import receipt_text
    from edge.ledger import receipts

    for receipt in receipts(book):
        typer.echo(receipt_text(receipt, language))
    speed = done.span_s / max(done.spent_s, 1e-9)
    visits = len(done.decided)
    count = f"{visits} visit{'' if visits == 1 else 's'}"
    say(f"{done.recording}: {count}, {done.span_s:.0f} s in {done.spent_s:.1f} s, {speed:.0f} × real time")


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


# --- a store folder ------------------------------------------------------------------------------------------------


@app.command()
def check(
    store: Annotated[Path, typer.Option(help="The folder with store.toml, catalogue.csv and planogram.csv.")],
) -> None:
    """Look through a store folder and name everything that is wrong with it."""
    from edge.store import BrokenStore, load_store

    try:
        shop = load_store(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    shelves = shop.layout.shelves
    plates = sum(s.plates for s in shelves)
    what = f"{len(shop.catalogue)} products on {len(shelves)} shelves with {plates} plates"
    typer.echo(f"{shop.name}: {what}. All is well.")


def refuse_store(where: str, error: Exception) -> NoReturn:
    """Every fault of a store, one a line."""
    from edge.store import BrokenStore

    faults = error.faults if isinstance(error, BrokenStore) else ()
    for fault in faults:
        typer.echo(str(fault), err=True)
    refuse(f"{where}: {len(faults)} fault{'' if len(faults) == 1 else 's'} in the store")


# --- measurements --------------------------------------------------------------------------------------------------


@app.command()
def bench(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Only how fast these are replayed.", metavar="[FILE…]")
    ] = None,
) -> None:
    """Measure replay speed, time per weight message, and how both grow."""
    from edge.wire import UnreadableRecording
    from simulator.bench import bench as measure

    try:
        measure(files or ())
    except (UnreadableRecording, OSError) as error:
        refuse(str(error))


@app.command()
def reliability(
    shops: Annotated[int, typer.Option(help="So many shops are simulated.", min=1)] = 24,
    *,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.")] = 1,
    fit: Annotated[bool, typer.Option("--fit", help="Also say what the constants of certainty should be.")] = False,
) -> None:
    """Measure how often lines that were said to be so certain are right."""
    from simulator.reliability import reliability as measure

    measure(shops, seed, fit=fit)


# --- ledgers -------------------------------------------------------------------------------------------------------


@contextmanager
def _reading(path: Path) -> Iterator[Book]:
    from edge.ledger import Book, UnusableLedger

    if not path.is_file():
        refuse(f"{path}: there is no such file. `tebura replay FILE --ledger {path}` writes one")
    try:
        with Book(path, read_only=True) as book:
            yield book
    except UnusableLedger as error:
        refuse(str(error))


@ledger_app.command()
def show(
    file: LedgerFile,
    export: Annotated[bool, typer.Option("--export", help="The canonical export, one JSON object a line.")] = False,
) -> None:
    """What stands in the book, and what its accounts stand at."""
    with _reading(file) as book:
        if export:
            for line in book.export():
                sys.stdout.write(line.decode())
            return
        for written in book.entries():
            entry = written.entry
            typer.echo(f"{written.seq:>6}  {entry.at_s:.3f}  {entry.kind:<20} {entry.visit:<16} {entry.key}")
        for account, amount_minor in book.balances().items():
            typer.echo(f"{amount_minor:>12} {book.currency}  {account}")


@ledger_app.command()
def prove(file: LedgerFile) -> None:
    """Check that nothing was changed, everything balances, and every charged line has shelf events behind it."""
    with _reading(file) as book:
        faults = book.prove()
        seq, digest = book.head()
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise typer.Exit(DIFFERENT)
    typer.echo(f"All {seq} entries hold. The last one's hash is {digest}.")


@ledger_app.command()
def receipt(
    file: LedgerFile,
    visit: Annotated[str, typer.Argument(help="Whose; all without it.")] = "",
    *,
    language: Annotated[str, typer.Option(help="ja or en; the shop's first without it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print receipts again, out of the book alone."""
    from edge.checkout import receipt_json, receipt_text
    from edge.ledger import receipts

    with _reading(file) as book:
        found = [r for r in receipts(book) if visit in ("", r.visit)]
    if visit and not found:
        refuse(f"{file}: visit {visit} has no receipt. `tebura ledger show {file}` lists the visits")
    for each in found:
        if as_json:
            typer.echo(json.dumps(receipt_json(each, language), ensure_ascii=False))
        else:
            typer.echo(receipt_text(each, language))


if __name__ == "__main__":
    main()
