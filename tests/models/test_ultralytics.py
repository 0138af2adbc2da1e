"""What `yolo export` of the installed release writes is read as it means it: pose and detection, raw and suppressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("torch", reason="networks are made with torch: make trainer")
pytest.importorskip("ultralytics", reason="networks are made with ultralytics: make trainer")

from edge.camera.detect import Detector
from edge.camera.networks.load import UnusableDetector
from edge.camera.picture import Picture
from models.offline import ultralytics

WIDTH, HEIGHT = 160, 128


def network(folder: Path, recipe: str, names: dict[int, str]) -> Any:
    """A network of ultralytics' own recipe, of random weights, that is fairly sure of many things."""
    package = ultralytics()
    import torch

    torch.manual_seed(1)
    config = dict(package.utils.YAML.load(package.utils.checks.check_yaml(recipe)), nc=len(names), scale="n")
    path = folder / recipe
    package.utils.YAML.save(path, config)
    made = package.YOLO(str(path))
    made.model.names = names
    head = made.model.model[-1]
    for scores in (head.cv3, *([head.one2one_cv3] if hasattr(head, "one2one_cv3") else [])):
        for layer in scores:
            # Random weights tell nothing apart: scores that differ need larger ones.
            layer[-1].weight.data *= 40.0
            layer[-1].bias.data[:] = 0.0
    return made


def exported(made: Any, folder: Path, name: str, **options: object) -> Path:
    file = Path(made.export(format="onnx", imgsz=(HEIGHT, WIDTH), simplify=False, verbose=False, opset=17, **options))
    return file.rename(folder / name)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        ("yolo11-pose.yaml", {}),
        ("yolo11-pose.yaml", {"dynamic": True}),
        ("yolo11-pose.yaml", {"nms": True}),
        ("yolo26-pose.yaml", {}),
        ("yolo26-pose.yaml", {"end2end": True}),
    ],
)
def test_joints_are_where_ultralytics_itself_says(
    tmp_path: Path, picture: Picture, recipe: str, options: dict[str, object]
) -> None:
    made = network(tmp_path, recipe, {0: "person"})
    file = exported(made, tmp_path, "pose.onnx", **options)
    detector = Detector(file)
    assert detector.what.startswith("ultralytics pose")
    theirs = made.predict(picture, imgsz=(HEIGHT, WIDTH), conf=0.05, iou=0.99, verbose=False)[0]
    if "dynamic" in options:  # an open input has a size of ours
        assert np.isfinite(detector.suspect(picture, 0.05).heads).all()
        return
    bodies = detector.suspect(picture, 0.05).bodies
    assert bodies is not None
    # It puts joints that lie beside the picture on its edge.
    told = (bodies.joints[..., :2] + 0.5).clip(0, [WIDTH, HEIGHT])
    apart = np.abs(told[:, None] - theirs.keypoints.data[None, ..., :2].numpy()).max(axis=(2, 3))
    assert len(told) >= 3
    assert (apart.min(axis=1) < 0.5).mean() >= 0.9, "whom we see, it sees"


@pytest.mark.parametrize("options", [{}, {"nms": True}])
def test_boxes_of_a_detection_network_are_where_ultralytics_itself_says(
    tmp_path: Path, picture: Picture, options: dict[str, object]
) -> None:
    made = network(tmp_path, "yolo11.yaml", {0: "head", 1: "hand"})
    detector = Detector(exported(made, tmp_path, "heads.onnx", **options))
    theirs = made.predict(picture, imgsz=(HEIGHT, WIDTH), conf=0.3, iou=0.99, verbose=False)[0].boxes
    ours = detector.suspect(picture, 0.3)
    compared = 0
    for number, boxes in ((0, ours.heads), (1, ours.hands)):
        told = theirs.xyxy[theirs.cls == number].numpy()
        for x, y, wide, high, _ in boxes:
            corners = np.array([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]) + 0.5
            # It cuts boxes at the picture's edge.
            corners = corners.clip(0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
            assert np.abs(told - corners).max(axis=1).min() < 0.5
            compared += 1
    assert compared


def test_a_network_that_finds_whole_people_is_refused(tmp_path: Path) -> None:
    made = network(tmp_path, "yolo11.yaml", {0: "person", 1: "bicycle"})
    with pytest.raises(UnusableDetector, match=r"finds whole people, .* export a pose network"):
        Detector(exported(made, tmp_path, "people.onnx"))
