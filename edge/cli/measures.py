"""Commands that measure: bench, reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.cli.terminal import refuse

app = typer.Typer()


@app.command()
def bench(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Only how fast these are replayed.", metavar="[FILE…]")
    ] = None,
    *,
    live: Annotated[bool, typer.Option("--live", help="Measure the real daemon behind a real broker.")] = False,
    part: Annotated[
        Literal["all", "load", "day", "latency", "embedded", "start"], typer.Option(help="Of --live, only this.")
    ] = "all",
) -> None:
    """Measure replay speed, time per weight message, and how both grow; or with --live the shop as it runs."""
    if (live and files) or (part != "all" and not live):
        refuse("recordings go with a bench without --live, and --part with --live")
    if live:
        from simulator.bench.live import bench as measure_live

        try:
            measure_live("" if part == "all" else part)
        except OSError as error:
            refuse(str(error))
        return
    from edge.wire import UnreadableRecording
    from simulator.bench.replays import bench as measure

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
    learned: Annotated[
        bool, typer.Option("--learned", help="The shops have learned their plates' noise and drift before.")
    ] = False,
    counted: Annotated[
        bool, typer.Option("--counted", help="Staff have counted every place before the first visit.")
    ] = False,
) -> None:
    """Measure how often lines that were said to be so certain are right."""
    from simulator.reliability import reliability as measure

    measure(shops, seed, fit=fit, learned=learned, counted=counted)
