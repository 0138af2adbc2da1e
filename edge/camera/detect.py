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

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.camera.background import Background, Newness
from edge.camera.networks.form import CLASSES, COLOURS, SIZES_M, Balls, Unfit
from edge.camera.networks.load import OPSET, SEE, Network, UnusableDetector
from edge.camera.networks.paper import Page, Paper
from edge.camera.networks.poses import NOBODY, Poses, agreed, middles, surest_bodies, things, together
from edge.camera.networks.recognise import WANTED
from edge.camera.picture import Picture

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]

SHIPPED: Final = Path(__file__).parents[2] / "models" / "ceiling.onnx"

LEAST_SCORE: Final = 0.25
"""From which score on a class is believed that a network does not find."""
SPECKS: Final = 3
SPECK_PX: Final = 2.0
"""Where all of so many boxes lie this near to the corner, they are not told in pixels but in shares, 0…1."""
MOST: Final = 100
"""So many of each kind, the surest, are believed to be in one picture."""
NEAR = {"head": 2.2, "hand": 2.0, "feet": 1.2}
"""So many sizes of a box around its middle somebody covers the shop."""
SAME: Final = 0.5
"""Things of one class whose centres are closer than this share of their size are one."""
TURNS: Final = 4
"""A picture from straight above is looked at in so many quarter turns: in it nobody stands upright."""
AGREED: Final = {"head": 1.3}
"""The surest of several looks is told more surely than a single one: so many times the score is asked for …"""
AGREED_ELSE: Final = 0.75
"""… and of hands less, which are told as surely as all looks are in the mean."""
TILE: Final = 0.6
"""Where a network has found as many people as it can, it looks at four parts of the picture, each so much of its
sides: two that overlap along each."""
SILENT: Final = 200
"""A network that has told no score above zero in so many pictures tells none."""


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """Where what was found is a body's joints: those, (n, 17, 3) as `edge.camera.networks.poses` has them, in pixels of
    the picture; which body each head is of (heads,), and which each hand, with 0 for left and 1 for right (hands, 2).
    """

    joints: Array
    heads: Indices
    hands: Indices


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
    bodies: Bodies | None = None
    """The joints, where a pose network was asked: then boxes say about how large a thing looks, not how far it is."""

    @property
    def kinds(self) -> tuple[Array, ...]:
        """The boxes of each class, in the order of `CLASSES`."""
        return self.heads, self.hands, self.feet, self.elbows

    def each(self, kept: Callable[[str, Array], NDArray[np.bool_]]) -> Detections:
        """The same with those of each class that are ``kept`` (class, boxes)."""
        masks = [kept(name, boxes) for name, boxes in zip(CLASSES, self.kinds, strict=True)]
        heads, hands, feet, elbows = (boxes[mask] for boxes, mask in zip(self.kinds, masks, strict=True))
        of = self.bodies
        bodies = None if of is None else Bodies(of.joints, of.heads[masks[0]], of.hands[masks[1]])
        return Detections(heads, hands, feet, elbows, self.new, bodies)


