"""All pictures of ``docs/calibration.md``: ``python -m simulator.rig.pictures docs/pictures`` draws them anew."""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.rig import camera_pictures, shelf_pictures

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m simulator.rig.pictures FOLDER")
    shelf_pictures.draw(Path(sys.argv[1]))
    camera_pictures.draw(Path(sys.argv[1]))
