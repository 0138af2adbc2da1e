"""The way back, from whatever a stop has left: nothing that was written down is forgotten, nothing is charged twice."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

import pytest

from edge.daemon.shop import LEDGER, RECORDINGS
from edge.journal import Checkpoint, Position, save_checkpoint
from edge.journal.checkpoints import last_checkpoint
from edge.records import LedgerEntry
from edge.store import load_store
from edge.told import Sentence
from edge.wire import encode_mode
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.daemon.rehearsals import Rehearsal

VISIT = "20231115-0001"


def weigh(shop: Rehearsal, day: int, g_per_unit: float = 1.0) -> None:
    """Somebody has calibrated the shelf."""
    rows = "".join(f"[[plate]]\nplate={p}\nchannel={p}\ng_per_unit={g_per_unit}\nnoise_g=0.3\n" for p in (1, 2, 3, 4))
    folder = shop.state.parent / "store"
    history = folder / "calibration" / "g1-s1"
    history.mkdir(parents=True, exist_ok=True)
    text = f'shelf = "g1-s1"\nmade = 2026-11-{day:02}T09:00:00Z\n{rows}'
    (history / f"202611{day:02}T090000Z.toml").write_text(text, encoding="utf-8")
    shop.store = load_store(folder)


@pytest.fixture
def shop(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)


@pytest.mark.parametrize("at_s", [0.2, 0.7, 1.15, 1.3, 5.0, 7.05, 9.0, 12.9, 13.05, 14.0, 17.0])
def test_killed_at_any_moment_the_receipt_is_what_it_would_have_been(shop: Rehearsal, at_s: float) -> None:
    shop.open()
    shop.play(0.0, at_s)
    shop.leave_as_killed()
    found = shop.open()
    assert (found.cold, found.lost) == ("", ())
    shop.play(at_s, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_recordings_from_a_backup_do_not_bring_back_a_visit_that_is_over(shop: Rehearsal, tmp_path: Path) -> None:
    """The book is newer than they are: Ana has paid, and is not inside again."""
    shop.open()
    shop.play(0.0, 9.0)
    shutil.copytree(shop.state / RECORDINGS, tmp_path / "backup")
    shop.play(9.0, 18.0)
    shop.settle()
    shop.shop.close()
    shutil.rmtree(shop.state / RECORDINGS)
    shutil.copytree(tmp_path / "backup", shop.state / RECORDINGS)
    shop.open()
    assert not shop.shop.driver.state.door.visits
    carts = [p for p in shop.said if p.topic == f"visit/{VISIT}/cart"]
    assert carts[-1].payload == {}, "her cart is gone from the broker"
    shop.pass_s(5)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_a_checkpoint_of_another_version_that_was_killed_leaves_doubt_but_no_visit_behind(shop: Rehearsal) -> None:
    """Its state can be read, but what was recorded behind it may mean something else now: a person looks."""
    shop.open()
    shop.play(0.0, 5.0)
    shop.shop.close()
    recordings = shop.state / RECORDINGS
    kept = last_checkpoint(recordings)
    assert kept is not None
    shop.open()
    shop.play(5.0, 9.0)
    shop.leave_as_killed()
    for _ in range(2):
        save_checkpoint(recordings, Checkpoint("0.0.1", kept.position, kept.state))
    found = shop.open()
    assert "0.0.1" in found.cold
    assert found.lost == ()
    assert "visits in progress go to review" in shop.status["troubles"]["repair"]
    shop.play(9.0, 18.0)
    shop.settle()
    (line,) = shop.outcome()
    assert (line["state"], shop.charges()) == ("review", [])
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_an_upgrade_after_an_orderly_stop_leaves_no_doubt(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    shop.shop.close()
    recordings = shop.state / RECORDINGS
    kept = last_checkpoint(recordings)
    assert kept is not None
    save_checkpoint(recordings, Checkpoint("0.0.1", kept.position, kept.state))
    assert shop.open().cold == ""
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_who_was_asked_for_money_is_asked_again_when_only_the_book_knows_it(shop: Rehearsal) -> None:
    shop.open({"ana": "silent"})
    shop.play(0.0, 18.0)
    until(lambda: len(shop.entries("settlement")) == 1, "she has left")
    shop.leave_as_killed()
    shutil.rmtree(shop.state / RECORDINGS)
    found = shop.open()
    assert found.lost == ()
    assert shop.shop.driver.state.settlements[VISIT].state == "asked"
    shop.settle()
    shop.is_untouched()
    assert len(shop.entries("payment-approved")) == 1
    shop.shop.close()


def test_who_has_paid_is_asked_nothing_when_only_the_book_knows_it(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.leave_as_killed()
    shutil.rmtree(shop.state / RECORDINGS)
    found = shop.open()
    assert found.lost == ()
    assert not shop.shop.driver.state.settlements
    shop.pass_s(5)
    shop.is_untouched()
    shop.shop.close()


def test_a_review_waits_for_staff_though_only_the_book_knows_of_it(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    shop.leave_as_killed()
    for _ in range(2):
        shutil.rmtree(shop.state / RECORDINGS)
        shop.open()
        assert shop.shop.driver.state.settlements[VISIT].state == "review"
        shop.leave_as_killed()
    assert len(Rehearsal.outcome(_reopened(shop))) == 1, "it went to review once"
    shop.shop.close()


def _reopened(shop: Rehearsal) -> Rehearsal:
    shop.open()
    return shop


def test_a_trouble_from_before_a_kill_does_not_keep_the_shop_closed(shop: Rehearsal) -> None:
    """What was wrong then may be well now; who still has a trouble tells it again."""
    shop.open()
    shop.shop.ear.trouble("ledger", Sentence("the disk is full. Free some space"))
    shop.play(0.0, 0.3)
    assert (shop.status["state"], shop.status["why"]) == ("closed", "cannot-keep-books")
    shop.leave_as_killed()
    shop.open()
    assert shop.status["why"] == ""
    assert "ledger" not in shop.status["troubles"]
    shop.play(0.3, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_stopped_in_good_order_while_the_book_takes_nothing_all_is_written_after_the_start(shop: Rehearsal) -> None:
    """There is space for a checkpoint and none for the book: a checkpoint now would leave the settlement behind."""
    shop.open()
    shop.play(0.0, 9.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wal = shop.state / f"{LEDGER}-wal"
    shop.shop.book.append(LedgerEntry(f"mode:{i}", OPENS_S, "mode", "", {"by": "x" * 3000}) for i in range(100))
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, hard))
    try:
        shop.play(9.0, 15.0)
        assert shop.shop.live_book.waiting > 0
        shop.shop.close()
        save_checkpoint(shop.state, Checkpoint("", Position("", 0), shop.shop.driver.freeze()))  # there is space
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    shop.open()
    shop.play(15.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_the_first_status_after_a_kill_takes_the_last_wills_place(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    shop.shop.close()
    shop.said.clear()
    shop.open()
    assert shop.status["state"] == "open"
    assert shop.said[0].retain
    shop.shop.close()


@pytest.mark.parametrize("killed", [False, True])
def test_who_was_inside_while_a_shelf_got_another_profile_is_looked_at_before_anything_is_charged(
    shop: Rehearsal, killed: bool
) -> None:
    """She might have put it back during the stop: levels that were weighed in two ways cannot tell."""
    weigh(shop, 1)
    shop.open()
    shop.play(0.0, 9.0)
    if killed:
        shop.leave_as_killed()
    else:
        shop.shop.close()
    weigh(shop, 2)
    found = shop.open()
    assert (found.cold, found.forgotten) == ("", ("g1-s1",))
    assert "another profile" in shop.status["troubles"]["repair"]
    shop.play(9.0, 18.0)
    shop.settle()
    assert [line["state"] for line in shop.outcome()] == ["review"]
    assert shop.charges() == []
    shop.shop.close()


def test_what_was_recorded_before_a_kill_is_weighed_as_it_was_then(shop: Rehearsal) -> None:
    """The book knows the pick in the grams of then, and what came after it must not be forgotten."""
    weigh(shop, 1)
    shop.open()
    shop.play(0.0, 9.0)
    shop.shop.ear.hear("shop/mode/set", encode_mode(shop.at_s, "closed", "aki"))
    shop.work()
    shop.leave_as_killed()
    weigh(shop, 2, g_per_unit=1.01)
    found = shop.open()
    assert found.cold == ""
    assert shop.status["mode"] == "closed"
    shop.shop.close()
