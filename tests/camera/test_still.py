"""An empty aisle is hardly looked at, whatever light and noise do; and nobody is overlooked for it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")

from edge.camera.picture import Picture, thumbnail
from edge.camera.still import LINGER_S, LOOK_S, Still
from tests.camera.scenes import FPS, floor, noisy, shown


def looks(pictures: Iterator[Picture], somebody: frozenset[int] = frozenset()) -> list[bool]:
    """Which pictures are looked at, ``somebody`` being seen in those."""
    still, looked = Still(), []
    for i, picture in enumerate(pictures):
        small, at_s = thumbnail(picture), i / FPS
        looked.append(still.stirs(small, at_s))
        if looked[-1]:
            still.looked(small, at_s, somebody=i in somebody)
    return looked


def seconds(s: float) -> int:
    return int(s * FPS)


def empty(of: str, count: int) -> Iterator[Picture]:
    """A minute of nobody, in which something else goes on."""
    rng, scene = np.random.default_rng(3), floor().astype(float)
    cloud = 1.0
    for i in range(count):
        if of == "noise":
            yield noisy(floor(), i, 12.0, colours=3)
        elif of == "sunset":
            yield noisy(scene * (1.0 - 0.6 * i / count), i, 6.0, colours=3)
        elif of == "exposure":
            cloud = np.clip(cloud + rng.choice([-0.15, 0.0, 0.15]), 0.5, 1.5)
            yield noisy(scene * cloud + 20 * (cloud - 1), i, 6.0, colours=3)
        else:
            screen = scene.copy()
            screen[40:120, 500:620] = rng.integers(0, 255)
            yield noisy(screen, i, 6.0, colours=3)


@pytest.mark.parametrize("of", ["noise", "sunset", "exposure", "screen"])
def test_nobody_is_looked_for_every_few_seconds_only(of: str) -> None:
    looked = looks(empty(of, seconds(60)))
    learned = seconds(30 if of == "screen" else 5)
    assert sum(looked[learned:]) <= (seconds(60) - learned) / seconds(LOOK_S) + 1


def test_whoever_comes_in_is_looked_at_in_the_very_frame_and_for_some_seconds_after() -> None:
    comes = seconds(20) + 3
    pictures = [shown([(1.0, 1.0, 1.55)] if i == comes else [], seed=i) for i in range(seconds(30))]
    looked = looks(iter(pictures))
    assert not looked[comes - 1]
    assert all(looked[comes : comes + seconds(LINGER_S)])


def test_a_hand_alone_wakes_it() -> None:
    comes = seconds(12) + 3
    pictures = [shown([], [(3.0, 1.7, 1.1)] if i == comes else [], seed=i) for i in range(seconds(13))]
    assert looks(iter(pictures))[comes]


def test_whoever_stands_perfectly_still_is_looked_at_as_long_as_they_are_seen() -> None:
    there = frozenset(range(seconds(8), seconds(40)))
    pictures = [shown([(1.0, 1.0, 1.55)] if i in there else [], seed=i) for i in range(seconds(45))]
    looked = looks(iter(pictures), there)
    assert all(looked[i] for i in there)


def test_whoever_was_overlooked_at_first_is_looked_at_again_within_seconds() -> None:
    from_, seen_from = seconds(8), seconds(20)
    pictures = [shown([(1.0, 1.0, 1.55)] if i >= from_ else [], seed=i) for i in range(seconds(40))]
    looked = looks(iter(pictures), frozenset(range(seen_from, len(pictures))))
    first = next(i for i in range(seen_from, len(pictures)) if looked[i])
    assert first < seen_from + seconds(LOOK_S) + 1
    assert all(looked[first:])
