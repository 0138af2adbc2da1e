"""Training the second network: what the first one suspects in pictures -> weights.

Enters: a data set in ultralytics' form and the first network's weights. Leaves in the run's folder ``first.onnx`` (the
first network with what cuts suspects out), ``suspects/`` (`models.closer.suspects`), and ``closer.pt``, written anew
every two minutes, to go on from and to export with. Refuses: pictures that are not there, a class that is missing,
weights other than those of the run, a run that is there already, or is done.

The learning rate falls to its end just when the epochs or the minutes of this sitting are used up, whichever is first.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from models.closer.network import KINDS, Closer
from models.closer.suspects import collect, row
from models.export import digest, first_look, made_of
from models.offline import CannotTrain, weights_in
from models.together import Together, together
from models.train import classes, pictures_in

SIZE = (640, 480)
RATE, LAST_RATE, WARM_STEPS, DECAY = 2e-3, 0.01, 200, 0.02
"""The learning rate at its highest, its last share of that, after so many steps it is reached, and weight decay."""
PLACE = 4.0
"""What a box that is off counts beside a suspect that is misjudged."""
LIGHT, TINT, GRAIN = 0.15, 0.05, 0.02
"""Standard deviations of what is changed in what is seen: all of it, a colour (both logarithms), a pixel."""
FORGET = 0.1
"""Share of the suspects of which the first network's features are not told."""
SAVED_EVERY_S, SAID_EVERY_S = 120.0, 30.0
AT_ONCE = 512
LEAST_BYTES = 4096
"""The head of a file of suspects is shorter, one suspect is longer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to train: ``minutes`` is this sitting's, 0 means until the epochs are done."""

    data: Path
    weights: Path
    out: Path
    epochs: int
    minutes: float = 0.0
    batch: int = 256
    begin_from: Path | None = None
    resume: bool = False
    processes: int = 0


class Batch(NamedTuple):
    """What `Closer` is shown, and the truth."""

    near: torch.Tensor
    wide: torch.Tensor
    known: torch.Tensor
    about: torch.Tensor
    truth: torch.Tensor


class Suspects:
    """The suspects of some files, read where they lie: mapped into memory, what several processes read at random costs
    half of their time.
    """

    def __init__(self, files: list[Path]) -> None:
        # A file in which nobody is suspected holds nothing that could be mapped.
        parts = [np.load(file, mmap_mode="r") for file in files if file.stat().st_size > LEAST_BYTES]
        self.files = [open(part.filename, "rb", buffering=0) for part in parts]  # noqa: SIM115
        self.offsets, self.rows = [part.offset for part in parts], parts[0].dtype if parts else row(0)
        lengths = np.array([len(part) for part in parts], np.int64)
        self.begins, self.count = np.cumsum(lengths) - lengths, int(lengths.sum())

    def __len__(self) -> int:
        return self.count

    @property
    def features(self) -> int:
        """How many channels the first network's have."""
        return int(self.rows["known"].shape[0])

    def batch(self, which: NDArray[np.int64]) -> Batch:
        rows = np.empty(len(which), self.rows)
        owners = np.searchsorted(self.begins, which, side="right") - 1
        for i, (part, index) in enumerate(zip(owners, which, strict=True)):
            begin = self.offsets[part] + int(index - self.begins[part]) * self.rows.itemsize
            os.preadv(self.files[part].fileno(), [rows[i : i + 1].view(np.uint8).data], begin)
        near, wide = (torch.from_numpy(rows[seen].astype(np.float32) / np.float32(255)) for seen in ("near", "wide"))
        known, about, truth = (torch.from_numpy(rows[told].astype(np.float32)) for told in ("known", "about", "truth"))
        return Batch(near, wide, known, about, truth)


