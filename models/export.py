"""Export: a detector's weights -> the ONNX file that the camera node reads.

Enters: `best.pt` of a run, the size of the picture, and pictures to measure with where it becomes int8. Leaves: one
file with the node's contract: input `images`, float32 (N, 4, H, W), RGB and how new a pixel is, 0 to 1, or in int8
uint8 (N, H, W, 4), 0 to 255; output `people`, float32 (N, 100, 6), rows `x1 y1 x2 y2 score class` in pixels of the
input, best first; metadata `names`, and `least` (`believe`). Refuses: weights that cannot be read, pictures that are
none.

Ultralytics' own exporter leaves all cells, or sorts doubles out with hundreds of operators. Here a cell speaks only if
no neighbour is surer of the same class (as a heat map's peaks are found), and the hundred surest are named.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models import LOOKS_AT
from models.background import doubtful, plane, read_empty, stacked
from models.lean import fed_in_bytes, in_blocks, in_copies, joined_late
from models.offline import CannotTrain, weights_in
from models.windows import cut, window

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 100
OPSET = 17
LICENCE = "AGPL-3.0"
"""Ultralytics' licence covers networks that its code trained (https://ultralytics.com/license)."""
SURE = 0.25
IN_BYTES = ("Add", "Concat", "Conv", "MaxPool", "Relu", "Resize", "Split")
"""What has its like in bytes; with convolutions only, half of the time saved goes into changing to and fro."""
SEEN = 64
SETTLED, BATCH = 1024, 32


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and how it differs from the weights on the same pictures: a row's furthest corner, px."""

    path: Path
    sha256: str
    size_bytes: int
    rows: int
    lost: int
    median_px: float
    worst_px: float
    silent: tuple[int, int] | None
    """Channels that said nothing of any picture, of how many; without pictures nobody knows."""


def export(
    weights: Path,
    out: Path,
    *,
    width: int = LOOKS_AT[0],
    height: int = LOOKS_AT[1],
    half: bool = False,
    int8: bool = False,
    data: Path | None = None,
) -> Exported:
    """Write the file, and compare it with the weights. ``data``: the pictures that they were trained on, without which
    layers keep the means that training left them, and int8 is not to be had.
    """
    learned, kept = (None, None) if data is None else (data / "images" / "train", data / "images" / "val")
    model, _ = weights_in(weights)
    colours, silent = int(model.model[0].conv.in_channels), None
    if learned is not None:
        silent = _settle(model, (window[:, :colours] for window in _windows(learned, SETTLED)))
    in_bytes = int8 and learned is not None
    network = _network(model, (width, height) if in_bytes else None)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        made = Path(scratch) / "plain.onnx"
        written(network, made, given(np.zeros((height, width, colours), np.uint8), in_bytes))
        slim(made)
        if half:
            made = _halved(made)
        if in_bytes:
            seen = (given(picture, True) for picture in inputs(learned, colours, width, height, SEEN))
            made = made_in_bytes(made, seen, _staying(len(network.model.model) - 1))
        sign(made, {"names": str(dict(model.names)), "imgsz": str([height, width]), "license": LICENCE})
        differences = compared(network, made, inputs(kept, colours, width, height, 8), in_bytes)
        os.replace(made, out)
    content = out.read_bytes()
    return Exported(out, hashlib.sha256(content).hexdigest(), len(content), *differences, silent)


def believe(path: Path, least: Mapping[str, float]) -> None:
    """Write into a file from which score on each class is believed."""
    import onnx

    model = onnx.load(path)
    told = {p.key: p.value for p in model.metadata_props} | {"least": json.dumps(dict(least))}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, told)
    beside = path.with_suffix(".part")
    onnx.save(model, beside)
    os.replace(beside, path)


