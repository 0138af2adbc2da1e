"""Leaner: a network that answers the same and works less for it, as the node's one core wants it.

Enters: a network as it was trained, its normalisation folded in. Leaves: the same with layers exchanged in place, or,
of an ONNX file in bytes, with operators exchanged. What it answers differs by rounding alone.

Two layers are exchanged. A 1x1 convolution of what was enlarged and what joins it from the way down (a feature pyramid:
Lin et al. 2017) is as good before the enlargement, and has a quarter of the work there. And the first layer, which
looks at every second pixel, is one over blocks of 2x2 pixels: sixteen numbers instead of four fill a vector, which is
what bytes are fast by, and a picture can go in as the camera gives it, pixel by pixel.

In the file, enlarging is copying: onnxruntime's `Resize` looks every byte's place up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.offline import CannotTrain

SIDE = 64
"""Pixels of a picture that is large enough for every layer."""


def joined_late(network: Any) -> None:
    """Exchange each 1x1 convolution of a `Concat` with something enlarged for two, the larger one before that."""
    import torch

    class Late(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        """A 1x1 convolution of (what is to be enlarged, what joins it)."""

        def __init__(self, layer: Any, low: int) -> None:
            super().__init__()
            whole = layer.conv
            self.low, self.high = torch.nn.Module(), torch.nn.Module()
            self.low.conv = torch.nn.Conv2d(low, whole.out_channels, 1, bias=False)
            self.high.conv = torch.nn.Conv2d(whole.in_channels - low, whole.out_channels, 1)
            self.low.conv.weight.data, self.high.conv.weight.data = whole.weight.data.split(
                [low, whole.in_channels - low], dim=1
            )
            self.high.conv.bias.data = whole.bias.data
            self.act = layer.act

        def forward(self, both: Any) -> Any:
            low, high = both
            large = torch.nn.functional.interpolate(self.low.conv(low), scale_factor=2.0, mode="nearest")
            return self.act(large + self.high.conv(high))

    layers = network.model
    for i, enlarged in _enlarged(network).items():
        first = layers[i + 2].cv1
        both, plain = torch.nn.Identity(), torch.nn.Identity()
        for new, old in ((plain, layers[i]), (both, layers[i + 1])):
            new.f, new.i, new.type = old.f, old.i, old.type
        layers[i], layers[i + 1], layers[i + 2].cv1 = plain, both, Late(first, enlarged)


def _enlarged(network: Any) -> dict[int, int]:
    """Layers that enlarge for a `Concat` before a layer that begins with a 1x1 convolution: how many channels each."""
    import torch

    found: dict[int, int] = {}

    def heard(i: int) -> Any:
        return layers[i].register_forward_hook(lambda _, __, out: found.update({i: int(out.shape[1])}))

    layers = network.model
    hooks = [heard(i) for i in range(len(layers) - 2) if _enlarges(layers[i : i + 3])]
    with torch.no_grad():
        network(torch.zeros(1, layers[0].conv.in_channels, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    return found


def _enlarges(three: Any) -> bool:
    first = getattr(getattr(three[2], "cv1", None), "conv", None)
    if [type(layer).__name__ for layer in three[:2]] != ["Upsample", "Concat"] or first is None:
        return False
    return three[1].f[0] == -1 and first.kernel_size == (1, 1) and first.bias is not None


def in_blocks(network: Any, width: int, height: int) -> None:
    """Exchange the first layer for one that takes pictures (N, height, width, colours), 0…255."""
    import torch

    class Blocks(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        """A convolution of 3x3 pixels at every second one, as one of 2x2 blocks of 2x2 pixels."""

        def __init__(self, layer: Any) -> None:
            super().__init__()
            old = layer.conv
            out, colours = old.weight.shape[:2]
            # It begins a row and a column before its middle: the first of a block's two are not looked at.
            wide = torch.nn.functional.pad(old.weight.data / 255.0, (1, 0, 1, 0))
            parts = wide.reshape(out, colours, 2, 2, 2, 2).permute(0, 3, 5, 1, 2, 4)
            self.conv = torch.nn.Conv2d(4 * colours, out, 2)
            self.conv.weight.data = parts.reshape(out, 4 * colours, 2, 2).contiguous()
            self.conv.bias.data = old.bias.data
            self.act, self.colours = layer.act, colours

        def forward(self, images: Any) -> Any:
            pairs = images.reshape(-1, height // 2, 2, width // 2, 2, self.colours).permute(0, 1, 3, 2, 4, 5)
            blocks = pairs.reshape(-1, height // 2, width // 2, 4 * self.colours).permute(0, 3, 1, 2)
            return self.act(self.conv(torch.nn.functional.pad(blocks, (1, 0, 1, 0))))

    first = network.model[0]
    if (first.conv.kernel_size, first.conv.stride, first.conv.padding) != ((3, 3), (2, 2), (1, 1)):
        raise CannotTrain("the network's first layer is not one of 3x3 at every second pixel: leave --int8 out")
    new = Blocks(first)
    new.f, new.i, new.type = first.f, first.i, first.type
    network.model[0] = new


def fed_in_bytes(model: Any) -> None:
    """Let an ONNX model in bytes, of a network `in_blocks`, take its pictures so: it makes bytes of them anyway."""
    from onnx import TensorProto, numpy_helper

    graph = model.graph
    name = graph.input[0].name
    while (taker := _takers(graph)[name]).op_type != "QuantizeLinear":
        name = taker.output[0]
    as_it_is = {taker.input[1]: np.float32(1.0), taker.input[2]: np.uint8(0)}
    for told in graph.initializer:
        if told.name in as_it_is:
            told.CopyFrom(numpy_helper.from_array(np.asarray(as_it_is[told.name]), told.name))
    _takers(graph)[taker.output[0]].input[0] = name
    graph.node.remove(taker)
    graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    del graph.value_info[:]  # which says that what is bytes now is not


def in_copies(model: Any) -> None:
    """Let an ONNX model in bytes copy what becomes twice as large each way."""
    from onnx import numpy_helper, shape_inference

    graph = model.graph
    sizes = {told.name: told.type.tensor_type.shape for told in shape_inference.infer_shapes(model).graph.value_info}
    for resize in [node for node in graph.node if node.op_type == "Resize" and not _between(node)]:
        (before,) = (node for node in graph.node if resize.input[0] in node.output)
        after, at = _takers(graph)[resize.output[0]], list(graph.node).index(resize)
        deep, high, wide = (side.dim_value for side in sizes[resize.input[0]].dim[1:])
        steps, sides = _copying(before.input[0], after.output[0], resize.name, (high, wide, deep))
        for node in (before, resize, after):
            graph.node.remove(node)
        for i, node in enumerate(steps):
            graph.node.insert(at - 1 + i, node)
        graph.initializer.extend(numpy_helper.from_array(np.array(told), name) for name, told in sides.items())
    for unused in [told for told in graph.initializer if told.name not in _takers(graph)]:
        graph.initializer.remove(unused)


def _between(resize: Any) -> bool:
    """Whether it makes what lies between two pixels of both of them."""
    return any(told.name == "mode" and told.s != b"nearest" for told in resize.attribute)


def _copying(source: str, made: str, name: str, size: tuple[int, int, int]) -> tuple[list[Any], dict[str, list[int]]]:
    """Operators that make ``made`` of ``source``, and the sides that they ask for."""
    from onnx import helper

    high, wide, deep = size
    apart, twice, whole = (f"{name}/{what}" for what in ("apart", "twice", "whole"))
    last, rows, copied, large = (f"{name}/{i}" for i in range(4))
    steps = [
        helper.make_node("Transpose", [source], [last], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", [last, apart], [rows]),
        helper.make_node("Expand", [rows, twice], [copied]),
        helper.make_node("Reshape", [copied, whole], [large]),
        helper.make_node("Transpose", [large], [made], perm=[0, 3, 1, 2]),
    ]
    return steps, {
        apart: [-1, high, 1, wide, 1, deep], twice: [1, 1, 2, 1, 2, 1], whole: [-1, 2 * high, 2 * wide, deep]
    }  # fmt: skip


def _takers(graph: Any) -> dict[str, Any]:
    """Name -> a node that takes it."""
    return {name: node for node in graph.node for name in node.input}
