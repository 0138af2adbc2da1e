"""What somebody has decided is not sent before they can take it back no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.daemon.desk import NoAnswer, NobodyThere
from edge.web.pending import FILE, AlreadyDecided, Decision, Pending

ORDER = {"do": "decide", "visit": "v1", "verdict": "refund", "by": "mika"}
UNDO_S = 0.05


class Shop:
    """What it was sent; ``trouble``: how it answers. Nothing is answered before `open` is set."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, order: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(order)
        await self.open.wait()
        if self.trouble is not None:
            raise self.trouble
        return {"state": "paid"}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.web.pending.UNDO_S", UNDO_S)


def play(folder: Path, story: Callable[[Pending, Shop], Awaitable[None]]) -> list[str]:
    """The names of what changed, until the story is over and the process ends."""
    told: list[str] = []

    async def run() -> None:
        shop = Shop()
        pending = Pending(folder, shop.send, lambda: 1000.0, lambda: told.append("changed"))
        pending.open()
        await story(pending, shop)

    asyncio.run(run())
    return told


async def over(decision: Decision) -> str:
    while decision.state in ("waiting", "sending"):
        await asyncio.sleep(0.005)
    return decision.state


def test_nothing_is_sent_before_the_window_is_over(tmp_path: Path) -> None:
    async def story(pending: Pending, shop: Shop) -> None:
        decision = pending.put("mika", "Take back", "v1", ORDER)
        await asyncio.sleep(UNDO_S / 2)
        assert (decision.state, shop.sent) == ("waiting", [])
        assert await over(decision) == "done"
        assert shop.sent == [ORDER]
        assert decision.answer == {"state": "paid"}
        assert pending.about("v1") is None

    assert len(play(tmp_path, story)) == 3, "whoever looks hears of it each time"


def test_what_is_taken_back_is_never_sent_and_only_by_whoever_decided(tmp_path: Path) -> None:
    async def story(pending: Pending, shop: Shop) -> None:
        decision = pending.put("mika", "Take back", "v1", ORDER)
        assert pending.undo(decision.number, "oda") is None
        assert pending.undo(decision.number + 1, "mika") is None
        assert pending.undo(decision.number, "mika") is decision
        assert pending.undo(decision.number, "mika") is None
        await asyncio.sleep(2 * UNDO_S)
        assert (decision.state, shop.sent) == ("taken back", [])
        assert await over(pending.put("oda", "Take back", "v1", ORDER)) == "done"

    play(tmp_path, story)


def test_it_is_too_late_once_it_is_being_sent(tmp_path: Path) -> None:
    async def story(pending: Pending, shop: Shop) -> None:
        shop.open.clear()
        decision = pending.put("mika", "Take back", "v1", ORDER)
        while not shop.sent:
            await asyncio.sleep(0.005)
        assert pending.undo(decision.number, "mika") is None
        with pytest.raises(AlreadyDecided):
            pending.put("oda", "Write off", "v1", ORDER)
        shop.open.set()
        assert await over(decision) == "done"

    play(tmp_path, story)


def test_two_do_not_decide_one_visit(tmp_path: Path) -> None:
    async def story(pending: Pending, shop: Shop) -> None:
        first = pending.put("mika", "Take back", "v1", ORDER)
        with pytest.raises(AlreadyDecided, match="mika has decided") as refused:
            pending.put("oda", "Write off", "v1", ORDER)
        assert refused.value.by == "mika"
        other = pending.put("oda", "Write off", "v2", {**ORDER, "visit": "v2"})
        assert [await over(first), await over(other)] == ["done", "done"]
        assert [order["visit"] for order in shop.sent] == ["v1", "v2"]
        assert [d.visit for d in pending.of("mika")] == ["v1"]

    play(tmp_path, story)


def test_an_answer_that_never_came_is_no_refusal(tmp_path: Path) -> None:
    async def story(pending: Pending, shop: Shop) -> None:
        shop.trouble = NoAnswer("the shop was asked, and has not answered")
        assert await over(pending.put("mika", "Take back", "v1", ORDER)) == "unanswered"
        assert [d.visit for d in pending.of("mika")] == ["v1"], "told until somebody has read it"

    play(tmp_path, story)


@pytest.mark.parametrize("trouble", [ValueError("visit v1 waits for nobody"), NobodyThere("no shop is running")])
def test_what_the_shop_refuses_is_told(tmp_path: Path, trouble: Exception) -> None:
    async def story(pending: Pending, shop: Shop) -> None:
        shop.trouble = trouble
        decision = pending.put("mika", "Take back", "v1", ORDER)
        assert await over(decision) == "refused"
        assert decision.told == str(trouble)
        pending.dismiss(decision.number)
        assert pending.of("mika") == []

    play(tmp_path, story)


@pytest.mark.parametrize(("sent", "state"), [(False, "dropped"), (True, "unsure")])
def test_a_process_that_begins_again_says_what_became_of_it(tmp_path: Path, sent: bool, state: str) -> None:
    async def cut_off(pending: Pending, shop: Shop) -> None:
        shop.open.clear()
        pending.put("mika", "Take back", "v1", ORDER)
        while sent and not shop.sent:
            await asyncio.sleep(0.005)

    async def afterwards(pending: Pending, shop: Shop) -> None:
        (told,) = pending.of("oda")
        assert (told.name, told.what, told.visit, told.state) == ("mika", "Take back", "v1", state)
        await asyncio.sleep(2 * UNDO_S)
        assert shop.sent == [], "nothing is sent that somebody decided before"
        assert pending.about("v1") is None
        assert await over(pending.put("oda", "Take back", "v1", ORDER)) == "done"
        pending.dismiss(told.number)

    play(tmp_path, cut_off)
    play(tmp_path, afterwards)

    async def third(pending: Pending, _shop: Shop) -> None:
        assert pending.of("oda") == []

    play(tmp_path, third)


def test_nobody_else_reads_what_waits(tmp_path: Path) -> None:
    async def story(pending: Pending, _shop: Shop) -> None:
        pending.put("mika", "Take back", "v1", ORDER)
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600

    play(tmp_path, story)


def test_of_what_went_well_the_last_one_is_shown(tmp_path: Path) -> None:
    """Whoever decides ten visits reads the next one, not a heap of what is done."""

    async def story(pending: Pending, shop: Shop) -> None:
        for visit in ("v1", "v2", "v3"):
            assert await over(pending.put("mika", "charge", visit, {**ORDER, "visit": visit})) == "done"
        shop.trouble = ValueError("visit v4 waits for nobody")
        assert await over(pending.put("mika", "charge", "v4", {**ORDER, "visit": "v4"})) == "refused"
        assert await over(pending.put("aki", "charge", "v5", {**ORDER, "visit": "v5"})) == "refused"
        assert [(d.visit, d.state) for d in pending.of("mika")] == [("v4", "refused"), ("v3", "done")]

    play(tmp_path, story)
