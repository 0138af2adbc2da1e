"""Money in the live shop, killed wherever it hurts: holds, refunds and debts come back, and nobody pays twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.daemon.shop import PAYMENTS, RECORDINGS
from edge.journal import segments
from edge.ledger import Book, settlement_in
from edge.payment.holds import WARN_S
from edge.store import load_store
from edge.wire import open_recording
from simulator.replay import replay
from tests.adapters.brokers import until
from tests.corner import STORE
from tests.daemon.test_reviews import VISIT, Reviewed
from tests.typed import typed

HOLD = '\n[policy]\nhold = "fixed"\nhold_minor = 2000\noffline_limit_minor = 1000\n'


def with_policy(shop: Reviewed, text: str) -> Reviewed:
    folder = shop.state.parent / "store"
    (folder / "store.toml").write_text(STORE + text, "utf-8")
    shop.store = load_store(folder)
    return shop


def took(shop: Reviewed) -> tuple[list[int], list[int], list[int]]:
    """What the provider really took, keeps reserved, and gave back."""
    local = LocalProvider(journal=shop.state / PAYMENTS)
    kept = (local.charges, local.holds, local.refunds)
    return tuple([each.amount_minor for each in some.values()] for some in kept)  # type: ignore[return-value]


def refund(shop: Reviewed, **lines: int) -> dict[str, Any]:
    named = {sku.replace("_", "-"): units for sku, units in lines.items()}
    return shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines=named, reason="return")


@pytest.mark.parametrize("seconds", [0.5, 1.2, 2.0, 9.0, 14.0, 15.5, 16.0, 17.0])
def test_killed_at_any_moment_what_is_reserved_is_captured_once(tmp_path: Path, seconds: float) -> None:
    shop = with_policy(Reviewed(tmp_path), HOLD)
    shop.open({})
    shop.play(0.0, seconds)
    shop.leave_as_killed()
    shop.open({})
    shop.play(seconds, 18.0)
    shop.settle()
    shop.pass_s(30)
    charges, holds, _ = took(shop)
    assert holds == []
    settlement = settlement_in(shop.shop.book, VISIT)
    if settlement is not None and settlement.state == "review":  # nobody looked for a moment: a person decides
        assert charges == []
        shop.decide("charge", {"onigiri-salmon": 2})
        shop.settle()
        charges, holds, _ = took(shop)
    assert (charges, holds) in (([356], []), ([], []))
    assert shop.shop.book.prove() == []
    assert shop.shop.book.balance("held-at-provider") == 0
    shop.shop.close()


@pytest.mark.parametrize("lost", ["", "recordings"])
@pytest.mark.parametrize("conduct", ["approve", "lost", "silent, approve"])
def test_a_refund_comes_back_after_a_kill_and_is_given_once(tmp_path: Path, conduct: str, lost: str) -> None:
    shop = Reviewed(tmp_path)
    shop.open({"ana refund": conduct})
    shop.play(0.0, 18.0)
    shop.settle()
    assert refund(shop, onigiri_salmon=1)["written"]
    shop.leave_as_killed()
    if lost:
        shutil.rmtree(shop.state / RECORDINGS)
    shop.open({})
    until(lambda: _passes(shop) and _stands(shop)["refunded"] == 178, "it is given back")
    assert took(shop)[2] == [178]
    assert shop.shop.book.prove() == []
    shop.shop.close()


def _passes(shop: Reviewed) -> bool:
    shop.pass_s(1)
    return True


def _stands(shop: Reviewed) -> dict[str, int]:
    settlement = settlement_in(shop.shop.book, VISIT)
    assert settlement is not None
    return {"refunded": settlement.refunded_minor, "refundable": settlement.refundable_minor}


def test_a_visit_that_the_shop_has_forgotten_is_taken_back_and_a_replay_knows_how(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open({})
    shop.play(0.0, 18.0)
    shop.settle()
    shop.leave_as_killed()
    shutil.rmtree(shop.state / RECORDINGS)
    shop.open({})
    assert shop.shop.driver.state.settlements == {}, "only the book knows of it"
    before = shop.shop.book.head()
    for lines, told in (({"onigiri_salmon": 3}, "2 are left"), ({"moon": 1}, "0 are left")):
        assert told in refund(shop, **lines)["error"]
    nothing = shop.order(do="decide", visit=VISIT, verdict="refund", by="sato", lines={}, reason="mood")
    assert "is no reason" in nothing["error"]
    assert shop.shop.book.head() == before
    answer = refund(shop)
    assert (answer["refundable_minor"], answer["written"]) == (356, True)
    shop.pass_s(3)
    until(lambda: _passes(shop) and _stands(shop)["refunded"] == 356, "all of it is given back")
    assert "waits for nobody" in refund(shop)["error"]
    shop.shop.close()
    (segment,) = segments(shop.state / RECORDINGS)
    with Book() as again:
        replay(open_recording(segment), book=again)
        keys = [w.entry.key for w in again.entries() if w.entry.kind.startswith("payment-")]
    assert keys == [f"payment:{VISIT}:{name}" for name in ("correction:1", "refund/1:asked:1", "refund/1:approved")]


def test_what_is_given_back_in_cash_stands_in_the_book_and_outlives_a_kill(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open({"ana refund": "decline"})
    shop.play(0.0, 18.0)
    shop.settle()
    refund(shop, onigiri_salmon=1)
    until(lambda: _passes(shop) and bool(shop.entries("payment-declined")), "the provider cannot give it back")
    for how, told in (("", "says how"), ("shells", "is no way to give money back. Say cash or transfer")):
        answer = shop.order(do="decide", visit=VISIT, verdict="repaid", by="sato", how=how)
        assert told in answer["error"]
    answer = shop.order(do="decide", visit=VISIT, verdict="repaid", by="sato", how="cash")
    assert (answer["repaid_minor"], answer["refundable_minor"], answer["written"]) == (178, 0, True)
    shop.leave_as_killed()
    shop.open()
    again = shop.order(do="decide", visit=VISIT, verdict="repaid", by="aki", how="cash")
    assert "is no answer. Say refund" in again["error"]
    assert took(shop)[2] == []
    book = shop.shop.book
    assert (book.balance("cash"), book.balance("refundable:ana"), book.prove()) == (-178, 0, [])
    shop.shop.close()
    text = typed("payment", "show", VISIT, "--store", str(tmp_path / "store"), "--state", str(shop.state)).stdout
    assert "178 JPY  given back in cash or by transfer" in text


def test_staff_hear_some_hours_before_a_hold_ends_whose_visit_they_have_not_decided(tmp_path: Path) -> None:
    shop = with_policy(Reviewed(tmp_path), HOLD)
    shop.leave()
    settlement = settlement_in(shop.shop.book, VISIT)
    assert settlement is not None
    assert settlement.held_minor == 2000
    alerts = [p.payload["kind"] for p in shop.said if p.topic == "runtime/alert"]
    assert "payment-hold-ending" not in alerts
    shop.at_s = settlement.until_s - WARN_S + 1.0
    shop.pass_s(5)
    (alert,) = [p.payload for p in shop.said if p.payload.get("kind") == "payment-hold-ending"]
    assert alert["visit"] == VISIT
    assert "decide it" in str(alert["text"])
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_commands_tell_what_became_of_money(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open({"ana": "decline"})
    shop.play(0.0, 18.0)
    shop.settle()
    where = ("--store", str(tmp_path / "store"), "--state", str(shop.state))
    shop.shop.close()
    (row,) = json.loads(typed("payment", "list", "--json", *where).stdout)
    assert (row["visit"], row["state"], row["open_minor"], row["may"]) == (VISIT, "declined", 356, ["retry", "refund"])
    assert "356 JPY" in typed("payment", "list", *where).stdout
    (debt,) = json.loads(typed("payment", "debts", "--json", *where).stdout)
    assert (debt["subject"], debt["owed_minor"], debt["visits"]) == ("ana", 356, [VISIT])
    assert VISIT in typed("payment", "debts", *where).stdout
    text = typed("payment", "show", VISIT, *where).stdout
    assert "356 JPY  still owed" in text
    assert f"tebura payment refund {VISIT} --reason correction --store" in text
    shown = json.loads(typed("payment", "show", VISIT, "--json", *where).stdout)
    assert [(r["operation"], r["state"]) for r in shown["requests"]] == [("charge", "declined")]
    assert "is no visit of this shop's book" in typed("payment", "show", "nobody", *where).stderr
    assert "is no way" in typed("payment", "repaid", VISIT, "--how", "shells", *where).stderr
    assert "is no reason" in typed("payment", "refund", VISIT, "--reason", "mood", *where).stderr
    assert (
        "takes back nothing" in typed("payment", "refund", VISIT, "--reason", "return", "--line", "tea", *where).stderr
    )
    assert "no shop" in typed("payment", "retry", VISIT, *where).stderr.lower()