def _settle(model: Any, pictures: Iterator[NDArray[np.float32]]) -> tuple[int, int]:
    """Measure anew by which means and variances each layer is normalised (batch normalisation, "precise" as in Wu &
    Johnson 2021): the weights are a running mean of training's, and have never seen their own. On windows, as training
    does: whole pictures are mostly floor, and with their means three heads of a hundred more are missed.

    Returns how many channels never said anything, of how many: a ReLU that lets nothing through learns nothing any
    more, and a network that has many of them is smaller than its file.
    """
    import torch

    most: dict[Any, Any] = {}

    def heard(layer: Any, _: Any, said: Any) -> None:
        now = said.amax(dim=(0, 2, 3))
        most[layer] = torch.maximum(most.get(layer, now), now)

    hooks = [layer.register_forward_hook(heard) for layer in model.modules() if hasattr(layer, "bn")]
    model.float().eval()
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the plain mean of all batches
            layer.train()
    with torch.no_grad():
        while batch := list(islice(pictures, BATCH)):
            model(torch.from_numpy(np.concatenate(batch)))
    model.eval()
    for hook in hooks:
        hook.remove()
    loudest = torch.cat(list(most.values()))
    return int((loudest <= 0.0).sum()), len(loudest)


def _network(model: Any, pixels: tuple[int, int] | None) -> Any:
    """The weights with the node's output. ``pixels``: width and height of a picture that goes in pixel by pixel, 0…255;
    without it colours lie one behind the other, 0…1.
    """
    import torch

    class People(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.model = model.float().eval().fuse(verbose=False)
            self.head = self.model.model[-1]
            self.head.export, self.head.format, self.head.xyxy, self.head.max_det = True, "onnx", True, ROWS
            self.strides = [int(s) for s in self.head.stride]
            joined_late(self.model)
            if pixels is not None:
                in_blocks(self.model, *pixels)

        def forward(self, images: Any) -> Any:
            found = self.model(images)
            if self.head.end2end:
                return found
            boxes, scores = found[:, :4], found[:, 4:]
            classes, begin, peaks = scores.shape[1], 0, []
            for stride in self.strides:
                high, wide = (side // stride for side in (images.shape[2:] if pixels is None else images.shape[1:3]))
                level = scores[:, :, begin : begin + high * wide].reshape(-1, classes, high, wide)
                best = torch.nn.functional.max_pool2d(level, 3, 1, 1)
                peaks.append((level * (level == best)).flatten(2))
                begin += high * wide
            surest, at = torch.cat(peaks, 2).flatten(1).topk(ROWS, dim=1)
            where = (at % begin).unsqueeze(1).expand(-1, 4, -1)
            corners = boxes.gather(2, where).transpose(1, 2)
            return torch.cat([corners, surest.unsqueeze(2), (at // begin).float().unsqueeze(2)], 2)

    return People().eval()


def written(network: Any, path: Path, like: NDArray[np.float32]) -> None:
    """An ONNX file for any number of inputs of one form (1, …)."""
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Constant folding")  # `_slim` folds what torch does not
        torch.onnx.export(
            network, torch.from_numpy(np.repeat(like, 2, axis=0)), str(path), opset_version=OPSET, dynamo=False,
            input_names=["images"], output_names=["people"],
            dynamic_axes={"images": {0: "pictures"}, "people": {0: "pictures"}},
        )  # fmt: skip


def slim(path: Path) -> None:
    """The file without what nothing in it needs."""
    import onnx
    import onnxslim

    onnx.save(onnxslim.slim(onnx.load(path)), path)


def sign(path: Path, told: dict[str, str]) -> None:
    """Our name and what the node reads in place of what every tool on the way wrote about itself."""
    import onnx

    model = onnx.load(path)
    model.producer_name, model.producer_version, model.doc_string = "tebura", "", ""
    spoken = {node.domain for node in model.graph.node}
    for unused in [o for o in model.opset_import if o.domain and o.domain not in spoken]:
        model.opset_import.remove(unused)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, told)
    onnx.save(model, path)


def _halved(path: Path) -> Path:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    made = path.with_name("half.onnx")
    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True, op_block_list=["TopK"]), made)
    return made


def _staying(last: int) -> Callable[[str], bool]:
    """Which operators stay as they are: what makes boxes of the ``last`` layer's results."""

    def stays(name: str) -> bool:
        of_a_layer = "/conv/" in name or "/act/" in name
        head = name.startswith(f"/model/model.{last}/")
        return not name.startswith("/model/") or (head and not of_a_layer)

    return stays


def made_in_bytes(
    path: Path,
    pictures: Iterator[NDArray[np.float32]],
    stays: Callable[[str], bool],
    kinds: tuple[str, ...] = IN_BYTES,
) -> Path:
    """The network in int8, its ranges measured on pictures; operators whose names ``stays`` knows stay as they are.
    Weights use seven bits: older CPUs (without VNNI) add products up in sixteen, and would cut large sums off unheard.
    """
    import onnx
    from onnxruntime import quantization as q

    class Pictures(q.CalibrationDataReader):  # type: ignore[misc, unused-ignore]
        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            picture = next(pictures, None)
            return None if picture is None else {"images": picture}

    prepared, made = path.with_name("prepared.onnx"), path.with_name("bytes.onnx")
    q.shape_inference.quant_pre_process(path, prepared, skip_symbolic_shape=True)
    q.quantize_static(
        prepared, made, Pictures(), quant_format=q.QuantFormat.QDQ, per_channel=True, reduce_range=True,
        activation_type=q.QuantType.QUInt8, weight_type=q.QuantType.QInt8, op_types_to_quantize=list(kinds),
        nodes_to_exclude=[node.name for node in onnx.load(prepared).graph.node if stays(node.name)],
    )  # fmt: skip
    model = onnx.load(made)
    fed_in_bytes(model)
    in_copies(model)
    onnx.save(model, made)
    return made


def inputs(folder: Path | None, colours: int, width: int, height: int, most: int) -> Iterator[NDArray[np.uint8]]:
    """Pictures (H, W, colours), spread evenly over the folder; noise without a folder."""
    if folder is None:
        yield np.random.default_rng(0).integers(0, 256, (height, width, colours), np.uint8)
        return
    import cv2

    for path, picture in _pictures(folder, most):
        small = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
        yield stacked(small, plane(small, read_empty(path, small)))[..., :colours]


def _windows(folder: Path, most: int) -> Iterator[NDArray[np.float32]]:
    """The same, as training sees them: windows around those whom their labels name."""
    import cv2

    rng = np.random.default_rng(0)
    labels = folder.parent.parent / "labels" / folder.name
    for path, picture in _pictures(folder, most):
        told = labels / path.relative_to(folder).with_suffix(".txt")
        rows = [line.split()[1:3] for line in told.read_text().splitlines() if line.strip()] if told.exists() else []
        larger = LOOKS_AT[0] / max(picture.shape)
        read = np.asarray(cv2.resize(picture, None, fx=larger, fy=larger), np.uint8)
        size = read.shape[1::-1]
        part = window((size[0], size[1]), np.array(rows, np.float32).reshape(-1, 2) * np.array(size, np.float32), rng)
        new = doubtful(path, read, read_empty(path, read), rng)
        yield given(stacked(cut(read, part), cut(new, part)), False)


def _pictures(folder: Path, most: int) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    import cv2

    from models.train import pictures_in

    found = pictures_in(folder)
    for path in found[:: max(1, len(found) // most)][:most]:
        picture = cv2.imread(str(path))
        if picture is None:
            raise CannotTrain(f"{path}: this is no picture: take it away, or render again")
        yield path, np.asarray(picture, np.uint8)


def given(picture: NDArray[np.uint8], by_pixel: bool) -> NDArray[np.float32]:
    """A picture (H, W, colours) as a network gets it: (1, colours, H, W), 0…1, or as it is, 0…255."""
    numbers = picture[None].astype(np.float32)
    return numbers if by_pixel else np.ascontiguousarray(numbers.transpose(0, 3, 1, 2)) / np.float32(255)


def compared(
    network: Any, path: Path, pictures: Iterator[NDArray[np.uint8]], in_bytes: bool
) -> tuple[int, int, float, float]:
    """Rows that the weights are sure of, how many of them the file misses, and how far the others lie apart."""
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    apart: list[float] = []
    for picture in pictures:
        images = given(picture, in_bytes)
        with torch.no_grad():
            rows = network(torch.from_numpy(images))[0].numpy()
        there = session.run(None, {"images": picture[None] if in_bytes else images})[0][0]
        there = there[there[:, 4] > SURE / 2]
        for row in rows[rows[:, 4] > SURE]:
            far = np.abs(there[there[:, 5] == row[5], :4] - row[:4]).max(axis=1)
            apart.append(float(far.min(initial=np.inf)))
    found = [a for a in apart if a < 8.0]
    return len(apart), len(apart) - len(found), float(np.median(found or [0.0])), max(found, default=0.0)
