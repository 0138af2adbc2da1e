"""Heads, hands, elbows and feet in pictures, by an ONNX network.

Enters: an ONNX file in the form of docs/cameras.md, and pictures of cameras, of any size, each with what its camera
knows of the empty shop (`edge.camera.background`), if the network asks for that. Leaves: `Detections` in
pixels of the picture that was given. Refuses (`UnusableDetector`): files of any other form, in one message that names
what was found and what is wanted.

What costs time beside the network is done in place, in buffers that are made once for each size of picture: a picture
is reduced and its colours put in order in about a quarter of a millisecond. A network may say the same thing
several times; of what lies closer together than half a thing's size only the surest is believed.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.camera.background import NEW, Background, Newness, Plane
from edge.camera.picture import Picture

Array: TypeAlias = NDArray[np.float64]

SHIPPED: Final = Path(__file__).parents[2] / "models" / "ceiling.onnx"

SIZES_M: Final = {"head": 0.24, "hand": 0.16, "feet": 0.40, "elbow": 0.16}
"""Class -> diameter of the ball whose image a box is, so that its size says how far away it is (models/README.md)."""
CLASSES: Final = tuple(SIZES_M)
WANTED: Final = (
    "one input of float32, float16 or uint8 (N, 3 or 4, height, width), or of uint8 (N, height, width, 3 or 4), one "
    "output of float32 (N, K, 6) with rows "
    "x1 y1 x2 y2 score class in pixels of the input, and a metadata entry `names` with a class 'head'"
)
SEE: Final = "See docs/cameras.md, or take the shipped one: leave `detector` of [eyes] out"

COLOURS: Final = 3
"""Of a picture; a fourth says how new each pixel is."""
WITH_NEW: Final = (COLOURS, COLOURS + 1)
SIZE: Final = (640, 480)
"""Width and height for networks that take any."""
LEAST_SIDE: Final = 32
GREY: Final = 114
"""What stands beside a picture of another shape than the network's; ultralytics trains with it."""
LEAST_SCORE: Final = 0.25
"""From which score on a class is believed, where the network does not say (metadata `least`)."""
SPECKS: Final = 3
SPECK_PX: Final = 2.0
"""Where all of so many boxes lie this near to the corner, they are not told in pixels but in shares, 0…1."""
MOST: Final = 100
"""So many of each kind, the surest, are believed to be in one picture."""
NEAR = {"head": 2.2, "hand": 2.0, "feet": 1.2}
"""So many sizes of a box around its middle somebody covers the shop."""
SAME: Final = 0.5
"""Things of one class whose centres are closer than this share of their size are one."""

NUMBERS: Final[Mapping[str, Any]] = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8,
}  # fmt: skip


class UnusableDetector(ValueError):
    """A file that is no detector; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What stands in one picture. Each class is float64 (n, 5): x, y of the centre, width, height in pixels, and score;
    the surest first. The centre of the upper left pixel is 0, 0.
    """

    heads: Array
    hands: Array
    feet: Array
    elbows: Array = field(default_factory=lambda: np.empty((0, 5)))
    new: Newness | None = None
    """What is new in the picture, where its camera knows; good until the next picture."""

    @property
    def kinds(self) -> tuple[Array, ...]:
        """The boxes of each class, in the order of `CLASSES`."""
        return self.heads, self.hands, self.feet, self.elbows

    def each(self, kept: Callable[[str, Array], Array]) -> Detections:
        """The same with what is ``kept`` (class, boxes) of each class."""
        heads, hands, feet, elbows = (kept(name, boxes) for name, boxes in zip(CLASSES, self.kinds, strict=True))
        return Detections(heads, hands, feet, elbows, self.new)


@dataclass(frozen=True, slots=True)
class _Page:
    """Where pictures of one size lie in the network's input: reduced by ``scale``, ``left`` and ``top`` pixels from its
    corner. ``halved``: they are averaged down by this factor before, so that nothing small gets lost between pixels.
    """

    pixels: Picture
    inner: Picture
    scale: tuple[float, float]
    left: int
    top: int
    halved: int


