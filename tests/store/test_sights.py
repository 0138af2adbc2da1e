"""How cameras see: the newest profile counts, a broken one is told with the remedy, and recordings carry them along."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store import load_store, read_store
from tests.corner import write_store

SIGHT = """\
camera = "cam"
made = 2026-11-01T09:00:00Z
width = 1280
height = 720
fx = 600.0
fy = 600.0
cx = 639.5
cy = 359.5
distortion = [-0.1, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
position = [2.0, 1.0, 2.6]
rotation = [3.141592653589793, 0.0, 0.0]
residual_px = 0.2

[lens]
boards = 30
"""


def folder_with(tmp_path: Path, **profiles: str) -> Path:
    folder = write_store(tmp_path / "shop")
    history = folder / "calibration" / "cam"
    history.mkdir(parents=True)
    for name, text in profiles.items():
        (history / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_newest_profile_of_a_camera_counts_and_recordings_carry_it(tmp_path: Path) -> None:
    moved = SIGHT.replace("position = [2.0", "position = [2.2").replace("11-01", "11-02")
    store = load_store(folder_with(tmp_path, **{"20261102T090000Z": moved, "20261101T090000Z": SIGHT}))
    assert store.sights["cam"].name == "20261102T090000Z"
    below = store.sights["cam"].view.pixels([(2.2, 1.0, 0.0)])
    assert tuple(below[0]) == pytest.approx((639.5, 359.5))
    assert read_store(store.sources).sights == store.sights


def test_a_camera_that_nobody_has_calibrated_has_none(tmp_path: Path) -> None:
    assert load_store(write_store(tmp_path / "shop")).sights == {}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"cam"', '"c9"', "it is the profile of c9"),
        ("width = 1280", "width = 0", "width: input should be greater than or equal to 16"),
        (", 2.6]", ", -2.6]", "it hangs 2.6 m below the floor"),
        ("[3.141592653589793, 0.0", "[0.0, 0.0", "in its picture there is no floor"),
        ("[3.141592653589793, 0.0", "[1e300, 0.0", "more than a whole turn"),
        ("[-0.1, 0.01", "[-50.0, 0.01", "in its picture there is no floor"),
        ("fx = 600.0", "fx =", "is not TOML"),
        ("0.01, 0.0", "0.01, nan", "distortion.3: input should be a finite number"),
        (" 0.0, 0.0]\nposition", "]\nposition", "distortion"),
    ],
)
def test_a_broken_one_blinds_its_camera_and_not_the_shop(tmp_path: Path, old: str, new: str, says: str) -> None:
    folder = folder_with(tmp_path, **{"20261101T090000Z": SIGHT, "20261102T090000Z": SIGHT.replace(old, new)})
    store = load_store(folder)
    assert store.sights == {}
    assert says in str(store.blind["cam"])
    assert "tebura calibrate camera cam" in str(store.blind["cam"])
    assert read_store(store.sources).blind == store.blind
