"""Any number, account or state that follows from others is proved: one that is changed in a sound book is found out,
though whoever changed it computed every hash anew. What cannot be found so is listed here, and in `edge.ledger.proof`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.payment.local import LocalProvider
from edge.driver import Driver
from edge.ledger import Written
from edge.ledger.canon import FIRST_HASH, chained, content_of
from edge.ledger.proof import Proof
from edge.payment.holds import LASTS_S
from edge.records import LedgerEntry, Posting, Record
from edge.store import read_store
from edge.wire import open_recording
from tests.corner import FILES, errand
from tests.ledger.days import a_day
from tests.payment.counter import Counter

UNPROVABLE = {
    "at_s": "times follow from nothing",
    "name": "nor do names", "names": "", "address": "", "registration": "", "languages": "", "timezone": "",
    "sku": "what a line is of is what shelf events tell", "certainty": "", "events": "",
    "what": "how sure one was of it,", "who": "and of whom: the book only names the events", "rival": "",
    "withheld": "what was not charged", "exchanged": "who may have been exchanged with whom",
    "reason": "why somebody looked", "decided_by": "who did",
    "look_up": "whether a look-up had found nothing, only the recording tells",
    "until_s": "a time", "why": "why the provider declined",
    "reference": "the provider's own number", "method": "how somebody was known", "party": "",
    "store": "only where the scan is in the book: the key tells", "rounding": "may fit another rule by chance",
    "key/body": "only where the scan is in the book",
    "prices_include_tax": "without a tax it is the same", "day": "of what a person decided later",
}  # fmt: skip
"""Fields of which one may be changed alone and nothing else in the book speaks against it, and why."""

HELD = ("payment-asked", "hold")

KINDS = ("review", "settlement", "payment-")


def a_life(folder: Path) -> list[LedgerEntry]:
    """A day's money, and Ana's errand with her scan and her shelf events."""
    told: list[LedgerEntry] = []

    def watch(state: object, record: Record | None, effects: object) -> None:
        told.extend(e for e in effects if isinstance(e, LedgerEntry))  # type: ignore[attr-defined]

    driver = Driver(read_store(FILES), provider=LocalProvider(), observers=[watch])
    for heard in open_recording(errand(folder / "ana.mcap")):
        driver.hear(heard)
    driver.finish()
    return [*told, *a_day(24), *held_and_taken_back()]


def held_and_taken_back() -> list[LedgerEntry]:
    """Money that was reserved, captured, let go of, taken back, tried again."""
    captured = Counter(visit="k1")
    captured.enter(300)
    captured.leave(umbrella=1, green_tea=2)
    captured.decide("refund", "return", green_tea=1)
    captured.decide("refund", "correction")
    gone = Counter(visit="k2")
    gone.enter(3000)
    gone.never_come()
    doubted = Counter({"ana refund": "decline"}, visit="k3")
    doubted.enter(3000)
    doubted.doubt(umbrella=1)
    doubted.later(LASTS_S + 1)
    doubted.decide("charge", umbrella=1)
    doubted.decide("refund", "return")
    doubted.decide("retry")
    owed = Counter({"ana": "decline, pending"}, visit="k4")
    owed.leave(umbrella=1, green_tea=1)
    owed.decide("refund", "correction", umbrella=1)
    owed.decide("retry")
    return [w.entry for counter in (captured, gone, doubted, owed) for w in counter.book.entries()]


def faults(entries: list[LedgerEntry]) -> list[str]:
    """What a proof finds in a book of these entries, whose hashes are all in order."""
    proof, previous = Proof(), FIRST_HASH
    for seq, entry in enumerate(entries, start=1):
        previous = chained(previous, seq, entry)
        proof.take(Written(seq, entry, previous))
    return [str(fault) for fault in proof.faults]


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Ways to everything in it that is no container."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*path, i))
    else:
        yield path


def value_at(content: Any, path: tuple[object, ...]) -> Any:
    for part in path:
        content = content[part]
    return content


def entry_of(content: dict[str, Any]) -> LedgerEntry:
    postings = tuple(Posting(account, amount) for account, amount in content["postings"])
    facts = {k: content[k] for k in ("key", "at_s", "kind", "visit", "body", "currency")}
    return LedgerEntry(postings=postings, **facts)


def provable(content: dict[str, Any], path: tuple[object, ...]) -> bool:
    if path == ("body", "key"):
        return False
    if path == ("body", "amount_minor") and (content["kind"], content["body"].get("operation")) == HELD:
        return False  # a provider may reserve another amount than it was asked for, and what it reserved counts
    if path[-1] == "quantity" and value_at(content, path[:-1]).get("price_minor") == 0:
        return False  # of a free product any number costs nothing
    return not any(part in UNPROVABLE for part in path)


class Contents(list[dict[str, Any]]):
    """A book's contents, short to look at."""

    def __repr__(self) -> str:
        return f"{len(self)} entries"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    entries = a_life(tmp_path_factory.mktemp("life"))
    assert faults(entries) == []
    contents = Contents(json.loads(json.dumps(content_of(e))) for e in entries)
    payments = {"approved", "asked", "unanswered", "declined", "contradiction", "corrected", "gone", "hold-ended"}
    assert {c["kind"] for c in contents} >= {"visit", "review", "settlement", *(f"payment-{p}" for p in payments)}
    return contents


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_single_change_of_what_follows_from_the_rest_is_found(life: Contents, data: st.DataObject) -> None:
    money = [i for i, c in enumerate(life) if c["kind"].startswith(KINDS)]
    at = data.draw(st.sampled_from(money))
    path = data.draw(st.sampled_from([p for p in leaves(life[at]) if provable(life[at], p)]))
    contents = copy.deepcopy(life)
    inner = value_at(contents[at], path[:-1])
    was = inner[path[-1]]
    if isinstance(was, bool):
        inner[path[-1]] = not was
    elif isinstance(was, int):
        inner[path[-1]] = was + data.draw(st.integers(-1000, 1000).filter(bool))
    else:
        others = st.text("abc:0%-", max_size=6) | st.sampled_from(["paid", "asked", "void", "USD", "receivable:bo"])
        inner[path[-1]] = data.draw(others.filter(lambda text: text != was))
    assert faults([entry_of(c) for c in contents]), (contents[at]["key"], path, was, inner[path[-1]])


