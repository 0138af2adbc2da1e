"""Counting, whatever happens: wrong numbers, twice, in the wrong place, huge, before a stop, in a recording."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import Explained, Explanation, Publish, Refused, Share, ShelfEvent, StockCounted
from edge.runtime import step
from edge.state import State, freeze, open_shop, thaw
from edge.stock import follow, level_of, most_on
from edge.store import Facing, read_store
from edge.wire import decode, encode_counted, open_recording
from simulator.commands import DEMO, simulate_story
from simulator.replay import open_ledger, replay
from simulator.story import BrokenStory, read_story
from tests.attribution.test_attribution import SHOP
from tests.stock.test_stock import PLACE, counted

SKUS = sorted(SHOP.catalogue)
ASTRAY = "socks-black"

facings = st.sampled_from(SHOP.planogram.facings)
counts = st.tuples(facings, st.one_of(st.integers(0, 12), st.just(100_000)))


@st.composite
def explained(draw: st.DrawFn) -> Explained:
    """An event somewhere, explained in some ways that need not make sense; some have lost a little probability."""
    facing = draw(facings)
    plate = draw(st.integers(1, SHOP.layout.shelf(facing.shelf).plates))
    sku = st.sampled_from([facing.sku, *SKUS[:3], ""])
    share = st.builds(Share, st.just("v"), sku, st.integers(-9, 9))
    ways = draw(st.lists(st.tuples(st.lists(share, max_size=3), st.integers(1, 100)), min_size=1, max_size=4))
    whole = sum(n for _, n in ways) * draw(st.sampled_from([1.0, 1.02]))
    told = tuple(Explanation(tuple(shares), 0.0, 0.0, 0.0, 0.0, n / whole) for shares, n in ways)
    zeros = np.zeros(SHOP.layout.shelf(facing.shelf).plates)
    return Explained(ShelfEvent("e", facing.shelf, 500.0, 500.0, 500.0, 501.0, (plate,), zeros, zeros), told, ())


def sane(state: State) -> None:
    for count in state.stock.counts.values():
        assert math.isfinite(count.quantity)
        assert count.quantity >= 0
        assert math.isfinite(count.variance)
        assert count.variance >= 0
    assert all(math.isfinite(n) and n >= 0 for n in state.stock.astray.values())
    for sku in SKUS:
        level = level_of(state.stock, SHOP, sku)
        if level is not None:
            assert level.quantity >= 0
            assert level.supply != "out" or level.quantity == 0
    assert all(units >= 0 for units in most_on(state.stock, SHOP.planogram.facings).values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(counts, explained()), max_size=25))
def test_whatever_is_counted_and_happens_there_are_never_less_than_none(
    deeds: list[tuple[Facing, int] | Explained],
) -> None:
    state = open_shop(SHOP)
    for i, deed in enumerate(deeds):
        if isinstance(deed, Explained):
            follow(state.stock, SHOP, deed)
        else:
            facing, units = deed
            counted(state, units, facing, at_s=100.0 + i)
        sane(state)
    assert thaw(freeze(state)).stock == state.stock


@settings(max_examples=40, deadline=None)
@given(facings, st.integers(0, 100_000), st.integers(0, 100_000))
def test_who_counts_twice_is_believed_the_second_time(facing: Facing, first: int, second: int) -> None:
    state = open_shop(SHOP)
    counted(state, first, facing)
    said = counted(state, second, facing, at_s=200.0)
    assert most_on(state.stock, [facing]) == {facing: second}
    told = [e.payload["quantity"] for e in said if isinstance(e, Publish) and e.topic.startswith("stock/")]
    assert told == ([second] if first != second else [])


@pytest.mark.parametrize(
    ("why", "payload"),
    [
        ("not in the planogram", {"sku": ASTRAY}),
        ("not in the planogram", {"shelf": "nowhere"}),
        ("not in the planogram", {"plates": (PLACE.first, PLACE.last + 1)}),
        ("breaks the contract", {"quantity": -1}),
        ("breaks the contract", {"quantity": 100_001}),
        ("breaks the contract", {"quantity": 1.5}),
        ("breaks the contract", {"quantity": math.nan}),
    ],
)
def test_a_count_of_no_place_or_no_number_is_refused_and_changes_nothing(why: str, payload: dict[str, object]) -> None:
    whole = {"t": 100.0, "shelf": PLACE.shelf, "plates": (PLACE.first, PLACE.last), "sku": PLACE.sku, "quantity": 3}
    record = decode(SHOP, "shop/stock/counted", msgspec.json.encode(whole | payload), 100.0)
    assert isinstance(record, Refused)
    assert record.reason == why
    state = open_shop(SHOP)
    counted(state, 5)
    before = freeze(state)
    step(state, SHOP, record)
    assert thaw(freeze(state)).stock == thaw(before).stock


def test_what_stories_count_is_what_the_wire_says() -> None:
    record = decode(SHOP, "shop/stock/counted", encode_counted(100.0, PLACE, 100_000, "aki"), 100.1)
    assert record == StockCounted(100.1, 100.0, PLACE.shelf, PLACE.first, PLACE.last, PLACE.sku, 100_000, "aki")


STORY = """\
shop demo
seed 31
there are 3 onigiri-salmon on fridge-s4:1