class Detector:
    """One network, loaded once. Not for several threads at once."""

    def __init__(self, path: Path | None = None, *, threads: int = 1) -> None:
        self.path = SHIPPED if path is None else path
        self._network = Network(self.path, threads=threads)
        self._family = self._network.family
        self._paper = Paper(self._family.intake)
        self.least = dict(self._family.least)
        """Class -> the score from which on it is believed, in one look."""
        self._last: Page | None = None
        self._looks = 0

    @property
    def silence(self) -> str:
        """That no score was ever above zero, and what to do; empty where one was."""
        if self._network.heard or not self._looks:
            return ""
        remedy = f"Export it again from trained weights, in float32 and with opset={OPSET}"
        return f"{self.path} ({self.what}) has told no score above zero in {self._looks} pictures. {remedy}. {SEE}"

    @property
    def what(self) -> str:
        """Which kind of network it is."""
        return self._family.what

    def detect(self, picture: Picture, background: Background | None = None, *, down: bool = False) -> Detections:
        """Everybody in one picture, as far as it is believed. ``background``: what its camera knows; ``down``: it looks
        straight down.
        """
        return self.believed(self.suspect(picture, min(self.least.values()), background, down=down), down=down)

    def suspect(
        self, picture: Picture, least: float, background: Background | None = None, *, down: bool = False
    ) -> Detections:
        """Whatever may be in one picture with a score from ``least`` on."""
        if self._family.poses:
            return self._posed(picture, least * (AGREED_ELSE if down else 1.0), TURNS if down else 1)
        page = self._last = self._paper.laid(picture, background)
        answer = self._answer(page, least)
        assert isinstance(answer, Balls)
        sure = answer.rows.astype(np.float64)
        if len(sure) >= SPECKS and sure[:, :4].max() <= SPECK_PX:
            raise UnusableDetector(f"{self.path} tells boxes in shares of the picture. Wanted: {WANTED}. {SEE}")
        return self._told(sure, page)

    def shown(self, picture: Picture) -> NDArray[Any]:
        """What the network is given of a picture of which everything may be new (1, …); good until the next picture."""
        return self._paper.laid(picture, None).paper

    def knowing(self, empty: Picture) -> Background:
        """What a camera knows that has seen the shop empty."""
        return Background(self._paper.laid(empty, None).pixels)

    def remember(self, background: Background, people: Detections, at_s: float) -> None:
        """Let a camera learn the shop from its picture, the last that was looked at, in which ``people`` stand."""
        page = self._last
        if page is None or self._family.intake.colours == COLOURS or not background.due(at_s):
            return
        (sx, sy), around = page.scale, []
        for name, boxes in zip(NEAR, (people.heads, people.hands, people.feet), strict=True):
            x, y = (boxes[:, 0] + 0.5) * sx + page.left, (boxes[:, 1] + 0.5) * sy + page.top
            around.append(np.column_stack([x, y, NEAR[name] * boxes[:, 2] * sx]))
        background.learn(page.pixels, at_s, np.concatenate(around))

    def believed(self, found: Detections, *, down: bool = False) -> Detections:
        """What is sure enough for its class; of bodies only hands whose head is. ``down``: as in `suspect`."""
        several = down and self._family.poses

        def asked(name: str) -> float:
            return self.least.get(name, LEAST_SCORE) * (AGREED.get(name, AGREED_ELSE) if several else 1.0)

        sure = found.each(lambda name, boxes: boxes[:, 4] >= asked(name))
        if sure.bodies is None:
            return sure
        theirs = np.isin(sure.bodies.hands[:, 0], sure.bodies.heads)
        return sure.each(lambda name, boxes: theirs if name == "hand" else np.ones(len(boxes), np.bool_))

    def _answer(self, page: Page, least: float) -> Balls | Poses:
        """What the network says of its input."""
        try:
            answer = self._network.shown(page.paper, least)
        except Unfit as error:
            raise UnusableDetector(f"{self.path} {error}. {SEE}") from error
        self._looks += 1
        if self._family.speaks and self._looks >= SILENT and not self._network.heard:
            raise UnusableDetector(self.silence)
        return answer

    # --- boxes ------------------------------------------------------------------------------------------------------

    def _told(self, sure: Array, page: Page) -> Detections:
        sure = sure[_in_picture(sure, page)]
        sure = sure[np.argsort(-sure[:, 4], kind="stable")]
        x1, y1, x2, y2, score, number = sure.T
        (sx, sy), left, top = page.scale, page.left, page.top
        # Corners count from a pixel's edge, centres from its middle.
        x, y = ((x1 + x2) / 2 - left) / sx - 0.5, ((y1 + y2) / 2 - top) / sy - 0.5
        boxes = np.column_stack([x, y, (x2 - x1) / sx, (y2 - y1) / sy, score.clip(max=1.0)])
        found = {name: surest(boxes[np.rint(number) == of])[:MOST] for name, of in self._family.classes.items()}
        nothing = np.empty((0, 5))
        heads, hands, feet, elbows = (found.get(name, nothing) for name in CLASSES)
        new = None if self._paper.new is None else Newness(self._paper.new, page.scale, page.left, page.top)
        return Detections(heads, hands, feet, elbows, new)

    # --- bodies -----------------------------------------------------------------------------------------------------

    def _posed(self, picture: Picture, least: float, turns: int) -> Detections:
        """Everybody whom so many quarter turns of the picture agree on."""
        height, width = picture.shape[:2]
        # What one look in four shows counts a quarter: each is asked for more than is believed in the end.
        asked = least / 2 if turns > 1 else least
        looks = []
        for turn in range(turns):
            turned = np.ascontiguousarray(np.rot90(picture, turn))
            looks.append(self._looked(turned, asked).moved(_turned_back(turn, width, height)))
        poses = agreed(looks)
        seen = things(poses, (SIZES_M["head"], SIZES_M["hand"], SIZES_M["feet"], SIZES_M["elbow"]), least)
        bodies = Bodies(poses.joints, seen.heads_of, seen.hands_of)
        return Detections(seen.heads, seen.hands, seen.feet, seen.elbows, None, bodies)

    def _looked(self, picture: Picture, least: float) -> Poses:
        """Everybody in one picture; in its parts as well, where there may be more than the network can tell."""
        poses = self._asked(picture, least)
        believed = int((poses.scores >= self.least["head"]).sum())
        if self._family.most is None or believed < self._family.most:
            return surest_bodies(poses)
        height, width = picture.shape[:2]
        high, wide = round(TILE * height), round(TILE * width)
        found = [poses]
        for top in (0, height - high):
            for left in (0, width - wide):
                part = np.ascontiguousarray(picture[top : top + high, left : left + wide])
                found.append(self._asked(part, least).moved(np.array([[1.0, 0.0, left], [0.0, 1.0, top]])))
        return surest_bodies(together(found))

    def _asked(self, picture: Picture, least: float) -> Poses:
        page = self._last = self._paper.laid(picture, None)
        answer = self._answer(page, least)
        assert isinstance(answer, Poses)
        poses = answer.moved(page.picture_from_input)
        return poses.chosen(_on(poses.joints, picture)) if len(poses.scores) else NOBODY


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


