"""The pictures of ``docs/calibration.md``: what the real commands show, on a shelf that is not there.

Enters: a folder to write to. Leaves: one SVG a picture, and the PNG that ``calibrate check --plot`` draws. A technician
walks a rig; the walk's own screen is kept at a few moments, everything it heard is recorded, and the commands are then
run on that recording as anybody would run them. ``python -m simulator.rig.pictures docs/pictures`` draws them anew.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from calibration.shelf.asks import Ask, Deed
from calibration.shelf.screen import Screen
from calibration.shelf.session import Wanted, walk_through, walk_to
from calibration.shelf.stages import Said
from calibration.shelf.walk import Walk, begin
from edge.records import WeightBatch
from edge.store import Store, load_store
from edge.wire import RecordingWriter
from simulator.commands import DEMO
from simulator.rig.cells import Rig
from simulator.rig.hardware import Hardware, healthy, spoil
from simulator.rig.printed import WIDTH, picture, recording, write
from simulator.rig.technician import Technician

SHELF = "g2-s3"
HEIGHT = 21
WEIGHT_G = 500.0
SEED = 12

COMMANDS = {
    "refused": f"calibrate shelf {SHELF} --store shop --from bad.mcap --weight 500 --by aki --yes",
    "accepted": f"calibrate shelf {SHELF} --store shop --from good.mcap --weight 500 --by aki --yes",
    "list": f"calibrate list --store shop --shelf {SHELF}",
    "check": f"calibrate check morning.mcap --shelf {SHELF} --plot check.png",
    "planogram": "planogram check --store shop",
}
"""Picture -> the command that it shows, in the order in which they are run."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the screen is kept: so long after somebody was asked for a deed at a plate, the ``nth`` time."""

    name: str
    deed: Deed
    plate: int
    after_s: float
    nth: int = 1


MOMENTS = (
    Moment("hands-off", "hands-off", 0, 8.0),
    Moment("touch", "touch", 4, 5.0),
    Moment("weight", "put", 3, 4.5),
    Moment("product", "product", 5, 5.0),
)


class Scripted:
    """A `calibration.shelf.session.Source`: a rig and a technician in front of it; what is heard is written."""

    where = "the shelf"
    troubles: Mapping[str, str] = {}

    def __init__(self, rig: Rig, technician: Technician, writer: RecordingWriter) -> None:
        self.rig, self.technician, self._writer = rig, technician, writer

    def next(self, timeout_s: float) -> WeightBatch | None:
        batch = self.rig.batch()
        if batch is not None:
            topic = f"shelf/{self.rig.shelf.id}/weight"
            self._writer.write(topic, self.rig.encoded(batch), batch.at_s, batch.received_s)
        return batch


class Film:
    """A face that hands on what is asked, and keeps the screen at its moments."""

    def __init__(self, source: Scripted, folder: Path | None) -> None:
        self._source, self._folder = source, folder
        self._screen = Screen(Console(file=io.StringIO(), width=WIDTH, height=HEIGHT, force_terminal=True))
        self._asked: tuple[Ask, float] | None = None
        self._times: dict[tuple[Deed, int], int] = {}
        self._left = list(MOMENTS)

    def begin(self, walk: Walk, where: str) -> None:
        self._screen.begin(walk, where)

    def say(self, said: Said) -> None:
        self._screen.say(said)
        if said.ask is not None:
            self._asked = said.ask, self._source.rig.now_s
            key = said.ask.deed, said.ask.plate
            self._times[key] = self._times.get(key, 0) + 1
            self._source.technician.do(said.ask)

    def draw(self) -> None:
        if self._asked is None or self._folder is None:
            return
        ask, at_s = self._asked
        for moment in self._left:
            there = (ask.deed, ask.plate) == (moment.deed, moment.plate)
            if there and self._times[moment.deed, moment.plate] == moment.nth:
                if self._source.rig.now_s >= at_s + moment.after_s:
                    self._left.remove(moment)
                    self._keep(self._folder / f"walk-{moment.name}.svg")
                return

    def silent(self, for_s: float, troubles: Mapping[str, str]) -> None:
        self._screen.silent(for_s, troubles)

    def close(self) -> None:
        self._screen.close()
        if self._left and self._folder is not None:
            raise RuntimeError(f"the walk was over before {', '.join(m.name for m in self._left)}")

    def _keep(self, path: Path) -> None:
        console = recording()
        console.print(self._screen.picture())
        write(console, path, f"tebura calibrate shelf {SHELF}")


def draw(folder: Path) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work:
        at = Path(work)
        _shop(at / "shop")
        store = load_store(at / "shop")
        sound = healthy(store.layout.shelf(SHELF).plates, SEED, unit="counts")
        crossed, _ = spoil(sound, "order", SEED, (2, 3))
        reversed_, _ = spoil(crossed, "reversed", SEED, (6,))
        ill, _ = spoil(reversed_, "touching", SEED, (4, 5))
        walk(store, reversed_, at / "good.mcap", folder)
        walk(store, ill, at / "bad.mcap", None)
        morning(load_store(DEMO), at / "morning.mcap")
        for name, command in COMMANDS.items():
            picture(folder / f"{name}.svg", command, at)
        shutil.copy(at / "check.png", folder)


def walk(store: Store, hardware: Hardware, recording: Path, folder: Path | None) -> None:
    """A technician walks a rig, and all that was heard is recorded; with a ``folder`` the moments are kept there."""
    rig = Rig(store.layout.shelf(SHELF), hardware, SEED)
    with RecordingWriter(recording, store.sources, rig.now_s) as writer:
        source = Scripted(rig, Technician(rig, SEED, weight_g=WEIGHT_G), writer)
        progress = begin(SHELF, hardware.plates, (WEIGHT_G,))
        walk_through(walk_to(store, Wanted(SHELF, (WEIGHT_G,)), progress), source, Film(source, folder), None)


def morning(store: Store, recording: Path) -> None:
    """Half an hour of a shelf on which not all is well, and from which things are taken."""
    hardware = healthy(store.layout.shelf(SHELF).plates, SEED, unit="grams")
    for fault, plates in (("noisy", (2,)), ("drifting", (7,)), ("hum", (9,))):
        hardware, _ = spoil(hardware, fault, SEED, plates)
    rig = Rig(store.layout.shelf(SHELF), hardware, SEED)
    began_s = rig.now_s
    for i in range(12):
        load = rig.put(1 + (5 * i) % hardware.plates, 94.0, at_s=began_s + 60.0 + 130.0 * i)
        rig.lift(load, at_s=began_s + 100.0 + 137.0 * i)
    with RecordingWriter(recording, store.sources, rig.now_s) as writer:
        while rig.now_s < began_s + 1800.0:
            batch = rig.batch()
            if batch is not None:
                writer.write(f"shelf/{SHELF}/weight", rig.encoded(batch), batch.at_s, batch.received_s)


def _shop(folder: Path) -> None:
    """The demo shop, one of its shelves with a controller that says counts."""
    shutil.copytree(DEMO, folder)
    file = folder / "store.toml"
    text = file.read_text(encoding="utf-8").replace(f'id = "{SHELF}"', f'id = "{SHELF}"\n  says = "raw"')
    file.write_text(text, encoding="utf-8")
