"""A regression as people read it: a table at the terminal, one page for the team, lines for programs.

The page is one file that loads nothing, legible without a script.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from rich.table import Table

from edge.drawing.markup import Markup, tag
from edge.facts.money import money
from edge.store.currency import digits_of
from simulator.fleet.regress import KINDS, Difference, Regression, Shop, Side, Visit

MOST = 1000
"""So many differences the page shows, the worst kinds first."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

HEADS = ("recordings", "visits", "differ", "review", "takings", "exact", "overcharged", "F1", "CPU")


def summary(found: Regression) -> str:
    """In a line or two."""
    whole = found.in_all
    count = len(found.differences)
    recordings = f"{whole.recordings} recording{'' if whole.recordings == 1 else 's'}"
    aside = f"; {len(found.aside)} set aside" if found.aside else ""
    if not count:
        return f"No receipt differs in {recordings}, {whole.new.visits} visits{aside}."
    kinds = ", ".join(f"{whole.differences[kind]} {kind}" for kind in KINDS if whole.differences[kind])
    verb = "receipt differs" if count == 1 else "receipts differ"
    return f"{count} {verb} in {recordings}: {kinds}{aside}."


def table(found: Regression) -> Table:
    """A line a shop, and all of them; ``before → after`` where that is another figure."""
    shown = Table("shop", *HEADS, box=None, padding=(0, 1))
    for column in shown.columns[1:]:
        column.justify = "right"
    for name, shop in _rows(found):
        shown.add_row(name, *_cells(shop))
    return shown


