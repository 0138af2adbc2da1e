"""`python -m models render|train|evaluate|export`: the detector, from nothing to the file that the node reads; and
`python -m models looks`: the same for what people look like.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from models import LOOKS_AT, SHOWN
from models.offline import CannotTrain

app = typer.Typer(help="The detector: pictures, training, figures, and the file.", no_args_is_help=True)

STOPPED = 130
"""Ctrl-C, as shells have it."""

Data = Annotated[Path, typer.Argument(help="A data set, as `render` makes it.", metavar="DATA")]


@app.command()
def render(
    data: Annotated[Path, typer.Argument(help="The folder to fill; what lies there already stays.", metavar="DATA")],
    *,
    pictures: Annotated[int, typer.Option("--train", min=0, help="Pictures to train on.")] = 12_000,
    val: Annotated[int, typer.Option(min=0, help="Pictures to choose by, of the same kind.")] = 240,
    test: Annotated[int, typer.Option(min=0, help="Pictures to measure on, of another kind.")] = 600,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 11,
    width: Annotated[int, typer.Option(min=160, help="Of a picture, px.")] = SHOWN[0],
    height: Annotated[int, typer.Option(min=120, help="Of a picture, px.")] = SHOWN[1],
    aside: Annotated[float, typer.Option(min=0, max=1, help="Share of the cameras that look into the room.")] = 0.0,
    processes: Annotated[int, typer.Option(min=0, help="How many draw together; 0: one a core.")] = 0,
) -> None:
    """Draw ceiling views with people in them, and write down who is where."""
    from rich.console import Console
    from rich.progress import Progress

    from models.render.dataset import OtherPictures
    from models.render.dataset import render as run

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("drawing", total=pictures + val + test)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            run(data, pictures, val, test, seed, processes, told, (width, height), aside)
        except OtherPictures as error:
            _refuse(str(error))
        except OSError as error:
            _refuse(str(error) if error.errno is None else f"{data}: cannot be filled ({error.strerror})")


@app.command()
def train(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(help="Where the run lies.", metavar="RUN")],
    epochs: Annotated[int, typer.Option(min=1, help="Times through the pictures, at most.")] = 100,
    minutes: Annotated[float, typer.Option(min=0, help="How long this sitting may take; 0: until it is done.")] = 0.0,
    batch: Annotated[int, typer.Option(min=2, help="Pictures a step.")] = 32,
    begin_from: Annotated[Path | None, typer.Option("--from", help="Weights to tune.", metavar="WEIGHTS")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with RUN.")] = False,
    processes: Annotated[int, typer.Option(min=0, help="How many train together; 0: one a core.")] = 0,
) -> None:
    """Train the network of ceiling.yaml, or tune weights on pictures of your own."""
    from models.train import Wanted
    from models.train import train as run

    try:
        weights = run(Wanted(data, out, epochs, minutes, batch, begin_from, resume, processes))
    except CannotTrain as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        print("stopped: go on with --resume", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    print(weights)


@app.command()
def teach(
    data: Annotated[list[Path], typer.Argument(help="Data sets; each is drawn from equally often.", metavar="DATA…")],
    *,
    out: Annotated[Path, typer.Option(help="Where the run lies.", metavar="RUN")],
    minutes: Annotated[float, typer.Option(min=0.01, help="How long it may take.")],
    backbone: Annotated[
        Path | None, typer.Option(help="MoveNet's file to begin on: models/README.md says where it is.", metavar="JSON")
    ] = None,
    begin_from: Annotated[Path | None, typer.Option("--from", help="Weights to go on with.", metavar="EYES.pt")] = None,
    alone: Annotated[float, typer.Option(min=0, max=1, help="Share of the time in which only the head learns.")] = 1.0,
    batch: Annotated[int, typer.Option(min=2, help="Windows a step.")] = 16,
    rate: Annotated[float, typer.Option(min=0, help="The learning rate of the head.")] = 0.002,
    seed: Annotated[int, typer.Option(help="Which windows are seen.")] = 0,
    processes: Annotated[int, typer.Option(min=0, help="How many train together; 0: one a core.")] = 0,
) -> None:
    """Teach a detector that stands on a backbone which has seen photographs of people."""
    from models.teach import Wanted
    from models.teach import teach as run

    try:
        weights = run(Wanted(data, out, minutes, backbone, begin_from, alone, batch, rate, seed, processes))
    except CannotTrain as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        print(f"stopped: go on with --from {out / 'eyes.pt'}", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    print(weights)


@app.command()
def export(
    weights: Annotated[Path, typer.Argument(help="RUN/weights/best.pt.", metavar="WEIGHTS")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.", metavar="FILE.onnx")],
    width: Annotated[int, typer.Option(min=0, help="Of the input, px; a multiple of 32. 0: as it was taught.")] = 0,
    height: Annotated[int, typer.Option(min=0, help="Of the input, px; a multiple of 32. 0: as it was taught.")] = 0,
    half: Annotated[bool, typer.Option("--half", help="Weights in 16 bits: half the file.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="Convolutions in 8 bits, measured on --data.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="What it was trained on: to measure and compare with.", metavar="DATA")
    ] = None,
) -> None:
    """Write weights as the ONNX file that the camera node reads, and compare both."""
    from models.export import export as write_ultralytics
    from models.export_eyes import export as write_eyes
    from models.export_eyes import holds_eyes
    from models.glimpses import LOOKS_AT as EYES_LOOK_AT

    eyes = holds_eyes(weights)
    usual = EYES_LOOK_AT if eyes else LOOKS_AT
    width, height = width or usual[0], height or usual[1]
    if width % 32 or height % 32:
        _refuse(f"--width {width} --height {height}: both must be multiples of 32")
    if int8 and (half or data is None):
        _refuse("--int8 measures its ranges on pictures: name them with --data DATA, and leave out --half")
    try:
        if eyes:
            done = write_eyes(weights, out, width=width, height=height, int8=int8, data=data)
        else:
            done = write_ultralytics(weights, out, width=width, height=height, half=half, int8=int8, data=data)
    except CannotTrain as error:
        _refuse(str(error))
    print(f"{done.path}  {done.size_bytes / 1e6:.1f} MB")
    print(f"sha256 {done.sha256}")
    print(
        f"against the weights: {done.rows} boxes, {done.lost} missed, "
        f"{done.median_px:.3f} px apart in the middle, {done.worst_px:.3f} px at worst"
    )
    if done.silent is not None:
        print(f"channels that say nothing of any picture: {done.silent[0]} of {done.silent[1]}")


@app.command()
def evaluate(
    data: Data,
    detector: Annotated[Path, typer.Argument(help="An ONNX file.", metavar="FILE.onnx")],
    *,
    split: Annotated[str, typer.Option(help="Which pictures: train, val or test.")] = "test",
    choose: Annotated[
        bool, typer.Option("--choose", help="First write into FILE from which score on a class is believed, by val.")
    ] = False,
    first_sight: Annotated[
        bool, typer.Option("--first-sight", help="As if no camera had ever seen its shop empty.")
    ] = False,
) -> None:
    """Measure a detector as the camera node runs it: what it finds, and where it puts people and hands."""
    from edge.camera.detect import Detector
    from edge.camera.networks.load import UnusableDetector
    from models.evaluate import OtherTruth, table
    from models.evaluate import evaluate as measure
    from models.export import believe

    try:
        if choose:
            chosen = measure(data, Detector(detector), "val").best()
            if not chosen:
                _refuse(f"{data / 'truth' / 'val'}: there is nobody to choose by: draw pictures with `render --val`")
            believe(detector, chosen)
        figures = measure(data, Detector(detector), split, first_sight=first_sight)
    except (UnusableDetector, OtherTruth) as error:
        _refuse(str(error))
    if not figures.pictures:
        _refuse(f"{data / 'truth' / split}: there are no pictures with their truth: draw them with `render`")
    print(table(figures, Detector(detector).least))


@app.command()
def looks(
    file: Annotated[
        Path | None, typer.Argument(help="What weighs the features; the shipped one without it.", metavar="[FILE.npz]")
    ] = None,
    *,
    shops: Annotated[int, typer.Option(min=1, help="So many, whose light and floors are of another kind.")] = 20,
    learn: Annotated[int, typer.Option(min=0, help="First learn FILE from so many shops, and write it.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 5,
    width: Annotated[int, typer.Option(min=160, help="Of a picture, px.")] = 640,
    height: Annotated[int, typer.Option(min=120, help="Of a picture, px.")] = 480,
    processes: Annotated[int, typer.Option(min=0, help="How many draw together; 0: one a core.")] = 0,
) -> None:
    """Measure how well people are told apart by their looks: the same ones elsewhere, turned, and by other cameras."""
    from rich.console import Console
    from rich.progress import Progress

    from edge.camera.appearance import SHIPPED
    from models.looks import fit, load, save, seen_again, table

    if learn and file is None:
        _refuse("--learn writes a file: name it")
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("drawing", total=learn + shops)

        def told() -> None:
            bar.advance(task)

        try:
            if learn and file is not None:
                save(file, *fit(seen_again("train", learn, seed, size=(width, height), processes=processes, told=told)))
            weighed = load(file or SHIPPED)
        except (OSError, ValueError, KeyError) as error:
            _refuse(f"{file}: is no such file, or cannot be written ({error}). Write one with --learn 40")
        seen = seen_again("test", shops, seed, size=(width, height), processes=processes, told=told)
    print(table(seen, *weighed))


def _refuse(line: str) -> NoReturn:
    print(line, file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` ends it as Ctrl-C does: with all its processes
    app()
