"""What is counted as found, missed, invented, or neither."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from edge.camera.detect import SHIPPED
from edge.camera.networks.form import SIZES_M
from edge.optics import Lens, looking_down
from models.__main__ import app
from models.evaluate import Figures, Kind, count, table
from models.render.dataset import render

VIEW = looking_down(Lens(640, 480, 300.0, 300.0, 319.5, 239.5), (0.0, 0.0, 3.0))
HEADS = np.array([[0.2, 0.1, 1.6], [-0.5, 0.4, 1.5]])

Array = NDArray[np.float64]


def boxes(points: Array, scores: list[float]) -> Array:
    return np.column_stack([VIEW.pixels(points), VIEW.balls(points, SIZES_M["head"]), scores])


def counted(found: Array, seen: tuple[float, float] = (1.0, 1.0)) -> Kind:
    kind = Kind()
    count(kind, found, [(p, share, 0.01) for p, share in zip(HEADS, seen, strict=True)], VIEW, SIZES_M["head"])
    return kind


def test_everything_found_and_nothing_invented() -> None:
    assert counted(boxes(HEADS, [0.9, 0.6])).at(0.5) == (1.0, 1.0)


def test_one_is_missed_and_another_invented() -> None:
    invented = np.array([[0.9, -0.6, 1.6]])
    kind = counted(np.vstack([boxes(HEADS[:1], [0.9]), boxes(invented, [0.8])]))
    assert kind.at(0.5) == (0.5, 0.5)
    assert kind.at(0.85) == (0.5, 1.0)
    assert 0.8 < kind.best() <= 0.9


def test_the_same_head_twice_is_once_invented() -> None:
    kind = counted(np.vstack([boxes(HEADS, [0.9, 0.9]), boxes(HEADS[:1], [0.7])]))
    assert kind.at(0.5) == pytest.approx((1.0, 2 / 3))


def test_what_is_not_believed_takes_nothing_from_what_is() -> None:
    beside = boxes(HEADS, [0.9, 0.9])
    beside[:, 0] += 0.4 * beside[:, 2]
    kind = counted(np.vstack([beside, boxes(HEADS[:1], [0.1])]))
    assert kind.at(0.5) == (1.0, 1.0)
    assert kind.at(0.05) == pytest.approx((1.0, 2 / 3))


def test_a_hidden_head_is_neither_missed_nor_invented() -> None:
    assert counted(boxes(HEADS[:1], [0.9]), seen=(1.0, 0.3)).at(0.5) == (1.0, 1.0)
    assert counted(boxes(HEADS, [0.9, 0.9]), seen=(1.0, 0.3)).at(0.5) == (1.0, 1.0)


def test_beside_is_not_found() -> None:
    off = boxes(HEADS, [0.9, 0.9])
    off[:, 0] += 0.7 * off[:, 2]
    assert counted(off).at(0.5) == (0.0, 0.0)


def test_what_was_never_measured_is_not_told() -> None:
    figures = Figures(pictures=3, heads=counted(boxes(HEADS, [0.9, 0.6])))
    told = table(figures, {"head": 0.5})
    assert "| head | 2 | 0.50 | 1.000 | 1.000 |" in told
    assert "hands" not in told


def test_a_file_is_left_alone_where_there_is_nobody_to_choose_by(tmp_path: Path) -> None:
    file = Path(shutil.copy(SHIPPED, tmp_path))
    said = CliRunner().invoke(app, ["evaluate", str(tmp_path), str(file), "--choose"])
    assert said.exit_code == 2
    assert "truth/val: there is nobody to choose by" in said.stderr
    assert file.read_bytes() == SHIPPED.read_bytes()


def test_pictures_of_an_earlier_version_are_refused_with_what_to_do(tmp_path: Path) -> None:
    render(tmp_path, 0, 0, 2, seed=3, processes=1)
    for path in (tmp_path / "truth" / "test").iterdir():
        told = json.loads(path.read_text())
        for person in told["people"]:
            del person["elbows"], person["elbows_seen"]
        path.write_text(json.dumps(told))
    said = CliRunner().invoke(app, ["evaluate", str(tmp_path), str(SHIPPED)])
    assert said.exit_code == 2
    assert "draw it anew with `render`" in said.stderr
