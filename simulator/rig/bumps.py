"""Is a bumped camera noticed, and is a healthy one left alone? Ten minutes of traffic in shops where nobody bumped
against anything, and the same ten minutes with one camera moved by 3 cm or turned by a degree.

Enters: how many shops, a seed. Leaves: what `calibration.camera.bumped` made of each; printed by
``python -m simulator.rig.bumps``. A bumped node believes its old pose: where a head truly is becomes a pixel by the new
pose, and a place by the old one.
"""

from __future__ import annotations

import argparse
import heapq
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from rich.console import Console
from rich.table import Table

from calibration.camera.bumped import CameraHealth, Traffic
from edge.optics import Lens, View, looking_down, turn_of, turned
from edge.records import PeopleFrame, PersonSeen, Point
from edge.store import Store, load_store
from simulator.busy import Habits, busy_story
from simulator.cameras import Eye, reach_of
from simulator.commands import DEMO
from simulator.story import read_story
from simulator.world import play

Kind: TypeAlias = Literal["moved 3 cm", "tilted 1°", "turned 1°"]
KINDS: Final[tuple[Kind, ...]] = ("moved 3 cm", "tilted 1°", "turned 1°")
LENS: Final = Lens(1280, 960, 480.0, 480.0, 639.5, 479.5)
"""Any lens: only the pose matters."""
TRAFFIC: Final = Habits(gap_s=40.0)
LOOK_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop's two quarters of an hour: what was made of it healthy, and after each kind of bump of one camera."""

    seed: int
    bumped: str
    healthy: tuple[CameraHealth, ...]
    after: dict[Kind, tuple[CameraHealth, ...]]

    @property
    def false_alarms(self) -> int:
        return sum(c.bumped for c in self.healthy)

    def found(self, kind: Kind) -> bool:
        """Exactly the one that was bumped is named."""
        return [c.camera for c in self.after[kind] if c.bumped] == [self.bumped]

    def shift_cm(self, kind: Kind) -> float:
        return next(c.shift_cm for c in self.after[kind] if c.camera == self.bumped)


def frames_of(store: Store, seed: int, lasts_s: float) -> Iterator[PeopleFrame]:
    """What the cameras of a shop say for so long and a little longer, in the order in which it is measured."""
    visits = math.ceil(1.2 * lasts_s / TRAFFIC.gap_s) + 2
    played = play(store, read_story(busy_story(store, visits, seed, TRAFFIC), store, "busy"), seed)
    stage = played.stage
    reach_m = reach_of(store.layout.cameras, stage.floor)

    def of(eye: Eye) -> Iterator[PeopleFrame]:
        for at_s, received_s, people in eye.frames(played.start_s, played.end_s):
            yield PeopleFrame(received_s, at_s, eye.camera.id, tuple(people))

    eyes = [
        Eye(camera, stage.bodies, stage.floor, reach_m, (), 1.0, seed, looks=False) for camera in store.layout.cameras
    ]
    return heapq.merge(*map(of, eyes), key=lambda frame: frame.at_s)


def after_bump(frame: PeopleFrame, true: View, believed: View) -> PeopleFrame:
    """What a camera says that hangs as in ``true`` and believes to hang as in ``believed``."""

    def seen(point: Point) -> Point:
        x, y, z = believed.at_height(true.pixels([point]), point[2])[0].tolist()
        return (x, y, z) if math.isfinite(x + y) else point

    people = tuple(PersonSeen(seen(p.head), tuple(map(seen, p.hands)), p.score) for p in frame.people)
    return PeopleFrame(frame.received_s, frame.at_s, frame.camera, people)


def bumped(believed: View, kind: Kind, rng: np.random.Generator) -> View:
    """The same camera after somebody's ladder."""
    x, y, z = believed.position
    way = float(rng.uniform(0, 2 * math.pi))
    if kind == "moved 3 cm":
        return View(believed.lens, (x + 0.03 * math.cos(way), y + 0.03 * math.sin(way), z), believed.rotation)
    axis = np.array([0.0, 0.0, 1.0] if kind == "turned 1°" else [math.cos(way), math.sin(way), 0.0])
    return View(
        believed.lens, believed.position, turn_of(turned(math.radians(1.0) * axis) @ believed.camera_from_store)
    )


def heard(store: Store, frames: Iterable[PeopleFrame]) -> Traffic:
    traffic = Traffic(store)
    for frame in frames:
        traffic.hear(frame)
    return traffic


def tried(store: Store, seed: int, look_s: float = LOOK_S) -> Shop:
    """Learn for ten minutes, then look at the next ten, as they are and with one camera bumped."""
    frames = list(frames_of(store, seed, 2 * look_s))
    began_s = frames[0].at_s
    learned = heard(store, (f for f in frames if f.at_s < began_s + look_s)).learned()
    later = [f for f in frames if began_s + look_s <= f.at_s < began_s + 2 * look_s]
    healthy = heard(store, later).verdict(learned)
    rng = np.random.default_rng(seed)
    camera = store.layout.cameras[seed % len(store.layout.cameras)]
    believed = looking_down(LENS, camera.position, float(rng.uniform(-180, 180)))
    after = {}
    for kind in KINDS:
        true = bumped(believed, kind, rng)
        moved = (after_bump(f, true, believed) if f.camera == camera.id else f for f in later)
        after[kind] = tuple(heard(store, moved).verdict(learned))
    return Shop(seed, camera.id, tuple(healthy), after)


def show(shops: Sequence[Shop], console: Console) -> None:
    table = Table(title=f"{len(shops)} shops, ten minutes each; a camera was bumped")
    for heading in ("", "found", "told, cm: median", "least"):
        table.add_column(heading, justify="left" if not heading else "right")
    for kind in KINDS:
        shifts = [shop.shift_cm(kind) for shop in shops]
        found = sum(shop.found(kind) for shop in shops)
        table.add_row(kind, f"{found} of {len(shops)}", f"{np.median(shifts):.1f}", f"{min(shifts):.1f}")
    console.print(table)
    most = max(c.shift_cm for shop in shops for c in shop.healthy)
    cameras = sum(len(shop.healthy) for shop in shops)
    alarms = sum(shop.false_alarms for shop in shops)
    told = f"nobody bumped anything: {alarms} false alarms of {cameras} cameras, at most {most:.1f} cm told"
    console.print(told, highlight=False)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--shops", type=int, default=20)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    began_s, store = time.monotonic(), load_store(DEMO)
    show([tried(store, 100 * given.seed + i) for i in range(given.shops)], Console(width=92))
    print(f"measured in {time.monotonic() - began_s:.0f} s")


if __name__ == "__main__":
    main()
