"""Members' tabs as people read them at a terminal, and as payrolls and spreadsheets do.

Enters: facts of `edge.facts.tabs`. Leaves: tables, and CSV with amounts in the currency's own unit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from edge.facts.money import money
from edge.shown import shown

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[str, Any]

SUMS = ("brought", "put_on", "given_back", "settled", "written_off", "open")
HEADS = ("open before", "put on", "given back", "settled", "written off", "open")
WORDS = {"visit": "visit", "refund": "given back", "settlement": "settled", "write-off": "written off"}

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins so is reckoned out by spreadsheets."""


def table_of_tabs(rows: Iterable[Row], digits: int) -> Table:
    """Tabs, one a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table("who", box=None, header_style="dim", pad_edge=False)
    for head in HEADS:
        table.add_column(head, justify="right")
    for row in rows:
        amounts = (money(row[f"{of}_minor"], row["currency"], digits) for of in SUMS)
        table.add_row(*(Text(shown(cell)) for cell in (row["subject"], *amounts)))
    return table


def table_of_statement(row: Row, digits: int, timezone: str) -> Table:
    """One tab, line by line, with what was open before and what is open at the end."""
    from rich.table import Table
    from rich.text import Text

    table = Table("when", "what", box=None, header_style="dim", pad_edge=False)
    table.add_column("amount", justify="right")
    table.add_column("")
    if row["brought_minor"]:
        table.add_row("", "open before", money(row["brought_minor"], row["currency"], digits), "")
    for line in row["lines"]:
        named = line["visit"] or (line["how"] if line["what"] == "settlement" else "")
        what = f"{WORDS[line['what']]} {named}".rstrip()
        more = ", ".join(part for part in (line["by"], line["note"]) if part)
        cells = (_when(line, timezone), what, money(line["amount_minor"], row["currency"], digits), more)
        table.add_row(*(Text(shown(cell)) for cell in cells))
    table.add_row("", "open", money(row["open_minor"], row["currency"], digits), "")
    return table


def csv_of_tabs(rows: Iterable[Row], digits: int) -> str:
    """Tabs, one a line."""
    cells = [
        [_text(row["subject"]), row["currency"], *(_plain(row[f"{of}_minor"], digits) for of in SUMS)] for row in rows
    ]
    return _csv([["subject", "currency", *SUMS], *cells])


def csv_of_statement(row: Row, digits: int, timezone: str) -> str:
    """One tab, line by line."""
    cells = [
        [_when(line, timezone), line["what"], line["visit"], _plain(line["amount_minor"], digits), line["how"],
         _text(line["by"]), _text(line["note"])]
        for line in row["lines"]
    ]  # fmt: skip
    return _csv([["when", "what", "visit", "amount", "how", "by", "note"], *cells])


def _csv(rows: Iterable[list[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(amount_minor: int, digits: int) -> str:
    return str(Decimal(amount_minor).scaleb(-digits))


def _when(line: Row, timezone: str) -> str:
    return datetime.fromtimestamp(line["at_s"], ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")
