"""What `tebura insight` prints: visits, funnels, dwell, hours, pairs, second thoughts, what sold
out, what other prices did.

Enters: figures. Leaves: tables on stdout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from edge.insight.sheets import DAYS
from edge.store import Store

FUNNEL = ("passed", "stopped", "touched", "took", "put_back", "bought")
RATES = ("stop_rate", "pick_up_rate", "put_back_rate", "undecided_rate", "certainty")
WIDTH = 140
"""A funnel has that many columns, and is no use without their names."""
RULES = {
    "gone": "not for 91 days", "slipping": "not for three times as long as usual, and two weeks",
    "new": "first visit within 28 days", "best": "8 visits or more, and above the median of those",
    "regular": "8 visits or more", "occasional": "everybody else",
}  # fmt: skip
"""Segments, as a shopkeeper would check them (`edge.insight.segments`)."""
MOST = 20
"""So many lines of a table; --csv has all of them."""


def show(found: dict[str, Any], store: Store) -> None:
    """Everything, a table each."""
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    visits = found["visits"]
    rate = _share(visits["conversion"])
    console.print(
        f"{visits['visits']} visits of {visits['people']} people; {visits['bought']} of the {visits['left']} that left "
        f"bought something ({rate}), {visits['units']} units in all"
    )
    funnel = [[r["shelf"], *_funnel(r)] for r in found["shelves"] if r["passed"] or r["touched"]]
    _print(console, "by shelf (visits)", ("shelf", *FUNNEL, *RATES), funnel)
    busy = sorted(found["products"], key=lambda r: (-r["took"], -r["stopped"]))
    products = [[r["name"], *_funnel(r)] for r in busy if r["passed"] or r["bought"]]
    _print(console, "by product (visits)", ("product", *FUNNEL, *RATES), products)
    dwell = [
        [r["gondola"], r["passed_by"], r["dwells"], f"{r['dwell_s']:.0f} s",
         "–" if r["mean_s"] is None else f"{r['mean_s']:.1f} s", _share(r["certainty"])]
        for r in found["dwell"]
    ]  # fmt: skip
    _print(console, "before each gondola (stays)", ("", "passed by", "stopped", "in all", "mean", "certainty"), dwell)
    hours = [[DAYS[r["weekday"]], f"{r['hour']}:00", r["visits"], r["people"]] for r in found["hours"]]
    _print(console, "when they came in", ("day", "hour", "visits", "people"), hours)
    names = {sku: product.name() for sku, product in store.catalogue.items()}
    pairs = [
        [names.get(r["one"], r["one"]), names.get(r["other"], r["other"]), f"{r['together']}/{r['baskets']}", r["lift"]]
        for r in found["baskets"]
    ]
    _print(console, "bought together", ("", "", "baskets", "lift"), pairs)
    instead = [
        [names.get(r["put_back"], r["put_back"]), names.get(r["instead"], r["instead"] or "–"), r["visits"],
         _share(r["certainty"])]
        for r in found["instead"]
    ]  # fmt: skip
    _print(console, "put back, and bought instead", ("put back", "instead", "visits", "certainty"), instead)
    out = [
        [names.get(r["sku"], r["sku"]), _when(store, r["from_s"]), _when(store, r["until_s"])]
        for r in found["sold_out"]
    ]
    _print(console, "sold out", ("", "from", "until"), out)
    who = [[r["segment"], r["members"], r["visits"], r["amount_minor"], RULES[r["segment"]]] for r in found["segments"]]
    _print(console, "members who allow it, by their last 91 days", ("", "members", "visits", "paid", "who"), who)
    marked = [
        [names.get(r["sku"], r["sku"]), _when(store, r["from_s"])[:10], r["daily"], f"{r['units']} in {r['hours']} h",
         *(_rate(r[key]) for key in ("before_per_hour", "per_hour", "after_per_hour")),
         f"{_rate(r['usual_per_hour'])} ({r['usual_units']} in {r['usual_hours']} h)",
         r["verdict"] if r["change"] is None or r["verdict"] == "undecided" else f"{r['change']:+.0%}",
         _share(r["certainty"])]
        for r in found["markdowns"]
    ]  # fmt: skip
    heads = (
        "",
        "from",
        "daily",
        "sold",
        "before",
        "an hour",
        "after",
        "same hours, other weeks",
        "change",
        "certainty",
    )
    _print(console, "what other prices did (units an hour)", heads, marked)


def _funnel(row: dict[str, Any]) -> list[Any]:
    return [*(row[step] for step in FUNNEL), *(_share(row[rate]) for rate in RATES)]


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _rate(per_hour: float | None) -> str:
    return "–" if per_hour is None else f"{per_hour:.2f}"


def _when(store: Store, at_s: float | None) -> str:
    if at_s is None:
        return "now"
    return f"{datetime.fromtimestamp(at_s, store.timezone):%Y-%m-%d %H:%M}"


def _print(console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    table = Table(*(head.replace("_", " ").replace(" rate", " %") for head in heads), box=None, padding=(0, 1))
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows[:MOST]:
        table.add_row(*(str(cell) for cell in row))
    console.print(f"\n{title}", style="bold")
    console.print(table)
    if len(rows) > MOST:
        console.print(f"… and {len(rows) - MOST} more: --csv has all of them")
