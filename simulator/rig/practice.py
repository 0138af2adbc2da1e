"""A practice set for a camera's calibration: what a technician would have photographed, for who has no camera at hand.

Enters: a folder that is not there yet, and a seed. Leaves in it: ``shop``, a copy of the demo shop with the measured
places of the markers (``markers.toml``), ``boards`` with the pictures of the board, ``floor.png``; and the command of
``docs/calibration.md`` that reads them. The seed draws the lens, and where the board was held. Refuses: a folder that
exists, so that nothing of a real shop is overwritten.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from simulator.commands import DEMO
from simulator.rig.camera_pictures import PAPER, photographs

BOARDS = 20
"""Fewer than somebody at a real camera should take: each costs half a second to draw."""


def practice(folder: Path, seed: int) -> str:
    """Write it all; the command to go on with. `OSError` where it cannot be written."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise OSError(f"{folder}: is there already. Name a folder that is not, with --boards") from None
    except OSError as error:
        raise OSError(f"{folder}: cannot be made ({error.strerror}). Name another with --boards") from error
    shutil.copytree(DEMO, folder / "shop")
    photographs(folder, seed, BOARDS)
    words = ["tebura", "calibrate", "camera", "c1", "--store", folder / "shop", "--paper", PAPER.name]
    return shlex.join(map(str, [*words, "--lens", folder / "boards", "--floor", folder / "floor.png"]))
