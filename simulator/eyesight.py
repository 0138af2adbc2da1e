"""What real frames cost: the same scenes by cameras that see everything, and through the pictures they would take.

Enters: a folder for recordings and videos (what is there from an earlier run is used again), a seed. Leaves: a table on
stdout: receipts by perfect detections, and by frames that went the whole way (`simulator.watch`), and below it whatever
was wrong with a camera, so that nobody takes one that saw nothing for one that saw nobody. Scales are as rough
as usual both times, so that the difference is what the eyes cost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from edge.store import load_store
from edge.wire import open_recording
from simulator.busy import Habits, busy_story
from simulator.commands import DEMO, simulate_story
from simulator.fleet.crew import all_cores
from simulator.fleet.task import spread
from simulator.reliability import Tally, tally_of
from simulator.replay import replay
from simulator.watch import filmed

VISITS = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4)
"""So many visits each scene of the demo shop has."""
HABITS = Habits(items=2.0, gap_s=6.0, party=0.0)


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene, both ways."""

    visits: int
    perfect: Tally
    watched: Tally
    blind: tuple[str, ...]
    """What was wrong with its cameras: a figure of a scene that was not seen is none."""


def eyesight(folder: Path, seed: int, detector: Path | None = None, *, looks: bool = True) -> list[Scene]:
    """Film so many scenes, watch them, and print what came out; without ``looks`` nobody says what people look like."""
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    with console.status("scenes are filmed and watched …"):
        calls = [(folder.absolute(), seed, detector, looks, number) for number in range(len(VISITS))]
        scenes = list(spread(film_and_watch, calls, all_cores()))
    console.print(_table(scenes))
    for i, scene in enumerate(scenes):
        for line in scene.blind:
            console.print(f"scene {i + 1}: {line}", markup=False, soft_wrap=True)
    return scenes


def film_and_watch(folder: Path, seed: int, detector: Path | None, looks: bool, number: int) -> Scene:
    """One scene, filmed where it is not yet, and replayed with perfect eyes and with those of a camera node."""
    videos = folder / (f"seed{seed}-{number:02d}" + "-no-looks" * (not looks))
    path = videos.with_suffix(".mcap")
    shop, chance = load_store(DEMO), seed * 1000 + number
    if not path.exists():
        story = busy_story(shop, VISITS[number], chance, HABITS)
        half = path.with_suffix(".half")
        simulate_story(shop, story, half, chance, eyes=0.0, frames=videos, looks=looks)
        half.rename(path)
    recording = open_recording(path)
    truth = json.loads(recording.attachments["truth.json"])
    perfect = tally_of(replay(recording).decided, truth)
    told: list[str] = []
    watched = tally_of(replay(filmed(path, videos, detector, told.append, looks=looks)).decided, truth)
    blind = dict.fromkeys(line for line in told if " is blind: " in line)
    return Scene(VISITS[number], perfect, watched, tuple(blind))


def _table(scenes: list[Scene]) -> Table:
    table = Table("scene", "visits", "perfect: F1", "exact", "frames: F1", "exact", "overcharged", "review",
                  box=None, padding=(0, 1))  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    perfect, watched = Tally(), Tally()
    for i, scene in enumerate(scenes):
        perfect.add(scene.perfect)
        watched.add(scene.watched)
        table.add_row(f"{i + 1}", *_row(scene.perfect, scene.watched))
    table.add_section()
    table.add_row("all", *_row(perfect, watched))
    return table


def _row(perfect: Tally, watched: Tally) -> tuple[str, ...]:
    return (
        f"{perfect.visits}", f"{perfect.f1:.3f}", f"{perfect.exact}/{perfect.visits}", f"{watched.f1:.3f}",
        f"{watched.exact}/{watched.visits}", f"{watched.overcharged}/{watched.settled}",
        f"{watched.review}/{watched.visits}",
    )  # fmt: skip
