"""Stories about money that is reserved at the entry: what becomes of it, and what the book says meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.payment import WrongMoment
from edge.payment.holds import LASTS_S, WARN_S, hold_minor
from edge.records import PaymentReply
from edge.site import load_shop
from edge.store import BrokenStore
from tests.corner import STORE, write_store
from tests.payment.counter import KEY, VISIT, Counter

UMBRELLA = {"sales:10%": -1000, "tax:10%": -100}


def test_what_is_reserved_is_no_revenue_and_stands_by_itself() -> None:
    counter = Counter()
    counter.enter(3000)
    assert counter.settlement.state == "inside"
    assert counter.accounts() == {"held-at-provider": 3000, "held:ana": -3000}
    assert counter.settlement.until_s == pytest.approx(counter.now_s + LASTS_S, abs=2.0)


def test_a_basket_below_what_is_reserved_is_captured_exactly_and_the_rest_is_free() -> None:
    counter = Counter()
    counter.enter(3000)
    assert counter.leave(umbrella=1).state == "paid"
    assert counter.asked() == [("hold", "hold", 3000), ("capture", "capture", 1100)]
    assert counter.accounts() == UMBRELLA | {"provider:payments": 1100}
    assert counter.provider.holds == {}
    assert [c.amount_minor for c in counter.provider.charges.values()] == [1100]


def test_a_basket_above_it_takes_all_of_it_and_charges_the_remainder_under_a_key_of_its_own() -> None:
    counter = Counter()
    counter.enter(300)
    assert counter.leave(umbrella=1).state == "paid"
    assert counter.asked()[1:] == [("capture", "capture", 300), ("remainder", "charge", 800)]
    assert counter.accounts() == UMBRELLA | {"provider:payments": 1100}


def test_a_remainder_that_is_declined_is_a_debt_of_the_remainder_alone() -> None:
    counter = Counter({"ana charge": "decline"})
    counter.enter(300)
    settlement = counter.leave(umbrella=1)
    assert (settlement.state, settlement.paid_minor, settlement.open_minor) == ("declined", 300, 800)
    assert counter.accounts()["receivable:ana"] == 800
    assert counter.decide("waive").state == "void"
    assert counter.accounts() == UMBRELLA | {"provider:payments": 300, "written-off": 800}


@pytest.mark.parametrize("cart", [{}, {"free_sample": 1}])
def test_who_takes_nothing_has_it_back_at_once(cart: dict[str, int]) -> None:
    counter = Counter()
    counter.enter(3000)
    assert counter.leave(**cart).state == "void"
    assert counter.asked()[1:] == [("release", "release", 3000)]
    assert counter.accounts() == {}
    assert counter.settlement.is_over


def test_who_never_came_in_has_it_back() -> None:
    counter = Counter()
    counter.enter(3000)
    assert counter.never_come().state == "void"
    assert counter.kinds()[-3:] == ["gone", "asked", "approved"]
    assert counter.accounts() == {}
    assert counter.provider.holds == {}


def test_a_hold_that_turns_out_to_be_there_after_all_is_let_go_of() -> None:
    """Nobody answered at the gate, and they came in by the shop's limit: they are charged, and the hold goes."""
    counter = Counter({"ana hold": "lost"})
    counter.enter(3000, patience=False)
    assert counter.leave(umbrella=1).state == "paid"
    assert counter.asked()[1:] == [("", "charge", 1100), ("hold", "hold?", 3000), ("release", "release", 3000)]
    assert counter.accounts() == UMBRELLA | {"provider:payments": 1100}
    assert counter.provider.holds == {}


def test_a_hold_that_nobody_has_heard_of_is_not_asked_for_once_they_have_left() -> None:
    counter = Counter({"ana hold": "silent, approve"})
    counter.enter(3000, patience=False)
    assert counter.leave(umbrella=1).state == "paid"
    assert counter.asked()[1:] == [("", "charge", 1100), ("hold", "hold?", 3000)]
    assert (counter.kinds()[-1], counter.settlement.is_over) == ("declined", True)


def test_a_capture_that_is_refused_is_charged_instead() -> None:
    counter = Counter({"ana capture": "decline"})
    counter.enter(3000)
    assert counter.leave(umbrella=1).state == "paid"
    assert counter.asked()[1:] == [
        ("capture", "capture", 1100), ("", "charge", 1100), ("release", "release", 3000),
    ]  # fmt: skip
    assert counter.accounts() == UMBRELLA | {"provider:payments": 1100}


def test_a_capture_without_an_answer_is_looked_up_and_the_remainder_waits_for_it() -> None:
    counter = Counter({"ana capture": "lost"})
    counter.enter(300)
    assert counter.leave(umbrella=1).state == "paid"
    assert counter.asked()[1:] == [
        ("capture", "capture", 300), ("capture", "capture?", 300), ("remainder", "charge", 800),
    ]  # fmt: skip


