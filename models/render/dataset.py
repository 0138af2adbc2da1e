"""Thousands of pictures with labels, on disk, in the form that ultralytics reads.

Enters: how many pictures for training, validation and test, a seed, an empty (or half-filled) folder. Leaves there
``images/<split>/<number>.jpg``, ``labels/<split>/<number>.txt``, ``faint/<split>/<number>.txt`` (what can hardly be
seen, in the same form), ``truth/<split>/<number>.json``, ``empty/<split>/<number>.jpg`` (what the camera remembers of
the shop with nobody in it) and ``data.yaml``. Refuses (`OtherPictures`) a folder that another seed or version filled.
Each scene (a shop, a camera, a light) gives `SHOTS` pictures and is drawn by one process; what is there already stays,
so a run that was stopped goes on. The test pictures have shops, clothes, floors and lights that no other picture has.

A label's box is the image of a ball of fixed size around a point (`edge.camera.networks.form.SIZES_M`), not what a
person would draw by eye: so its size says how far away the point is, and the detector learns distances from whatever
gives them away.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.networks.form import CLASSES, SIZES_M
from edge.optics import View
from edge.store import Layout
from models import SHOWN
from models.render.camera import Picture, Sensor, a_lens, a_light, a_sensor, hang, hang_aside
from models.render.figure import Looks, Posture
from models.render.film import Film, Painted
from models.render.paint import a_sheet
from models.render.people import Deed, some_looks, some_posture
from models.render.scene import Seen, draw_people
from models.render.shop import a_dressing, a_layout, clutter, furnish
from models.render.solids import Array

SHOTS = 12
LABELLED = (0.3, 0.3, 0.2, 0.3)
"""A part of each class of which this share is to be seen has a label: fewer than must be found (`models.evaluate`), for
where labels end a network learns doubt, and it should not doubt what is plainly there.
"""
LABELLED_AREA = 16 / (640 * 480)
"""… and so does a head or a hand that shows this share of the picture (64 pixels of 1280x960)."""
FAINT = 0.02
"""What shows less than that, but this share of it, is faint: training asks neither that it is found nor that it is
not.
"""
CHANGED = 0.2
"""At most this share of the goods have come since the camera saw the shop empty."""
SMALL_M = 0.4
LEAST_AREA = 28 / (640 * 480)
"""A head or a hand that shows a smaller share of the picture (112 pixels of 1280x960) cannot be expected to be found.
"""
ASIDE_DEG = 22.0
"""A camera that looks further from straight down looks into the room …"""
FAR_M, LOOKED_AT_M = 6.0, 1.2
"""… where people are seen up to so far away, by what is at this height of them."""
DEEDS: tuple[Deed, ...] = (
    "stand",
    "stand",
    "walk",
    "walk",
    "reach",
    "reach",
    "reach",
    "crouch",
    "bend",
    "phone",
    "push",
)

SPLITS = ("train", "val", "test")
FORM = 2
"""Of what lies in a folder: from 2 on, what is faint has no label."""


class OtherPictures(ValueError):
    """A folder holds pictures that do not go with these; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Task:
    """One scene: its pictures are ``first`` … ``first + shots - 1`` of a split."""

    out: Path
    split: str
    first: int
    shots: int
    seed: int
    size: tuple[int, int]
    aside: float = 0.0


def render(
    out: Path,
    train: int,
    val: int,
    test: int,
    seed: int = 1,
    processes: int = 0,
    told: Callable[[int, int], None] | None = None,
    size: tuple[int, int] = SHOWN,
    aside: float = 0.0,
) -> None:
    """Fill a folder; ``told`` hears (pictures done, pictures in all). ``aside``: this share of the cameras looks into
    the room, as those in corners do, and not down.
    """
    drawn, described = f"seed: {seed}\nform: {FORM}\nsize: {size[0]}x{size[1]}\n", out / "data.yaml"
    drawn += f"aside: {aside}\n" if aside else ""
    if described.exists() and drawn not in described.read_text(encoding="utf-8"):
        raise OtherPictures(f"{out}: was filled by another --seed, size or version: name an empty folder")
    wanted = dict(zip(SPLITS, (train, val, test), strict=True))
    for split in SPLITS:
        for kind in ("images", "labels", "faint", "truth", "empty"):
            (out / kind / split).mkdir(parents=True, exist_ok=True)
    names = "\n".join(f"  {i}: {name}" for i, name in enumerate(CLASSES))
    described.write_text(
        f"path: {out.resolve()}\ntrain: images/train\nval: images/val\ntest: images/test\nnames:\n{names}\n{drawn}",
        encoding="utf-8",
    )
    tasks = [t for split in SPLITS for t in _tasks(out, split, wanted[split], seed, size, aside)]
    done, total = 0, sum(wanted.values())
    with multiprocessing.get_context("spawn").Pool(processes or None) as pool:
        for shots in pool.imap_unordered(_scene, tasks):
            done += shots
            if told is not None:
                told(done, total)


