"""Teaching eyes on a backbone: rendered pictures -> weights. Plain torch, in one process a core.

Enters: data sets as `models.render` makes them; MoveNet's file to begin on, or weights to go on from. Leaves:
`RUN/eyes.pt`, once a minute and at the end, the mean of the last steps' weights. Refuses (`CannotTrain`): what it
cannot begin on, folders without pictures.

First the head learns alone, on a backbone as it was taught on photographs of people; then the backbone moves as well, a
tenth as fast. It has no normalisation that a small batch could spoil. What is asked for is as in `models.peaks`: a peak
for each thing, and the box at its foot.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from edge.camera.networks.form import CLASSES
from models.backbone import movenet
from models.eyes import BOX, CELL, USUAL_PX, WITHHELD, Eyes, halved, load, save
from models.glimpses import Glimpses, batch, pictures_in
from models.offline import CannotTrain
from models.peaks import FAINT, FOOT, WORTH, heat_of, maps_of, presence_of
from models.together import Together, together

RATE, SLOWER, END = 0.002, 0.005, 0.02
"""The learning rate of the head, how much slower the backbone is, and the share that is left at the end."""
STAYING = 6
"""So many of the backbone's first blocks stay as they are: edges are edges, and they cost most."""
KEPT = 0.995
"""Of the mean of weights, at each step."""
SAID_EVERY_S = 60.0
OF_BOXES = 0.5
MOST = 5.0
"""Longer gradients are shortened to this."""
NAME = "eyes.pt"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to teach, from what, for how long; ``alone``: share of the time in which only the head learns."""

    data: Sequence[Path]
    out: Path
    minutes: float
    backbone: Path | None = None
    begin_from: Path | None = None
    alone: float = 1.0
    batch: int = 16
    rate: float = RATE
    seed: int = 0
    processes: int = 0


def teach(wanted: Wanted) -> Path:
    """Until the minutes are over; returns the weights."""
    place = wanted.out / NAME
    if place.exists() and wanted.begin_from != place:
        raise CannotTrain(f"{wanted.out}: a run lies there already: go on with --from {place}, or name another --out")
    _begun(wanted)
    for folder in wanted.data:
        pictures_in(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    with together(wanted.processes or len(os.sched_getaffinity(0)), _run, wanted) as us:
        _run(us, wanted)
    return place


def _run(us: Together, wanted: Wanted) -> None:
    """What every process does."""
    us.meet()
    torch.set_num_threads(1)
    eyes = _begun(wanted).to(memory_format=torch.channels_last).train()
    for layer in (eyes.backbone.stem, *eyes.backbone.blocks[:STAYING]):
        layer.requires_grad_(False)
    place, mean = wanted.out / NAME, _Mean(eyes)
    optimizer = torch.optim.AdamW(
        [{"params": eyes.backbone.parameters(), "times": SLOWER},
         {"params": [p for n, p in eyes.named_parameters() if not n.startswith("backbone.")], "times": 1.0}],
        lr=wanted.rate, weight_decay=0.01,
    )  # fmt: skip
    windows = iter(Glimpses(wanted.data, wanted.seed + us.rank))
    begun = said = time.monotonic()
    steps, told, gone = 0, torch.zeros(2), torch.zeros(1)
    while True:
        gone.fill_((time.monotonic() - begun) / (60 * wanted.minutes))
        us.same([gone])
        if gone >= 1.0:
            break
        for group in optimizer.param_groups:
            group["lr"] = wanted.rate * group["times"] * _pace(float(gone), steps)
        losses = _losses(eyes, *batch(list(islice(windows, wanted.batch // us.of))), alone=bool(gone < wanted.alone))
        optimizer.zero_grad(set_to_none=True)
        losses.sum().backward()
        us.average(eyes.parameters())
        torch.nn.utils.clip_grad_norm_(eyes.parameters(), MOST)
        optimizer.step()
        mean.add(steps)
        steps, told = steps + 1, 0.95 * told + 0.05 * losses.detach()
        if us.first and time.monotonic() - said > SAID_EVERY_S:
            said = time.monotonic()
            save(mean.eyes, place)
            told_so = f"{steps} steps, presence {told[0]:.2f}, boxes {told[1]:.3f}"
            print(f"{told_so}, {steps * wanted.batch / (said - begun):.0f} windows/s", file=sys.stderr, flush=True)
    if us.first:
        save(mean.eyes, place)


def _begun(wanted: Wanted) -> Eyes:
    if wanted.begin_from is not None:
        return load(wanted.begin_from)
    if wanted.backbone is None:
        raise CannotTrain("name --backbone movenet-lightning.json to begin on, or --from weights to go on with")
    torch.manual_seed(wanted.seed)
    return Eyes(movenet(wanted.backbone))


def _pace(gone: float, steps: int) -> float:
    """Share of the learning rate: it rises for a few steps, and falls until the time is over."""
    return min(1.0, (steps + 1) / 50) * (END + (1 - END) * (1 + math.cos(math.pi * gone)) / 2)


class _Mean:
    """The mean of the last weights, which finds more than any of them."""

    def __init__(self, eyes: Eyes) -> None:
        import copy

        self.of, self.eyes = eyes, copy.deepcopy(eyes).eval()

    def add(self, steps: int) -> None:
        kept = min(KEPT, (1 + steps) / (10 + steps))
        with torch.no_grad():
            for mean, now in zip(self.eyes.parameters(), self.of.parameters(), strict=True):
                mean.lerp_(now, 1 - kept)


def _losses(eyes: Eyes, pictures: Any, rows: Any, there: Any, *, alone: bool) -> Any:
    """(presence, boxes) of a batch."""
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        with torch.set_grad_enabled(not alone):
            features = eyes.backbone(halved(pictures))
        shown = torch.rand(len(pictures), 1, 1, 1) >= WITHHELD
        scores, boxes = eyes.told(features, eyes.near(pictures) * shown)
    return compared(scores.float(), boxes.float(), rows, there)


def compared(scores: Any, boxes: Any, rows: Any, there: Any) -> Any:
    """What was told (b, classes, h, w), (b, 4 classes, h, w) against rows (b, n, 5), of which those ``there`` count."""
    high, wide = scores.shape[2:]
    across, down = torch.meshgrid(torch.arange(wide) + 0.5, torch.arange(high) + 0.5, indexing="xy")
    cells = torch.stack([across, down], 2).reshape(-1, 2) * CELL
    labels, middles, sides = rows[..., 0], rows[..., 1:3], rows[..., 3:]
    peaks = heat_of(torch.cat([middles - sides / 2, middles + sides / 2], 2), there, cells, float(CELL))
    faint = labels >= FAINT
    clear = peaks * ~faint[..., None]
    spared = maps_of(peaks, labels % FAINT, len(CLASSES))
    worth = torch.tensor([WORTH.get(name, 1.0) for name in CLASSES])
    said = scores.flatten(2).transpose(1, 2)
    found = presence_of(said, maps_of(clear, labels, len(CLASSES)), spared, worth, there & ~faint)
    return torch.stack([found, OF_BOXES * _boxes(boxes, clear, labels, middles, sides, cells)])


def _boxes(boxes: Any, clear: Any, labels: Any, middles: Any, sides: Any, cells: Any) -> Any:
    """How far the boxes at the feet of the peaks are from what they should be."""
    told = boxes.reshape(len(boxes), len(CLASSES), BOX, -1)
    loss, weight = told.new_zeros(()), told.new_zeros(())
    for kind in range(len(CLASSES)):
        best, owner = (clear * (labels == kind)[..., None]).max(dim=1)
        b, cell = (best > FOOT).nonzero(as_tuple=True)
        which = owner[b, cell]
        off = (middles[b, which] - cells[cell]) / CELL
        wanted = torch.cat([off, (sides[b, which].clamp(min=1.0) / USUAL_PX).log()], 1)
        apart = functional.smooth_l1_loss(told[b, kind, :, cell], wanted, reduction="none", beta=0.1)
        sure = best[b, cell]
        # A box's size is a distance: it counts more than its middle, which is a fraction of a cell off at most.
        loss = loss + (apart * torch.tensor([1.0, 1.0, 4.0, 4.0])).sum(1).mul(sure).sum()
        weight = weight + sure.sum()
    return loss / weight.clamp(min=1.0)