09:00:00  aki counts everything
09:00:02  ana enters
09:00:10  ana takes 2 onigiri-salmon
09:00:13  aki counts 9 onigiri-salmon on fridge-s4:1
09:00:17  ana puts back 1 onigiri-salmon
09:00:20  aki counts no choco-bar on g2-s3:1
09:00:26  ana leaves
"""


def test_a_recording_with_counts_gives_the_same_ledger_stopped_anywhere(tmp_path: Path) -> None:
    recording = tmp_path / "counted.mcap"
    simulate_story(SHOP, STORY, recording)
    heard = open_recording(recording)
    topics = [h.topic for h in heard]
    last = len(topics) - topics[::-1].index("shop/stock/counted")
    books = []
    for stops in ((None,), (last - 1, last, last + 40, None)):
        path = tmp_path / f"{len(stops)}.db"
        for stop in stops:
            with open_ledger(path, go_on=True, store=SHOP) as book:
                done = replay(heard, book=book, stop_after=stop, go_on=True)
                kinds = [w.entry.kind for w in book.entries()]
                if not done.stopped:
                    book.seal()
        books.append(path.read_bytes())
        assert kinds.count("stock-counted") == len(SHOP.planogram.facings) + 2
    assert books[0] == books[1]


COUNTED = "09:00:00  aki counts everything\n"


def test_of_two_twins_on_the_same_plates_the_one_that_is_there_was_taken(tmp_path: Path) -> None:
    """Nothing else can tell: the same plates, the same weight, the same hand."""
    shared = DEMO.joinpath("planogram.csv").read_bytes() + b"fridge-s1,4-6,tea-green-500\n"
    shop = read_store({**SHOP.sources, "planogram.csv": shared})
    for gone, sold in (("tea-green-500", "tea-barley-500"), ("tea-barley-500", "tea-green-500")):
        story = (
            f"there are no {gone} on fridge-s1:4-6\n"
            f"{COUNTED}09:00:02  ana enters\n"
            f"09:00:12  ana takes 1 {sold} from fridge-s1:5\n09:00:24  ana leaves\n"
        )
        for counts, sure in (True, True), (False, False):
            path = tmp_path / "twins.mcap"
            simulate_story(shop, story if counts else story.replace(COUNTED, ""), path)
            (entry,) = replay(open_recording(path), store=shop).decided
            lines, withheld = entry.body["lines"], entry.body["withheld"]
            assert isinstance(lines, list)
            assert ([line["sku"] for line in lines] == [sold]) is sure, (gone, counts, lines, withheld)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("there are 3 choco-bar on fridge-s1:1", "It stands on g2-s3:1-2, g2-s2:9-10"),
        ("there are some choco-bar on g2-s3:1", "is no line of a story"),
        ("09:00:00  aki counts 3 choco-bar on g2-s3:2-3", "it stands on g2-s3:1-2, g2-s2:9-10"),
        ("09:00:00  aki counts 3 choco-bra on g2-s3:1", "Did you mean choco-bar"),
        ("= stock choco-bar 3", "nobody counts choco-bar"),
        ("= stock choco-bra 3", "the shop sells no 'choco-bra'"),
        ("= staff are told: low-stock", "Write some of tailgate"),
        ("= staff are told: tailgate of choco-bar", "low-stock of SKU"),
    ],
)
def test_a_story_that_cannot_be_counted_says_why(line: str, told: str) -> None:
    with pytest.raises(BrokenStory, match="line 1") as broken:
        read_story(line, SHOP)
    assert told in str(broken.value)