def _tasks(out: Path, split: str, pictures: int, seed: int, size: tuple[int, int], aside: float) -> Iterator[Task]:
    for first in range(0, pictures, SHOTS):
        yield Task(out, split, first, min(SHOTS, pictures - first), seed, size, aside)


def _scene(task: Task) -> int:
    """Draw one scene's pictures, unless they are there."""
    cv2.setNumThreads(1)
    numbers = [f"{task.first + i:06d}" for i in range(task.shots)]
    if not (task.out / "truth" / task.split / f"{numbers[-1]}.json").exists():
        shown = pictures(task.split, task.first, task.shots, task.seed, task.size, task.aside)
        for number, told in zip(numbers, shown, strict=True):
            _write(task, number, *told)
    places = [task.out / "empty" / task.split / f"{number}.jpg" for number in numbers]
    if not places[-1].exists():
        _save(places[0], remembered(task.split, task.first, task.seed, task.size, task.aside))
        for place in places[1:]:
            place.unlink(missing_ok=True)
            os.link(places[0], place)
    return task.shots


@dataclass(frozen=True, slots=True)
class Scene:
    """A shop with nobody in it, and the camera above it. ``rng``: whatever is still open."""

    rng: np.random.Generator
    sheet: Array
    layout: Layout
    empty: Film
    things: list[Painted]
    sensor: Sensor


def _set(split: str, first: int, seed: int, size: tuple[int, int], aside: float = 0.0) -> Scene:
    """One scene; its film is empty yet."""
    rng = np.random.default_rng([seed, SPLITS.index(split), first])
    kept_back = split == "test"
    sheet, layout = a_sheet(rng), a_layout(rng)
    dressing = a_dressing(rng, sheet, kept_back)
    empty = Film(a_camera(rng, layout, size, kept_back, aside), a_light(rng, kept_back))
    things = [*furnish(rng, layout, dressing), *clutter(rng, layout, sheet)]
    return Scene(rng, sheet, layout, empty, things, a_sensor(rng, kept_back))


def pictures(
    split: str, first: int, shots: int, seed: int, size: tuple[int, int] = SHOWN, aside: float = 0.0
) -> Iterator[tuple[Picture, View, list[Seen]]]:
    """One scene's pictures, each with the view that fits it and everybody who is there."""
    scene, kept_back = _set(split, first, seed, size, aside), split == "test"
    rng, view = scene.rng, scene.empty.view
    scene.empty.draw(scene.things)
    for _ in range(shots):
        people = _people(rng, scene.layout, view, scene.sheet, kept_back)
        blurred = bool(people) and rng.random() < 0.12
        moved = [_way(rng, posture) for posture, _ in people] if blurred else None
        film, seen = draw_people(scene.empty, people, moved)
        yield scene.sensor.develop(film.exposure(), rng), view, seen


def remembered(split: str, first: int, seed: int, size: tuple[int, int], aside: float = 0.0) -> Picture:
    """What the camera remembers of a scene with nobody in it: with less noise than a picture has, and not quite as the
    shop is now: some goods have come or gone since, and something that stood about stands elsewhere.
    """
    scene = _set(split, first, seed, size, aside)
    rng = np.random.default_rng([seed, SPLITS.index(split), first, 1])
    gone = rng.uniform(0.0, CHANGED)
    elsewhere = clutter(rng, scene.layout, scene.sheet)
    scene.empty.draw([t for t in scene.things if not (_small(t) and rng.random() < gone)])
    scene.empty.draw([t for t in elsewhere if rng.random() < gone])
    return replace(scene.sensor, noise=scene.sensor.noise / 4).develop(scene.empty.exposure(), rng)


def _small(thing: Painted) -> bool:
    """Whether somebody may carry it away."""
    corners = thing.solid.corners()
    return bool(np.ptp(corners, axis=0).max() < SMALL_M)