@pytest.mark.parametrize("kind", ["settlement", "payment-approved"])
def test_money_moved_to_another_account_is_found_though_the_entry_balances(life: Contents, kind: str) -> None:
    contents = copy.deepcopy(life)
    entry = next(c for c in contents if c["kind"] == kind and c["postings"])
    entry["postings"][-1][1] -= 7
    entry["postings"].append(["tax:10%", 7])
    assert any("its postings should be" in told for told in faults([entry_of(c) for c in contents]))


def test_a_charge_under_another_visits_key_is_found_where_its_scan_is_in_the_book(life: Contents) -> None:
    contents = copy.deepcopy(life)
    settlement = next(c for c in contents if c["kind"] == "settlement")
    settlement["body"]["key"] = "corner:20231115-0001:0123456789abcdef"
    assert any("is that of another visit" in told for told in faults([entry_of(c) for c in contents]))


@pytest.mark.parametrize("fact", ["subject", "gate"])
def test_another_scan_than_the_charge_came_from_is_found(life: Contents, fact: str) -> None:
    contents = copy.deepcopy(life)
    next(c for c in contents if c["kind"] == "visit")["body"][fact] = "bob"
    assert faults([entry_of(c) for c in contents])


def test_a_tax_that_is_off_by_one_is_found(life: Contents) -> None:
    """Net and tax still add up to what was paid; only the rate speaks against it."""
    contents = copy.deepcopy(life)
    sale = next(c for c in contents if c["kind"] == "settlement" and c["body"]["rates"])
    group = sale["body"]["rates"][0]
    group["tax_minor"] += 1
    group["net_minor"] -= 1
    for leg in sale["postings"]:
        leg[1] += {"sales": 1, "tax": -1}.get(leg[0].partition(":")[0], 0) if len(sale["postings"]) == 3 else 0
    told = "\n".join(faults([entry_of(c) for c in contents]))
    assert "is not the tax of" in told
