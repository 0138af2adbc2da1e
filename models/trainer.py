"""Ultralytics' trainer, as it is used here: our windows, our loss, our clock, in several processes of one PC.

Enters: who takes part (`models.together`), and what ultralytics is to be told. Leaves: a trainer to be run, and the
weights of each epoch, written beside and put in their place in one step. Ultralytics is imported when a trainer is
made, since whoever only asks for `--help` may not have it.
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from models import LOOKS_AT
from models.offline import CannotTrain
from models.peaks import peaks
from models.together import Together
from models.windows import whole, windowed

SETTINGS: dict[str, object] = {
    "task": "detect", "imgsz": LOOKS_AT[0], "cache": False, "deterministic": False, "plots": False,
    "optimizer": "AdamW", "lr0": 0.002, "lrf": 0.01, "momentum": 0.9, "weight_decay": 0.01,
    "warmup_epochs": 0.5, "warmup_bias_lr": 0.0, "patience": 0,
    "box": 2.0, "cls": 1.0, "dfl": 1.5,
    "close_mosaic": 0, "fliplr": 0.5, "flipud": 0.5, "hsv_h": 0.01, "hsv_s": 0.3, "hsv_v": 0.3,
    "conf": 0.05, "max_det": 100, "exist_ok": True, "verbose": False,
}  # fmt: skip
PLACES = {"data", "model", "name", "project", "resume", "save_dir", "yaml_file"}
"""Settings that name files and folders of the PC that trained."""


class Ours:
    """What differs from ultralytics' own, mixed into it by `trainer`."""

    us: Together
    threads: int
    """Of each process."""
    last: Path
    best: Path
    args: Any
    epochs: int
    optimizer: Any

    def check_resume(self, overrides: dict[str, Any]) -> None:
        _usual(self).check_resume(overrides)
        self.args.epochs = overrides["epochs"]

    def get_dataloader(self, dataset_path: str, batch_size: int = 16, rank: int = -1, mode: str = "train") -> Any:
        alone = self.us.of == 1 or mode == "val"
        return _usual(self).get_dataloader(dataset_path, batch_size, -1 if alone else self.us.rank, mode)

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
        dataset = _usual(self).build_dataset(img_path, mode, batch)
        if mode == "train":
            dataset.transforms = windowed(self.args)
        else:
            dataset.transforms.insert(0, whole)
        return dataset

    def _setup_scheduler(self) -> None:
        import torch

        end = self.args.lrf
        self.lf: Callable[[float], float] = lambda epoch: (
            end + (1 - end) * (1 + math.cos(math.pi * min(epoch / self.epochs, 1))) / 2
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lr_lambda=self.lf)

    def set_model_attributes(self) -> None:
        import torch

        _usual(self).set_model_attributes()
        self.model: Any = self.model.to(memory_format=torch.channels_last)
        self.us.same(p.data for p in self.model.parameters())

    def optimizer_step(self) -> None:
        self.us.average(self.model.parameters())
        _usual(self).optimizer_step()

    def validate(self) -> tuple[dict[str, float], float | None]:
        import torch

        if not self.us.first:
            return {}, None
        torch.set_num_threads(self.us.of * self.threads)
        found: tuple[dict[str, float], float | None] = _usual(self).validate()
        torch.set_num_threads(self.threads)
        return found

    def save_model(self) -> bool:
        if not self.us.first:
            return False
        places = self.last, self.best
        self.last, self.best = beside = [_beside(place) for place in places]
        try:
            saved: bool = _usual(self).save_model()
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
        if self.us.first:
            _usual(self).save_metrics(metrics)

    def final_eval(self) -> None:
        """No further validation; what is exported is made small, what can be gone on from stays whole."""
        if self.us.first and self.best.exists():
            slim(self.best, self.best)


def _usual(ours: Ours) -> Any:
    """Ultralytics' own methods."""
    return super(Ours, ours)


def trainer(us: Together, told: Mapping[str, object]) -> Any:
    """A trainer with ``told`` beside `SETTINGS`."""
    import torch
    from ultralytics.models.yolo.detect import DetectionTrainer

    gpu = torch.cuda.is_available()
    threads = 1 if us.of > 1 else len(os.sched_getaffinity(0))
    where = {"device": "0" if gpu else "cpu", "amp": "bf16" if gpu and torch.cuda.is_bf16_supported() else False}
    training = type("Training", (Ours, DetectionTrainer), {"us": us, "threads": threads})
    made = training(overrides={**SETTINGS, **where, **told})
    torch.set_num_threads(threads)  # ultralytics leaves one core idle
    return made


def slim(weights: Path, place: Path) -> None:
    """Write weights without what only training needs, and without the folders of the PC that they come from."""
    import torch

    strip = importlib.import_module("ultralytics.utils.torch_utils").strip_optimizer
    small = _beside(place)
    told = strip(weights, str(small))
    if not told:
        return
    kept = torch.load(small, weights_only=False)
    for notes in (kept["train_args"], kept["model"].args, kept["model"].yaml):
        for key in PLACES & notes.keys():
            del notes[key]
    kept.pop("git", None)
    kept["model"].pt_path = ""
    torch.save(kept, small)
    os.replace(small, place)


def _beside(place: Path) -> Path:
    """Where to write first; what a killed run left there is gone."""
    beside = place.with_suffix(".part")
    beside.unlink(missing_ok=True)
    return beside


@contextmanager
def our_way(trainer: Any) -> Iterator[None]:
    """Taught by `models.peaks`; the network in bfloat16 where the CPU has it, the loss in full (on a GPU ultralytics
    does it itself).

    The network's methods are exchanged rather than inherited from, since the weights' file names the class that it was
    made of.
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
