"""How the network is taught: every head, hand and pair of feet is a peak of a heat map, with a box at its foot.

Enters: what the network said of a batch, and the labels. Leaves: the loss, in ultralytics' three parts. Ultralytics'
own loss asks of a cell to be as sure as its box fits (IoU); where a box's size means a distance, which nobody can see
to better than some per cent, and a hand is ten pixels wide, that teaches doubt about things that are plainly there.
Here presence is one question (the penalty-reduced focal loss of heat maps: Law & Deng 2018, Zhou et al. 2019) and the
box another. What is hardly to be seen is asked for by neither: whether it is found is left to the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 0.18
"""Standard deviation of a peak, as a share of its box."""
LEAST_CELLS = 0.55
"""… and at least so many cells."""
FOOT = 0.3
"""A cell learns the box of a peak from this height on."""
FAINT = 100
"""Added to the class of what need not be found, and may be (`models.windows`)."""
WORTH = {"head": 2.0, "hand": 3.0}
"""What a class counts, of those that decide who is charged; the others 1."""


def peaks() -> Callable[[Any], Any]:
    """The loss, made for a model; torch and ultralytics are imported here."""
    import torch
    from ultralytics.utils.loss import v8DetectionLoss
    from ultralytics.utils.tal import make_anchors

    class Peaks(v8DetectionLoss):  # type: ignore[misc, unused-ignore]
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            worth = [WORTH.get(name, 1.0) for _, name in sorted(model.names.items())]
            self.worth = torch.tensor(worth, device=self.device)

        def get_assigned_targets_and_loss(self, preds: Any, batch: Any, **_: Any) -> tuple[Any, Any, Any]:
            """((what was assigned), box, presence and side losses (3,), the same to be told)."""
            sides = preds["boxes"].permute(0, 2, 1).contiguous()
            said = preds["scores"].permute(0, 2, 1).contiguous()
            cells, stride = make_anchors(preds["feats"], self.stride, 0.5)
            size = torch.tensor(preds["feats"][0].shape[2:], device=self.device, dtype=said.dtype) * self.stride[0]
            labels, boxes, there = self._labels(batch, len(said), size)
            heat, faint = heat_of(boxes, there, cells * stride, float(self.stride[0])), labels >= FAINT
            clear = heat * ~faint[..., None]
            spared = maps_of(heat, labels % FAINT, said.shape[2])
            found = torch.zeros(3, device=self.device)
            found[1] = presence_of(said, maps_of(clear, labels, said.shape[2]), spared, self.worth, there & ~faint)
            best, owner = clear.max(dim=1)
            taught = best > FOOT
            target = boxes.gather(1, owner.unsqueeze(2).expand(-1, -1, 4))
            weight = torch.zeros_like(said)
            weight[..., 0] = best * taught
            found[0], found[2] = self.bbox_loss(
                sides, self.bbox_decode(cells, sides), cells, target / stride, weight, weight.sum().clamp(min=1.0),
                taught, size, stride,
            )  # fmt: skip
            found *= torch.tensor([self.hyp.box, self.hyp.cls, self.hyp.dfl], device=self.device)
            return (
                (taught, owner, target, cells, stride),
                found,
                dict(zip(self.loss_names, found.detach(), strict=True)),
            )

        def _labels(self, batch: Any, pictures: int, size: Any) -> tuple[Any, Any, Any]:
            """Classes (b, n), corners in pixels (b, n, 4), and which of the n are there (b, n)."""
            rows = torch.cat((batch["batch_idx"].view(-1, 1), batch["cls"].view(-1, 1), batch["bboxes"]), 1)
            rows = self.preprocess(rows.to(self.device), pictures, scale_tensor=size[[1, 0, 1, 0]])
            if not rows.shape[1]:
                rows = torch.zeros(pictures, 1, 5, device=self.device)
            return rows[..., 0], rows[..., 1:], rows[..., 1:].sum(2) > 0.0

    return lambda model: Peaks(model)


def heat_of(boxes: Any, there: Any, cells: Any, stride: float) -> Any:
    """How much each cell belongs to each box (b, n, cells): 1 where its middle is."""
    middles, wide = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]).mean(2)
    far = ((cells[None, None] - middles[:, :, None]) ** 2).sum(3)
    spread = (WIDTH * wide).clamp(min=LEAST_CELLS * stride)
    heat = (-far / (2 * spread**2)[..., None]).exp()
    heat.scatter_(2, far.argmin(2, keepdim=True), 1.0)
    return heat * there[..., None]


def maps_of(heat: Any, labels: Any, classes: int) -> Any:
    """Each class' map (b, cells, classes)."""
    import torch

    return torch.stack([(heat * (labels == k)[..., None]).amax(1) for k in range(classes)], 2)


def presence_of(said: Any, maps: Any, spared: Any, worth: Any, there: Any) -> Any:
    """``maps`` and ``spared`` (b, cells, classes): what is asked for, and that with what may be found."""
    from torch.nn.functional import logsigmoid

    sure = said.sigmoid()
    peak = maps > 1.0 - 1e-6
    missed = (1 - sure) ** 2 * logsigmoid(said) * peak
    invented = (1 - spared) ** 4 * sure**2 * logsigmoid(-said) * ~peak
    return -((missed + invented) * worth).sum() / there.sum().clamp(min=1)
