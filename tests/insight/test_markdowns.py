"""What a markdown did, of weeks whose truth is known: told where it did something, and not where it may be chance."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.insight import Event, Insight, Noticed, figures
from edge.insight.booked import Visit
from edge.store import Store, load_store
from tests.corner import write_store

FIRST, DAYS = date(2026, 4, 6), 70
"""A Monday; ten weeks, of which the seventh is marked down in the evening."""
ONIGIRI, TEA = "onigiri-salmon", "green-tea"
PRICES = (
    "sku,price,from,until,daily,why\n"
    "onigiri-salmon,120,2026-05-18,2026-05-24,17:00-20:00,evening\n"
    "green-tea,120,2026-05-18,2026-05-24,17:00-20:00,evening\n"
)


def weeks(folder: Path, evening: float, seed: int) -> tuple[Store, Path]:
    """Onigiri sell ``evening`` times as often while they are marked down; tea sells as always, more on Fridays."""
    rng = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    store = load_store(write_store(folder / "store", prices_csv=PRICES))
    path, events, visits = folder / "insight.db", list[Event](), list[Visit]()
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        for hour in range(8, 21):
            at_s = datetime(day.year, day.month, day.day, hour, 20, tzinfo=store.timezone).timestamp()
            visit = f"{number}-{hour}"
            visits.append(Visit(visit, "", 1, at_s, at_s + 60.0))
            events.append(Event(f"floor/{visit}/in", "floor", at_s, "entered", at_s, visit=visit))
            marked = 42 <= number < 49 and 17 <= hour < 20
            for sku, mean in ((ONIGIRI, 2.0 * (evening if marked else 1.0)), (TEA, 3.0 if day.weekday() == 4 else 1.0)):
                units = int(rng.poisson(mean))
                if units:
                    events.append(Event(f"floor/{visit}/{sku}", "floor", at_s + 1, "bought", at_s + 1, visit=visit,
                                        sku=sku, count=units))  # fmt: skip
    with Insight(path) as kept:
        kept.note(Noticed(events=events))
        with kept._writing():
            kept._visits(visits)
    return store, path


def told(store: Store, path: Path) -> dict[str, dict[str, object]]:
    with Insight(path) as kept:
        return {row["sku"]: row for row in figures(kept, store)["markdowns"]}


def test_a_markdown_that_doubles_what_is_sold_is_told_with_what_is_usual(tmp_path: Path) -> None:
    rows = told(*weeks(tmp_path, 2.0, 1))
    onigiri, tea = rows[ONIGIRI], rows[TEA]
    assert onigiri["hours"] == 21
    assert onigiri["verdict"] == "more"
    assert onigiri["change"] == pytest.approx(1.0, abs=0.35)
    assert onigiri["usual_per_hour"] == pytest.approx(2.0, abs=0.3)
    assert onigiri["before_per_hour"] == pytest.approx(2.0, abs=0.4)
    assert onigiri["after_per_hour"] == pytest.approx(2.0, abs=0.4)
    assert onigiri["usual_hours"] == 21 * 9
    assert float(str(onigiri["certainty"])) > 0.99
    assert tea["verdict"] == "undecided", "Fridays are compared with Fridays"
    assert tea["usual_per_hour"] == pytest.approx(9 / 7, abs=0.3)


def test_nothing_is_made_of_chance(tmp_path: Path) -> None:
    """Of ten weeks in which a markdown did nothing, as good as none is told to have done something."""
    verdicts = [told(*weeks(tmp_path / str(seed), 1.0, seed))[ONIGIRI]["verdict"] for seed in range(10)]
    assert sum(verdict != "undecided" for verdict in verdicts) <= 2


def test_hours_in_which_there_was_none_say_nothing(tmp_path: Path) -> None:
    store, path = weeks(tmp_path, 2.0, 1)
    evening = datetime(2026, 5, 20, 17, 0, tzinfo=store.timezone).timestamp()
    gone = [
        Event(f"floor/{at_s}/{kind}", "floor", at_s, kind, at_s, sku=ONIGIRI)  # type: ignore[arg-type]
        for at_s, kind in ((evening, "sold-out"), (evening + 3 * 3600.0, "back-on-shelf"))
    ]
    with Insight(path) as kept:
        kept.note(Noticed(events=gone))
    assert told(store, path)[ONIGIRI]["hours"] == 18


def test_little_decides_nothing(tmp_path: Path) -> None:
    """All that is left is the last two evenings of it, and no other week."""
    store, path = weeks(tmp_path, 2.0, 1)
    last_s = datetime(2026, 5, 23, tzinfo=store.timezone).timestamp()
    with Insight(path) as kept, kept._writing():
        kept._db.execute("DELETE FROM event WHERE at_s < ? OR at_s > ?", [last_s, last_s + 2 * 86400.0])
    row = told(store, path)[ONIGIRI]
    assert (row["hours"], row["verdict"], row["certainty"]) == (6, "undecided", None)
