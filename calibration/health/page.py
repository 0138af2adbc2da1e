"""The verdict as one self-contained page: for whoever has to mend it, and for the file of the shop.

Enters: the verdict and what was heard. Leaves: HTML with the pictures in it as SVG; it loads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from rich.table import Table
from rich.text import Text

from calibration.health.plot import drawn
from calibration.health.show import controllers, plates, summary, troubles
from calibration.health.sources import Ear
from calibration.health.verdict import ShelfHealth

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.of { color: #65707c; margin: 0 0 1rem; } .bad { color: #c1121f; font-weight: 600; } .good { color: #2b7a4b; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { text-align: right; padding: .15rem .6rem; border-bottom: 1px solid #e4e8ec; white-space: nowrap; }
th { color: #65707c; font-weight: 500; } th:first-child, td:first-child { text-align: left; }
td:last-child, th:last-child { text-align: left; color: #c1121f; } svg { max-width: 100%; height: auto; }
ul { padding-left: 1.2rem; } li { margin: .3rem 0; } li span { color: #65707c; } .wide { overflow-x: auto; }
@media print { body { margin: 0; } svg { break-inside: avoid; } }
"""


def write(path: Path, ear: Ear, shelves: Sequence[ShelfHealth]) -> None:
    """The whole page."""
    path.write_text(page(ear, shelves), encoding="utf-8")


def page(ear: Ear, shelves: Sequence[ShelfHealth]) -> str:
    told = list(troubles(shelves))
    faults = "".join(
        f"<li><b>{escape(where)}</b> {escape(what)}.<br><span>{escape(remedy)}.</span></li>"
        for where, what, remedy in told
    )
    pictures = "".join(drawn(ear, shelf) for shelf in shelves if shelf.controller.batches)
    title = f"Health of the shelves: {escape(ear.store.name)}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><h1>{title}</h1>'
        f'<p class="of">{escape(ear.of)}, {escape(ear.span)}</p>'
        f'<p class="{"bad" if told else "good"}">{escape(summary(shelves).plain)}</p>'
        f"{f'<ul>{faults}</ul>' if faults else ''}"
        f"<h2>Courses</h2>{pictures}"
        f'<h2>Controllers</h2><div class="wide">{_html(controllers(shelves))}</div>'
        f'<h2>Plates</h2><div class="wide">{_html(plates(shelves, every=True))}</div></html>\n'
    )


def _html(table: Table) -> str:
    """The same table as at the terminal."""
    head = "".join(f"<th>{escape(_plain(c.header))}</th>" for c in table.columns)
    columns = [[_plain(cell) for cell in column.cells] for column in table.columns]
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in zip(*columns, strict=True)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