def a_camera(
    rng: np.random.Generator, layout: Layout, size: tuple[int, int], kept_back: bool, aside: float = 0.0
) -> View:
    """Somewhere under a ceiling, most of them at 2.4 to 3.2 m, those of the test at about 3 m; ``aside``: so often at
    its edge, and looks into the room.
    """
    low, high = np.min(layout.floor, axis=0), np.max(layout.floor, axis=0)
    x, y = rng.uniform(low + 0.7, high - 0.7)
    ceiling = rng.uniform(2.4, 3.2) if rng.random() < 0.85 else rng.uniform(3.2, 4.0)
    ceiling = rng.uniform(2.85, 3.15) if kept_back else ceiling
    if aside and rng.random() < aside:
        side = int(rng.integers(4))
        x, y = (x, (low if side < 2 else high)[1]) if side % 2 else ((low if side < 2 else high)[0], y)
        at, middle = (
            (float(x), float(y), float(ceiling)),
            (float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)),
        )
        return hang_aside(rng, a_lens(rng, *size), at, middle)
    return hang(rng, a_lens(rng, *size), (float(x), float(y), float(ceiling)))


def _people(
    rng: np.random.Generator, layout: Layout, view: View, sheet: Array, kept_back: bool
) -> list[tuple[Posture, Looks]]:
    """Nobody to eight people, some of them close together, many of them at a shelf."""
    count = int(rng.choice(9, p=[0.05, 0.17, 0.18, 0.17, 0.14, 0.11, 0.08, 0.06, 0.04]))
    return stood(rng, layout, view, (some_looks(rng, sheet, kept_back) for _ in range(count)))


def stood(
    rng: np.random.Generator, layout: Layout, view: View, everybody: Iterable[Looks]
) -> list[tuple[Posture, Looks]]:
    """These people where the camera sees them, those for whom there is room."""
    people: list[tuple[Posture, Looks]] = []
    taken: list[NDArray[np.float64]] = []
    for looks in everybody:
        deed = DEEDS[rng.integers(len(DEEDS))]
        place = _at_a_shelf(rng, layout, view, looks) if deed == "reach" else None
        spot, heading, target = place or (_spot(rng, layout, view, taken), float(rng.uniform(-math.pi, math.pi)), None)
        if spot is None or any(math.dist(spot, t) < 0.3 for t in taken):
            continue
        taken.append(np.array(spot))
        people.append((some_posture(rng, looks, (float(spot[0]), float(spot[1])), heading, deed, target), looks))
    return people


def _at_a_shelf(
    rng: np.random.Generator, layout: Layout, view: View, looks: Looks
) -> tuple[NDArray[np.float64], float, Array] | None:
    """(spot, heading, target) of somebody who reaches into a shelf in view."""
    for _ in range(20):
        if not layout.shelves:
            return None
        shelf = layout.shelves[rng.integers(len(layout.shelves))]
        if shelf.height > 0.95 * looks.height_m:
            continue
        gondola = layout.gondola_of(shelf.id)
        x = float(rng.uniform(0.1, max(0.2, shelf.plates * shelf.plate_width - 0.1)))
        aside, far = rng.normal(0, 0.18), rng.uniform(0.28, 0.55) * looks.height_m / 1.7
        spot = np.array(gondola.outward((x + float(aside), -float(far), 0.0))[:2])
        deep = float(rng.uniform(-0.06, 0.65 * shelf.depth))
        target = gondola.outward((x, deep, shelf.height + float(rng.uniform(0.03, 0.2))))
        if math.dist(spot, view.position[:2]) < _sight_m(view) and _free(layout, spot):
            way = np.array(target[:2]) - spot
            return spot, math.atan2(way[1], way[0]), np.array(target, np.float32)
    return None


def _spot(
    rng: np.random.Generator, layout: Layout, view: View, taken: list[NDArray[np.float64]]
) -> NDArray[np.float64] | None:
    """Somewhere on the free floor under the camera; often beside somebody."""
    for _ in range(20):
        if taken and rng.random() < 0.4:
            angle, far = rng.uniform(0, 2 * math.pi), rng.uniform(0.32, 0.75)
            spot = taken[rng.integers(len(taken))] + far * np.array([math.cos(angle), math.sin(angle)])
        elif view.tilt_deg > ASIDE_DEG:
            pixel = rng.uniform(0, (view.lens.width, view.lens.height))
            spot = view.at_height([pixel], LOOKED_AT_M)[0, :2]
            if not math.dist(spot, view.position[:2]) < FAR_M:  # nor nowhere
                continue
        else:
            angle, far = rng.uniform(0, 2 * math.pi), _sight_m(view) * math.sqrt(rng.uniform(0, 1))
            spot = np.array(view.position[:2]) + far * np.array([math.cos(angle), math.sin(angle)])
        if _free(layout, spot):
            return spot
    return None


