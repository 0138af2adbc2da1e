"""Pose networks that people already have are known by their shapes; heads and hands are where their joints say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="the camera node needs OpenCV: pip install 'tebura[camera]'")
pytest.importorskip("onnxruntime", reason="the camera node needs onnxruntime: pip install 'tebura[camera]'")
pytest.importorskip("onnx", reason="the test's networks are built with onnx")

import onnx
from onnx import TensorProto, helper

from edge.camera.detect import SILENT, Detector
from edge.camera.networks.load import UnusableDetector
from edge.camera.networks.poses import NOBODY, Poses, agreed, hands, middles, surest_bodies, things
from edge.camera.picture import Picture
from tests.camera.nets import colour_net
from tests.camera.pose_nets import FORMS, HANDS, SPOT, spot_net

SPOTS = [(0.3, 0.25), (0.7, 0.5)]


def spotted(width: int, height: int, spots: list[tuple[float, float]], side: float) -> Picture:
    """Dark, with red spots around places that are told as shares of the picture."""
    made = np.full((height, width, 3), 20, np.uint8)
    for x, y in spots:
        left, top = round(x * width - side / 2), round(y * height - side / 2)
        made[top : top + round(side), left : left + round(side)] = (0, 0, 255)
    return made


@pytest.mark.parametrize(("width", "height"), [(320, 256), (640, 480), (1280, 720), (480, 640)])
@pytest.mark.parametrize("form", FORMS)
def test_heads_and_hands_are_where_the_joints_say(tmp_path: Path, form: str, width: int, height: int) -> None:
    detector = Detector(spot_net(tmp_path / "net.onnx", form))
    across, down = (320, 256) if form != "movenet-open" else (512, 512)
    px = max(width / across, height / down)
    seen = detector.detect(spotted(width, height, SPOTS, SPOT * px))
    assert seen.bodies is not None
    heads = seen.heads[np.argsort(seen.heads[:, 0])]
    where = np.array([(x * width - 0.5, y * height - 0.5) for x, y in SPOTS])
    assert heads.shape == (2, 5)
    assert np.abs(heads[:, :2] - where).max() <= 2.0 * px
    for body, side in seen.bodies.hands:
        (hand,) = seen.hands[(seen.bodies.hands == (body, side)).all(axis=1), :2]
        head = middles(seen.bodies.joints)[body]
        assert np.abs(hand - head - HANDS[side] * px).max() <= 0.1 * px, "a third of a forearm beyond the wrist"
    assert sorted(map(tuple, seen.bodies.hands.tolist())) == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("form", ["movenet", "yolo-raw"])
def test_from_straight_above_four_quarter_turns_agree_on_a_head(tmp_path: Path, form: str) -> None:
    detector = Detector(spot_net(tmp_path / "net.onnx", form))
    picture = spotted(640, 480, SPOTS, 2 * SPOT)
    seen = detector.detect(picture, down=True)
    heads = seen.heads[np.argsort(seen.heads[:, 0])]
    assert np.abs(heads[:, :2] - [(191.5, 119.5), (447.5, 239.5)]).max() <= 3.0
    assert heads[:, 4] == pytest.approx(detector.detect(picture).heads[:, 4], abs=0.03)


def test_more_people_than_a_network_can_tell_are_found_in_parts_of_the_picture(tmp_path: Path) -> None:
    crowd = [(x, y) for y in (0.15, 0.5, 0.85) for x in (0.12, 0.5, 0.88)]
    seen = Detector(spot_net(tmp_path / "net.onnx", "movenet")).detect(spotted(640, 512, crowd, 2 * SPOT))
    found = sorted((round(y / 512, 2), round(x / 640, 2)) for x, y, *_ in seen.heads)
    assert np.abs(np.array(found) - sorted((y, x) for x, y in crowd)).max() <= 0.02


def test_a_network_that_says_nothing_of_any_picture_is_told_after_a_while(tmp_path: Path) -> None:
    detector = Detector(spot_net(tmp_path / "net.onnx", "movenet", width=96, height=64, sure=0.0))
    picture = spotted(96, 64, SPOTS, SPOT)
    for _ in range(SILENT - 1):
        assert not len(detector.detect(picture).heads)
    with pytest.raises(UnusableDetector, match=r"has told no score above zero in 200 pictures\. Export it again"):
        detector.detect(picture)


@pytest.mark.parametrize(
    ("form", "options", "told"),
    [
        ("yolo-raw", {"names": "{0: 'dog'}"}, "knows no class 'person', but 'dog': export a pose network"),
        ("yolo-told", {"names": "{0: 'cat', 1: 'dog'}"}, "knows no class 'person', but 'cat', 'dog'"),
        (
            "yolo-raw", {"names": "{0: 'a', 1: 'b'}", "extra": {"task": "pose", "kpt_shape": "[4, 3]"}},
            "(kpt_shape [4, 3])",
        ),
    ],
)  # fmt: skip
def test_a_pose_network_of_others_is_refused_with_what_to_export(
    tmp_path: Path, form: str, options: dict[str, object], told: str
) -> None:
    with pytest.raises(UnusableDetector) as refused:
        Detector(spot_net(tmp_path / "net.onnx", form, **options))  # type: ignore[arg-type]
    assert told in str(refused.value)
    assert "yolo export model=yolo11n-pose.pt" in str(refused.value)


def test_a_network_of_one_person_is_refused_for_one_of_several(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["joints"], ["output_0"])], "one",
        [helper.make_tensor_value_info("picture", TensorProto.INT32, [1, 192, 192, 3])],
        [helper.make_tensor_value_info("output_0", TensorProto.FLOAT, [1, 1, 17, 3])],
        [helper.make_tensor("joints", TensorProto.FLOAT, [1, 1, 17, 3], [0.5] * 51)],
    )  # fmt: skip
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "one.onnx"
    )
    with pytest.raises(UnusableDetector, match=r"one person only .* take MoveNet multipose"):
        Detector(tmp_path / "one.onnx")


def test_a_network_that_is_too_new_is_refused_with_what_to_export(tmp_path: Path) -> None:
    path = colour_net(tmp_path / "new.onnx")
    model = onnx.load(path)
    model.opset_import[0].version = 99
    onnx.save(model, path)
    reads = r"and onnxruntime .* reads up to \d+: export it with opset=17"
    with pytest.raises(UnusableDetector, match=rf"of opset 99, {reads}"):
        Detector(path)
    model.opset_import[0].version, model.ir_version = 17, 99
    onnx.save(model, path)
    with pytest.raises(UnusableDetector, match=rf"of IR version 99, {reads}"):
        Detector(path)


def body(x: float, y: float, sure: float = 0.9) -> Poses:
    """Somebody 60 pixels high, with the middle of the skull there."""
    legs = [[-6, 38], [6, 38]] * 3
    places = np.array([*[[0, 0]] * 5, [-9, 12], [9, 12], [-12, 22], [12, 22], [-12, 31], [12, 31], *legs]) + np.array(
        [x, y]
    )
    return Poses(np.array([sure]), np.column_stack([places, np.full(17, sure)])[None])


def test_an_arm_that_two_looks_of_four_show_is_told_less_surely_and_the_head_is_not() -> None:
    found = agreed([body(100, 100), body(102, 100), NOBODY, NOBODY])
    assert middles(found.joints) == pytest.approx(np.array([[101.0, 100.0]]))
    assert found.scores == pytest.approx(0.9)
    assert found.joints[0, :5, 2] == pytest.approx(0.9)
    assert found.joints[0, 5:, 2] == pytest.approx(0.9 * np.sqrt(0.5))
    assert len(agreed([NOBODY] * 4).scores) == 0


def test_a_joint_that_looks_put_elsewhere_is_where_the_surest_see_it() -> None:
    other = body(100, 100, 0.8)
    other.joints[0, 9, :2] = (160, 20)
    found = agreed([body(100, 100), other])
    assert found.joints[0, 9, :2] == pytest.approx([88, 131])
    assert found.joints[0, 9, 2] < 0.7 < found.joints[0, 10, 2]


def test_one_body_that_is_told_twice_is_one() -> None:
    both = Poses(np.array([0.5, 0.9]), np.concatenate([body(100, 100).joints, body(103, 101).joints]))
    assert surest_bodies(both).scores.tolist() == [0.9]


@pytest.mark.parametrize(("elbow", "owners"), [(0.9, [0, 1]), (0.3, [0])])
def test_a_hand_that_two_bodies_claim_is_the_ones_whose_arm_leads_there(elbow: float, owners: list[int]) -> None:
    one, other = body(100, 100).joints, body(140, 100).joints
    # The second's left elbow and wrist lie on the first's right ones.
    other[0, 7], other[0, 9] = one[0, 8], one[0, 10]
    other[0, 7, 2] = elbow
    told = things(Poses(np.array([0.9, 0.9]), np.concatenate([one, other])), (0.24, 0.16, 0.4, 0.16), 0.2)
    hand = hands(one)[0, 1, :2]
    shared = [int(of[0]) for box, of in zip(told.hands, told.hands_of, strict=True) if np.hypot(*(box[:2] - hand)) < 2]
    assert sorted(shared) == owners
