"""A visit's money as people read it at a terminal: what was asked for, what became of it, who owes what.

Enters: facts of `edge.facts.payments`. Leaves: rows of tables, and one visit's payments as text. What shops and readers
call things is not trusted to be printable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from edge.facts.money import money
from edge.shown import shown

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[str, Any]

COMMANDS = {
    "retry": "retry {}",
    "refund": "refund {} --reason correction",
    "release": "release {}",
    "repaid": "repaid {} --how cash",
}
"""Verdict -> what is typed after ``tebura payment``."""


def told(row: Row, digits: int, shop: str) -> str:
    """One visit's money, for who has to decide; ``shop``: the options that name it in what they type next."""

    def amount(of: str) -> str:
        return money(row[of], row["currency"], digits)

    lines = [f"{row['visit']}: {row['subject']}, {row['state']}{'; ' + row['why'] if row['why'] else ''}"]
    lines.append(f"  {amount('total_minor'):>14}  in all")
    for of, what in (
        ("paid_minor", "put on the tab" if row["on_tab"] else "taken by the provider"),
        ("open_minor", "still owed"),
        ("held_minor", "reserved"),
        ("lowered_minor", "taken off what was owed"),
        ("refunded_minor", "given back"),
        ("refundable_minor", "to be given back"),
        ("repaid_minor", "given back in cash or by transfer"),
    ):
        if row[of]:
            lines.append(f"  {amount(of):>14}  {what}")
    lines.append("")
    for request in row["requests"]:
        times = "once" if request["attempts"] == 1 else f"{request['attempts']} times"
        sum_ = money(request["amount_minor"], row["currency"], digits)
        reference = f", {request['reference']}" if request["reference"] else ""
        lines.append(f"  {request['operation']:<8} {sum_:>14}  {request['state']}, asked {times}{reference}")
    if row["may"]:
        lines += ["", "To decide it:"]
        lines += [f"  tebura payment {COMMANDS[verdict].format(row['visit'])} {shop}" for verdict in row["may"]]
    return "\n".join(shown(line) for line in lines)


def table_of(rows: Iterable[Row], digits: int) -> Table:
    """Payments, one visit a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table("visit", "who", box=None, header_style="dim", pad_edge=False)
    for column in ("total", "paid", "open", "held", "to give back"):
        table.add_column(column, justify="right")
    table.add_column("state")
    for row in rows:
        sums = (row[f"{of}_minor"] for of in ("total", "paid", "open", "held", "refundable"))
        amounts = (money(minor, row["currency"], digits) if minor else "" for minor in sums)
        cells = (row["visit"], row["subject"], *amounts, row["state"])
        table.add_row(*(Text(shown(str(cell))) for cell in cells))
    return table


def table_of_debts(rows: Iterable[Row], digits: int) -> Table:
    """Debtors, one a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table("who", box=None, header_style="dim", pad_edge=False)
    table.add_column("declined", justify="right")
    table.add_column("not collected", justify="right")
    table.add_column("visits")
    for row in rows:
        amounts = (money(row[of], row["currency"], digits) for of in ("owed_minor", "uncollected_minor"))
        table.add_row(*(Text(shown(str(cell))) for cell in (row["subject"], *amounts, ", ".join(row["visits"]))))
    return table