def train(wanted: Wanted) -> Path:
    """Train until the epochs or the minutes are used up; returns the weights to export with."""
    weights = wanted.out / "closer.pt"
    if wanted.resume and not weights.is_file():
        raise CannotTrain(f"{wanted.out}: there is no closer.pt to go on from: leave out --resume")
    if weights.is_file() and not wanted.resume:
        raise CannotTrain(f"{wanted.out}: a run lies there already: go on with --resume, or name another --out")
    if wanted.resume and _told(weights)["epoch"] >= wanted.epochs:
        raise CannotTrain(f"{wanted.out}: {wanted.epochs} epochs are done: export with it, or ask for more --epochs")
    if wanted.begin_from:
        network_in(wanted.begin_from)
    files = _collected(wanted)
    cores = len(os.sched_getaffinity(0))
    processes = 1 if torch.cuda.is_available() else min(wanted.processes or cores, wanted.batch // 2)
    with together(processes, _run, wanted, files) as us:
        _run(us, wanted, files)
    return weights


def network_in(path: Path) -> Closer:
    """The second network of a file."""
    told = _told(path)
    network = Closer(told["features"])
    network.load_state_dict(told["network"])
    network.eval()
    return network


def _told(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CannotTrain(f"{path}: no such weights: `python -m models look` makes them")
    try:
        told: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        told["features"], told["network"]
    except Exception as error:  # whatever torch makes of a file that is none
        why = " ".join(str(error).split())[:100]
        raise CannotTrain(f"{path}: this is no second network: name RUN/closer.pt of `look` ({why})") from error
    return told


def _collected(wanted: Wanted) -> Mapping[str, list[Path]]:
    """The suspects' files of each split."""
    pictures = {split: pictures_in(wanted.data / "images" / split) for split in ("train", "val")}
    names = dict(classes(wanted.data))
    known = weights_in(wanted.weights)[0].names.values()
    if missing := [kind for kind in KINDS if kind not in known]:
        raise CannotTrain(f"{wanted.weights}: knows no {' and no '.join(missing)}, which are looked at again")
    first = wanted.out / "first.onnx"
    if not first.is_file():
        first_look(wanted.weights, wanted.data, first, *SIZE)
    elif made_of(first) != digest(wanted.weights):
        raise CannotTrain(f"{wanted.out}: what lies there was suspected by other weights: name another --out")
    said = time.monotonic()

    def told(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said > SAID_EVERY_S or done == total:
            said = time.monotonic()
            print(f"{done} of {total} pictures seen", file=sys.stderr, flush=True)

    folder = wanted.out / "suspects"
    files = {split: collect(there, split, names, first, SIZE, folder, told) for split, there in pictures.items()}
    for split, there in files.items():
        if not len(Suspects(there)):
            raise CannotTrain(f"{wanted.data}/images/{split}: nobody is suspected in any of these pictures")
    return files


def _run(us: Together, wanted: Wanted, files: Mapping[str, list[Path]]) -> None:
    """What every process does."""
    us.meet()
    torch.set_num_threads(1 if us.of > 1 else len(os.sched_getaffinity(0)))
    Sitting(us, wanted, files).go()


class Sitting:
    """One run of the command: from where the last one stopped to the end of its minutes."""

    def __init__(self, us: Together, wanted: Wanted, files: Mapping[str, list[Path]]) -> None:
        self.us, self.wanted, self.weights = us, wanted, wanted.out / "closer.pt"
        self.suspects, self.judged = Suspects(files["train"]), Suspects(files["val"])
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(us.rank)
        self.network = Closer(self.suspects.features).to(self.device, memory_format=torch.channels_last)
        plain = [p for p in self.network.parameters() if p.ndim < 2]
        decayed = [p for p in self.network.parameters() if p.ndim >= 2]
        self.steps = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}], lr=RATE
        )
        self.epoch = 0.0
        if begin := self.weights if wanted.resume else wanted.begin_from:
            told = _told(begin)
            self.network.load_state_dict(told["network"])
            self.epoch = float(told["epoch"]) if wanted.resume else 0.0
        us.same(p.data for p in self.network.parameters())
        self.begun = self.said = self.saved = time.monotonic()
        self.begun_at, self.seen, self.loss = self.epoch, 0, math.nan

    def go(self) -> None:
        """Train."""
        self.say(
            f"{len(self.suspects)} suspects, {self.us.of} processes"
            + f", from epoch {self.epoch:.2f}" * self.wanted.resume
        )
        each = self.wanted.batch / len(self.suspects)
        for taken, which in enumerate(self._drawn()):
            progress = torch.tensor(self._progress())
            self.us.same([progress])
            if progress >= 1.0:
                break
            rate = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * float(progress))) / 2
            for group in self.steps.param_groups:
                group["lr"] = RATE * rate * min(1.0, (taken + 1) / WARM_STEPS)
            self._step(which)
            self.epoch += each
            self._between()
        self.keep()
        self.say(self.figures())

    def _progress(self) -> float:
        """Of this sitting: 0…1."""
        spent_min = (time.monotonic() - self.begun) / 60
        by_epochs = (self.epoch - self.begun_at) / max(1e-9, self.wanted.epochs - self.begun_at)
        return max(by_epochs, spent_min / self.wanted.minutes if self.wanted.minutes else 0.0)

    def _drawn(self) -> Iterator[NDArray[np.int64]]:
        """One batch after the other, of which this process has a share; every suspect is seen once an epoch."""
        share = self.wanted.batch // self.us.of
        for epoch in range(int(self.epoch), 10**9):
            order = np.random.default_rng(epoch).permutation(len(self.suspects))
            mine = np.array_split(order, self.us.of)[self.us.rank]
            for begin in range(0, max(1, len(mine) - share + 1), share):
                yield mine[begin : begin + share]

    def _step(self, which: NDArray[np.int64]) -> None:
        self.network.train()
        batch = _varied(Batch(*(part.to(self.device) for part in self.suspects.batch(which))))
        with self._fast():
            said = self.network(*batch[:4])
        loss = _loss(said.float(), batch.truth)
        self.steps.zero_grad()
        loss.backward()
        self.us.average(self.network.parameters())
        self.steps.step()
        self.seen += len(which) * self.us.of
        if self.us.first:
            self.loss = loss.item() if math.isnan(self.loss) else 0.99 * self.loss + 0.01 * loss.item()

    def _fast(self) -> Any:
        """bfloat16 where the hardware knows it."""
        known = self.device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        return torch.autocast(self.device.type, torch.bfloat16) if known else nullcontext()

    def _between(self) -> None:
        now = time.monotonic()
        if now - self.said > SAID_EVERY_S:
            pace = self.seen / (now - self.begun)
            self.say(f"epoch {self.epoch:.2f} of {self.wanted.epochs}: loss {self.loss:.4f}, {pace:.0f} suspects/s")
        if now - self.saved > SAVED_EVERY_S:
            self.keep()
            self.say(self.figures())

    def keep(self) -> None:
        """Write the weights, and what is needed to go on."""
        self.saved = time.monotonic()
        if not self.us.first:
            return
        beside = self.weights.with_suffix(".part")
        told = {"network": self.network.state_dict(), "features": self.suspects.features, "epoch": self.epoch}
        try:
            torch.save(told, beside)
        except (OSError, RuntimeError) as error:
            beside.unlink(missing_ok=True)
            raise CannotTrain(f"{self.weights} cannot be written ({error}): make room, then --resume") from error
        os.replace(beside, self.weights)

    def figures(self) -> str:
        """How good it is on the suspects of the validation pictures."""
        if not self.us.first:
            return ""
        self.network.eval()
        said = []
        with torch.no_grad(), self._fast():
            for begin in range(0, len(self.judged), AT_ONCE):
                batch = self.judged.batch(np.arange(begin, min(begin + AT_ONCE, len(self.judged))))
                logits = self.network(*(part.to(self.device) for part in batch[:4]))[:, 0]
                said.append(
                    torch.stack([logits.float().cpu(), batch.about[:, 4], batch.about[:, 5], batch.truth[:, 0]], 1)
                )
        rows = torch.cat(said).numpy()
        rows = rows[~np.isnan(rows[:, 3])]
        told = []
        for number, kind in enumerate(KINDS):
            of_kind = rows[rows[:, 2] == number]
            now, before = (_f1(of_kind[:, column], of_kind[:, 3]) for column in (0, 1))
            told.append(f"{kind}s {now:.3f} (at first sight {before:.3f})")
        return f"epoch {self.epoch:.2f}: F1 of what is suspected in the validation pictures: {', '.join(told)}"

    def say(self, line: str) -> None:
        self.said = time.monotonic()
        if self.us.first:
            print(line, file=sys.stderr, flush=True)


