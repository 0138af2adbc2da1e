"""Stories about paying: what the provider does, and how it ends for shopper and shop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import PROVIDER_ACCOUNT, receivable
from edge.records import LedgerEntry
from tests.checkout.shops import shop
from tests.payment.till import Till

LUNCH = {"onigiri-salmon": 2, "green-tea": 1, "umbrella": 1}
PRICE = 507 + 1100

STORIES = """
the provider                     | ana's payment | asked | taken from ana | staff are told
approve                          | paid          | 1     | once           |
decline                          | declined      | 1     | never          |
silent, approve                  | paid          | 3     | once           |
lost, approve                    | paid          | 2     | once           |
lost, silent, approve            | paid          | 2     | once           |
unknown, unknown, approve        | paid          | 4     | once           |
silent                           | unanswered    | 3     | never          | unanswered
unknown                          | unanswered    | 3     | never          | unanswered
silent, silent, decline          | declined      | 4     | never          |
approve+approve                  | paid          | 1     | once           |
decline+decline                  | declined      | 1     | never          |
approve+decline                  | paid          | 1     | once           | contradiction
decline+approve                  | disputed      | 1     | never          | contradiction
silent, approve+approve+decline  | paid          | 3     | once           | contradiction
"""


def stories() -> list[tuple[str, ...]]:
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in STORIES.strip().splitlines()[1:]]
    return [(*row, "")[:5] for row in rows]


def balance(entries: list[LedgerEntry], account: str) -> int:
    return sum(p.amount_minor for e in entries for p in e.postings if p.account == account)


@pytest.mark.parametrize(("provider", "state", "asked", "taken", "told"), stories())
def test_a_payment(provider: str, state: str, asked: str, taken: str, told: str) -> None:
    local = LocalProvider({"ana": provider})
    till = Till(shop(), local)
    settlement = till.settle("v1", "ana", LUNCH)
    assert settlement.state == state
    assert len(till.requests) == int(asked)
    assert len({request.key for request in till.requests}) == 1
    assert [c.amount_minor for c in local.charges.values()] == ([PRICE] if taken == "once" else [])
    staff = [e.kind.removeprefix("payment-") for e in till.entries]
    assert [kind for kind in staff if kind in ("unanswered", "contradiction")] == told.split()
    assert all(sum(p.amount_minor for p in e.postings) == 0 for e in till.entries)
    paid = state == "paid"
    assert balance(till.entries, PROVIDER_ACCOUNT) == (PRICE if paid else 0)
    assert balance(till.entries, receivable("ana")) == (0 if paid else PRICE)
    assert balance(till.entries, "sales:8%-reduced") == -470
    assert balance(till.entries, "tax:8%-reduced") == -37
    assert balance(till.entries, "sales:10%") == -1000
    assert balance(till.entries, "tax:10%") == -100


def test_a_shop_that_asks_once_gives_up_after_one_silence() -> None:
    store = shop()
    once = store.policy.model_copy(update={"pay_attempts": 1})
    till = Till(replace(store, policy=once), LocalProvider({"*": "silent"}))
    assert till.settle("v1", "ana", LUNCH).state == "unanswered"
    assert [e.kind for e in till.entries] == ["settlement", "payment-unanswered"]
