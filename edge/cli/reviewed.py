"""A visit that waits for a person, as people read it at a terminal.

Enters: facts of `edge.facts.reviews`. Leaves: rows of a table, and one visit's whole story as text. What shops and
readers call things is not trusted to be printable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge.checkout import in_words
from edge.records import Exchange
from edge.shown import shown
from edge.store.policy import MOST_SURE

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[str, Any]


def table_of(rows: list[Row]) -> Table:
    """All that wait, one a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table("visit", "who", "left", box=None, header_style="dim", pad_edge=False)
    table.add_column("total", justify="right")
    table.add_column("state")
    table.add_column("why")
    for row in rows:
        why = "; ".join(part for part in (row["why"], _by_sku(row)) if part)
        cells = (row["visit"], row["subject"], row["left"], row["total"], row["state"], why)
        table.add_row(*(Text(shown(str(cell))) for cell in cells))
    return table


def _by_sku(row: Row) -> str:
    """With whom it may have been exchanged, products by what is typed for them."""
    return in_words(msgspec.convert(row["exchanged"], tuple[Exchange, ...]))


def _weak(line: Row) -> str:
    """Which half of a doubtful line is the weak one, and whose it may be."""
    if line["certainty"] >= MOST_SURE:
        return ""
    rival = f", or {line['rival']}" if line["rival"] else ""
    return f": what {line['what']:.0%}, who {line['who']:.0%}{rival}"


def told(story: Row, shop: str) -> str:
    """One visit's story, for who has to decide; ``shop``: the options that name it in what they type next."""
    lines = [f"{story['visit']}: {story['subject']}, {story['state']}"]
    if story["why"]:
        lines.append(f"why    {story['why']}")
    elif story["reason"]:
        lines.append(f"was in review because {story['reason']}")
    if story["exchanged"]:
        lines.append(f"       {_by_sku(story)}")
    lines += [f"came   {story['came'] or 'unknown'}", f"left   {story['left']}", ""]
    for line in story["lines"]:
        doubt = f"{line['certainty']:.0%} sure{_weak(line)}" if line["certainty"] else "a person says so"
        held = "" if line["charged"] else ", not charged"
        lines.append(f"  {line['quantity']:>3} {line['sku']:<24} {line['name']}  ({doubt}{held})")
    lines += [f"      {story['total']} in all" if story["lines"] else "      nothing is known of what they took", ""]
    for happened in story["happened"]:
        by = f" by {happened['by']}" if happened["by"] else ""
        state = f" -> {happened['state']}" if happened["state"] not in ("", happened["kind"]) else ""
        lines.append(f"{happened['at']}  {happened['kind']}{state}{by}")
    if story["recordings"]:
        lines += ["", "To look at it:"]
        lines += [f"  tebura replay {path} --report look.html" for path in story["recordings"]]
    if story["may"]:
        lines += ["", "To decide it:"]
        for verdict in story["may"]:
            does = f"resolve {story['visit']} {verdict}" if verdict in ("kept", "returned") else None
            lines.append(f"  tebura review {does or f'{verdict} ' + story['visit']} {shop}")
    return "\n".join(shown(line) for line in lines)
