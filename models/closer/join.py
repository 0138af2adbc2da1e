"""Two networks in one ONNX file.

Enters: the first network's file with its features told (`models.export`), and the second network. Leaves: a file of the
first one's form (docs/cameras.md) whose heads and hands were looked at again: input `images` (1, 4, H, W), output
`people` (1, K, 6), K being as many rows as the first names and one for each suspect, whose row among the first's has no
score any more. The second network is in int8 as the first is, its ranges measured on what it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxslim
import torch
from numpy.typing import NDArray
from onnxruntime import quantization

from models.closer.network import ABOUT, KINDS, KNOWN_CELLS, SEEN_PX, SUSPECT, Closer, Looks, looks, moved

OPSET = 17
LOOKS = Looks._fields
IN_BYTES = ("Add", "Concat", "Conv", "Relu")
FIRST_LAYERS = ("/near/near.0/", "/around/around.0/")
"""Four colours do not fill a vector: in bytes they take longer (see models.export)."""


class Suspecting(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """Out of the first network's rows (1, K, 6): those to be looked at again, what is seen of them, and the others."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__()
        self.numbers = [numbers[kind] for kind in KINDS]

    def forward(self, images: Any, people: Any, features: Any) -> tuple[Any, ...]:
        rows = people[0]
        head, hand = (rows[:, 5] == float(number) for number in self.numbers)
        asked = (head | hand) & (rows[:, 4] >= SUSPECT)
        suspects = rows[torch.nonzero(asked)[:, 0]]
        others = torch.cat([rows[:, :4], (rows[:, 4] * (~asked).to(rows.dtype)).unsqueeze(1), rows[:, 5:]], 1)
        is_hand = (suspects[:, 5] == float(self.numbers[1])).to(rows.dtype)
        return (*looks(images, features, suspects[:, :5], is_hand), suspects, others)


class Judging(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """What the second network said of the suspects, as rows beside the others."""

    def forward(self, said: Any, suspects: Any, others: Any) -> Any:
        judged = torch.cat([moved(suspects, said), said[:, :1].sigmoid(), suspects[:, 5:]], 1)
        return torch.cat([judged, others], 0).unsqueeze(0)


def suspecting(first: Path, numbers: Mapping[str, int], out: Path) -> None:
    """Write the first network with what cuts suspects out."""
    model = onnx.load(first)
    shapes = {o.name: [d.dim_value for d in o.type.tensor_type.shape.dim] for o in model.graph.output}
    sides = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    images = torch.zeros(1, *sides[1:])
    people = torch.zeros(1, 5, 6)
    people[0, :, 4], people[0, :, 5] = 1.0, float(numbers[KINDS[1]])
    told = torch.zeros(1, shapes["features"][1], sides[2] // 8, sides[3] // 8)
    part = _exported(
        Suspecting(numbers), (images, people, told), ("pictures", "rows", "told"), (*LOOKS, "suspects", "others"),
        dynamic={"rows": 1, **dict.fromkeys((*LOOKS, "suspects"), 0)}, out=out,
    )  # fmt: skip
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    given = {"pictures": "images", "rows": "people", "told": "features"}
    onnx.save(_followed(model, part, "suspect/", given, ()), out)


def joined(suspecting: Path, closer: Closer, pictures: Iterable[NDArray[np.float32]], out: Path) -> None:
    """Write both networks as one. ``pictures``: inputs of the first to measure the second's ranges on."""
    import onnxruntime

    session = onnxruntime.InferenceSession(suspecting, providers=["CPUExecutionProvider"])
    seen = iter([dict(zip(LOOKS, session.run(list(LOOKS), {"images": images}), strict=True)) for images in pictures])
    plain, prepared, small = (out.with_name(f"closer-{name}.onnx") for name in ("plain", "prepared", "bytes"))
    features = int(closer.known[0].in_channels)
    shown = (
        torch.zeros(3, 4, SEEN_PX, SEEN_PX), torch.zeros(3, 4, SEEN_PX, SEEN_PX),
        torch.zeros(3, features, KNOWN_CELLS, KNOWN_CELLS), torch.zeros(3, ABOUT),
    )  # fmt: skip
    network = _exported(closer.eval(), shown, LOOKS, ("said",), dynamic=dict.fromkeys((*LOOKS, "said"), 0), out=plain)
    onnx.save(onnxslim.slim(network), plain)

    class Seen(quantization.CalibrationDataReader):  # type: ignore[misc, unused-ignore]
        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next((looks for looks in seen if len(looks["about"])), None)

    quantization.shape_inference.quant_pre_process(plain, prepared, skip_symbolic_shape=True)
    first = [n.name for n in onnx.load(prepared).graph.node if n.name.startswith(FIRST_LAYERS)]
    quantization.quantize_static(
        prepared, small, Seen(), quant_format=quantization.QuantFormat.QDQ, per_channel=True, reduce_range=True,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        op_types_to_quantize=list(IN_BYTES), nodes_to_exclude=first,
    )  # fmt: skip
    rows = torch.zeros(3, 6)
    judge = _exported(
        Judging(), (torch.zeros(3, 4), rows, rows), ("said", "asked", "left"), ("judged",),
        dynamic={"said": 0, "asked": 0, "left": 0, "judged": 1}, out=plain,
    )  # fmt: skip
    both = _followed(
        onnx.load(suspecting), onnx.load(small), "closer/", dict(zip(LOOKS, LOOKS, strict=True)),
        ("suspects", "others"),
    )  # fmt: skip
    given = {"said": "said", "asked": "suspects", "left": "others"}
    onnx.save(_followed(both, judge, "judge/", given, ()), out)
    for scratch in (plain, prepared, small):
        scratch.unlink()


def _followed(first: Any, second: Any, prefix: str, given: Mapping[str, str], also: Sequence[str]) -> Any:
    """``second`` behind ``first``, which gives it what it reads (its input -> a value of the first's). Put out is what
    the second does, and ``also`` that of the first.
    """
    put_out = {o.name for o in second.graph.output}

    def name(old: str) -> str:
        return old if old == "" or old in put_out else given.get(old, prefix + old)

    for node in second.graph.node:
        node.name = prefix + node.name
        for names in (node.input, node.output):
            names[:] = [name(old) for old in names]
    for constant in second.graph.initializer:
        constant.name = name(constant.name)
    kept = [o for o in first.graph.output if o.name in also]
    del first.graph.output[:]
    first.graph.output.extend([*second.graph.output, *kept])
    first.graph.node.extend(second.graph.node)
    first.graph.initializer.extend(second.graph.initializer)
    known = {o.domain for o in first.opset_import}
    first.opset_import.extend(o for o in second.opset_import if o.domain not in known)
    return first


def _exported(
    module: Any, shown: tuple[Any, ...], inputs: tuple[str, ...], outputs: tuple[str, ...], dynamic: Mapping[str, int],
    out: Path,
) -> Any:  # fmt: skip
    """A torch module as ONNX; ``dynamic``: input or output -> which of its sides is open."""
    with torch.no_grad():
        torch.onnx.export(
            module, shown, str(out), opset_version=OPSET, dynamo=False, input_names=list(inputs),
            output_names=list(outputs), dynamic_axes={name: {axis: "many"} for name, axis in dynamic.items()},
        )  # fmt: skip
    return onnx.load(out)
