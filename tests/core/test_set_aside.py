"""What the core cannot digest does not end the shop: it is left out, staff hear of it, a person looks at who was in.

Every fault here is put in from outside, since those that are known are mended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edge.retrace
import edge.runtime.leaving
import edge.runtime.shelves
from edge.adapters.payment.local import LocalProvider
from edge.attribution import Belief, attribute, cart_of
from edge.driver import Driver
from edge.ledger.book import Book
from edge.records import Cart, Effect, LedgerEntry, Publish, Record, ShelfEvent
from edge.runtime import step
from edge.state import State
from edge.store import Facing, Planogram, Store, read_store
from edge.wire import Heard, decode, open_recording
from tests.corner import FILES, OPENS_S, errand
from tests.daemon.rehearsals import Rehearsal

SHOP = read_store(FILES)
ANA, BEN = "20231115-0001", "20231115-0002"
BEN_LATER_S = 26.0
REASON = "something of shelf/g1-s1 could not be digested while they were inside"


class Broken(ArithmeticError):
    """A fault of ours that nobody knows of yet."""


def later(heard: Heard, by_s: float, subject: str) -> Heard:
    """The same after ana's errand: two rice balls fewer lie on the first plate."""
    said = msgspec.json.decode(heard.payload)
    said["t"] += by_s
    if "subject" in said:
        said["subject"] = subject
    if "g" in said:
        said["g"][0] = [g - 220.0 for g in said["g"][0]]
    return Heard(heard.topic, msgspec.json.encode(said), heard.received_s + by_s)


