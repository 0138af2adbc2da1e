"""docs/prices.md: its files are read as they stand there, and its receipt is what the shop prints for them."""

from __future__ import annotations

import re
from pathlib import Path

from edge.checkout import Receipt, receipt_text, sale_of
from edge.payment import open_settlement
from edge.pricing import Stay
from edge.records import LedgerEntry
from edge.store import load_store, read_store
from simulator.commands import DEMO
from tests.checkout.carts import traced
from tests.pricing.kiosk import at

PAGE = (Path(__file__).parents[2] / "docs" / "prices.md").read_text(encoding="utf-8")
CART = {"bento-karaage": 1, "tea-green-500": 1, "onigiri-salmon": 2, "umbrella-60": 1}
ENTERED, LEFT = at("2026-06-10 19:05"), at("2026-06-10 19:15")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_its_files_are_read_and_its_receipt_is_printed() -> None:
    demo = load_store(DEMO).sources
    (prices,), (promotions, tax) = blocks("csv"), blocks("toml")
    toml = "\n".join((demo["store.toml"].decode(), promotions, tax))
    store = read_store({**demo, "store.toml": toml.encode(), "prices.csv": prices.encode()})
    assert [p.id for p in store.offers.promotions] == ["two-onigiri", "lunch", "rainy-day", "members-umbrella"]
    stay = Stay(ENTERED, LEFT, "ana", member=True)
    _, (entry, *_) = open_settlement(store, "v1", "ana", CART, {}, traced(CART), LEFT, stay=stay)
    assert isinstance(entry, LedgerEntry)
    printed = receipt_text(Receipt("v1", LEFT, "paid", sale_of(entry.body)), "ja")
    (shown,) = blocks("text")
    assert shown in printed, printed


def test_every_key_that_it_names_is_one() -> None:
    for key in (
        "price_at",
        "age_unanswered",
        "age_answer_within_s",
        "appearance",
        "record_appearance",
        "evidence_hours",
    ):
        assert f"`{key}" in PAGE
        assert hasattr(load_store(DEMO).policy, key)
