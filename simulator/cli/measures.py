"""Commands that measure: bench, reliability."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.cli.terminal import refuse, refuse_extra
from simulator.cli.hands import Cluster, Workers, hands_or_all, many


def bench(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Only how fast these are replayed; with --eyes: detectors.", metavar="[FILE…]"),
    ] = None,
    *,
    live: Annotated[bool, typer.Option("--live", help="Measure the real daemon behind a real broker.")] = False,
    part: Annotated[
        Literal["all", "load", "day", "latency", "money", "embedded", "start"],
        typer.Option(help="Of --live, only this."),
    ] = "all",
    eyes: Annotated[bool, typer.Option("--eyes", help="Measure how fast a camera node looks.")] = False,
    weights: Annotated[
        Path | None, typer.Option(help="Of --eyes: compare with ultralytics' predict().", metavar="best.pt")
    ] = None,
    threads: Annotated[int, typer.Option(help="Of --eyes: the network's.", min=1)] = 1,
    headquarters: Annotated[
        int | None, typer.Option(help="Measure so many shops' lines to a headquarters.", min=2, max=10_000)
    ] = None,
    rate: Annotated[float, typer.Option(help="Of --headquarters: entries a second in all.", min=0.1)] = 10.0,
    seconds: Annotated[float, typer.Option(help="Of --headquarters: for so long.", min=1.0)] = 60.0,
) -> None:
    """Measure replay speed, time per weight message, and how both grow; with --live the shop as it runs, with --eyes a
    camera node, with --headquarters how a chain's entries arrive.
    """
    if headquarters is not None:
        if live or eyes or files:
            refuse("--headquarters stands alone")
        _measure_headquarters(headquarters, rate, seconds)
        return
    if (live and (files or eyes)) or (part != "all" and not live):
        refuse("recordings go with a bench without --live, --part with --live, and --eyes stands alone")
    if (weights is not None or threads > 1) and not eyes:
        refuse("--weights and --threads go with --eyes")
    if eyes:
        _measure_eyes(files or [], weights, threads)
        return
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


def _measure_headquarters(shops: int, rate: float, seconds: float) -> None:
    try:
        from simulator.bench.headquarters import bench as measure
        from simulator.servers import Missing
    except ImportError as error:
        refuse_extra(error, "headquarters")
    try:
        measure(shops, rate, seconds)
    except (Missing, OSError) as error:
        refuse(str(error))


def _measure_eyes(detectors: list[Path], weights: Path | None, threads: int) -> None:
    try:
        from simulator.bench.eyes import bench as measure_eyes
    except ImportError as error:
        refuse_extra(error, "camera")
    from edge.camera.networks.load import UnusableDetector

    try:
        measure_eyes(detectors, weights, threads)
    except UnusableDetector as error:
        refuse(str(error))


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
    looks: Annotated[bool, typer.Option("--looks/--no-looks", help="Cameras say what everybody looks like.")] = True,
    insight: Annotated[
        int | None, typer.Option(help="Instead: so many mornings of what `tebura insight` says.", min=1)
    ] = None,
    filmed: Annotated[
        Path | None,
        typer.Option(
            help="Instead: ten scenes of the demo shop are filmed into this folder, and watched.", metavar="FOLDER"
        ),
    ] = None,
    workers: Workers = None,
    cluster: Cluster = "",
) -> None:
    """Measure how often lines that were said to be so certain are right; or what looking through real frames costs; or
    how good the figures of `tebura insight` are.
    """
    if (workers or cluster) and (insight is not None or filmed is not None):
        refuse("--workers and --cluster go with shops alone: leave out --insight and --filmed")
    if insight is not None:
        from simulator.insights import show

        show(insight, 20, seed)
        return
    if filmed is not None:
        _measure_eyesight(filmed, seed, looks)
        return
    from simulator.reliability import reliability as measure

    with many(shops, "shops") as told:
        measure(
            shops, seed, fit=fit, learned=learned, counted=counted, looks=looks,
            hands=hands_or_all(workers, cluster), told=told,
        )  # fmt: skip


def _measure_eyesight(folder: Path, seed: int, looks: bool) -> None:
    try:
        from simulator.eyesight import eyesight
    except ImportError as error:
        refuse_extra(error, "camera")
    try:
        eyesight(folder, seed, looks=looks)
    except (OSError, ValueError) as error:
        refuse(str(error))
