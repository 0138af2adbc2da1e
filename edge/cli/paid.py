"""A visit's money as people read it: what was asked for, what became of it, who owes what.

Enters: the book. Leaves: rows of tables, and one visit's payments as JSON-ready facts and as text. What shops and
readers call things is not trusted to be printable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from edge.checkout import sale_of
from edge.cli.reviewed import money
from edge.payment import Settlement, debts, left_of, may, why_waits
from edge.payment.settlement import operations
from edge.shown import shown

if TYPE_CHECKING:
    from rich.table import Table

    from edge.ledger import Book

Row = dict[str, Any]


def digits_in(book: Book) -> int:
    """How many digits behind the point the book's currency has, by its last sale."""
    written = book.last("settlement") or book.last("review")
    return sale_of(written.entry.body).issuer.currency_digits if written is not None else 0


def payment_of(settlement: Settlement) -> Row:
    """All facts about a visit's money."""
    return {
        "visit": settlement.visit,
        "subject": settlement.subject,
        "state": settlement.state,
        "why": why_waits(settlement),
        "currency": settlement.currency,
        "total_minor": settlement.total_minor,
        "paid_minor": settlement.paid_minor,
        "open_minor": settlement.open_minor,
        "held_minor": settlement.held_minor,
        "lowered_minor": settlement.lowered_minor,
        "refunded_minor": settlement.refunded_minor,
        "refundable_minor": settlement.refundable_minor,
        "repaid_minor": settlement.repaid_minor,
        "requests": [
            {
                "key": o.key,
                "operation": o.operation,
                "amount_minor": o.amount_minor,
                "state": o.state,
                "attempts": o.attempt,
                "first_s": o.first_s,
                "asked_s": o.asked_s,
                "reference": o.reference,
            }
            for o in operations(settlement)
        ],
        "left": left_of(settlement),
        "may": [verdict for verdict in may(settlement) if verdict in COMMANDS],
    }


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
        ("paid_minor", "taken by the provider"),
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


def debts_in(book: Book, settlements: Iterable[Settlement]) -> list[Row]:
    """Who owes: what was declined, and all that the book says they have not paid yet."""
    owed = {debt.subject: debt for debt in debts(settlements)}
    open_ = {
        account.removeprefix("receivable:"): amount_minor
        for account, amount_minor in book.balances().items()
        if account.startswith("receivable:") and amount_minor
    }
    rows = [
        {
            "subject": subject,
            "currency": book.currency,
            "owed_minor": owed[subject].amount_minor if subject in owed else 0,
            "uncollected_minor": amount_minor,
            "visits": list(owed[subject].visits) if subject in owed else [],
        }
        for subject, amount_minor in open_.items()
    ]
    return sorted(rows, key=lambda row: (-row["owed_minor"], -row["uncollected_minor"], row["subject"]))


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
