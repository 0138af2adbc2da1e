"""Commands about many recordings and two builds: regress; and replays and comparisons by many hands."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.terminal import DIFFERENT, UNUSABLE, refuse, refuse_unwritable, say, writing
from simulator.cli.hands import Afresh, Cluster, Workers, carried_out, hands, kept, leave, many, set_aside

WIDTH = 120
"""Of the table behind a pipe; a terminal has its own, and its lines go on where that is less."""

if TYPE_CHECKING:
    from simulator.fleet.build import Build
    from simulator.fleet.job import Job
    from simulator.fleet.regress import Regression


def replay_many(files: Sequence[Path], options: Sequence[str], workers: int | None, cluster: str, afresh: bool) -> None:
    """The same on stdout as one after the other, in their order."""
    from simulator.fleet.build import this_build

    crew = hands(workers, cluster)
    jobs = _replays(this_build(), files, options)
    unusable = False
    for job, done in zip(jobs, carried_out(jobs, crew, kept(afresh)), strict=True):
        unusable |= set_aside(job, done) or done.code != 0
        if not done.dead:
            typer.echo(done.told, err=True, nl=False)
            typer.echo(done.said.decode(), nl=False)
    leave(unusable)


def compare_folders(a: Path, b: Path, workers: int | None, cluster: str) -> None:
    """Runs of the same name, and which of them have no other."""
    from simulator.compare import compare_files
    from simulator.fleet.task import spread

    of_a, of_b = ({path.name for path in folder.iterdir() if path.is_file()} for folder in (a, b))
    both, alone = sorted(of_a & of_b), sorted(of_a ^ of_b)
    if not both:
        refuse(f"{a} and {b} have no file of the same name. Name folders of the same runs")
    for name in alone:
        typer.echo(f"{name}: only in {'A' if name in of_a else 'B'}")
    unusable = different = False
    with many(len(both), "runs") as told:
        calls = [((a / name).absolute(), (b / name).absolute()) for name in both]
        for name, pair in zip(both, spread(compare_files, calls, hands(workers, cluster), told), strict=True):
            unusable, different = unusable or bool(pair.unusable), different or bool(pair.differences)
            if pair.unusable:
                say(pair.unusable)
            elif pair.differences:
                first = pair.differences[0]
                where = f"the first: {first.at_s:.3f}  {first.key}  {first.where}"
                typer.echo(f"{name}: {len(pair.differences)} records differ; {where}")
            else:
                typer.echo(f"{name}: no difference in {pair.records} records")
    if unusable:
        raise typer.Exit(UNUSABLE)
    if different or alone:
        raise typer.Exit(DIFFERENT)


def regress(
    base: Annotated[Path, typer.Argument(help="A checkout or an environment: what is now.")],
    new: Annotated[Path, typer.Argument(help="Another one: what would be.")],
    files: Annotated[list[Path], typer.Argument(help="Recordings.", metavar="FILE…")],
    *,
    report: Annotated[Path | None, typer.Option(help="Write an English page of it.", metavar="FILE.html")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs, with every difference.")] = False,
    workers: Workers = None,
    cluster: Cluster = "",
    afresh: Afresh = False,
) -> None:
    """Say what a change does to a fleet: the receipts of many recordings, by one build and by another."""
    from simulator.fleet.build import NoBuild, build_at
    from simulator.fleet.regress import Regression
    from simulator.fleet.shown import page, told

    crew = hands(workers, cluster)
    if report:
        refuse_unwritable(report, "--report")
    try:
        builds = build_at(base), build_at(new)
    except NoBuild as error:
        refuse(str(error))
    if builds[0].fingerprint == builds[1].fingerprint:
        say(f"{base} and {new} are the same build ({builds[0].fingerprint}): nothing can differ")
    files = list({file.resolve(): file for file in files}.values())  # each once, however often named
    jobs = [job for pair in zip(*(_replays(build, files) for build in builds), strict=True) for job in pair]
    found, results = Regression(str(base), str(new)), carried_out(jobs, crew, kept(afresh))
    try:
        for file, of_base, of_new in zip(files, results, results, strict=False):
            found.add(file, of_base, of_new)
        for _ in results:  # comes to its end, and says what it took
            pass
    except ValueError as error:
        refuse(f"one of the builds answers `replay --json` in another way ({error}). Take one that is not so old")
    if report:
        with writing(report, "--report"):
            report.write_text(page(found), encoding="utf-8")
        say(f"the page is {report}")
    if as_json:
        typer.echo(json.dumps(told(found), ensure_ascii=False))
    else:
        _show(found)
    if found.aside:
        raise typer.Exit(UNUSABLE)
    if found.differences:
        raise typer.Exit(DIFFERENT)


def _show(found: Regression) -> None:
    from rich.console import Console

    from simulator.fleet.shown import summary, table

    seen = sys.stdout.isatty()
    console = Console(highlight=False, soft_wrap=True, width=None if seen else WIDTH)
    console.print(summary(found), markup=False)
    if found.shops:
        console.print(table(found))
    for recording, why in found.aside:
        console.print(f"set aside: {recording}: {why}", markup=False)


def _replays(build: Build, files: Sequence[Path], options: Sequence[str] = ("--json",)) -> list[Job]:
    from simulator.fleet.recordings import replays

    try:
        return replays(build, files, options)
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}. Name recordings")
