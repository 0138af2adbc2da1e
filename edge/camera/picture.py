"""Does a picture show the shop?

Enters: one camera's pictures with their times, and the lens that it was calibrated with. Leaves: nothing where all is
well, else one sentence that says what is wrong with the picture and what to do. It is judged on a thumbnail, which also
tells whether anything moves (`edge.camera.still`).

*Black*, or one colour all over: a lens cap, a cleaning cloth, no light. *Frozen*: to the byte the same for twenty
seconds, which no sensor and no encoder gives, for there is always noise. *Of another shape* than the lens was
calibrated with: another mode, or turned by 90°. *Turned or mirrored*: since the node began to look, the scene
looks like itself upside down. A camera that was turned before, or only bumped, shows a good picture of the wrong
place: `tebura calibrate check` finds those.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.optics import Lens
from edge.told import NOTHING, Sentence, phrase, told

Picture: TypeAlias = NDArray[np.uint8]
"""(height, width, 3): blue, green, red, as OpenCV reads it."""
Thumbnail: TypeAlias = NDArray[np.float32]
"""(height, width), grey levels 0…255."""

ACROSS: Final = 80
"""Pixels of a thumbnail, about: a head under a ceiling of 3 m is five of them wide, a hand three."""

DULL: Final = 3.0
"""Grey levels: standard deviation of a thumbnail that shows nothing."""
BLACK: Final = 24.0
DULL_S: Final = 2.0
FROZEN_S: Final = 20.0
"""Encoders may repeat a still scene for as long as one group of pictures takes, and no longer."""
TURNED_S: Final = 2.0
ALIKE: Final = 0.6
CLEARLY: Final = 0.3
"""Correlation of a turned picture with what the camera has shown so far, and how much better that is than upright."""
REMEMBER_S: Final = 30.0
LEAST_WIDTH: Final = 160
SAME_SHAPE: Final = 0.01
"""Share by which width over height may differ between two sizes of one view."""

TURNS: Final = {
    phrase("upside down"): (-1, -1),
    phrase("mirrored"): (1, -1),
    phrase("mirrored and upside down"): (-1, 1),
}


def thumbnail(picture: Picture) -> Thumbnail:
    """A picture in about eighty pixels across. Of its rows some are enough."""
    factor = max(1, round(picture.shape[1] / ACROSS))
    rows = picture[:: max(1, factor // 2)]
    size = (picture.shape[1] // factor, picture.shape[0] // factor)
    small = cv2.resize(rows, size, interpolation=cv2.INTER_AREA)
    grey: Thumbnail = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return grey


def misfit(width: int, height: int, lens: Lens) -> Sentence:
    """Why pictures of this size cannot be of that lens; empty: they are, perhaps at another scale."""
    if width < LEAST_WIDTH:
        return told(
            "the picture is {width}x{height}, too small to find people in. Take a stream of 1280 pixels "
                "across, {least} at "
            "least",
            width=width, height=height, least=LEAST_WIDTH,
        )  # fmt: skip
    if abs(width * lens.height / (height * lens.width) - 1.0) <= SAME_SHAPE:
        return NOTHING
    is_turned = abs(height * lens.height / (width * lens.width) - 1.0) <= SAME_SHAPE
    turned = phrase(
        "the picture is {width}x{height}, the lens was calibrated at {wide}x{high}: somebody turned it by 90°. "
        "Set the camera back to that size and way round, or calibrate it anew"
    )
    other = phrase(
        "the picture is {width}x{height}, the lens was calibrated at {wide}x{high}: that is another part of the view. "
        "Set the camera back to that size and way round, or calibrate it anew"
    )
    return told(turned if is_turned else other, width=width, height=height, wide=lens.width, high=lens.height)


class Judge:
    """Judges one camera's pictures, in the order of their times."""

    def __init__(self) -> None:
        self._print: NDArray[np.uint8] | None = None
        self._changed_s = self._shown_s = self._upright_s = self._last_s = -np.inf
        self._usual: Thumbnail | None = None

    def fault(self, picture: Picture, small: Thumbnail, at_s: float) -> Sentence:
        """What is wrong with this picture; empty: nothing."""
        if at_s < self._last_s or self._last_s == -np.inf:
            self._changed_s = self._shown_s = self._upright_s = at_s
        passed_s, self._last_s = max(0.0, at_s - self._last_s), at_s
        return self._dull(small, at_s) or self._frozen(picture, at_s) or self._turned(small, at_s, passed_s)

    def _dull(self, small: Thumbnail, at_s: float) -> Sentence:
        if float(small.std()) > DULL:
            self._shown_s = at_s
        if at_s - self._shown_s < DULL_S:
            return NOTHING
        black = phrase("the picture is black. Is the lens covered, the light off? Uncover it, or put the light on")
        plain = phrase(
            "the picture shows one colour all over. Is the lens covered, the light off? Uncover it, or put the light on"
        )
        return told(black if float(small.mean()) < BLACK else plain)

    def _frozen(self, picture: Picture, at_s: float) -> Sentence:
        now = picture[:: max(1, picture.shape[0] // 64), :: max(1, picture.shape[1] // 64)]
        if self._print is None or self._print.shape != now.shape or not np.array_equal(self._print, now):
            self._print, self._changed_s = now.copy(), at_s
        if at_s - self._changed_s < FROZEN_S:
            return NOTHING
        what = phrase("the picture has been the same for {for_s:.0f} s, to the byte. Restart the camera")
        return told(what, for_s=FROZEN_S)

    def _turned(self, small: Thumbnail, at_s: float, passed_s: float) -> Sentence:
        """Compare with what it usually shows, which is learned as long as it is upright."""
        usual = self._usual
        if usual is None or usual.shape != small.shape:
            if float(small.std()) > DULL:
                self._usual, self._upright_s = small.copy(), at_s
            return NOTHING
        upright, how, best = _alike(usual, small), "", -1.0
        if upright <= 1.0 - CLEARLY:  # else nothing can be clearly more alike
            how, best = max(
                ((how, _alike(usual, small[::y, ::x])) for how, (y, x) in TURNS.items()), key=lambda t: t[1]
            )
        if best < ALIKE or best < upright + CLEARLY:
            self._upright_s = at_s
            if upright > ALIKE:
                usual += (small - usual) * np.float32(min(1.0, passed_s / REMEMBER_S))
        if at_s - self._upright_s < TURNED_S:
            return NOTHING
        what = phrase(
            "the picture is {how}: somebody has turned or mirrored it. Turn it back in the camera's "
            "settings, or calibrate "
            "the camera anew"
        )
        return told(what, how=told(how))


def _alike(one: Thumbnail, other: Thumbnail) -> float:
    """Correlation, -1 … 1."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0.0 else 0.0
