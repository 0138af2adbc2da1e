"""What happened in the shop, as events: the same from the same recordings, however often and with whatever stops."""

from __future__ import annotations

import csv
import json
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.insight import Event, Floor, Insight, figures
from edge.insight.keeping import BadCursor, Cursor
from edge.insight.measures import heat_of
from edge.insight.rebuild import OtherShop, from_recordings
from edge.ledger import Book
from edge.store import Store, read_store
from edge.wire import Heard, open_recording
from tests.corner import FILES, OPENS_S, STORE, TWO_ONIGIRI, Pick, errand
from tests.typed import typed

BACK = (*TWO_ONIGIRI, Pick(8.5, 1, -110.0, "onigiri-salmon"))
NAMES = count()


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return errand(tmp_path_factory.mktemp("recordings") / "ana.mcap", BACK)


def told(path: Path, *files: Path) -> tuple[list[Event], list[str]]:
    """Events, and the whole content, of a projection of recordings."""
    with Insight(path) as insight:
        from_recordings(files, insight)
        return [event for event, _ in insight.events(most=1000)], list(insight.content())


def test_one_errand_from_the_door_to_the_door(ana: Path, tmp_path: Path) -> None:
    events, _ = told(tmp_path / "insight.db", ana)
    by_time = sorted(events, key=lambda e: e.at_s)
    assert [(e.kind, e.sku, e.count) for e in by_time] == [
        ("entered", "", 1),
        ("dwelt", "", 1),
        ("picked-up", "onigiri-salmon", 2),
        ("put-back", "onigiri-salmon", 1),
        ("left", "", 1),
        ("bought", "onigiri-salmon", 1),
    ]
    visit = by_time[0].visit
    assert {e.visit for e in events} == {visit}
    taken, back = by_time[2], by_time[3]
    assert (taken.shelf, taken.first, taken.last) == ("g1-s1", 1, 1)
    assert taken.certainty > 0.9
    assert taken.id.startswith("ledger/")
    assert back.home is True
    stay = by_time[1]
    assert stay.shelf == "g1"
    assert stay.id.startswith("floor/")
    assert stay.until_s is not None
    # By her way she is within an arm's length of the board and its ends from 3.4 s to 10.5 s.
    assert stay.at_s - OPENS_S == pytest.approx(3.4, abs=0.4)
    assert stay.until_s - OPENS_S == pytest.approx(10.5, abs=0.4)


def test_figures_count_visits_with_how_sure_they_are(ana: Path, tmp_path: Path) -> None:
    with Insight(tmp_path / "insight.db") as insight:
        store = from_recordings([ana], insight)
        found, heat = figures(insight, store), heat_of(insight, store)
        nothing = figures(insight, store, until_s=OPENS_S - 86400.0)
    onigiri, tea = found["products"]
    funnel = [onigiri[step] for step in ("passed", "stopped", "touched", "took", "put_back", "bought")]
    assert funnel == [1, 1, 1, 1, 1, 1]
    assert (onigiri["units_taken"], onigiri["units_put_back"], onigiri["put_back_rate"]) == (2, 1, 0.5)
    assert onigiri["certainty"] > 0.9
    assert (tea["touched"], tea["took"], tea["pick_up_rate"]) == (0, 0, 0.0 if tea["stopped"] else None)
    assert found["shelves"][0]["took"] == 1
    assert found["visits"]["conversion"] == 1.0
    assert sum(cell["seconds"] for cell in heat) == pytest.approx(13.0, abs=2.0)
    longest = max(heat, key=lambda cell: cell["seconds"])
    assert (longest["x_m"], longest["y_m"]) == (pytest.approx(1.2, abs=0.15), pytest.approx(1.6, abs=0.15))
    assert nothing["visits"]["visits"] == 0
    assert nothing["products"][0]["stop_rate"] is None


def test_a_rebuild_says_the_same_in_every_row(ana: Path, tmp_path: Path) -> None:
    assert told(tmp_path / "one.db", ana)[1] == told(tmp_path / "two.db", ana)[1]


def test_what_is_told_twice_is_kept_once(ana: Path, tmp_path: Path) -> None:
    once, _ = told(tmp_path / "insight.db", ana)
    with Insight(tmp_path / "insight.db") as insight:
        before = len(insight.rows("SELECT id FROM event"))
        insight._put(once)
        assert len(insight.rows("SELECT id FROM event")) == before


