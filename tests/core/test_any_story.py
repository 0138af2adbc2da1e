"""Any story that a shopkeeper can write, with any number of units: the core digests it, and the book is in order."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger.book import Book
from edge.store import read_store
from edge.wire import open_recording
from simulator.busy import clock
from simulator.commands import simulate_story
from tests.core.test_every_shop import every_charge_has_shelf_events_before_it, nobody_settles_twice
from tests.corner import FILES

CATALOGUE = """\
sku,gtin,name,price,tax_class,weight_g,weight_sd_g
gum,,Gum,50,food,12,0.3
onigiri,,Rice ball,178,food,110,1
tea,,Tea,151,food,625,2
"""
SHOP = read_store(
    FILES
    | {
        "catalogue.csv": CATALOGUE.encode(),
        "planogram.csv": b"shelf,plates,sku\ng1-s1,1,gum\ng1-s1,2,onigiri\ng1-s1,3-4,tea\n",
    }
)
STANDS = {"gum": "g1-s1:1", "onigiri": "g1-s1:2", "tea": "g1-s1:3"}
OPENS_S = 9 * 3600.0


@st.composite
def stories(draw: st.DrawFn) -> str:
    """One or two people who take, put back, hand over and touch, up to twenty units at once."""
    people = ["ana", "ben"][: draw(st.integers(1, 2))]
    lines = [f"there are {draw(st.integers(0, 20))} {sku} on {place}" for sku, place in STANDS.items()]
    held: dict[str, dict[str, int]] = {name: {} for name in people}
    at_s = OPENS_S
    for name in people:
        lines.append(f"{clock(at_s)}  {name} enters")
        at_s += 3.0
    at_s += 5.0
    for _ in range(draw(st.integers(1, 7))):
        name, sku = draw(st.sampled_from(people)), draw(st.sampled_from(sorted(STANDS)))
        mine = held[name]
        what = draw(st.sampled_from(["take", "take", "back", "hand", "touch"]))
        if what == "take":
            count = draw(st.integers(1, 20))
            mine[sku] = mine.get(sku, 0) + count
            lines.append(f"{clock(at_s)}  {name} takes {count} {sku} from {STANDS[sku]}")
        elif what == "back" and mine.get(sku):
            count = draw(st.integers(1, min(20, mine[sku])))
            mine[sku] -= count
            place = draw(st.sampled_from(["", *(f" on g1-s1:{p}" for p in (1, 2, 3, 4))]))
            lines.append(f"{clock(at_s)}  {name} puts back {count} {sku}{place}")
        elif what == "hand" and mine.get(sku) and len(people) > 1:
            to = next(p for p in people if p != name)
            count = draw(st.integers(1, min(20, mine[sku])))
            mine[sku] -= count
            held[to][sku] = held[to].get(sku, 0) + count
            lines.append(f"{clock(at_s)}  {name} hands {count} {sku} to {to}")
        else:
            lines.append(f"{clock(at_s)}  {name} touches {STANDS[sku]}")
        at_s += draw(st.sampled_from([0.4, 2.0, 6.0, 12.0]))
    at_s += 10.0
    for name in people:
        lines.append(f"{clock(at_s)}  {name} leaves{draw(st.sampled_from(['', '', '', ' unseen']))}")
        at_s += 4.0
    return "\n".join(lines) + "\n"


@settings(deadline=None, max_examples=40)
@given(story=stories(), seed=st.integers(0, 1000), roughness=st.sampled_from([0.3, 1.0, 2.0]))
def test_whatever_people_do_the_core_digests_it(story: str, seed: int, roughness: float) -> None:
    raised: list[Exception] = []
    with TemporaryDirectory() as folder, Book() as book:
        path = Path(folder) / "any.mcap"
        simulate_story(SHOP, story, path, seed, roughness=roughness)
        driver = Driver(SHOP, book=book, provider=LocalProvider(), faulted=raised.append)
        for heard in open_recording(path):
            driver.hear(heard)
        driver.finish()
        assert not raised
        assert driver.state.refused == {}
        assert book.prove() == []
        nobody_settles_twice(book)
        every_charge_has_shelf_events_before_it(book)


@pytest.mark.parametrize("units", [8, 9, 15, 20])
def test_so_many_at_once_and_all_of_them_back(tmp_path: Path, units: int) -> None:
    """Whoever has put everything back pays nothing, however many they were."""
    story = f"""\
there are 20 onigiri on g1-s1:2
09:00:00  ana enters
09:00:10  ana takes {units} onigiri from g1-s1:2
09:00:20  ana puts back {units} onigiri
09:00:30  ana leaves
"""
    path = tmp_path / "back.mcap"
    simulate_story(SHOP, story, path, 1)
    with Book() as book:
        driver = Driver(SHOP, book=book, provider=LocalProvider())
        for heard in open_recording(path):
            driver.hear(heard)
        driver.finish()
        (ended,) = [w.entry for w in book.entries() if w.entry.kind in ("settlement", "review")]
        assert (ended.kind, ended.body["lines"]) == ("settlement", [])