def _varied(batch: Batch) -> Batch:
    """The same under other lights; of some, less is known."""
    count, device = len(batch.about), batch.near.device
    gain = torch.exp(
        torch.randn(count, 1, 1, 1, device=device) * LIGHT + torch.randn(count, 3, 1, 1, device=device) * TINT
    )

    def seen(picture: torch.Tensor) -> torch.Tensor:
        colours = picture[:, :3] * gain + torch.randn_like(picture[:, :3]) * GRAIN
        return torch.cat([colours.clamp(0.0, 1.0), picture[:, 3:]], 1)

    told = (torch.rand(count, 1, 1, 1, device=device) >= FORGET).float()
    return Batch(seen(batch.near), seen(batch.wide), batch.known * told, batch.about, batch.truth)


def _loss(said: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    known = ~torch.isnan(truth[:, 0])
    right = known & (truth[:, 0] > 0.5)
    presence = functional.binary_cross_entropy_with_logits(said[known, 0], truth[known, 0])
    place = functional.smooth_l1_loss(said[right, 1:], truth[right, 1:], beta=0.05, reduction="sum")
    return presence + PLACE * place / max(1, len(truth))


def _f1(scores: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """The best F1 that any threshold gives."""
    order = np.argsort(-scores)
    hits = np.cumsum(right[order])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + max(1.0, right.sum()))).max(initial=0.0))