def page(found: Regression) -> str:
    """The whole page as HTML."""
    title = f"{found.new} beside {found.base}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · Tebura"),
        tag("style", Markup((files(__package__) / "page.css").read_text(encoding="utf-8"))),
    )
    worst = sorted(found.differences, key=lambda d: (KINDS.index(d.kind), d.shop, d.recording))
    more = len(worst) - MOST
    body = tag(
        "body",
        tag("h1", title),
        tag("p", f"BASE is {found.base}, NEW is {found.new}.", class_="of"),
        tag("p", summary(found), class_="bad" if found.differences or found.aside else "good"),
        tag("h2", "Shops"),
        _html("shop", HEADS, ((name, *_cells(shop)) for name, shop in _rows(found))),
        *((tag("h2", "Kinds"), _kinds(found)) if worst else ()),
        *((tag("h2", "Receipts that differ"), _differences(worst[:MOST])) if worst else ()),
        *((tag("p", f"{more} more are not shown here; --json has them all.", class_="quiet"),) if more > 0 else ()),
        *((tag("h2", "Set aside"), _html("recording", ("why",), found.aside)) if found.aside else ()),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def told(found: Regression) -> dict[str, Any]:
    """The same for programs, JSON-ready."""
    return {
        "base": found.base,
        "new": found.new,
        "shops": {name: _shop(shop) for name, shop in found.shops.items()},
        "in_all": _shop(found.in_all),
        "differences": [_difference(each) for each in found.differences],
        "set_aside": [{"recording": recording, "why": why} for recording, why in found.aside],
    }


def _shop(shop: Shop) -> dict[str, Any]:
    return {
        "recordings": shop.recordings,
        "differences": dict(shop.differences),
        "base": _side(shop.base),
        "new": _side(shop.new),
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "visits": side.visits, "review": side.review, "takings_minor": dict(side.money_minor),
        "truth_known": side.known, "exact": side.exact, "overcharged": side.overcharged, "f1": side.f1,
        "cpu_s": round(side.cpu_s, 3),
    }  # fmt: skip


def _difference(each: Difference) -> dict[str, Any]:
    def visit(one: Visit | None) -> dict[str, Any] | None:
        return None if one is None else {"state": one.state, "items": one.items, "withheld": one.withheld,
                                         "total": one.total, "currency": one.currency}  # fmt: skip

    return {
        "shop": each.shop, "recording": each.recording, "subject": each.subject, "kind": each.kind,
        "base": visit(each.base), "new": visit(each.new), "taken": each.taken,
    }  # fmt: skip


# --- cells -----------------------------------------------------------------------------------------------------------


def _rows(found: Regression) -> Iterator[tuple[str, Shop]]:
    yield from sorted(found.shops.items())
    if len(found.shops) != 1:
        yield "all", found.in_all


def _cells(shop: Shop) -> tuple[str, ...]:
    base, new = shop.base, shop.new
    known = new.known > 0
    return (
        str(shop.recordings),
        _both(str(base.visits), str(new.visits)),
        str(shop.differences.total()),
        _both(str(base.review), str(new.review)),
        _both(_takings(base.money_minor), _takings(new.money_minor)),
        _both(_of(base.exact, base.known), _of(new.exact, new.known)) if known else "–",
        _both(str(base.overcharged), str(new.overcharged)) if known else "–",
        _both(f"{base.f1:.3f}", f"{new.f1:.3f}") if base.f1 is not None and new.f1 is not None else "–",
        f"{new.cpu_s / base.cpu_s:.2f} ×" if base.cpu_s else "–",
    )


def _both(base: str, new: str) -> str:
    return new if base == new else f"{base} → {new}"


def _of(count: int, whole: int) -> str:
    return f"{count}/{whole}"


def _money(minor: int, currency: str) -> str:
    return money(minor, currency, digits_of(currency) or 0)


def _takings(by_currency: Mapping[str, int]) -> str:
    return ", ".join(_money(minor, currency) for currency, minor in sorted(by_currency.items())) or "–"


def _kinds(found: Regression) -> Markup:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for each in found.differences:
        counts[each.kind][each.shop] += 1
    rows = (
        (kind, str(by.total()), ", ".join(f"{n} in {shop}" for shop, n in by.most_common(8)))
        for kind, by in counts.items()
        if by
    )
    return _html("kind", ("receipts", "where"), rows)


def _differences(worst: list[Difference]) -> Markup:
    heads = ("kind", "shop", "recording", "who", "BASE", "NEW", "really taken")
    head = tag("tr", *(tag("th", what, class_="left") for what in heads))
    rows = (
        tag(
            "tr",
            *(tag("td", what, class_="left") for what in (each.kind, each.shop, each.recording, each.subject)),
            _receipt(each.base, each.new, each.taken),
            _receipt(each.new, each.base, each.taken),
            tag("td", "–" if each.taken is None else _goods(each.taken, each.taken), class_="goods"),
        )
        for each in worst
    )
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide", tabindex="0")


def _receipt(visit: Visit | None, other: Visit | None, taken: Mapping[str, int] | None) -> Markup:
    """What one build says, and what it says otherwise than the other in bold."""
    if visit is None:
        return tag("td", "–", class_="goods")
    state = ", for review" if visit.state == "review" else ""
    held = [tag("div", "withheld: ", _goods(visit.withheld, {}))] if visit.withheld else []
    return tag(
        "td",
        tag("div", f"{_money(visit.total, visit.currency)}{state} ", _verdict(visit, taken)),
        _goods(visit.items, {} if other is None else other.items),
        *held,
        class_="goods",
    )


def _verdict(visit: Visit, taken: Mapping[str, int] | None) -> Markup | None:
    if taken is None:
        return None
    asked, really = Counter(visit.items), Counter(taken)
    if asked == really:
        return tag("span", "right", class_="good")
    return tag("span", "too much", class_="bad") if asked - really else tag("span", "too little", class_="quiet")


def _goods(items: Mapping[str, int], others: Mapping[str, int]) -> Markup:
    shown = [
        tag("span", f"{count} × {sku}") if others.get(sku) == count else tag("b", f"{count} × {sku}")
        for sku, count in sorted(items.items())
        if count
    ]
    return Markup(", ".join(shown)) if shown else Markup("nothing")


def _html(first: str, heads: tuple[str, ...], rows: Any) -> Markup:
    head = tag("tr", *(tag("th", what) for what in (first, *heads)))
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="wide", tabindex="0")