def _in_sight(view: View, spot: NDArray[np.float64]) -> bool:
    """Whether the camera sees who stands there."""
    far = math.dist(spot, view.position[:2])
    if view.tilt_deg <= ASIDE_DEG:
        return far < _sight_m(view)
    return far < FAR_M and bool(view.lens.inside(view.pixels([[*spot, LOOKED_AT_M]]))[0])


def _sight_m(view: View) -> float:
    """How far aside of the lens heads are still in the picture, and a little further."""
    corner = view.lens.rays([[0.0, view.lens.cy]])[0]
    return float(np.clip(1.2 * (view.position[2] - 1.5) * -corner[0] / corner[2], 1.2, 3.2))


def _free(layout: Layout, spot: NDArray[np.float64]) -> bool:
    low, high = np.min(layout.floor, axis=0), np.max(layout.floor, axis=0)
    if (spot < low + 0.2).any() or (spot > high - 0.2).any():
        return False
    for gondola in layout.gondolas:
        x, y, _ = gondola.local(np.array([[*spot, 0.0]]))[0]
        shelf = gondola.shelves[0]
        if -0.15 < x < shelf.plates * shelf.plate_width + 0.15 and -0.2 < y < shelf.depth + 0.2:
            return False
    return True


def _way(rng: np.random.Generator, posture: Posture) -> Array:
    """How far somebody goes while the shutter is open (3,)."""
    far = float(rng.uniform(0.0, 0.07))
    return np.array([math.cos(posture.heading) * far, math.sin(posture.heading) * far, 0.0], np.float32)


def boxes(view: View, seen: list[Seen], faint: bool = False) -> NDArray[np.float64]:
    """Labels (n, 5): class, centre x, y, width, height, in pixels of the view's picture; or what is too ``faint`` to
    have one.
    """
    marks = [
        (kind, point)
        for kind, point, share, area in _parts(seen)
        if share >= FAINT and (share < LABELLED[kind] or area < LABELLED_AREA) == faint
    ]
    if not marks:
        return np.empty((0, 5))
    kinds = np.array([kind for kind, _ in marks])
    points = np.stack([point for _, point in marks]).astype(np.float64)
    spots = view.pixels(points)
    sides = view.balls(points, [SIZES_M[CLASSES[kind]] for kind in kinds])
    rows = np.column_stack([kinds, spots, sides])
    kept: NDArray[np.float64] = rows[view.lens.inside(spots) & ~np.isnan(rows).any(axis=1)]
    return kept


def _parts(seen: list[Seen]) -> Iterator[tuple[int, Array, float, float]]:
    """(class, place, share of it to be seen, share of the picture) of all that everybody has."""
    for person in seen:
        yield 0, person.head, person.head_seen, person.head_area
        for hand, share, area in zip(person.hands, person.hands_seen, person.hands_area, strict=True):
            yield 1, hand, share, area
        yield 2, person.feet, person.body_seen, 1.0
        for at, share in zip(person.elbows, person.elbows_seen, strict=True):
            yield 3, at, share, 1.0


def _write(task: Task, number: str, picture: Picture, view: View, seen: list[Seen]) -> None:
    height, width = picture.shape[:2]
    for kind in ("labels", "faint"):
        rows = boxes(view, seen, kind == "faint")
        rows[:, 1:3] += 0.5  # labels count from a pixel's edge, lenses from its middle
        rows[:, 1:] /= (width, height, width, height)
        lines = "".join(f"{int(k)} {x:.5f} {y:.5f} {w:.5f} {h:.5f}\n" for k, x, y, w, h in rows)
        (task.out / kind / task.split / f"{number}.txt").write_text(lines)
    _save(task.out / "images" / task.split / f"{number}.jpg", picture)
    lens = view.lens
    truth = {
        "view": {"width": width, "height": height, "fx": lens.fx, "fy": lens.fy, "cx": lens.cx, "cy": lens.cy,
                 "distortion": lens.distortion, "position": view.position, "rotation": view.rotation},
        "people": [_told(person) for person in seen],
    }  # fmt: skip
    (task.out / "truth" / task.split / f"{number}.json").write_text(json.dumps(truth))


def _save(path: Path, picture: Picture) -> None:
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 95]):
        raise OSError(f"{path}: cannot be written: make room, then go on with the same command")


def _told(person: Seen) -> dict[str, object]:
    """A person as JSON: points as lists."""
    told = asdict(person)
    return told | {
        "head": person.head.tolist(),
        "feet": person.feet.tolist(),
        "hands": [h.tolist() for h in person.hands],
        "elbows": [e.tolist() for e in person.elbows],
    }
