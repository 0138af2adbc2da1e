"""Training: rendered or labelled pictures -> a detector's weights.

Enters: a data set in ultralytics' form (`DATA/data.yaml`, `DATA/images/{train,val}`, `DATA/labels/{train,val}`), the
network of `ceiling.yaml` or weights to begin from. Leaves: `RUN/weights/last.pt` after every epoch (to go on from) and
`best.pt` (to export). Refuses: pictures or labels that are not there, classes without a `head`, weights that are none,
a run that is there already, or is done. Killed at any moment, a run goes on after its last whole epoch: weights are
written beside and take their place in one step.

What differs from ultralytics' own `yolo train`, and why: no mosaic and no scaling, since the renderer is the
augmentation and a box's size says how far away its owner is; flips both ways, since a ceiling has no up. Of each
picture a window around somebody is seen (`models.windows`), three times as many people in the same time. A CPU that
knows bfloat16 computes the network in it (twice as fast), and the loss in full. The learning rate falls to its end just
when the minutes are used up.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.offline import CannotTrain, ultralytics, weights_in
from models.together import Together, together
from models.trainer import our_way, trainer

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS = 4
"""Three colours, and how new a pixel is."""
NETWORK = Path(__file__).parent / "ceiling.yaml"
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
SAID_EVERY_S = 30.0
VALIDATED = 120
"""So many validation pictures are looked at after an epoch: 480 take a quarter of the time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to train: ``minutes`` is this sitting's, 0 means until the epochs are done."""

    data: Path
    out: Path
    epochs: int
    minutes: float = 0.0
    batch: int = 32
    begin_from: Path | None = None
    resume: bool = False
    processes: int = 0


def train(wanted: Wanted) -> Path:
    """Train until the epochs or the minutes are used up; returns the weights to export."""
    last = wanted.out / "weights" / "last.pt"
    if wanted.resume and not last.is_file():
        raise CannotTrain(f"{wanted.out}: there is no weights/last.pt to go on from: leave out --resume")
    if last.is_file() and not wanted.resume:
        raise CannotTrain(f"{wanted.out}: a run lies there already: go on with --resume, or name another --out")
    names = classes(wanted.data)
    for part in ("train", "val"):
        pictures_in(wanted.data / "images" / part)
    labels = wanted.data / "labels" / "train"
    if next(labels.rglob("*.txt"), None) is None:
        raise CannotTrain(f"{labels}: there are no labels: a .txt for each picture, lines of `class x y width height`")
    _can_begin(wanted, last)
    data = _described(wanted, names)
    with together(_processes(wanted), _run, wanted, data) as us:
        _run(us, wanted, data)
    best = wanted.out / "weights" / "best.pt"
    return best if best.is_file() else last


def classes(data: Path) -> Mapping[int, str]:
    """What the labels of a data set mean."""
    ultralytics()
    yaml = importlib.import_module("yaml")
    try:
        described = yaml.safe_load((data / "data.yaml").read_text(encoding="utf-8"))
        names = described["names"]
        names = dict(enumerate(names)) if isinstance(names, list) else {int(k): str(v) for k, v in names.items()}
    except FileNotFoundError:
        raise CannotTrain(f"{data}: there is no data.yaml: make pictures with `python -m models render`") from None
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CannotTrain(f"{data / 'data.yaml'}: says no `names: {{0: head, …}}` ({error})") from None
    if "head" not in names.values():
        raise CannotTrain(f"{data / 'data.yaml'}: names {', '.join(names.values())}, but no `head`, which must be one")
    return names


def pictures_in(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES) if folder.is_dir() else []
    if not found:
        raise CannotTrain(f"{folder}: there are no pictures: make them with `python -m models render`")
    return found


def _can_begin(wanted: Wanted, last: Path) -> None:
    if wanted.resume:
        done = weights_in(last)[1].get("epoch", -1) + 1
        if done >= wanted.epochs:
            raise CannotTrain(f"{wanted.out}: {done} epochs are done: export weights/best.pt, or ask for more --epochs")
    elif wanted.begin_from:
        weights_in(wanted.begin_from)


