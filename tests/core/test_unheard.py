"""A moment of which nobody heard anything, with a stop of the runtime in it or without: nobody pays more for it.

Shelf events are cut where it hurts: as they begin, at their step, before they are at rest. Many are cut in one run, and
the runs together cut each of them at each place. What gates say meanwhile is heard afterwards, as a broker delivers it;
samples and frames are lost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import Sale, sale_of
from edge.driver import Driver
from edge.ledger import Book
from edge.records import Effect, Explained, Record, ShelfEvent
from edge.state import State
from edge.wire import Heard, open_recording
from tests.core.mornings import SHOP, busy, entries_of, story_of

RUNS = 3
"""The windows of a morning are dealt out to so many runs."""

SENSED = ("shelf/", "camera/", "shop/clock/")

Window = tuple[float, float]
"""From when to when nothing is heard, by the time at which it would have been."""


@dataclass(frozen=True, slots=True)
class Morning:
    """What was said, what is charged where all of it is heard, and what each really left with."""

    messages: list[Heard]
    events: list[ShelfEvent]
    undisturbed: dict[str, Sale]
    truth: dict[str, Counter[str]]


@pytest.fixture(scope="module", params=[2, 5], ids=["four", "nine"])
def morning(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Morning:
    """Four visits in a minute; and the nine during which the live shop is killed a hundred times."""
    seed: int = request.param
    path = tmp_path_factory.mktemp("unheard") / "busy.mcap"
    recording = open_recording(busy(path, 4, seed) if seed == 2 else busy(path, 9, seed, roughness=0.5))
    messages, events = list(recording), list[ShelfEvent]()

    def listen(state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        events.extend(e.event for e in effects if isinstance(e, Explained))

    with Book() as book:
        driver = Driver(SHOP, book=book, provider=LocalProvider(), observers=[listen])
        for heard in messages:
            driver.hear(heard)
        driver.finish()
        truth = {v["subject"]: Counter(v["items"]) for v in json.loads(recording.attachments["truth.json"])["visits"]}
        return Morning(messages, sorted(events, key=lambda e: e.step_s), sales(book), truth)


def sales(book: Book) -> dict[str, Sale]:
    """Visit -> what it was charged, or would be."""
    return {e.visit: sale_of(e.body) for kind in ("settlement", "review") for e in entries_of(book, kind)}


def charged(sale: Sale | None) -> Counter[str]:
    """Nothing, as long as a person has to look."""
    if sale is None or sale.state == "review":
        return Counter()
    return Counter({line.sku: line.quantity for line in sale.lines})


def windows(events: Sequence[ShelfEvent], gap_s: float) -> list[Window]:
    """Around the beginning of each event, around its step, and before it is at rest."""
    found = []
    for event in events:
        for middle_s in (event.began_s, event.step_s, event.settled_s - gap_s / 2):
            found.append((middle_s - gap_s / 2, middle_s + gap_s / 2))
    return sorted(found)


def heard_without(messages: Sequence[Heard], cut: Sequence[Window]) -> Iterator[tuple[Heard, bool]]:
    """What is heard, and whether there was a gap before it."""
    waiting: list[Heard] = []
    for heard in messages:
        if any(from_s <= heard.received_s < to_s for from_s, to_s in cut):
            waiting.append(heard)
            continue
        behind, waiting = bool(waiting), [h for h in waiting if not h.topic.startswith(SENSED)]
        for late in waiting:
            yield Heard(late.topic, late.payload, heard.received_s), behind
            behind = False
        yield heard, behind
        waiting = []


def charged_without(messages: Sequence[Heard], cut: Sequence[Window], stops: bool) -> dict[str, Sale]:
    """Visit -> what it was charged, where nobody hears these windows, and the runtime ``stops`` in each of them."""
    with Book() as book:
        driver = Driver(SHOP, book=book, provider=LocalProvider())
        for heard, behind in heard_without(messages, cut):
            if behind and stops:
                frozen = driver.freeze()
                driver = Driver(SHOP, book=book, provider=LocalProvider())
                driver.thaw(frozen)
                for visit in driver.state.door.visits.values():
                    visit.interrupted = True
            driver.hear(heard)
        driver.finish()
        assert book.prove() == []
        return sales(book)


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize(("gap_s", "stops"), [(0.3, True), (0.9, True), (0.45, False)])
def test_nobody_pays_for_what_nobody_heard(morning: Morning, gap_s: float, stops: bool, run: int) -> None:
    """Cameras that are blind for six tenths of a second are noticed; shorter gaps, and the shelves' ones, are not."""
    cut = windows(morning.events, gap_s)[run::RUNS]
    found = charged_without(morning.messages, cut, stops)
    assert found.keys() == morning.undisturbed.keys(), "no visit is lost, none is invented"
    for name, sale in found.items():
        beyond = charged(sale) - (charged(morning.undisturbed[name]) | morning.truth[sale.subject])
        assert not beyond, (name, sale.subject, beyond, cut)


BEN_TOUCHES_WHERE_ANA_TAKES = """\
shop demo
seed 1

09:00:00  ana enters
09:00:02  ben enters
09:00:14  ana walks to g2-s2:2
09:00:14  ben walks to g2-s2:5
09:00:20  ben touches g2-s2:3
09:00:20.90  ana takes 1 chips-salt from g2-s2:3
09:00:28  ana leaves
09:00:30  ben leaves
"""


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Heard], float]:
    """What was said, and when ana's hand took it."""
    path = story_of(BEN_TOUCHES_WHERE_ANA_TAKES, tmp_path_factory.mktemp("reach") / "reach.mcap")
    recording = open_recording(path)
    (pick,) = [e for e in json.loads(recording.attachments["truth.json"])["events"] if e["action"] == "pick"]
    return list(recording), pick["t"]


@pytest.mark.parametrize(("before_s", "after_s"), [(0.35, 0.2), (0.25, 0.05), (0.05, 0.45), (0.25, 1.5)])
def test_the_hand_that_was_seen_last_does_not_pay_for_the_one_that_nobody_saw(
    reach: tuple[list[Heard], float], before_s: float, after_s: float
) -> None:
    """Ben's was there a moment before, and neither shelf nor cameras were heard while ana's was."""
    messages, took_s = reach
    found = charged_without(messages, [(took_s - before_s, took_s + after_s)], stops=False)
    assert not sum((charged(sale) for sale in found.values()), Counter[str]())
    doubtful = [
        (line.sku, line.rival != "", line.who < SHOP.policy.charge_who_at)
        for sale in found.values()
        for lines in (sale.lines, sale.withheld)
        for line in lines
    ]
    assert doubtful == [("chips-salt", True, True)]