@pytest.fixture(scope="module")
def two_errands(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    """Ana's errand, and twenty seconds later ben's, who does just the same."""
    ana = list(open_recording(errand(tmp_path_factory.mktemp("errands") / "ana.mcap")))
    idle = [h for h in ana if not h.topic.startswith("gate/") and h.received_s >= OPENS_S + 16.0]
    between = [later(replace(h, payload=_untaken(h.payload)), 2.0 * n, "") for n in range(1, 5) for h in idle]
    return ana + between + [later(h, BEN_LATER_S, "ben") for h in ana]


def _untaken(payload: bytes) -> bytes:
    """With the rice balls back, for `later` to take them away once."""
    said = msgspec.json.decode(payload)
    if "g" in said:
        said["g"][0] = [g + 220.0 for g in said["g"][0]]
    return msgspec.json.encode(said)


class Day:
    """A shop at work, its book and what it said."""

    def __init__(self, store: Store = SHOP) -> None:
        self.book, self.said, self.raised = Book(), list[Publish](), list[Exception]()
        self.driver = Driver(
            store, book=self.book, provider=LocalProvider(), publish=self.said.append, faulted=self.raised.append
        )

    def hear(self, heard: list[Heard]) -> Day:
        for h in heard:
            self.driver.hear(h)
        self.driver.finish()
        return self

    def told(self, *kinds: str) -> list[LedgerEntry]:
        return [w.entry for w in self.book.entries() if w.entry.kind in kinds]

    def of(self, subject: str) -> tuple[str, int] | None:
        """How somebody's visit ended, and its total; None where there was none."""
        ends = (e for e in self.told("settlement", "review") if e.body["subject"] == subject)
        return next(((e.kind, int(str(e.body["total_minor"]))) for e in ends), None)

    def outcome(self) -> dict[str, tuple[str, str, int]]:
        """Visit -> how it ended, why, and its total."""
        ends = self.told("settlement", "review")
        return {e.visit: (e.kind, str(e.body["reason"]), int(str(e.body["total_minor"]))) for e in ends}


@pytest.fixture
def anas_picks_break_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana's picks break something."""

    def broken(belief: Belief, store: Store, event: ShelfEvent, *rest: Any, **more: Any) -> Any:
        done = attribute(belief, store, event, *rest, **more)
        if event.step_s < OPENS_S + BEN_LATER_S:
            raise Broken("half of it is done already")
        return done

    monkeypatch.setattr(edge.runtime.shelves, "attribute", broken)


@pytest.mark.usefixtures("anas_picks_break_us")
def test_the_shop_goes_on_and_a_person_looks_at_who_was_inside(two_errands: list[Heard]) -> None:
    day = Day().hear(two_errands)
    assert day.outcome() == {ANA: ("review", REASON, 0), BEN: ("settlement", "", 356)}
    (entry,) = day.told("set-aside")
    assert entry.body == {"source": "shelf/g1-s1", "what": "WeightBatch", "error": "Broken in _explain"}
    assert [type(e) for e in day.raised] == [Broken]
    assert {"set-aside", "review"} <= {p.payload["kind"] for p in day.said if p.topic == "runtime/alert"}
    status = [p.payload for p in day.said if p.topic == "runtime/status"]
    assert "left out" in str(status[-1]["troubles"])
    assert day.book.prove() == []


def test_a_product_that_the_catalogue_lacks_is_a_review_and_no_end(two_errands: list[Heard]) -> None:
    """No check lets such a store through; if one did, this is what happens."""
    store = replace(SHOP, planogram=Planogram((*SHOP.planogram.facings, Facing("g1-s1", 2, 2, "no-such-thing"))))
    day = Day(store).hear(two_errands)
    assert [kind for kind, _, _ in day.outcome().values()] == ["review", "review"]
    assert {type(e) for e in day.raised} == {KeyError}


@pytest.mark.usefixtures("anas_picks_break_us")
def test_stopped_anywhere_and_continued_the_book_is_the_same(two_errands: list[Heard]) -> None:
    whole = list(Day().hear(two_errands).book.export())
    for at in range(1, len(two_errands), 41):
        day = Day()
        for heard in two_errands[:at]:
            day.driver.hear(heard)
        frozen = day.driver.freeze()
        day.driver.thaw(frozen)
        assert list(day.hear(two_errands[at:]).book.export()) == whole, at


@pytest.mark.usefixtures("anas_picks_break_us")
@pytest.mark.parametrize("killed_s", [6.0, 7.3, 8.0, 9.0, 12.0, 15.0])
def test_a_live_shop_that_is_killed_reopens_and_comes_to_the_same(
    two_errands: list[Heard], tmp_path: Path, killed_s: float
) -> None:
    """What raises is recorded before it is stepped: without setting it aside, no restart would ever pass it."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, killed_s)
    shop.leave_as_killed()
    assert shop.open().cold == ""
    shop.play(killed_s, 60.0, two_errands)
    shop.settle()
    lines = [(e.visit, e.kind, e.body["total_minor"]) for e in shop.entries("settlement", "review")]
    assert lines == [(ANA, "review", 0), (BEN, "settlement", 356)]
    assert len(shop.entries("set-aside")) == 1
    assert "left out" in shop.status["troubles"]["undigested"]
    shop.shop.close()


def test_a_state_that_nothing_can_be_done_with_begins_anew_and_says_what_was_in_the_carts(
    two_errands: list[Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(belief: Belief, visit: str) -> Cart:
        if visit == ANA:
            raise Broken(visit)
        return cart_of(belief, visit)

    monkeypatch.setattr(edge.runtime.leaving, "cart_of", broken)
    day = Day().hear(two_errands)
    reason = "something of camera/cam could not be digested while they were inside"
    assert day.outcome() == {ANA: ("review", reason, 356), BEN: ("settlement", "", 356)}
    assert day.told("review")[0].body["lines"], "what was shown of her cart last is there for who looks"
    assert day.book.prove() == []


def test_a_sensor_that_says_what_breaks_us_again_and_again_does_not_flood_the_book(
    two_errands: list[Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = edge.runtime.look  # type: ignore[attr-defined]

    def broken(state: State, record: Any) -> None:
        look(state, record)
        raise Broken

    monkeypatch.setattr(edge.runtime, "look", broken)
    day = Day().hear(two_errands)
    assert 3 <= len(day.told("set-aside")) <= 20
    assert "camera/cam" in day.driver.state.aside.muted
    assert len(day.outcome()) == 2, "what shelves and gates say is heard all the same"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000))
def test_whichever_record_it_is_whoever_comes_later_is_charged_what_they_took(
    two_errands: list[Heard], at: int
) -> None:
    """A record that raises after all of it was done leaves no trace but the word about it."""
    breaks = at % (len(two_errands) // 2)
    day = Day()

    def broken(wanted: Record) -> Callable[[State, Store, Record], list[Effect]]:
        def stepped(state: State, store: Store, record: Record) -> list[Effect]:
            effects = step(state, store, record)
            if record is wanted:
                raise Broken
            return effects

        return stepped

    without = Day().hear(two_errands[:breaks] + two_errands[breaks + 1 :])
    with pytest.MonkeyPatch.context() as patch:
        for number, heard in enumerate(two_errands):
            if number == breaks:
                record = decode(SHOP, heard.topic, heard.payload, heard.received_s)
                patch.setattr(edge.retrace, "step", broken(record))
                day.driver.feed(record)
            else:
                day.driver.hear(heard)
        day.driver.finish()
    assert len(day.told("set-aside")) == 1
    assert day.of("ben") == without.of("ben") == ("settlement", 356)
    if without.of("ana") == ("settlement", 356):
        assert day.of("ana") in [("review", 356), ("review", 0), ("settlement", 356)], "never less without a word"
    assert day.book.prove() == []