def _described(wanted: Wanted, names: Mapping[int, str]) -> Path:
    """The data set in a file of the run, with its place in full: ultralytics looks for relative ones elsewhere."""
    path = wanted.out / "data.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures, few = pictures_in(wanted.data.resolve() / "images" / "val"), wanted.out.resolve() / "val.txt"
    chosen = pictures[:: math.ceil(len(pictures) / VALIDATED)]
    few.write_text("".join(f"{picture}\n" for picture in chosen), encoding="utf-8")
    described = {
        "path": str(wanted.data.resolve()), "train": "images/train", "val": str(few), "names": dict(names),
        "channels": CHANNELS,
    }  # fmt: skip
    path.write_text(json.dumps(described), encoding="utf-8")  # which is YAML, too
    return path


def _processes(wanted: Wanted) -> int:
    import torch

    cores = len(os.sched_getaffinity(0))
    return 1 if torch.cuda.is_available() else min(wanted.processes or cores, wanted.batch // 2)


def _run(us: Together, wanted: Wanted, data: Path) -> None:
    """What every process does."""
    ultralytics()
    us.meet()
    with tempfile.TemporaryDirectory(prefix="tebura-train-") as elsewhere:
        made = _trainer(us, wanted, data, wanted.out if us.first else Path(elsewhere))
        # Ultralytics draws bars on stdout, whatever it is told.
        with our_way(made), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            made.train()


def _trainer(us: Together, wanted: Wanted, data: Path, out: Path) -> Any:
    last = wanted.out / "weights" / "last.pt"
    made = trainer(us, {
        "model": str(last if wanted.resume else wanted.begin_from or NETWORK),
        "resume": str(last) if wanted.resume else False, "pretrained": bool(wanted.begin_from),
        "data": str(data), "save_dir": str(out.resolve()), "epochs": wanted.epochs,
        "batch": wanted.batch // us.of, "nbs": wanted.batch // us.of,
    })  # fmt: skip
    clock = _Clock(us, wanted)
    made.add_callback("on_train_start", clock.begin)
    made.add_callback("on_train_epoch_start", clock.shuffle)
    made.add_callback("on_train_batch_end", clock.batch)
    made.add_callback("on_fit_epoch_end", clock.epoch)
    return made


class _Clock:
    """Says how far it is, and ends the run in time: the epochs are cut to those that still fit into the minutes."""

    def __init__(self, us: Together, wanted: Wanted) -> None:
        self.us, self.wanted = us, wanted
        self.begun = self.said = time.monotonic()
        self.seen = 0

    def begin(self, trainer: Any) -> None:
        self.begun = time.monotonic()
        pictures = len(trainer.train_loader.dataset)
        gone = f", going on after epoch {trainer.start_epoch}" if trainer.start_epoch else ""
        self.say(f"{pictures} pictures, {self.us.of} processes{gone}")

    def shuffle(self, trainer: Any) -> None:
        if self.us.of > 1:
            trainer.train_loader.sampler.set_epoch(trainer.epoch)

    def batch(self, trainer: Any) -> None:
        self.seen += trainer.batch_size * self.us.of
        if time.monotonic() - self.said > SAID_EVERY_S:
            self.say(f"epoch {trainer.epoch + 1} of {trainer.epochs}: {self.losses(trainer)}, {self.pace()}")

    def epoch(self, trainer: Any) -> None:
        import torch

        spent_min = (time.monotonic() - self.begun) / 60
        done = trainer.epoch + 1
        if self.wanted.minutes and done < trainer.epochs:
            each_min = spent_min / (done - trainer.start_epoch)
            fits = math.floor((self.wanted.minutes - spent_min) / each_min + 0.1)
            agreed = torch.tensor(max(done, min(self.wanted.epochs, done + fits)))
            self.us.same([agreed])
            trainer.epochs = int(agreed)
            trainer.stop |= done >= trainer.epochs
        found = trainer.metrics.get("metrics/mAP50(B)", math.nan)
        self.say(
            f"epoch {done} of {trainer.epochs} done: {self.losses(trainer)}, mAP50 {found:.3f}, {self.pace()}, "
            f"{spent_min:.1f} min"
        )

    def pace(self) -> str:
        return f"{self.seen / (time.monotonic() - self.begun):.0f} pictures/s"

    def losses(self, trainer: Any) -> str:
        return ", ".join(f"{name.removesuffix('_loss')} {float(v):.3f}" for name, v in trainer.tloss.items())

    def say(self, line: str) -> None:
        self.said = time.monotonic()
        if self.us.first:
            print(line, file=sys.stderr, flush=True)