def test_what_is_reserved_for_what_is_written_off_goes_though_nobody_knows_of_its_capture() -> None:
    counter = Counter({"ana capture": "silent"})
    counter.enter(3000)
    assert counter.leave(umbrella=1).state == "unanswered"
    assert counter.decide("waive").state == "void"
    assert counter.asked()[-1] == ("release", "release", 3000)
    assert counter.accounts() == UMBRELLA | {"written-off": 1100}
    assert counter.settlement.is_over


def test_in_review_it_stays_until_a_person_decides() -> None:
    counter = Counter()
    counter.enter(3000)
    assert counter.doubt(umbrella=1).state == "review"
    assert counter.accounts() == {"held-at-provider": 3000, "held:ana": -3000}
    assert counter.decide("charge", umbrella=1).state == "paid"
    assert counter.asked()[1:] == [("capture", "capture", 1100)]


def test_in_review_it_is_over_by_itself_and_a_decision_charges() -> None:
    counter = Counter()
    counter.enter(3000)
    counter.doubt(umbrella=1)
    counter.later(LASTS_S - WARN_S - 10.0)
    assert "hold-ending" not in counter.kinds()
    counter.later(20.0)
    assert counter.kinds()[-1] == "hold-ending", "staff are told some hours before"
    counter.later(WARN_S - 60.0)
    assert counter.kinds()[-1] == "hold-ending", "once"
    counter.later(60.0)
    assert counter.kinds()[-2:] == ["hold-ending", "hold-ended"]
    assert counter.accounts() == {}
    assert counter.decide("charge", umbrella=1).state == "paid"
    assert counter.asked()[1:] == [("", "charge", 1100)]


def test_a_provider_says_that_a_hold_is_over() -> None:
    counter = Counter()
    counter.enter(3000)
    counter.doubt(umbrella=1)
    ended = PaymentReply(
        counter.now_s, counter.now_s, VISIT, "declined", key=f"{KEY}/hold", operation="hold", why="expired"
    )
    counter.hear(ended)
    assert (counter.kinds()[-1], counter.accounts()) == ("hold-ended", {})


def test_a_person_lets_go_of_it_while_they_look() -> None:
    counter = Counter()
    counter.enter(3000)
    counter.doubt(umbrella=1)
    assert counter.decide("release").state == "review"
    assert counter.accounts() == {}
    with pytest.raises(WrongMoment, match="nothing is reserved"):
        counter.decide("release")
    assert counter.decide("charge", umbrella=1).state == "paid"
    assert counter.asked()[1:] == [("release", "release", 3000), ("", "charge", 1100)]


def test_in_review_waived_it_goes() -> None:
    counter = Counter()
    counter.enter(3000)
    counter.doubt(umbrella=1)
    assert counter.decide("waive").state == "void"
    assert counter.accounts() == {}
    assert counter.provider.holds == {}


def test_less_may_be_reserved_than_was_asked_for_and_fees_are_told() -> None:
    counter = Counter({"ana *": "silent"})
    counter.enter(3000)
    at_s = counter.now_s
    counter.hear(PaymentReply(at_s, at_s, VISIT, "approved", "h1", f"{KEY}/hold", "hold", 500))
    assert counter.accounts() == {"held-at-provider": 500, "held:ana": -500}
    counter.leave(umbrella=1)
    at_s = counter.now_s
    counter.hear(PaymentReply(at_s, at_s, VISIT, "approved", "c1", f"{KEY}/capture", "capture", 500, fee_minor=18))
    assert counter.settlement.open_minor == 600
    assert counter.accounts()["fees:provider"] == 18
    assert counter.accounts()["provider:payments"] == 482


def test_how_much_is_reserved() -> None:
    policy = Counter().store.policy
    assert hold_minor(policy, (800,)) == 0
    fixed = policy.model_copy(update={"hold": "fixed", "hold_minor": 2000})
    assert hold_minor(fixed, (9000,)) == 2000
    usual = policy.model_copy(update={"hold": "usual", "hold_minor": 2000})
    assert (hold_minor(usual, ()), hold_minor(usual, (300, 900, 500))) == (2000, 900)


@pytest.mark.parametrize(("abilities", "faults"), [('["refund"]', 1), ('["hold"]', 0)])
def test_a_shop_that_reserves_money_needs_a_provider_that_can(tmp_path: Path, abilities: str, faults: int) -> None:
    """Otherwise nobody would come in any more."""
    folder = write_store(tmp_path / "store")
    store = STORE + '\n[policy]\nhold = "fixed"\nhold_minor = 2000\n'
    (folder / "store.toml").write_text(store, encoding="utf-8")
    secret = tmp_path / "secret"
    secret.write_text("s3cret", encoding="utf-8")
    secret.chmod(0o600)
    payment = f'url = "https://pay.example"\nsecret_file = "{secret}"\nabilities = {abilities}\n'
    (folder / "site.toml").write_text(f'[payment]\nprovider = "http"\n{payment}', encoding="utf-8")
    try:
        load_shop(folder)
        told: list[str] = []
    except BrokenStore as error:
        told = [f"{fault.where}: {fault.what}" for fault in error.faults]
    assert [text.startswith("payment.abilities: the provider reserves no money") for text in told] == [True] * faults
