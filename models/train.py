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
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.offline import CannotTrain, ultralytics, weights_in
from models.peaks import peaks
from models.together import Together, together
from models.windows import windowed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NETWORK = Path(__file__).parent / "ceiling.yaml"
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
SETTINGS: dict[str, object] = {
    "task": "detect", "imgsz": 640, "cache": False, "deterministic": False, "plots": False,
    "optimizer": "AdamW", "lr0": 0.002, "lrf": 0.01, "momentum": 0.9, "weight_decay": 0.01,
    "warmup_epochs": 0.5, "warmup_bias_lr": 0.0, "patience": 0,
    "box": 2.0, "cls": 1.0, "dfl": 1.5,
    "close_mosaic": 0, "fliplr": 0.5, "flipud": 0.5, "hsv_h": 0.01, "hsv_s": 0.3, "hsv_v": 0.3,
    "conf": 0.05, "max_det": 100, "exist_ok": True, "verbose": False,
}  # fmt: skip
SAID_EVERY_S = 30.0


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
    described = {"path": str(wanted.data.resolve()), "train": "images/train", "val": "images/val", "names": dict(names)}
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
        trainer = _trainer(us, wanted, data, wanted.out if us.first else Path(elsewhere))
        # Ultralytics draws bars on stdout, whatever it is told.
        with _our_way(trainer), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            trainer.train()


def _trainer(us: Together, wanted: Wanted, data: Path, out: Path) -> Any:
    import torch
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.utils.torch_utils import strip_optimizer

    gpu = torch.cuda.is_available()
    threads = 1 if us.of > 1 else len(os.sched_getaffinity(0))

    class Training(DetectionTrainer):  # type: ignore[misc, unused-ignore]
        """Ultralytics' training, with a clock of its own, in processes of their own."""

        last: Path
        best: Path

        def check_resume(self, overrides: dict[str, Any]) -> None:
            super().check_resume(overrides)
            self.args.epochs = overrides["epochs"]

        def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = -1, mode: str = "train") -> Any:
            alone = us.of == 1 or mode == "val"
            return super().get_dataloader(dataset_path, batch_size, -1 if alone else us.rank, mode)

        def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
            dataset = super().build_dataset(img_path, mode, batch)
            if mode == "train":
                dataset.transforms = windowed(self.args)
            return dataset

        def _setup_scheduler(self) -> None:
            end = self.args.lrf
            self.lf: Callable[[float], float] = lambda epoch: (
                end + (1 - end) * (1 + math.cos(math.pi * min(epoch / self.epochs, 1))) / 2
            )
            self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lr_lambda=self.lf)

        def set_model_attributes(self) -> None:
            super().set_model_attributes()
            self.model: Any = self.model.to(memory_format=torch.channels_last)
            us.same(p.data for p in self.model.parameters())

        def optimizer_step(self) -> None:
            us.average(self.model.parameters())
            super().optimizer_step()

        def validate(self) -> tuple[dict[str, float], float | None]:
            if not us.first:
                return {}, None
            torch.set_num_threads(us.of * threads)
            found: tuple[dict[str, float], float | None] = super().validate()
            torch.set_num_threads(threads)
            return found

        def save_model(self) -> bool:
            if not us.first:
                return False
            places = self.last, self.best
            self.last, self.best = beside = [_beside(place) for place in places]
            try:
                saved: bool = super().save_model()
            except OSError as error:
                for half in beside:
                    half.unlink(missing_ok=True)
                raise CannotTrain(f"{places[0]} cannot be written ({error}): make room, then --resume") from error
            finally:
                self.last, self.best = places
            for written, place in zip(beside, places, strict=True):
                if written.exists():
                    os.replace(written, place)
            return saved

        def read_results_csv(self) -> dict[str, Any]:
            """Nothing: a copy of results.csv inside the weights, for which ultralytics wants Polars."""
            return {}

        def save_metrics(self, metrics: dict[str, float]) -> None:
            if us.first:
                super().save_metrics(metrics)

        def final_eval(self) -> None:
            """No further validation; what is exported is made small, what can be gone on from stays whole."""
            small = _beside(self.best)
            if us.first and self.best.exists() and strip_optimizer(self.best, str(small)):
                os.replace(small, self.best)

    last = wanted.out / "weights" / "last.pt"
    overrides = SETTINGS | {
        "model": str(last if wanted.resume else wanted.begin_from or NETWORK),
        "resume": str(last) if wanted.resume else False, "pretrained": bool(wanted.begin_from),
        "data": str(data), "save_dir": str(out.resolve()), "epochs": wanted.epochs,
        "batch": wanted.batch // us.of, "nbs": wanted.batch // us.of,
        "device": "0" if gpu else "cpu", "amp": "bf16" if gpu and torch.cuda.is_bf16_supported() else False,
    }  # fmt: skip
    trainer = Training(overrides=overrides)
    torch.set_num_threads(threads)  # ultralytics leaves one core idle
    clock = _Clock(us, wanted)
    trainer.add_callback("on_train_start", clock.begin)
    trainer.add_callback("on_train_epoch_start", clock.shuffle)
    trainer.add_callback("on_train_batch_end", clock.batch)
    trainer.add_callback("on_fit_epoch_end", clock.epoch)
    return trainer


def _beside(place: Path) -> Path:
    """Where to write first; what a killed run left there is gone."""
    beside = place.with_suffix(".part")
    beside.unlink(missing_ok=True)
    return beside


@contextmanager
def _our_way(trainer: Any) -> Iterator[None]:
    """Taught by `models.peaks`; the network in bfloat16 where the CPU has it, the loss in full (on a GPU ultralytics
    does it itself).

    Methods are exchanged rather than inherited from, since the weights' file names the class it was made of.
    """
    import torch
    from ultralytics.nn.tasks import DetectionModel

    plain, usual = DetectionModel.loss, DetectionModel.init_criterion
    fast = trainer.device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()

    def loss(model: Any, batch: Any, preds: Any = None) -> Any:
        if preds is None:
            with torch.autocast("cpu", torch.bfloat16) if fast and model.training else nullcontext():
                preds = model.forward(batch["img"])
        return plain(model, batch, _in_full(preds))

    DetectionModel.loss, DetectionModel.init_criterion = loss, peaks()
    try:
        yield
    finally:
        DetectionModel.loss, DetectionModel.init_criterion = plain, usual


def _in_full(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_full(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_in_full(one) for one in value)
    return value.float()


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