def _in_picture(rows: Array, page: Page) -> NDArray[np.bool_]:
    """Which rows are boxes that lie in the input, a part of them at least."""
    x1, y1, x2, y2 = rows[:, :4].T
    height, width = page.pixels.shape[:2]
    inside = (x2 > 0) & (y2 > 0) & (x1 < width) & (y1 < height)
    sized = (x2 > x1) & (y2 > y1) & (x2 - x1 <= width) & (y2 - y1 <= height)
    return np.asarray(inside & sized, np.bool_)


def _on(joints: Array, picture: Picture) -> NDArray[np.bool_]:
    """Which bodies (n, 17, 3) have their joints where numbers are, and the middle of their skull on the picture."""
    x, y = middles(joints).T
    height, width = picture.shape[:2]
    on = (x >= -0.5) & (y >= -0.5) & (x < width - 0.5) & (y < height - 0.5)
    return np.asarray(on & np.isfinite(joints).all(axis=(1, 2)), np.bool_)


def _turned_back(turn: int, width: int, height: int) -> Array:
    """Pixels of a picture from those of it after so many quarter turns to the left: (2, 3)."""
    return np.array(
        [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            [[0.0, -1.0, width - 1.0], [1.0, 0.0, 0.0]],
            [[-1.0, 0.0, width - 1.0], [0.0, -1.0, height - 1.0]],
            [[0.0, 1.0, 0.0], [-1.0, 0.0, height - 1.0]],
        ][turn]
    )
