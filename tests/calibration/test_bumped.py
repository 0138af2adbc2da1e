"""A camera that somebody bumped against is noticed from ordinary traffic, and a healthy one is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.camera.agreement import UnusableAgreement, agreements_of, keep_agreements
from calibration.camera.bumped import Agreement, Traffic, field_of
from edge.cli import app
from edge.optics import View, looking_down, turn_of, turned
from edge.records import PeopleFrame, PersonSeen, Point, ShelfEvent
from edge.store import load_store
from edge.wire import RecordingWriter, encode_people
from simulator.commands import DEMO
from simulator.rig.bumps import KINDS, LENS, after_bump, tried
from tests.calibration.rooms import DAY
from tests.corner import write_store

STORE = load_store(DEMO)
START_S = 1_790_000_000.0


def walk(seconds: float, off: dict[str, Point], seed: int = 1) -> list[PeopleFrame]:
    """Somebody wanders about under c1 and c2; each camera is ``off`` by so much."""
    rng = np.random.default_rng(seed)
    frames = []
    for i in range(int(seconds * 10)):
        t = i / 10
        head = np.array([2.9 + 1.3 * np.sin(0.31 * t), 1.1 + 0.8 * np.sin(0.47 * t), 1.6])
        for camera, by in off.items():
            x, y, z = (head + by + rng.normal(0.0, 0.03, 3)).tolist()
            frames.append(PeopleFrame(START_S + t, START_S + t, camera, (PersonSeen((x, y, z), (), 0.9),)))
    return frames


def heard(frames: list[PeopleFrame]) -> Traffic:
    traffic = Traffic(STORE)
    for frame in frames:
        traffic.hear(frame)
    return traffic


def test_the_field_is_what_a_bumped_camera_makes_of_heads() -> None:
    believed = looking_down(LENS, (2.0, 1.1, 2.7), 20.0)
    off = np.array([0.004, -0.003, 0.005, 0.001, -0.002, 0.0015])
    for head in ((2.6, 1.9, 1.6), (0.9, 0.4, 1.4), (2.1, 1.0, 1.75)):
        x, y, z = (np.array(believed.position) - off[:3]).tolist()
        true = View(LENS, (x, y, z), turn_of(believed.camera_from_store @ turned(off[3:])))
        frame = after_bump(PeopleFrame(0.0, 0.0, "c1", (PersonSeen(head, (), 0.9),)), true, believed)
        slopes = field_of(np.array(head), believed.position)
        assert slopes is not None
        moved = np.subtract(frame.people[0].head, head)[:2]
        assert slopes @ off == pytest.approx(moved, abs=2e-4)
        assert frame.people[0].head[2] == pytest.approx(head[2])


def test_three_centimetres_and_one_degree_are_noticed_within_ten_minutes() -> None:
    shop = tried(STORE, 7, look_s=240.0)  # and here within four: a test has less time than a shop
    assert shop.false_alarms == 0
    assert [kind for kind in KINDS if not shop.found(kind)] == []


def test_what_every_camera_is_always_off_is_no_bump_and_of_two_nobody_can_tell_which() -> None:
    usual: dict[str, Point] = {"c1": (0.03, 0.0, 0.0), "c2": (-0.02, 0.03, 0.0)}
    learned = heard(walk(240, usual)).learned()
    assert not [c for c in heard(walk(240, usual, 2)).verdict(learned) if c.bumped]
    bumped = heard(walk(240, {**usual, "c2": (0.02, 0.03, 0.0)}, 3)).verdict(learned)
    (ill,) = (c for c in bumped if c.bumped)
    assert {ill.camera, ill.instead} == {"c1", "c2"}
    assert ill.shift_cm == pytest.approx(4.0, abs=0.7)


def test_without_anything_learned_only_what_is_gross_is_told() -> None:
    assert not [c for c in heard(walk(240, {"c1": (0.0, 0.0, 0.0), "c2": (0.08, 0.0, 0.0)})).verdict() if c.bumped]
    assert [c for c in heard(walk(240, {"c1": (0.0, 0.0, 0.0), "c2": (0.32, 0.0, 0.0)})).verdict() if c.bumped]


def test_what_was_learned_with_another_pose_is_void() -> None:
    usual: dict[str, Point] = {"c1": (0.06, 0.0, 0.0), "c2": (-0.06, 0.0, 0.0)}
    learned = [replace(a, profile="20261101T000000Z") for a in heard(walk(240, usual)).learned()]
    told = heard(walk(240, usual)).verdict(learned)
    assert not [c for c in told if c.bumped or c.learned]


def test_a_camera_that_no_other_overlaps_is_told_by_hands_that_are_not_there() -> None:
    shelf = STORE.layout.shelves[0]
    gondola = STORE.layout.gondola_of(shelf.id)
    change_g = np.zeros(shelf.plates)
    change_g[4] = -300.0
    hand = gondola.outward((4.5 * shelf.plate_width, 0.15, shelf.height + 0.15))
    head = gondola.outward((4.5 * shelf.plate_width, -0.35, 1.6))
    for off_m, ill in ((0.0, []), (0.7, ["c3"])):
        traffic = Traffic(STORE)
        for i in range(40):
            at_s = START_S + 10.0 * i
            # A camera that is off is off with all that it sees; the head is still somewhere near.
            seen = PersonSeen((head[0], head[1] + off_m, head[2]), ((hand[0], hand[1] + off_m, hand[2]),), 0.9)
            traffic.hear(PeopleFrame(at_s, at_s, "c3", (seen,)))
            error_g = np.ones(shelf.plates)
            traffic.event(ShelfEvent(str(i), shelf.id, at_s, at_s, at_s, at_s, (5,), change_g, error_g))
        assert [c.camera for c in traffic.verdict() if c.bumped] == ill


def test_what_was_learned_is_kept_dated_and_a_recording_carries_it(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "shop")
    one = Agreement("cam", "", (0.01, 0.0, 0.0, 0.0, 0.0, 0.001), 400)
    first = keep_agreements(folder, [one], DAY, "aki", "a test")
    keep_agreements(folder, [replace(one, heads=500)], DAY, "aki", "a test")
    assert agreements_of(load_store(folder)) == [replace(one, heads=500)]
    assert first.exists()
    (folder / "calibration" / "_cameras" / "20990101T000000Z.toml").write_text("[[camera]]\nid = 1\n", encoding="utf-8")
    with pytest.raises(UnusableAgreement, match="learn anew with --learn"):
        agreements_of(load_store(folder))


def test_the_check_learns_cameras_and_ends_with_one_when_one_was_bumped(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    files = {name: (DEMO / name).read_bytes() for name in ("store.toml", "catalogue.csv", "planogram.csv")}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    usual: dict[str, Point] = {"c1": (0.03, 0.0, 0.0), "c2": (-0.02, 0.0, 0.0), "c4": (0.0, 0.02, 0.0)}

    def check(frames: list[PeopleFrame], *words: str) -> dict[str, bool]:
        path = tmp_path / "day.mcap"
        with RecordingWriter(path, files, START_S) as writer:
            writer.write(
                "shelf/g1-s1/weight",
                b'{"t":%.1f,"hz":60,"g":%s}' % (START_S, b"[" + b"[0]," * 11 + b"[0]]"),
                START_S,
                START_S,
            )
            for f in frames:
                said = encode_people(f.at_s, list(f.people))
                writer.write(f"camera/{f.camera}/people", said, f.at_s, f.received_s)
        result = CliRunner().invoke(app, ["calibrate", "check", str(path), "--store", str(folder), "--json", *words])
        assert result.exit_code == 1, "thirteen shelves are silent"
        told = [json.loads(line) for line in result.stdout.splitlines()]
        return {row["camera"]: row["well"] for row in told if "camera" in row}

    assert all(check(walk(180, usual), "--learn").values())
    assert all(check(walk(180, usual, 2)).values())
    assert check(walk(180, {**usual, "c4": (0.04, 0.02, 0.0)}, 3)) == {"c1": True, "c2": True, "c3": True, "c4": False}
