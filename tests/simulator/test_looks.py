"""Looks: as alike and as different as a node's vectors are, and nothing else changes for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from typer.testing import CliRunner

from edge.cli import app
from edge.records import PeopleFrame, PersonSeen
from edge.wire import decode, open_recording
from simulator.cameras import Eye, reach_of
from simulator.looks import ALIKE, BEFORE, DOUBLES, looks_of
from simulator.people import Body, born
from simulator.world import messages
from tests.simulator.plays import SHOP, busy
from tests.simulator.test_cameras import FLOOR, LENS, standing

Vectors = NDArray[np.float64]

ACROSS_M = 1.0
"""Nearer than this to a head that was seen, and further from everybody else, is whose it is."""


def people_of(seed: int, *, looks: bool) -> list[PeopleFrame]:
    said = (s for s in messages(busy(seed, 3), 1.0, looks=looks) if s.topic.startswith("camera/"))
    records = (decode(SHOP, s.topic, s.payload, s.received_s) for s in said)
    return [record for record in records if isinstance(record, PeopleFrame)]


def cosines() -> dict[str, Vectors]:
    """By whether person and camera are the same: cosines of vectors that several shops' cameras told, half a minute
    apart and more or by different cameras.
    """
    found: dict[str, list[float]] = {"one, one camera": [], "one, two cameras": [], "two": []}
    rng = np.random.default_rng(5)
    for seed in (1, 2, 3, 4):
        played = busy(seed, 10)
        bodies, cameras, floor = played.stage.bodies, SHOP.layout.cameras, played.stage.floor
        told = [
            (body, camera, at_s, person.embedding)
            for camera in cameras
            for at_s, _, people in Eye(camera, bodies, floor, reach_of(cameras, floor), (), 1.0, seed).frames(
                played.start_s, played.end_s
            )
            if rng.random() < 0.05
            for person in people
            if person.embedding is not None
            for body in [whose(bodies, at_s, person)]
            if body is not None
        ]
        vectors = np.array([t[3] for t in told])
        for i, j in rng.integers(len(told), size=(20_000, 2)).tolist():
            one, other = told[i], told[j]
            cosine = float(vectors[i] @ vectors[j])
            if one[0] is not other[0]:
                found["two"].append(cosine)
            elif one[1] != other[1]:
                found["one, two cameras"].append(cosine)
            elif abs(one[2] - other[2]) > 3.0:
                found["one, one camera"].append(cosine)
    return {kind: np.array(of) for kind, of in found.items()}


def whose(bodies: list[Body], at_s: float, person: PersonSeen) -> Body | None:
    """Who was seen, where nobody else can have been."""
    here = [b for b in bodies if b.came_s <= at_s < b.gone_s]
    near = [b for b in here if np.hypot(*(b.pose(np.array([at_s])).head[0, :2] - person.head[:2])) < ACROSS_M]
    return near[0] if len(near) == 1 else None


def test_looks_are_as_alike_as_a_nodes_are() -> None:
    told = cosines()
    of_nodes = {"one, one camera": (0.81, 0.13), "one, two cameras": (0.75, 0.16), "two": (0.25, 0.33)}
    assert min(len(of) for of in told.values()) > 300
    found = {kind: (np.mean(of), np.std(of)) for kind, of in told.items()}
    assert found == {kind: pytest.approx(of, abs=0.05) for kind, of in of_nodes.items()}


def test_one_in_seven_is_dressed_like_somebody_who_came_shortly_before() -> None:
    looks = np.array(looks_of([born(f"p{i}", i, 1) for i in range(1000)], 1))
    assert np.linalg.norm(looks, axis=1) == pytest.approx(1.0)
    doubles = [any(abs(looks[i] @ looks[j] - ALIKE) < 1e-9 for j in range(i - BEFORE, i)) for i in range(6, 1000)]
    assert np.mean(doubles) == pytest.approx(DOUBLES, abs=0.04)


def test_nothing_else_changes_for_them() -> None:
    with_looks, without = people_of(1, looks=True), people_of(1, looks=False)
    assert any(p.embedding for f in with_looks for p in f.people)
    assert not any(p.embedding for f in without for p in f.people)
    bare = [replace(f, people=tuple(replace(p, embedding=None) for p in f.people)) for f in with_looks]
    assert bare == without


def test_a_blob_looks_like_both() -> None:
    def mean_of(*bodies: Body) -> Vectors:
        eye = Eye(LENS, bodies, FLOOR, reach_of([LENS], FLOOR), (), 1.0, 1)
        seen = [p.embedding for _, _, people in eye.frames(1.0, 61.0) if len(people) == 1 for p in people]
        vectors = np.mean([v for v in seen if v is not None], axis=0)
        return np.asarray(vectors / np.linalg.norm(vectors))

    ana, ben = standing(1.0, 1.0), standing(1.12, 1.0, "ben")
    one, other, both = mean_of(ana), mean_of(ben), mean_of(ana, ben)
    assert min(both @ one, both @ other) > one @ other + 0.1


@pytest.mark.parametrize("wanted", [True, False])
def test_whoever_simulates_says_whether_cameras_say_it(tmp_path: Path, wanted: bool) -> None:
    story, out = tmp_path / "short.story", tmp_path / "short.mcap"
    story.write_text("09:00:00 ana enters\n09:00:08 ana leaves\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["simulate", str(story), "-o", str(out), *([] if wanted else ["--no-looks"])])
    assert done.exit_code == 0, done.output
    said = [heard.payload for heard in open_recording(out) if heard.topic.startswith("camera/")]
    assert any(b"head" in payload for payload in said)
    assert any(b"embedding" in payload for payload in said) is wanted


def test_no_looks_goes_with_a_recording() -> None:
    refused = CliRunner().invoke(app, ["simulate", "--boards", "practice", "--no-looks"])
    assert refused.exit_code == 2
