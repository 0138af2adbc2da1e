"""A shop with one camera that sees coloured squares as people, and videos of them.

The corner shop's camera hangs at 2.6 m and looks straight down, through a lens that is in a profile as a technician
would have it. `shown` draws what `tests.camera.nets` recognises: a red square is the image of a head, a green one of a
hand. The floor has a pattern and every frame its noise, as pictures of cameras do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.picture import Picture
from edge.optics import Lens, View, looking_down
from edge.records import Point
from tests.camera.nets import SQUARE, WIDTH, colour_net
from tests.corner import FILES, write_store

SIZE = (640, 480)
LENS = Lens(*SIZE, 162.0, 162.0, 319.5, 239.5)
"""So wide that a square of the network is as large as a head of 24 cm at 1.55 m."""
VIEW = looking_down(LENS, (2.0, 1.0, 2.6))
FPS = 10.0
SPARE = 64

PROFILE = """\
camera = "cam"
made = 2026-11-22T01:14:05Z
width = {width}
height = {height}
fx = {fx}
fy = {fy}
cx = {cx}
cy = {cy}
position = [2.0, 1.0, 2.6]
rotation = [{x}, {y}, {z}]
"""


def profile(lens: Lens = LENS, view: View = VIEW) -> str:
    x, y, z = view.rotation
    of = {"width": lens.width, "height": lens.height, "fx": lens.fx, "fy": lens.fy, "cx": lens.cx, "cy": lens.cy}
    return PROFILE.format(**of, x=x, y=y, z=z)


def shop(folder: Path, site: str = "", *, calibrated: bool = True, store: str = "") -> Path:
    """A store folder with a calibrated camera and a detector; ``site`` and ``store`` are added to its files."""
    write_store(folder)
    (folder / "store.toml").write_bytes(FILES["store.toml"] + store.encode())
    net = colour_net(folder / "colours.onnx")
    (folder / "site.toml").write_text(f'{site}\n[eyes]\ndetector = "{net}"\n', encoding="utf-8")
    if calibrated:
        (folder / "calibration" / "cam").mkdir(parents=True)
        (folder / "calibration" / "cam" / "20261122T011405Z.toml").write_text(profile(), encoding="utf-8")
    return folder


@cache
def floor(seed: int = 1) -> Picture:
    """What the camera sees of an empty shop: grey patches, brighter to the left, and nothing in them is symmetric."""
    coarse = np.random.default_rng(seed).integers(70, 150, (12, 16, 1))
    grey = cv2.resize(coarse.astype(np.float32), SIZE, interpolation=cv2.INTER_LINEAR) - np.linspace(0, 40, SIZE[0])
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


@cache
def _noise(colours: int) -> NDArray[np.float32]:
    """Noise of more than a picture: where one begins in it is drawn, and no two are alike."""
    height, width = SIZE[1] + SPARE, SIZE[0] + SPARE
    return np.random.default_rng(2).standard_normal((height, width, colours), np.float32)


def noisy(picture: NDArray[Any], seed: int, sd: float = 3.0, colours: int = 1) -> Picture:
    """A picture (480, 640, 3) with a sensor's noise, of so many grey levels, or as many of each of three colours:
    another ``seed``, another noise.
    """
    row, column = np.random.default_rng(seed).integers(SPARE, size=2)
    noise = (_noise(colours)[row : row + SIZE[1], column : column + SIZE[0]] * sd).astype(np.int16)
    seen: Picture = np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return seen


def shown(heads: Sequence[Point] = (), hands: Sequence[Point] = (), seed: int = 0) -> Picture:
    """One frame: so many people's heads and hands on the floor, and noise."""
    frame = noisy(floor(), seed)
    half = SQUARE * SIZE[0] / WIDTH / 2
    for points, colour in ((heads, (0, 0, 255)), (hands, (0, 255, 0))):
        for x, y in VIEW.pixels(points) if len(points) else ():
            low, high = (round(x - half), round(y - half)), (round(x + half), round(y + half))
            cv2.rectangle(frame, low, high, colour, -1)
    return frame


def film(path: Path, frames: Iterable[Picture], fps: float = FPS) -> Path:
    """A video file of them, as they are told: every frame by itself, so that the same frame is the same to the byte."""
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
            writer.set(cv2.VIDEOWRITER_PROP_QUALITY, 95)
        writer.write(frame)
    assert writer is not None
    writer.release()
    return path


def walk(count: int, of: int = 20) -> list[Picture]:
    """Nobody, then somebody who crosses the floor with a hand beside, then nobody: ``of`` frames each."""
    still = [shown(seed=i) for i in range(of)]
    steps = [(0.8 + 2.4 * i / count, 0.8, 1.55) for i in range(count)]
    walking = [shown([(x, y, z)], [(x + 0.1, y + 0.45, 1.1)], seed=50 + i) for i, (x, y, z) in enumerate(steps)]
    return [*still, *walking, *(shown(seed=200 + i) for i in range(of))]
