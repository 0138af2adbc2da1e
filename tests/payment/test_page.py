"""docs/payment.md and the code are one; ``python -m tests.payment.test_page`` draws its state tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from edge.checkout import State
from edge.payment import OPERATION_TABLE, TABLE
from edge.payment.operation import OperationEvent, OperationState
from edge.payment.retold import kinds
from edge.payment.settlement import Event
from edge.store.policy import Policy

PAGE = (Path(__file__).parents[2] / "docs" / "payment.md").read_text(encoding="utf-8")

MONEY_KEYS = {
    "hold", "hold_minor", "offline_limit_minor", "refuse_debtors", "debt_limit_minor", "retry_at_entry",
    "retry_after_days", "pay_within_s", "pay_attempts",
}  # fmt: skip


def drawn(table: dict[tuple[str, str], str], head: str) -> str:
    """A state table as Markdown: a state a row, what leads where."""
    rows: dict[str, list[str]] = {}
    for (state, event), after in table.items():
        rows.setdefault(state, []).append(f"{event} → `{after}`" if after != state else event)
    lines = [f"| {head} | what happens → what it is then |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{state}` | {', '.join(events)} |" for state, events in rows.items())])


def request_table() -> str:
    return drawn(dict(OPERATION_TABLE), "a request is")  # type: ignore[arg-type]


def visit_table() -> str:
    return drawn(dict(TABLE), "a visit's money is")  # type: ignore[arg-type]


def named_in(head: str) -> list[str]:
    """What the first column of a table names."""
    _, _, rest = PAGE.partition(f"{head}\n")
    assert rest, head
    rows = rest.splitlines()[1:]
    names: list[str] = []
    for row in rows:
        if not row.startswith("|"):
            return names
        names += re.findall(r"`([^`]+)`", row.split("|")[1])
    return names


def test_the_tables_are_those_of_the_code() -> None:
    assert request_table() in PAGE, "run python -m tests.payment.test_page"
    assert visit_table() in PAGE, "run python -m tests.payment.test_page"


def test_every_state_is_explained_and_no_other() -> None:
    assert sorted(named_in("| a visit's money | |")) == sorted(get_args(State))
    assert sorted(named_in("| a request | |")) == sorted(get_args(OperationState))
    assert {event for _, event in TABLE} == set(get_args(Event))
    assert {event for _, event in OPERATION_TABLE} == set(get_args(OperationEvent))


def test_every_entry_about_money_is_explained_to_the_accountant() -> None:
    assert sorted(set(named_in("| entry | what happened | debit | credit |"))) == sorted(kinds())


def test_the_policy_is_that_of_the_code() -> None:
    told = named_in("| key | usual | what it does |")
    assert set(told) == MONEY_KEYS <= set(Policy.model_fields)


def main() -> None:
    print(request_table(), visit_table(), sep="\n\n")


if __name__ == "__main__":
    main()
