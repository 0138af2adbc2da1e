"""What a shopper is given of what was taken back: it says what the book says, and adds up to the sale."""

from __future__ import annotations

from collections import Counter as Count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkout import Paper, paper_json, paper_text
from edge.checkout.roll import COLUMNS, width
from edge.payment import left_of, papers_of
from edge.records import RefundReason
from tests.payment.counter import VISIT, Counter

REASONS: tuple[RefundReason, ...] = ("correction", "return")


def given_to(counter: Counter) -> list[Paper]:
    return papers_of(written.entry for written in counter.book.entries(visit=VISIT))


def test_a_thing_that_was_brought_back_gets_a_return_invoice_with_both_dates() -> None:
    counter = Counter()
    counter.leave(green_tea=2, umbrella=1)
    counter.now_s += 3 * 86_400
    counter.decide("refund", "return", green_tea=1)
    (paper,) = given_to(counter)
    text = paper_text(paper, "ja")
    assert "適格返還請求書" in text or "返品・返金の明細" in text
    assert "お買い上げ日" in text
    assert paper.total_minor == 151
    assert paper.at_s - paper.sold_s == pytest.approx(3 * 86_400, abs=60)
    (rate,) = paper.rates
    assert (rate.rate_ppm, rate.reduced, rate.gross_minor, rate.tax_minor) == (80_000, True, 151, 11)
    assert "※" in text


def test_a_thing_that_was_never_taken_gets_the_receipt_as_it_should_have_been() -> None:
    counter = Counter()
    counter.leave(green_tea=2, umbrella=1)
    counter.decide("refund", "correction", umbrella=1)
    (paper,) = given_to(counter)
    assert [(part.line.sku, part.quantity, part.amount_minor) for part in paper.left] == [("green-tea", 2, 302)]
    text = paper_text(paper, "en")
    assert "Corrected receipt" in text
    assert "Never taken" in text
    assert "Keep it with the receipt that it corrects." in text
    assert text.index("Never taken") < text.index("Total")
    told = paper_json(paper)
    assert (told["kind"], told["total_minor"], told["left_minor"]) == ("correction", 1100, 302)


def test_each_time_has_a_paper_of_its_own() -> None:
    counter = Counter()
    counter.leave(green_tea=3)
    counter.decide("refund", "correction", green_tea=1)
    counter.decide("refund", "return", green_tea=1)
    assert [(p.number, p.reason, p.total_minor, p.left_minor) for p in given_to(counter)] == [
        (1, "correction", 151, 302), (2, "return", 151, 151),
    ]  # fmt: skip


def test_a_visit_of_which_nothing_was_taken_back_has_none() -> None:
    counter = Counter()
    counter.leave(green_tea=1)
    assert given_to(counter) == []


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_sequence_of_papers_adds_up_to_the_sale(data: st.DataObject) -> None:
    """Per rate what went back and what is left are the sale, the book's postings say the same, and lines fit a roll."""
    counter = Counter()
    skus = [sku for sku in sorted(counter.store.catalogue) if counter.store.catalogue[sku].price_minor]
    cart = data.draw(st.dictionaries(st.sampled_from(skus), st.integers(1, 5), min_size=1))
    sale = counter.leave(**cart).sale
    assert sale is not None
    back: Count[tuple[int, bool]] = Count()
    for _ in range(data.draw(st.integers(1, 4))):
        left = left_of(counter.settlement)
        if not left:
            break
        sku = data.draw(st.sampled_from(sorted(left)))
        counter.decide("refund", data.draw(st.sampled_from(REASONS)), **{sku: data.draw(st.integers(1, left[sku]))})
        paper = given_to(counter)[-1]
        back.update({(group.rate_ppm, group.reduced): group.gross_minor for group in paper.rates})
        now = {(group.rate_ppm, group.reduced): group.gross_minor for group in paper.left_rates}
        for group in sale.rates:
            rate = (group.rate_ppm, group.reduced)
            assert back[rate] + now.get(rate, 0) == group.gross_minor
        entry = [w.entry for w in counter.book.entries(visit=VISIT, kind="payment-corrected")][-1]
        sold = sum(p.amount_minor for p in entry.postings if p.account.startswith(("sales:", "tax:")))
        assert sold == paper.total_minor
        for language in ("ja", "en"):
            assert all(width(line) <= COLUMNS for line in paper_text(paper, language).splitlines())
