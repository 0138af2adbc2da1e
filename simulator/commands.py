"""What `tebura simulate` does: a story or busy traffic -> a recording.

Enters: a store, a story's text or how many visits, a seed. Leaves: a recording at a path, and the truth; where a
folder for frames is named, a video of each camera there. The same store, story and seed give the same bytes. A story
that names its seed keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.store import Store, load_store
from simulator.busy import Habits, busy_story
from simulator.story import read_story
from simulator.world import play, record

if TYPE_CHECKING:
    from simulator.fleet.crew import Hands, Told

DEMO = Path(__file__).parents[1] / "config" / "demo"

Truth = dict[str, list[dict[str, object]]]


def simulate_story(
    store: Store, text: str, path: Path, seed: int | None = None, *, roughness: float | None = None,
    eyes: float | None = None, name: str = "story", frames: Path | None = None,
    told: Callable[[str], None] | None = None, looks: bool = True,
) -> Truth:  # fmt: skip
    """Play a story and record it; `BrokenStory` with every fault. ``seed`` and ``roughness`` win over the story's;
    ``eyes``: how rough its cameras are, where that differs. ``frames``: where its videos go; ``told`` hears of each
    that is done. Without ``looks`` no camera says what anybody looks like.
    """
    story = read_story(text, store, name)
    chosen = next((s for s in (seed, story.seed) if s is not None), 1)
    rough = next((r for r in (roughness, story.roughness) if r is not None), 1.0)
    played = play(store, story, chosen)
    if frames is None:
        return record(played, story, rough, path, eyes=eyes, looks=looks)
    from simulator.frames import film

    return record(played, story, rough, path, film(played, frames, chosen, told), eyes, looks=looks)


def simulate_busy(
    store: Store, visits: int, path: Path, seed: int, *, roughness: float = 1.0, habits: Habits | None = None,
    looks: bool = True,
) -> Truth:  # fmt: skip
    """Record so many visits by people who do what people do; ``roughness`` scales what sensors get wrong."""
    return simulate_story(store, busy_story(store, visits, seed, habits), path, seed, roughness=roughness, looks=looks)


def simulate(
    story: Path | None, busy: int | None, out: Path, seed: int, store: Path | None = None, frames: Path | None = None,
    told: Callable[[str], None] | None = None, *, looks: bool = True,
) -> None:  # fmt: skip
    """The command: a story's file or ``busy`` visits, in the store of a folder, the demo shop without one."""
    shop = load_store(store or DEMO)
    text = None if story is None else _text_of(story)
    try:
        if text is not None:
            chance = _seed_of(text, seed)
            simulate_story(shop, text, out, chance, name=str(story), frames=frames, told=told, looks=looks)
        else:
            text = busy_story(shop, busy or 1, seed, None)
            simulate_story(shop, text, out, seed, frames=frames, told=told, looks=looks)
    except OSError as error:
        if error.strerror is None:
            raise  # it says itself what cannot be written: the videos
        remedy = "Name a file in a folder that you may write to with -o"
        raise OSError(f"{out}: cannot be written ({error.strerror}). {remedy}") from error


def simulate_many(
    story: Path | None, busy: int | None, folder: Path, seeds: range, store: Path | None, hands: Hands, told: Told,
    *, looks: bool = True,
) -> None:  # fmt: skip
    """A recording a seed, ``FOLDER/<seed>.mcap``, as many at once as there are hands. `ValueError` for a story that
    names its seed, which would be the same recording each time.
    """
    from simulator.fleet.task import spread

    if story is not None:
        text = _text_of(story)
        read_story(text, load_store(store or DEMO), str(story))  # its faults are told once, and not by each
        if _seed_of(text, 1) is None:
            raise ValueError(f"{story}: names its seed, so that every recording would be the same. Take that line out")
    folder.mkdir(parents=True, exist_ok=True)
    of, shop = (None if path is None else path.absolute() for path in (story, store))
    width = len(str(seeds[-1]))
    calls = [(of, busy, folder.absolute() / f"{seed:0{width}d}.mcap", seed, shop, looks) for seed in seeds]
    for _ in spread(simulate_one, calls, hands, told):
        pass


def simulate_one(
    story: Path | None, busy: int | None, out: Path, seed: int, store: Path | None, looks: bool
) -> None:  # fmt: skip
    """One of many."""
    simulate(story, busy, out, seed, store, looks=looks)


def _text_of(story: Path) -> str:
    remedy = "Name a shop story, or simulate one with --busy 20"
    try:
        return story.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise OSError(f"{story}: {error.strerror}. {remedy}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{story}: is not text in UTF-8. {remedy}") from error


def _seed_of(text: str, otherwise: int) -> int | None:
    """None where the story names its own seed."""
    return None if any(line.split()[:1] == ["seed"] for line in text.splitlines()) else otherwise
