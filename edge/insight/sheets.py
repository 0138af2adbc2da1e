"""Figures as files: a CSV of each table, a page with pictures that needs nothing but a browser.

Enters: what `edge.insight.measures` found. Leaves: text. The same tables and pictures are on the console's page.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from edge.drawing.funnel import funnels
from edge.drawing.heat import heat_map, week
from edge.drawing.markup import Markup, join, tag
from edge.store import Store

Row = Mapping[str, Any]

STEPS: Final = ("passed", "stopped", "touched", "took", "bought")
"""The steps of a funnel, as the facts call them."""
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST: Final = 20
"""So many rows of a picture: the rest stands in the table."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "shelves": (
        "shelf", "gondola", "passed", "stopped", "touched", "took", "put_back", "bought", "units_taken",
        "units_put_back", "stop_rate", "pick_up_rate", "put_back_rate", "undecided_rate", "certainty",
    ),
    "products": (
        "sku", "name", "passed", "stopped", "touched", "took", "put_back", "bought", "units_taken", "units_put_back",
        "units_bought", "units_refunded", "dwell_s", "stop_rate", "pick_up_rate", "put_back_rate", "undecided_rate",
        "certainty", "bought_certainty",
    ),
    "dwell": ("gondola", "passed_by", "dwells", "dwell_s", "mean_s", "certainty"),
    "hours": ("weekday", "hour", "visits", "people"),
    "baskets": ("one", "other", "together", "baskets", "lift"),
    "instead": ("put_back", "instead", "visits", "certainty"),
    "sold_out": ("sku", "shelf", "from_s", "until_s", "certainty"),
    "markdowns": (
        "sku", "name", "from_s", "until_s", "daily", "why", "list_minor", "price_minor", "hours", "units", "per_hour",
        "before_per_hour", "after_per_hour", "usual_hours", "usual_units", "usual_per_hour", "change", "certainty",
        "verdict",
    ),
    "segments": ("segment", "members", "visits", "amount_minor"),
    "heat": ("x_m", "y_m", "seconds"),
}  # fmt: skip
"""The tables, and what stands in them."""

STYLE: Final = Markup("""
body { font: 15px/1.5 system-ui, "Noto Sans CJK JP", "Noto Sans JP", sans-serif; margin: 2rem auto; max-width: 60rem;
       padding: 0 1rem; color: #222; background: #fff; }
svg { width: 100%; height: auto; } table { border-collapse: collapse; font-size: 13px; } .wide { overflow-x: auto; }
th, td { padding: .15rem .6rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
.plan text { font-size: 15px; text-anchor: middle; dominant-baseline: central; }
""")
PICTURES: Final = Markup("""
.floor { fill: #f4f1ea; stroke: #999; stroke-width: 2; } .gondola { fill: #ddd5c5; } .camera { fill: #888; }
.front { stroke: #7d7360; stroke-width: 4; stroke-linecap: round; } .gate { fill: #fff; stroke: #555; stroke-width: 2; }
.plan text { font-size: 15px; text-anchor: middle; dominant-baseline: central; }
.heat { opacity: .8; } .cold { fill: #f0f0f0; } .h1 { fill: #fde8c8; } .h2 { fill: #fbc98a; } .h3 { fill: #f4a259; }
.h4 { fill: #e4762f; } .h5 { fill: #c24a1a; } .h6 { fill: #8a2410; }
.f0 { fill: #dbe4ee; } .f1 { fill: #aac3dd; } .f2 { fill: #6f9bc6; } .f3 { fill: #38709f; } .f4 { fill: #173f63; }
.funnels text, .week text { font-size: 12px; fill: #222; } .week .hour { text-anchor: middle; }
""")


def csv_of(table: str, rows: Iterable[Row]) -> str:
    """A table as CSV, its heads first."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS[table])
    writer.writerows(["" if row[c] is None else row[c] for c in COLUMNS[table]] for row in rows)
    return file.getvalue()


def funnel_rows(rows: Sequence[Row], name: str) -> list[tuple[str, list[int]]]:
    """The busiest first, for a picture."""
    busy = sorted((r for r in rows if r["passed"] or r["bought"]), key=lambda r: (-r["took"], -r["stopped"], r[name]))
    return [(str(row[name]), [int(row[step]) for step in STEPS]) for row in busy[:MOST]]


def svg_of(store: Store, heat: Iterable[Row]) -> str:
    """The heat map alone, as a file."""
    drawn = heat_map(store.layout, heat, f"{store.name}: where shoppers stood")
    head, _, rest = drawn.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{PICTURES}</style>{rest}\n'


def page_of(store: Store, found: Mapping[str, Any], heat: Sequence[Row]) -> str:
    """Pictures first, and the numbers behind them."""
    visits = found["visits"]
    parts: list[Markup] = [
        tag("h1", f"{store.name}: insight"),
        tag("p", f"{visits['visits']} visits, {visits['bought']} bought"),
        tag("h2", "Where shoppers stood"),
        heat_map(store.layout, heat, "Where shoppers stood"),
        tag("h2", "Passed, stopped, touched, took, bought: by product"),
        funnels(funnel_rows(found["products"], "name"), STEPS, "Funnel of each product"),
        tag("h2", "By shelf"),
        funnels(funnel_rows(found["shelves"], "shelf"), STEPS, "Funnel of each shelf"),
        tag("h2", "Hours"),
        week(found["hours"], DAYS, "Visits by weekday and hour"),
    ]
    for table in COLUMNS:
        if found.get(table):
            parts += [tag("h2", table.replace("_", " ").capitalize()), _table(table, found[table])]
    title, style = tag("title", f"{store.name}: insight"), tag("style", join(STYLE, PICTURES))
    head = tag("head", tag("meta", charset="utf-8"), title, style)
    return f"<!doctype html>\n{tag('html', head, tag('body', *parts), lang='en')}\n"


def _table(table: str, rows: Iterable[Row]) -> Markup:
    columns = COLUMNS[table]
    head = tag("tr", *(tag("th", c.replace("_", " ")) for c in columns))
    body = (tag("tr", *(tag("td", "" if row[c] is None else row[c]) for c in columns)) for row in rows)
    return tag("div", tag("table", head, *body), class_="wide")
