"""The cameras' pictures of ``docs/calibration.md``: what the real command prints and draws, in no real shop.

Enters: a folder to write to. Leaves: the sheets as they are printed, the verdict, and the plan over the camera's view.
The shop is the demo shop, drawn by `models.render`; a technician holds the board under c1 and has laid six markers.
``python -m simulator.rig.pictures docs/pictures`` draws them anew, with all the others.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.sheets import PAPERS, board_page, marker_page
from edge.optics import View, looking_down
from edge.store import load_store
from models.render.film import Film
from models.render.light import Light
from models.render.paint import a_sheet
from models.render.shop import a_dressing, furnish
from simulator.chance import stream
from simulator.commands import DEMO
from simulator.frames import SENSOR
from simulator.rig.boards import Camera, Spoilt, boards_held, marker_lying, photograph, random_lens
from simulator.rig.printed import picture

PAPER = PAPERS["A3"]
LAID = ((0.85, 0.62), (3.15, 0.55), (1.15, 1.75), (2.95, 1.62), (2.05, 0.45), (2.0, 1.9))
SEED = 8
COMMAND = "calibrate camera c1 --store shop --paper A3 --lens boards --floor floor.png --picture c1.png --by aki --yes"


def draw(folder: Path) -> None:
    """All of them."""
    with TemporaryDirectory() as work:
        at = Path(work)
        shutil.copytree(DEMO, at / "shop")
        photographs(at)
        picture(folder / "camera.svg", COMMAND, at)
        view = cv2.imread(str(at / "c1.png"))
        assert view is not None
        cv2.imwrite(str(folder / "camera-view.jpg"), view, [cv2.IMWRITE_JPEG_QUALITY, 85])
    cv2.imwrite(str(folder / "camera-sheets.png"), sheets())


def photographs(at: Path, seed: int = SEED, boards: int = 32) -> None:
    """What the technician took, and where the markers lie."""
    rng = np.random.default_rng(seed)
    lens = random_lens(rng, 1280, 720, 115.0)
    view = looking_down(lens, (2.03, 1.14, 2.71), 6.0)
    camera, empty = Camera(view), shop(view, seed)
    sharp = Spoilt(0.5, 2.0, 0.0)
    (at / "boards").mkdir()
    for i, held in enumerate(boards_held(view, PAPER, rng, boards)):
        cv2.imwrite(str(at / "boards" / f"{i:02}.jpg"), photograph(camera, [held], i, sharp, empty))
    laid = [marker_lying(PAPER, n, spot, 37.0 * n) for n, spot in enumerate(LAID, 1)]
    cv2.imwrite(str(at / "floor.png"), photograph(camera, laid, seed, sharp, empty))
    # A tape measure is read to half a centimetre.
    read = [(round(x * 200 + rng.normal()) / 200, round(y * 200 + rng.normal()) / 200) for x, y in LAID]
    rows = (f"[[marker]]\nid = {n}\nposition = [{x}, {y}]\n" for n, (x, y) in enumerate(read, 1))
    (at / "shop" / "markers.toml").write_text("\n".join(rows), encoding="utf-8")


def shop(view: View, seed: int) -> NDArray[np.float32]:
    """The demo shop with nobody in it, grey."""
    rng = stream(seed, "shop")
    sheet = a_sheet(rng)
    film = Film(view, Light(0.35, 0.65, 0.15, np.array([0.5, 0.5, 0.7], np.float32), 0.1))
    film.draw(furnish(rng, load_store(DEMO).layout, a_dressing(rng, sheet)))
    seen = SENSOR.develop(film.exposure(), rng)
    grey: NDArray[np.float32] = cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return grey


def sheets() -> NDArray[np.uint8]:
    """The board and a floor marker, small, side by side."""
    pages = [cv2.resize(p, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
             for p in (board_page(PAPER), marker_page(PAPER, 3))]  # fmt: skip
    gap = np.full((pages[0].shape[0], 24), 150, np.uint8)
    row = np.hstack([gap, pages[0], gap, pages[1], gap]).astype(np.uint8)
    return np.pad(row, ((24, 24), (0, 0)), constant_values=150)
