"""What the ceiling cameras film of a play: one video a camera, of the same people that its recording describes.

Enters: a finished play, a folder. Leaves there ``<camera>.mp4`` for each camera, and for the recording: each camera's
profile, and when each video begins (`VIDEOS`), so that recording and videos together can be watched by a camera node
(`simulator.watch`). On the shelves stands what the planogram says; what people carry off does not vanish from them, for
the scales know that better.

A camera that nobody has calibrated gets a lens of 130° that looks straight down, and the recording says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from edge.optics import Lens, View, looking_down
from edge.store import Camera, CameraProfile, Store
from models.render.camera import Sensor, bent, focal_of
from models.render.figure import Looks, Posture, upright_posture
from models.render.film import Film
from models.render.light import Light
from models.render.paint import a_sheet
from models.render.people import some_looks
from models.render.scene import draw_people
from models.render.shop import Stock, Stretch, a_dressing, furnish
from models.render.solids import Array
from simulator.chance import stream
from simulator.people import Body, Pose
from simulator.world import Played

HZ = 10.0
SIZE = (640, 480)
ACROSS_DEG = 130.0
VIDEOS = "videos.json"
"""The recording's attachment: camera -> file, when its first frame was taken, frames a second."""
PACKED_M = 0.155
"""A kilogram is so high, and anything lighter less by the third root: a rice ball 7 cm, half a litre of tea 12 cm."""
NEAR_M = 4.5
"""Nobody further from below a lens than this is drawn."""
EMPTY = 16
"""Pictures of a scene without people, each with a noise of its own; while nobody is there, one of them is shown."""
SENSOR = Sensor(0.5, (0.97, 1.0, 1.03), 2.2, 0.9, 0.2, 0.5, 0.012, 100)


def film(played: Played, folder: Path, seed: int, told: Callable[[str], None] | None = None) -> dict[str, bytes]:
    """Write the videos; returns what the recording has to carry. ``told`` hears of each camera that is done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Name a folder that you may write to with --frames"
        raise OSError(f"{folder}: cannot hold the videos ({error.strerror}). {remedy}") from error
    store = played.stage.store
    rng = stream(seed, "frames")
    sheet = a_sheet(rng)
    dressing = a_dressing(rng, sheet)
    things = furnish(rng, store.layout, dressing, walls=False, stock=_stock(store))
    light = Light(0.3, 0.7, 0.15, np.array([0.5, 0.5, 0.7], np.float32), 0.1)
    people = [(body, _looks(body, sheet, seed)) for body in played.stage.bodies]
    attachments, videos = {}, {}
    for camera in store.layout.cameras:
        sight = store.sights.get(camera.id) or _usual(camera, played.start_s)
        empty = Film(sight.view, light)
        empty.draw(things)
        name = f"{camera.id}.mp4"
        _shoot(played, empty, people, folder / name, stream(seed, "frames", camera.id))
        if told is not None:
            told(camera.id)
        videos[camera.id] = {"file": name, "start_s": played.start_s, "hz": HZ}
        attachments[f"calibration/{camera.id}.toml"] = _toml(sight)
    attachments[VIDEOS] = json.dumps(videos).encode()
    return attachments


def _stock(store: Store) -> Stock:
    """What the planogram has on each shelf, as high as things of that weight mostly are."""
    stock: dict[str, list[Stretch]] = {}
    for facing in store.planogram.facings:
        width = store.layout.shelf(facing.shelf).plate_width
        high = PACKED_M * (store.catalogue[facing.sku].weight_g / 1000) ** (1 / 3)
        stock.setdefault(facing.shelf, []).extend(
            Stretch((plate - 1) * width, 0.9 * width, high) for plate in range(facing.first, facing.last + 1)
        )
    return stock


def _looks(body: Body, sheet: Array, seed: int) -> Looks:
    """What somebody looks like; a box in both arms would be in the way of what the play has them do."""
    looks = some_looks(stream(seed, "looks", body.name, body.visit), sheet)
    burden = "none" if looks.burden == "box" else looks.burden
    return replace(looks, height_m=body.height_m, burden=burden, held=(None, None))


def _usual(camera: Camera, at_s: float) -> CameraProfile:
    """The lens of a camera that nobody has calibrated."""
    distortion = bent(0.9, [0.0, 0.0])
    focal = focal_of(SIZE[0], math.radians(ACROSS_DEG), distortion)
    lens = Lens(*SIZE, focal, focal, (SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2, distortion)
    view = looking_down(lens, camera.position)
    return CameraProfile(
        camera=camera.id, made=datetime.fromtimestamp(at_s, UTC), by="tebura simulate", why="filmed with it",
        width=lens.width, height=lens.height, fx=lens.fx, fy=lens.fy, cx=lens.cx, cy=lens.cy, distortion=distortion,
        position=view.position, rotation=view.rotation,
    )  # fmt: skip


def _toml(sight: CameraProfile) -> bytes:
    import tomlkit

    return tomlkit.dumps(sight.model_dump(mode="python")).encode()


def _shoot(played: Played, empty: Film, people: list[tuple[Body, Looks]], path: Path, rng: np.random.Generator) -> None:
    """One camera's video: what nobody is in costs no drawing."""
    at_s = np.arange(played.start_s, played.end_s, 1.0 / HZ)
    poses = [(body.pose(at_s), looks) for body, looks in people]
    lens = empty.view.lens
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), HZ, (lens.width, lens.height))
    if not writer.isOpened():
        raise OSError(f"{path}: this OpenCV cannot write videos. Install opencv-python from PyPI")
    nobody = [SENSOR.develop(empty.exposure(), rng) for _ in range(EMPTY)]
    try:
        for i in range(at_s.size):
            there = [(_posture(pose, i, looks), looks) for pose, looks in poses if _is_near(pose, i, empty.view)]
            if there:
                writer.write(SENSOR.develop(draw_people(empty, there)[0].exposure(), rng))
            else:
                writer.write(nobody[rng.integers(EMPTY)])
    finally:
        writer.release()


def _is_near(pose: Pose, i: int, view: View) -> bool:
    return bool(pose.here[i]) and math.dist(pose.middle[i], view.position[:2]) < NEAR_M


def _posture(pose: Pose, i: int, looks: Looks) -> Posture:
    return upright_posture(
        pose.head[i], pose.middle[i], pose.wrists[:, i], float(pose.heading[i]), float(pose.stride[i]), looks.height_m
    )
