"""What a network's file says of itself, what it wants to be given, and what whoever reads its answers has to offer.

`Form` is what a file was found to be; `Family` is the protocol that every kind of network is read behind. A family is
recognised by shapes alone, because that is what survives every exporter; names are asked only where shapes leave a
choice.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.poses import Poses

Array: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int | str | None, ...]
"""A side that is open has a name, or none."""

SIZES_M: Final = {"head": 0.24, "hand": 0.16, "feet": 0.40, "elbow": 0.16}
"""Class -> diameter of the ball whose image a box is, so that its size says how far away it is (models/README.md)."""
CLASSES: Final = tuple(SIZES_M)
POSED: Final[Mapping[str, int]] = {name: number for number, name in enumerate(CLASSES)}
"""What every pose network finds: all of them, since they are made of joints."""

NUMBERS: Final[Mapping[str, Any]] = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8, "tensor(int32)": np.int32,
}  # fmt: skip
COLOURS: Final = 3
"""Of a picture; a fourth says how new each pixel is."""
LEAST_SIDE: Final = 32


class Unfit(ValueError):
    """A network that cannot be read; the text says what was found about it, and what to export instead."""


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output."""

    name: str
    kind: str
    """As onnxruntime says it, ``tensor(float)``."""
    shape: Shape


@dataclass(frozen=True, slots=True)
class Form:
    """What a file says of itself."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: Mapping[str, str]

    @property
    def names(self) -> Mapping[int, str]:
        """Number -> name of what the network finds, as ultralytics writes it or as JSON; nothing where none is told."""
        told = read(self.metadata.get("names", ""))
        pairs = told.items() if isinstance(told, dict) else enumerate(told if isinstance(told, list) else ())
        return {int(number): str(name) for number, name in pairs if str(number).isdecimal()}


def read(told: str) -> Any:
    """A value of a file's metadata, JSON or a Python literal; None where it is neither."""
    for reader in (json.loads, ast.literal_eval):
        try:
            return reader(told)
        except (ValueError, SyntaxError):
            continue
    return None


@dataclass(frozen=True, slots=True)
class Intake:
    """What a network wants to be given: one picture, reduced to fit, on grey."""

    number: Any
    """The numpy type."""
    colours: int
    """3, or 4 with how new each pixel is."""
    height: int
    width: int
    by_pixel: bool
    """Whether a pixel's colours lie together (N, height, width, colours), else (N, colours, height, width)."""
    brightest: float
    """What white is: 1 or 255."""
    blue_first: bool = False
    open_by: int = 0
    """Where height and width are open: they are multiples of this, and the picture's shape decides; 0: they are not."""


class Balls:
    """Rows (n, 6): x1 y1 x2 y2 of boxes in pixels of the input, score, class."""

    __slots__ = ("rows",)

    def __init__(self, rows: NDArray[np.float32]) -> None:
        self.rows = rows


Answer: TypeAlias = Balls | Poses
"""What a network found, in pixels of its input. Boxes are told by their corners, which count from the upper left
pixel's corner; joints by where they are, and they count from its centre.
"""


class Family(Protocol):
    """One kind of network."""

    @property
    def what(self) -> str:
        """What it is, for the person at the terminal."""

    @property
    def intake(self) -> Intake: ...

    @property
    def classes(self) -> Mapping[str, int]:
        """Of `CLASSES`, what it finds -> the number that its rows have for it."""

    @property
    def least(self) -> Mapping[str, float]:
        """Class -> the score from which on it is believed, in one look."""

    @property
    def most(self) -> int | None:
        """So many people at most it finds in one look; None: any number."""

    @property
    def poses(self) -> bool:
        """Whether it answers with `Poses`."""

    @property
    def speaks(self) -> bool:
        """Whether it tells scores above zero of any picture at all, also of one without people."""

    def loudest(self, outputs: Sequence[NDArray[Any]]) -> float:
        """The highest of all scores; 0 where there are none."""

    def answer(self, outputs: Sequence[NDArray[Any]], width: int, height: int, least: float) -> Answer:
        """What it found with a score from ``least`` on in an input of ``width`` x ``height``. `Unfit` where the outputs
        are not as the file promised.
        """


def planes(form: Form, *, open_as: tuple[int, int], brightest: float = 1.0, colours: Sequence[int] = (3,)) -> Intake:
    """The intake of a network of pictures (N, colours, height, width). ``open_as``: width and height where they are
    open. `Unfit` where it is none.
    """
    port = form.inputs[0]
    number, shape = NUMBERS.get(port.kind), port.shape
    if number is None or number is np.int32 or len(shape) != 4 or not one_picture(shape) or shape[1] not in colours:
        raise Unfit("")
    height, width = _sides(shape[2:], open_as)
    return Intake(number, int(shape[1] or 0), height, width, False, 255.0 if number is np.uint8 else brightest)


def pixels(form: Form, *, open_as: tuple[int, int], open_by: int = 0, colours: Sequence[int] = (3,)) -> Intake:
    """The same of one of (N, height, width, colours), 0…255."""
    port = form.inputs[0]
    number, shape = NUMBERS.get(port.kind), port.shape
    if number is None or len(shape) != 4 or not one_picture(shape) or shape[3] not in colours:
        raise Unfit("")
    height, width = _sides(shape[1:3], open_as)
    fixed = isinstance(shape[1], int) and isinstance(shape[2], int)
    return Intake(number, int(shape[3] or 0), height, width, True, 255.0, open_by=0 if fixed else open_by)


def one_picture(shape: Shape) -> bool:
    """Whether one picture at a time can be given."""
    return not isinstance(shape[0], int) or shape[0] == 1


def _sides(sides: Shape, open_as: tuple[int, int]) -> tuple[int, int]:
    """Height and width."""
    height, width = (
        side if isinstance(side, int) else usual for side, usual in zip(sides, reversed(open_as), strict=True)
    )
    if min(height, width) < LEAST_SIDE:
        raise Unfit(f"is too small: {LEAST_SIDE} is the least width and height")
    return height, width
