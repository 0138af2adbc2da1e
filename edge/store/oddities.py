"""What is odd about a store that can be used: most likely a slip of the hand, and may be meant all the same.

Enters: a `Store`, and the day on which somebody asks. Leaves: a `Fault` for each oddity, with its place and remedy, for
`tebura check` to tell. Refuses nothing. A *fault* cannot be, and no shop opens with it (`edge.store.load`); an *oddity*
is what a shop can run with: whoever means it goes on as yesterday. That a tax begins later than today is an oddity too:
a PC that has lost its clock must not keep a shop closed.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import TypeAlias

from edge.store.catalogue import Product
from edge.store.gtin import forms, wrong_gtin
from edge.store.load import Store
from edge.store.odd_places import odd_places
from edge.store.settings import Section, StoreFile
from edge.store.spelling import meant
from edge.store.tables import Fault, skus_in

LIGHTEST_G, HEAVIEST_G = 2.0, 30_000.0
"""Plates hardly feel less, and nobody carries more out of a shop."""
MOST_UNEQUAL = 0.25
"""Units that differ by a larger part of their weight cannot be counted."""
DEAREST = 100
"""So many times what half of the goods cost at most is more likely a point that got lost."""
ENOUGH = 8
"""Of fewer products nobody can say what is usual."""
LEAST_PERCENT, MOST_PERCENT = 1.0, 40.0
NAMED = 3
"""So many of a kind are named, and the rest counted."""

EXAMPLE = {"id": "demo", "name": "かどマート", "registration": "T4010001000007", "address": "東京都架空区かど町1-2-3"}
"""The head of the shop that comes with Tebura (``config/demo``), which people copy to begin with."""
OF_THE_EXAMPLE = {
    "id": "Two shops of one id share topics, and by default the state folder with the book. Write one of your own "
    "before the first visit: a book stays with its id",
    "name": "It stands on receipts. Write your own",
    "registration": "It stands on invoices. Write your own, or take the key out",
    "address": "It stands on receipts. Write your own",
}
"""What to do about each part of it that was left in somebody's own shop."""

Told: TypeAlias = tuple[str, str, str]


def oddities(store: Store, today: date, printed: Collection[str] = ()) -> list[Fault]:
    """All that is odd, in the order of the files. ``printed``: the languages of receipts, if known."""
    written = StoreFile(**tomllib.loads(store.sources["store.toml"].decode("utf-8")))
    found = [Fault("store.toml", *told) for told in _misspelt(written)]
    found += [Fault("store.toml", *told) for told in (*_head(store, printed), *odd_places(store.layout))]
    found += [Fault("store.toml", *told) for told in (*_taxes(store, today), *_shelves(store))]
    found += [Fault("catalogue.csv", *told) for told in _goods(store)]
    found += [Fault("planogram.csv", *told) for told in _facings(store)]
    return found


def _misspelt(section: Section, within: str = "") -> Iterator[Told]:
    """Keys that nobody knows, and that look like one that is not there. Others are the shop's own."""
    known = {info.alias or name: name for name, info in type(section).model_fields.items()}
    for key in section.model_extra or {}:
        absent = [name for name, inner in known.items() if inner not in section.model_fields_set]
        slip_for = meant(key, absent)
        if slip_for:
            yield within + key, "is nothing that is known here", f"Write {slip_for} if that is meant"
    for name, inner in known.items():
        value = getattr(section, inner)
        parts = value if isinstance(value, tuple) else (value,)
        for i, part in enumerate(parts, start=1):
            if isinstance(part, Section):
                yield from _misspelt(part, f"{within}{name}[{i}]." if parts is value else f"{within}{name}.")


def _head(store: Store, printed: Collection[str]) -> Iterator[Told]:
    left = [key for key, theirs in EXAMPLE.items() if getattr(store, key) == theirs]
    for key in left if len(left) < len(EXAMPLE) else ():
        yield f"store.{key}", f"it is still the example's, {EXAMPLE[key]!r}", OF_THE_EXAMPLE[key]
    if not store.name.strip():
        yield "store.name", "it is empty", "Write what shall stand on receipts"
    unknown = [language for language in store.languages if language not in printed] if printed else []
    if unknown:
        what = f"no receipt can be written in {_few(unknown)}"
        yield "store.languages", what, f"Use {' and '.join(sorted(printed))}; the first is the receipt's own"