class Detector:
    """One network, loaded once. Not for several threads at once."""

    def __init__(self, path: Path | None = None, *, threads: int = 1) -> None:
        self.path = SHIPPED if path is None else path
        self._session = _session(self.path, threads)
        self._number, self._colours, sides, by_pixel = self._input()
        self.height, self.width = sides
        self._classes = self._named()
        self.least = dict.fromkeys(self._classes, LEAST_SCORE) | self._sure()
        """Class -> the score from which on it is believed."""
        self._name = str(self._session.get_inputs()[0].name)
        self._pages: dict[tuple[int, ...], _Page] = {}
        self._planes = [np.empty(sides, np.uint8) for _ in range(3)]
        self._paper = np.empty((1, *sides, self._colours) if by_pixel else (1, self._colours, *sides), self._number)
        self._fill = self._pixels if by_pixel else self._colour_planes
        self._unknown: Plane = np.full(sides, NEW, np.uint8)
        self._last: _Page | None = None
        self._new: Plane | None = None
        self._try()

    def detect(self, picture: Picture, background: Background | None = None) -> Detections:
        """Everybody in one picture, as far as it is believed. ``background``: what its camera knows."""
        return self.believed(self.suspect(picture, min(self.least.values()), background))

    def suspect(self, picture: Picture, least: float, background: Background | None = None) -> Detections:
        """Whatever may be in one picture with a score from ``least`` on."""
        page = self._last = self._laid(picture, background)
        (rows,) = self._session.run(None, {self._name: self._paper})
        if np.isnan(rows).any():
            raise UnusableDetector(f"{self.path} answers what is no number. {SEE}")
        sure = rows[0][rows[0, :, 4] >= least].astype(np.float64)
        if len(sure) >= SPECKS and sure[:, :4].max() <= SPECK_PX:
            raise UnusableDetector(f"{self.path} tells boxes in shares of the picture. Wanted: {WANTED}. {SEE}")
        return self._told(sure, page)

    def shown(self, picture: Picture) -> NDArray[Any]:
        """What the network is given of a picture of which everything may be new (1, …); good until the next picture."""
        self._laid(picture, None)
        return self._paper

    def knowing(self, empty: Picture) -> Background:
        """What a camera knows that has seen the shop empty."""
        return Background(self._laid(empty, None).pixels)

    def remember(self, background: Background, people: Detections, at_s: float) -> None:
        """Let a camera learn the shop from its picture, the last that was looked at, in which ``people`` stand."""
        page = self._last
        if page is None or self._colours == COLOURS or not background.due(at_s):
            return
        (sx, sy), around = page.scale, []
        for name, boxes in zip(NEAR, (people.heads, people.hands, people.feet), strict=True):
            x, y = (boxes[:, 0] + 0.5) * sx + page.left, (boxes[:, 1] + 0.5) * sy + page.top
            around.append(np.column_stack([x, y, NEAR[name] * boxes[:, 2] * sx]))
        background.learn(page.pixels, at_s, np.concatenate(around))

    def believed(self, found: Detections) -> Detections:
        """What is sure enough for its class."""
        return found.each(lambda name, boxes: boxes[boxes[:, 4] >= self.least.get(name, LEAST_SCORE)])

    # --- into the network -------------------------------------------------------------------------------------------

    def _laid(self, picture: Picture, background: Background | None) -> _Page:
        """Put a picture into the network's input."""
        page = self._pages.get(picture.shape)
        if page is None:
            page = self._pages[picture.shape] = self._page(picture)
        if page.halved > 1:
            size = (picture.shape[1] // page.halved, picture.shape[0] // page.halved)
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        inner = page.inner
        cv2.resize(picture, (inner.shape[1], inner.shape[0]), dst=inner, interpolation=cv2.INTER_LINEAR)
        if self._colours > COLOURS:
            self._new = background.novelty(page.pixels) if background is not None else None
        self._fill(page.pixels, self._unknown if self._new is None else self._new)
        return page

    def _pixels(self, picture: Picture, new: Plane) -> None:
        """Colour after colour of each pixel into the input."""
        paper = self._paper[0]
        if self._colours == COLOURS:
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=paper)
        else:
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA, dst=paper)
            cv2.insertChannel(new, paper, COLOURS)

    def _colour_planes(self, picture: Picture, new: Plane) -> None:
        """Pixel after pixel of each colour into the input."""
        cv2.split(picture, self._planes)
        for plane, paper in zip([*self._planes[::-1], new], self._paper[0], strict=False):
            if self._number is np.uint8:
                paper[...] = plane
            else:
                np.multiply(plane, self._number(1 / 255), out=paper)

    def _page(self, picture: Picture) -> _Page:
        height, width = picture.shape[:2]
        reduced = min(self.width / width, self.height / height)
        inner_w, inner_h = round(width * reduced), round(height * reduced)
        left, top = (self.width - inner_w) // 2, (self.height - inner_h) // 2
        pixels = np.full((self.height, self.width, 3), GREY, np.uint8)
        inner = pixels[top : top + inner_h, left : left + inner_w]
        return _Page(pixels, inner, (inner_w / width, inner_h / height), left, top, max(1, int(1 / reduced)))

    # --- and out of it ----------------------------------------------------------------------------------------------

    def _told(self, sure: NDArray[np.float64], page: _Page) -> Detections:
        sure = sure[self._boxes(sure)]
        sure = sure[np.argsort(-sure[:, 4], kind="stable")]
        x1, y1, x2, y2, score, number = sure.T
        (sx, sy), left, top = page.scale, page.left, page.top
        # Corners count from a pixel's edge, centres from its middle.
        x, y = ((x1 + x2) / 2 - left) / sx - 0.5, ((y1 + y2) / 2 - top) / sy - 0.5
        boxes = np.column_stack([x, y, (x2 - x1) / sx, (y2 - y1) / sy, score.clip(max=1.0)])
        found = {name: surest(boxes[np.rint(number) == of])[:MOST] for name, of in self._classes.items()}
        nothing = np.empty((0, 5))
        heads, hands, feet, elbows = (found.get(name, nothing) for name in CLASSES)
        new = None if self._new is None else Newness(self._new, page.scale, page.left, page.top)
        return Detections(heads, hands, feet, elbows, new)

    def _boxes(self, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows are boxes that lie in the picture, a part of them at least."""
        x1, y1, x2, y2 = rows[:, :4].T
        inside = (x2 > 0) & (y2 > 0) & (x1 < self.width) & (y1 < self.height)
        sized = (x2 > x1) & (y2 > y1) & (x2 - x1 <= self.width) & (y2 - y1 <= self.height)
        return np.asarray(inside & sized, np.bool_)

    # --- whether it is one ------------------------------------------------------------------------------------------

    def _input(self) -> tuple[Any, int, tuple[int, int], bool]:
        """Of what numbers it is, of how many colours, height and width, and whether a pixel's colours lie together."""
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if inputs else []
        number = NUMBERS.get(inputs[0].type) if inputs else None
        if len(inputs) != 1 or number is None or len(shape) != 4 or shape[0] not in (1, *_open(shape)):
            raise self._refused()
        by_pixel = number is np.uint8 and shape[1] not in WITH_NEW
        colours, *sides = shape[1:] if not by_pixel else (shape[3], *shape[1:3])
        if colours not in WITH_NEW:
            raise self._refused()
        height, width = (
            side if isinstance(side, int) else usual for side, usual in zip(sides, reversed(SIZE), strict=True)
        )
        if min(width, height) < LEAST_SIDE:
            raise self._refused(f", too small: {LEAST_SIDE} is the least width and height")
        return number, colours, (height, width), by_pixel

    def _named(self) -> dict[str, int]:
        """Class -> its number in the output's rows."""
        told = self._session.get_modelmeta().custom_metadata_map.get("names", "")
        names: Any = {}
        for read in (json.loads, ast.literal_eval):
            try:
                names = read(told)
                break
            except (ValueError, SyntaxError):
                continue
        pairs = names.items() if isinstance(names, dict) else enumerate(names if isinstance(names, list) else ())
        found = {str(name): int(number) for number, name in pairs if str(number).isdecimal()}
        if "head" not in found:
            raise self._refused()
        return {name: found[name] for name in CLASSES if name in found}

    def _sure(self) -> dict[str, float]:
        """Class -> the score that the network's own metadata asks for."""
        told = self._session.get_modelmeta().custom_metadata_map.get("least", "{}")
        try:
            least = {name: float(score) for name, score in json.loads(told).items() if name in self._classes}
        except (ValueError, TypeError, AttributeError) as error:
            raise self._refused(f", and its `least` is no JSON object of class and score ({told:.60})") from error
        if not all(0.0 <= score <= 1.0 for score in least.values()):
            raise self._refused(f", and its `least` has a score that is not from 0 to 1 ({told:.60})")
        return least

    def _try(self) -> None:
        """A grey picture through it: it has to answer in the form that it promises."""
        if len(self._session.get_outputs()) != 1:
            raise self._refused()
        self._paper[...] = 0
        try:
            (rows,) = self._session.run(None, {self._name: self._paper})
        except Exception as error:  # onnxruntime's own errors have no common kind
            raise self._refused(f", but it fails on a picture ({_brief(error)})") from error
        if rows.ndim != 3 or rows.shape[0] != 1 or rows.shape[2] != 6 or rows.dtype != np.float32:
            raise self._refused(f", and answers {rows.dtype} {rows.shape}")
        if np.isnan(rows).any():
            raise self._refused(", and answers what is no number")

    def _refused(self, more: str = "") -> UnusableDetector:
        def told(values: Sequence[Any]) -> str:
            return ", ".join(f"{v.name} {v.type} {tuple(v.shape)}" for v in values) or "nothing"

        names = self._session.get_modelmeta().custom_metadata_map.get("names", "none")
        has = f"input {told(self._session.get_inputs())}; output {told(self._session.get_outputs())}; names {names:.80}"
        return UnusableDetector(f"{self.path} is no detector: it has {has}{more}. Wanted: {WANTED}. {SEE}")


def surest(boxes: Array) -> Array:
    """Of boxes (n, 5), the surest first, those that are not the same as a surer one."""
    if len(boxes) < 2:
        return boxes
    middles, sizes = boxes[:, None, :2], boxes[:, None, 2:4]
    apart = (middles - boxes[:, :2]) / (SAME * 0.5 * (sizes + boxes[:, 2:4]))
    others = (apart**2).sum(axis=2) > 1.0
    left = np.ones(len(boxes), np.bool_)
    for i in range(len(boxes)):
        if left[i]:
            left[i + 1 :] &= others[i, i + 1 :]
    chosen: Array = boxes[left]
    return chosen


def _open(shape: Sequence[Any]) -> tuple[Any, ...]:
    """The first side of a shape, where it is not fixed."""
    return () if isinstance(shape[0], int) else (shape[0],)


def _session(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    # Between two pictures its threads sleep: the shop's own process may live on the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not path.is_file():
        remedy = "Correct `detector` of [eyes] in site.toml, or leave it out"
        raise UnusableDetector(f"there is no detector {path}. {remedy}")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        what = f"{path} cannot be read as an ONNX network ({_brief(error)})"
        raise UnusableDetector(f"{what}. Wanted: {WANTED}. {SEE}") from error


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