def stopped_and_gone_on(path: Path, store: Store, heard: list[Heard], kept_at: int, killed_at: int) -> list[str]:
    """A shop that froze its state after so many messages, is killed after some more, and steps those once more."""
    with Book() as book, Insight(path) as insight:
        floor = Floor(store)
        driver = Driver(store, book=book, provider=LocalProvider(), observers=[floor])
        for message in heard[:kept_at]:
            driver.hear(message)
        frozen = driver.freeze()
        for message in heard[kept_at:killed_at]:
            driver.hear(message)
        insight.note(floor.take())
        insight.read(book, store)
        floor = Floor(store, insight.fact("memory"))
        driver = Driver(store, book=book, provider=LocalProvider(), observers=[floor])
        driver.thaw(frozen)
        for message in heard[kept_at:]:
            driver.hear(message)
        driver.finish()
        insight.note(floor.finish())
        insight.read(book, store)
        return list(insight.content())


@given(st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_kill_anywhere_loses_and_doubles_nothing(ana: Path, tmp_path: Path, data: st.DataObject) -> None:
    recording = open_recording(ana)
    heard, store = list(recording), read_store(recording.store_files())
    killed_at = data.draw(st.integers(1, len(heard)))
    kept_at = data.draw(st.integers(0, killed_at))
    whole = tmp_path / "whole.db"
    if not whole.exists():
        told(whole, ana)
    with Insight(whole) as insight:
        expected = list(insight.content())
    assert stopped_and_gone_on(tmp_path / f"{next(NAMES)}.db", store, heard, kept_at, killed_at) == expected


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=20))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_reader_who_stops_and_goes_on_misses_and_repeats_nothing(
    ana: Path, tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "read-in-parts.db"
    if not path.exists():
        told(path, ana)
    with Insight(path) as insight:
        whole = [event.id for event, _ in insight.events(most=1000)]
        read, cursor = [], ""
        for size in [*sizes, 1000]:
            since = Cursor.of(cursor)
            for event, _ in insight.events(since, size):
                read.append(event.id)
                since = since.after(event)
            cursor = since.text()
    assert read == whole


@pytest.mark.parametrize("text", ["x", "bm9uZQ", "W10", "WzEsMiwzLDRd_", "W05hTiwiIiwwLCIiXQ", "W251bGwsIiIsMCwiIl0"])
def test_a_cursor_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadCursor, match="no cursor"):
        Cursor.of(text)


def test_recordings_of_two_shops_are_not_one_shop(ana: Path, tmp_path: Path) -> None:
    files = FILES | {"store.toml": STORE.replace('id = "corner"', 'id = "other"').encode()}
    other = errand(tmp_path / "other.mcap", files=files)
    with Insight(tmp_path / "insight.db") as insight, pytest.raises(OtherShop, match="one shop"):
        from_recordings([ana, other], insight)


def test_the_command_writes_figures_tables_and_pictures(ana: Path, tmp_path: Path) -> None:
    done = typed("insight", ana, "--json", "--csv", tmp_path / "tables", "--plot", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["visits"]["bought"] == 1
    heads, first, *_ = (tmp_path / "tables" / "products.csv").read_text().splitlines()
    assert heads.startswith("sku,name,passed,stopped,touched,took,put_back,bought")
    assert first.startswith("onigiri-salmon,Salmon onigiri,1,1,1,1,1,1,2,1,1,0,")
    page = (tmp_path / "page.html").read_text()
    assert "<svg" in page
    assert "Green tea &lt;600 ml&gt;" in page
    shown = typed("insight", ana)
    assert "1 visits of 1 people" in shown.stdout
    assert "Salmon onigiri" in shown.stdout


def test_every_event_stands_in_one_flat_table(ana: Path, tmp_path: Path) -> None:
    done = typed("insight", ana, "--events", tmp_path / "day.csv")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "day.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["ga4"], row["segment"]) for row in rows] == [
        ("entered", "shelf_entered", "shelf_entered"),
        ("dwelt", "shelf_dwelt", "shelf_dwelt"),
        ("picked-up", "add_to_cart", "Product Added"),
        ("put-back", "remove_from_cart", "Product Removed"),
        ("left", "shelf_left", "shelf_left"),
        ("bought", "purchase", "Order Completed"),
    ]
    bought = next(row for row in rows if row["kind"] == "bought")
    assert (bought["count"], bought["amount_minor"], bought["currency"]) == ("1", "178", "JPY")
    assert bought["gtin"].endswith("2000000000015")
    assert bought["member"] == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name recordings, or the shop's folder with --store"),
        (("x.mcap", "--store", "."), "leave them away, or the recordings"),
        (("x.mcap", "--plot", "x.png"), "is .svg or .html"),
        (("x.mcap", "--events", "x.parquet"), "a file that ends in .csv"),
        (("x.mcap",), "x.mcap"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = typed("insight", *arguments)
    assert done.returncode == 2
    assert said in done.stderr.replace("\n", " ")