def _taxes(store: Store, today: date) -> Iterator[Told]:
    if not tomllib.loads(store.sources["store.toml"].decode("utf-8")).get("tax"):
        remedy = "Add a [[tax]] for each class of the catalogue; one with percent = 0 where that is meant"
        yield "tax", "there is none: everything is sold with 0 % tax", remedy
        return
    wanted = {p.tax_class for p in store.catalogue.values()}
    for tax_class in sorted(store.tax.classes & wanted):
        rates = [r for r in store.tax.rates if r.tax_class == tax_class]
        if all(rate.since > today for rate in rates):
            first = min(rate.since for rate in rates)
            what = f"class {tax_class!r} begins on {first}: until then whoever takes such a thing goes to review"
            yield "tax", what, "Correct its since, or add a [[tax]] that holds today"
    for i, rate in enumerate(store.tax.rates, start=1):
        percent = rate.rate_ppm / 10_000
        if 0.0 < percent < LEAST_PERCENT or percent > MOST_PERCENT:
            yield f"tax[{i}].percent", f"{percent:g} % is an unusual tax", "Write 8 where 8 % is meant, not 0.08"


def _shelves(store: Store) -> Iterator[Told]:
    empty = [s.id for s in store.layout.shelves if not store.planogram.on(s.id)]
    if empty and store.planogram.facings:
        what = f"there is nothing on {_few(empty)} in planogram.csv"
        yield (
            "gondola.shelf",
            what,
            "Add rows to planogram.csv; what is taken from there is guessed by its weight alone",
        )
    for i, gondola in enumerate(store.layout.gondolas, start=1):
        for j, shelf in enumerate(gondola.shelves, start=1):
            if shelf.says == "raw" and shelf.id not in store.profiles:
                what = f"{shelf.id} says raw numbers and is not calibrated: nobody knows what they weigh"
                yield f"gondola[{i}].shelf[{j}].says", what, f"Calibrate it: tebura calibrate shelf {shelf.id}"


def _goods(store: Store) -> Iterator[Told]:
    lines = skus_in(store.sources["catalogue.csv"].decode("utf-8")) or {}
    goods = store.catalogue.values()
    usual = sorted(p.price_minor for p in goods)[len(goods) // 2]
    by_number: dict[str, list[Product]] = defaultdict(list)
    for product in goods:
        where = lines[product.sku]
        for what, remedy in _odd_product(product, usual if len(goods) >= ENOUGH else 0):
            yield where, f"{product.sku}: {what}", remedy
        if product.gtin:
            for form in forms(product.gtin):
                by_number[form].append(product)
    for same in by_number.values():
        if len(same) > 1:
            what = f"gtin {same[-1].gtin} is that of {_few(p.sku for p in same[:-1])}, too"
            remedy = "Each product has a number of its own: compare it with the digits below the bar code"
            yield lines[same[-1].sku], f"{same[-1].sku}: {what}", remedy
    nowhere = [p.sku for p in goods if not store.planogram.of(p.sku)]
    if nowhere and store.planogram.facings:
        remedy = "Add rows to it; whoever takes one is seldom charged for it"
        yield lines[nowhere[0]], f"there is no place for {_few(nowhere)} in planogram.csv", remedy


def _odd_product(product: Product, usual_minor: int) -> Iterator[tuple[str, str]]:
    if product.gtin:
        wrong = wrong_gtin(product.gtin)
        if wrong is not None:
            yield wrong
    if product.price_minor == 0:
        yield "it costs nothing", "Write its price; 0 where it is given away"
    elif usual_minor and product.price_minor > DEAREST * usual_minor:
        times = product.price_minor / usual_minor
        yield f"it costs {times:.0f} times what is usual here", "Write its price in major units, with a point: 1.99"
    if not LIGHTEST_G <= product.weight_g <= HEAVIEST_G:
        yield f"weight_g {product.weight_g:g}", "Weigh one unit, and write grams, not kilograms or milligrams"
    if product.weight_sd_g > MOST_UNEQUAL * product.weight_g:
        what = f"its units weigh {product.weight_g:g} g and differ by {product.weight_sd_g:g} g: they cannot be counted"
        yield what, "Write the standard deviation in grams, or weigh some: tebura planogram learn"


def _facings(store: Store) -> Iterator[Told]:
    if not store.planogram.facings:
        what = "no product stands anywhere: what is taken is guessed by its weight alone"
        yield "line 1", what, "Add a row for each place: shelf,plates,sku"


def _few(names: Iterable[str]) -> str:
    """Some names, and how many more."""
    told = list(names)
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more
