"""A picture that does not show the shop is told, with what to do; one that shows it again is believed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

from edge.camera.footage import footage
from edge.camera.picture import Judge, Picture, misfit, thumbnail
from tests.camera.scenes import LENS, SIZE, film, shown

SHOP = [shown(seed=i) for i in range(40)]


def verdicts(path: Path, frames: Sequence[Picture], fps: float = 10.0) -> list[str]:
    """What is said of each frame of a video file."""
    judge = Judge()
    return [judge.fault(f.picture, thumbnail(f.picture), f.at_s) for f in footage(film(path, frames, fps), 1e9)]


def dark(picture: Picture) -> Picture:
    noise = np.random.default_rng(int(picture[0, 0, 0])).integers(0, 9, picture.shape)
    return noise.astype(np.uint8)


def bright(picture: Picture) -> Picture:
    return np.full_like(picture, 180)


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        (dark, "the picture is black. Is the lens covered, the light off?"),
        (bright, "the picture shows one colour all over."),
        (lambda p: p[::-1, ::-1], "the picture is upside down: somebody has turned or mirrored it."),
        (lambda p: p[:, ::-1], "the picture is mirrored: somebody has turned or mirrored it."),
    ],
)
def test_a_bad_picture_is_told_after_two_seconds_and_forgiven_at_once(
    tmp_path: Path, turn: Callable[[Picture], Picture], told: str
) -> None:
    bad = [np.ascontiguousarray(turn(p)) for p in SHOP]
    said = verdicts(tmp_path / "bad.avi", [*SHOP, *bad, *SHOP])
    assert said[: len(SHOP) + 19] == [""] * (len(SHOP) + 19)
    assert all(what.startswith(told) for what in said[len(SHOP) + 21 : 2 * len(SHOP)])
    assert said[2 * len(SHOP) :] == [""] * len(SHOP)


def test_a_picture_that_stays_the_same_to_the_byte_is_frozen_and_a_still_scene_is_not(tmp_path: Path) -> None:
    said = verdicts(tmp_path / "frozen.avi", [*SHOP[:5], *[SHOP[5]] * 130, *SHOP[6:10]], fps=5.0)
    assert said[100] == ""
    assert said[110] == "the picture has been the same for 20 s, to the byte. Restart the camera"
    assert said[-1] == ""
    assert not any(verdicts(tmp_path / "still.avi", SHOP * 3, fps=5.0))


def test_a_size_that_is_not_the_lens_s_is_told_and_another_scale_of_the_same_view_is_none() -> None:
    width, height = SIZE
    assert misfit(width, height, LENS) == ""
    assert misfit(2 * width, 2 * height, LENS) == ""
    told = "the picture is {}x{}, the lens was calibrated at 640x480: {}. Set the camera back to that size"
    assert misfit(height, width, LENS).startswith(told.format(height, width, "somebody turned it by 90°"))
    assert misfit(1280, 720, LENS).startswith(told.format(1280, 720, "that is another part of the view"))
