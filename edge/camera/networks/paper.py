"""A picture as a network wants to be given it.

Enters: pictures of cameras, of any size, each with what its camera knows of the empty shop, if the network asks for
that. Leaves: the network's input, and where in it the picture lies. A picture is reduced to fit and stands in the
middle, on grey. What costs time is done in place, in buffers that are made once for each size of picture: a picture is
reduced and its colours put in order in about a quarter of a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.background import NEW, Background, Plane
from edge.camera.networks.form import COLOURS, Intake
from edge.camera.picture import Picture

GREY: Final = 114
"""What stands beside a picture of another shape than the network's; ultralytics trains with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Where pictures of one size lie in the network's input: reduced by ``scale``, ``left`` and ``top`` pixels from its
    corner. ``halved``: they are averaged down by this factor before, so that nothing small gets lost between pixels.
    ``pixels`` is the input as a picture, ``inner`` the part of it that is the camera's.
    """

    pixels: Picture
    inner: Picture
    scale: tuple[float, float]
    left: int
    top: int
    halved: int
    paper: NDArray[Any]
    """What the network is given: (1, …)."""
    planes: list[Plane]

    @property
    def picture_from_input(self) -> NDArray[np.float64]:
        """Pixels of the picture from those of the input, (2, 3); a pixel is where its centre is."""
        (sx, sy), left, top = self.scale, self.left, self.top
        return np.array([[1 / sx, 0.0, (0.5 - left) / sx - 0.5], [0.0, 1 / sy, (0.5 - top) / sy - 0.5]])


class Paper:
    """One network's input. Not for several threads at once."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self.new: Plane | None = None
        """What was new in the picture that was laid last, where that is known."""
        self._pages: dict[tuple[int, ...], Page] = {}

    def laid(self, picture: Picture, background: Background | None) -> Page:
        """Put a picture into the network's input."""
        page = self._pages.get(picture.shape)
        if page is None:
            page = self._pages[picture.shape] = self._page(picture)
        if page.halved > 1:
            size = (picture.shape[1] // page.halved, picture.shape[0] // page.halved)
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        inner = page.inner
        cv2.resize(picture, (inner.shape[1], inner.shape[0]), dst=inner, interpolation=cv2.INTER_LINEAR)
        if self.intake.colours > COLOURS:
            self.new = background.novelty(page.pixels) if background is not None else None
        if self.intake.by_pixel:
            self._fill_pixels(page)
        else:
            self._fill_planes(page)
        return page

    def _fill_pixels(self, page: Page) -> None:
        """Colour after colour of each pixel."""
        paper = page.paper[0]
        if self.intake.number is not np.uint8:
            paper[...] = page.pixels[..., ::-1]
        elif self.intake.colours == COLOURS:
            cv2.cvtColor(page.pixels, cv2.COLOR_BGR2RGB, dst=paper)
        else:
            cv2.cvtColor(page.pixels, cv2.COLOR_BGR2RGBA, dst=paper)
            cv2.insertChannel(self._news(page), paper, COLOURS)

    def _fill_planes(self, page: Page) -> None:
        """Pixel after pixel of each colour."""
        cv2.split(page.pixels, page.planes)
        colours = page.planes if self.intake.blue_first else page.planes[::-1]
        number, darker = self.intake.number, self.intake.brightest / 255.0
        news = [self._news(page)] if self.intake.colours > COLOURS else []
        for plane, paper in zip([*colours, *news], page.paper[0], strict=True):
            if darker == 1.0:
                paper[...] = plane
            else:
                np.multiply(plane, number(darker), out=paper)

    def _news(self, page: Page) -> Plane:
        """How new each pixel is; all of them where that is not known."""
        return np.full(page.pixels.shape[:2], NEW, np.uint8) if self.new is None else self.new

    def _page(self, picture: Picture) -> Page:
        height, width = picture.shape[:2]
        across, down = self._sides(width, height)
        reduced = min(across / width, down / height)
        inner_w, inner_h = round(width * reduced), round(height * reduced)
        left, top = (across - inner_w) // 2, (down - inner_h) // 2
        pixels = np.full((down, across, 3), GREY, np.uint8)
        inner = pixels[top : top + inner_h, left : left + inner_w]
        colours = self.intake.colours
        shape = (1, down, across, colours) if self.intake.by_pixel else (1, colours, down, across)
        paper, planes = np.empty(shape, self.intake.number), [np.empty((down, across), np.uint8) for _ in range(3)]
        scale = (inner_w / width, inner_h / height)
        return Page(pixels, inner, scale, left, top, max(1, int(1 / reduced)), paper, planes)

    def _sides(self, width: int, height: int) -> tuple[int, int]:
        """How wide and high the input is for a picture of this size."""
        step, across, down = self.intake.open_by, self.intake.width, self.intake.height
        if not step:
            return across, down
        reduced = max(across, down) / max(width, height)
        return tuple(max(step, round(side * reduced / step) * step) for side in (width, height))  # type: ignore[return-value]
