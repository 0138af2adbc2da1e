"""Pictures become heads, hands and feet where they are; files of another form are refused with what is wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")
pytest.importorskip("onnx", reason="the test's network is built with onnx")

from onnx import TensorProto

from edge.camera.background import Background
from edge.camera.detect import Detector, surest
from edge.camera.networks.load import UnusableDetector
from edge.camera.picture import Picture
from tests.camera.nets import SQUARE, colour_net

RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)


def picture(width: int, height: int, *squares: tuple[tuple[int, int, int], float, float]) -> Picture:
    """Dark, with squares of a colour around places that are told as shares of the picture."""
    scale = min(416 / width, 320 / height)
    half = SQUARE / scale / 2
    made = np.full((height, width, 3), 30, np.uint8)
    for colour, x, y in squares:
        cx, cy = x * width, y * height
        made[round(cy - half) : round(cy + half), round(cx - half) : round(cx + half)] = colour
    return made


@pytest.mark.parametrize(("width", "height"), [(416, 320), (640, 480), (1280, 720), (1920, 1080), (480, 640)])
@pytest.mark.parametrize(
    ("kind", "by_pixel"),
    [(TensorProto.FLOAT, False), (TensorProto.FLOAT16, False), (TensorProto.UINT8, False), (TensorProto.UINT8, True)],
)
def test_things_are_found_where_they_are_in_pictures_of_any_size(
    tmp_path: Path, width: int, height: int, kind: int, by_pixel: bool
) -> None:
    detector = Detector(colour_net(tmp_path / "net.onnx", kind=kind, by_pixel=by_pixel))
    seen = detector.detect(picture(width, height, (RED, 0.25, 0.3), (RED, 0.7, 0.6), (GREEN, 0.5, 0.5)))
    px = max(width / 416, height / 320)
    assert len(seen.heads) == 2
    assert len(seen.hands) == 1
    assert len(seen.feet) == 0
    where = sorted(tuple(head[:2]) for head in seen.heads)
    for (x, y), (wx, wy) in zip(where, [(0.25, 0.3), (0.7, 0.6)], strict=True):
        assert abs(x + 0.5 - wx * width) <= 3 * px  # the net looks every fourth pixel
        assert abs(y + 0.5 - wy * height) <= 3 * px
    assert seen.heads[:, 2:4] == pytest.approx(SQUARE * px, rel=0.02)


def test_of_what_is_said_twice_the_surest_is_believed() -> None:
    places, scores = [(100, 100), (112, 104), (130, 100), (103, 99)], (0.9, 0.8, 0.7, 0.3)
    boxes = np.array([[x, y, 40, 40, score] for (x, y), score in zip(places, scores, strict=True)])
    assert surest(boxes)[:, 4].tolist() == [0.9, 0.7]
    assert surest(np.empty((0, 5))).shape == (0, 5)


@pytest.mark.parametrize(
    ("form", "found", "wanted"),
    [
        ({"columns": 5}, "(1, 22275, 5)", "rows x1 y1 x2 y2 score class"),
        ({"names": "{0: 'person'}"}, "'person'", "export a pose network"),
        ({"names": None}, "names none", "rows x1 y1 x2 y2 score class"),
        ({"colours": 2}, "2, 320, 416", "rows x1 y1 x2 y2 score class"),
        ({"sizes": (np.nan, 12, 24)}, "what is no number", "See docs/cameras.md"),
    ],
)
def test_a_network_of_another_form_is_refused_with_what_was_found_and_what_is_wanted(
    tmp_path: Path, form: dict[str, object], found: str, wanted: str
) -> None:
    with pytest.raises(UnusableDetector) as refused:
        Detector(colour_net(tmp_path / "other.onnx", **form))  # type: ignore[arg-type]
    told = str(refused.value)
    assert "other.onnx is no detector" in told
    assert found in told
    assert wanted in told
    assert "See docs/cameras.md" in told


@pytest.mark.parametrize("sizes", [(-24.0, 12, 24), (0.0, 12, 24), (1e10, 12, 24), (np.inf, 12, 24)])
def test_what_is_no_box_in_the_picture_is_nobody(tmp_path: Path, sizes: tuple[float, ...]) -> None:
    detector, background = Detector(colour_net(tmp_path / "net.onnx", sizes=sizes, colours=4)), Background()
    for at_s in (0.0, 1.0):
        seen = detector.detect(picture(640, 480, (RED, 0.25, 0.3), (GREEN, 0.5, 0.5)), background)
        detector.remember(background, seen, at_s)
        assert (len(seen.heads), len(seen.hands)) == (0, 1)


def test_boxes_in_shares_of_the_picture_are_refused_when_somebody_is_seen(tmp_path: Path) -> None:
    detector = Detector(colour_net(tmp_path / "shares.onnx", shares=True))
    with pytest.raises(UnusableDetector, match=r"shares\.onnx tells boxes in shares .* in pixels of the input"):
        detector.detect(picture(640, 480, (RED, 0.25, 0.3), (GREEN, 0.5, 0.5)))


def test_scores_that_cannot_be_are_refused(tmp_path: Path) -> None:
    import onnx

    path = colour_net(tmp_path / "net.onnx")
    for least in ("NaN", "2"):
        model = onnx.load(path)
        del model.metadata_props[1:]
        onnx.helper.set_model_props(model, {"names": "{0: 'head'}", "least": f'{{"head": {least}}}'})
        onnx.save(model, path)
        with pytest.raises(UnusableDetector, match="has a `least` with a score that is not from 0 to 1"):
            Detector(path)


def test_a_file_that_is_no_network_and_one_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.onnx").write_text("milk, eggs")
    with pytest.raises(UnusableDetector, match=r"notes\.onnx cannot be read as an ONNX network"):
        Detector(tmp_path / "notes.onnx")
    with pytest.raises(UnusableDetector, match=r"there is no detector .*absent\.onnx"):
        Detector(tmp_path / "absent.onnx")
