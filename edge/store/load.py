"""A store folder, or the same files out of a recording -> one `Store`, or every fault at once.

``store.toml``, ``catalogue.csv``, ``planogram.csv``, ``prices.csv`` where there is one and the calibration that counts
are all read before anything is refused: a shop engineer fixes a broken folder in one go.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from edge.store.calibration import conversions, profiles_that_count, sights_of
from edge.store.catalogue import Catalogue
from edge.store.currency import digits_of
from edge.store.dated import FILE as PRICES
from edge.store.dated import read_prices
from edge.store.floor import impossible
from edge.store.gtin import checks
from edge.store.layout import Camera, Gate, Gondola, Layout, Shelf
from edge.store.offers import Offers
from edge.store.planogram import Planogram
from edge.store.points import read_points
from edge.store.policy import Policy, senseless
from edge.store.prices import PriceList, mark_of, with_classes
from edge.store.profile import FOLDER, Profiles
from edge.store.promotions import read_promotions
from edge.store.settings import StoreFile
from edge.store.sight import Sights
from edge.store.spelling import keys_of, meant
from edge.store.tables import Fault, line_of, read_catalogue, read_planogram, skus_in
from edge.store.tax import TaxRate, TaxTable, contradicting
from edge.told import NOTHING, Sentence, phrase, told

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

NUMBER = (phrase("is not a number"), phrase("Write a number like 0.5, without quotes or unit"))
WHOLE = (phrase("is not a whole number"), phrase("Write a number like 4, without quotes or unit"))
YES_OR_NO = (phrase("is neither true nor false"), phrase("Write true or false, without quotes"))
DAY = (phrase("is not a day"), phrase("Write it like 2026-05-12, without quotes"))
LIST = (phrase("is not a list"), phrase("Write it in [ ], or as [[tables]] where it has keys"))
TABLE = (phrase("is not a table"), phrase("Write it as a [table] with keys of its own"))

WORDS: Mapping[str, tuple[str, str]] = {
    "missing": (phrase("is missing"), phrase("Add it")),
    "extra_forbidden": (phrase("is nothing that is known here"), phrase("Take the key out, or correct its name")),
    "float_type": NUMBER, "float_parsing": NUMBER, "finite_number": NUMBER,
    "int_type": WHOLE, "int_parsing": WHOLE, "int_from_float": WHOLE, "int_parsing_size": WHOLE,
    "bool_type": YES_OR_NO, "bool_parsing": YES_OR_NO,
    "date_type": DAY, "date_parsing": DAY, "date_from_datetime_parsing": DAY, "date_from_datetime_inexact": DAY,
    "camera_source": (
        phrase("is no source of pictures"),
        phrase("Write an rtsp:// address, a path like /dev/v4l/by-id/…, the number of a USB camera, or a video file"),
    ),
    "tuple_type": LIST, "model_type": TABLE, "dict_type": TABLE,
    "string_type": (phrase("is not text"), phrase('Write it between "quotes"')),
    "path_type": (phrase("is not a path"), phrase('Write it between "quotes"')),
    "greater_than": (phrase("must be more than {gt:g}"), phrase("Write a larger number")),
    "greater_than_equal": (phrase("must be at least {ge:g}"), phrase("Write a larger number")),
    "less_than": (phrase("must be less than {lt:g}"), phrase("Write a smaller number")),
    "less_than_equal": (phrase("must be at most {le:g}"), phrase("Write a smaller number")),
    "literal_error": (phrase("must be {expected}"), phrase("Write one of them")),
    "string_pattern_mismatch": (phrase("has signs that cannot stand there"), phrase("Write it as {pattern} allows")),
    "string_too_long": (phrase("is longer than {max_length} characters"), phrase("Shorten it")),
    "too_short": (
        phrase("has {actual_length}, and at least {min_length} must be there"), phrase("Add what is missing"),
    ),
    "too_long": (phrase("has more than {max_length}"), phrase("Take some out")),
}  # fmt: skip
"""What pydantic found -> what is wrong, and the remedy; ``{…}`` is filled in with what it says about it."""

SIGNS = {
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": phrase("Write letters, digits, . _ and -, a letter or digit first"),
    r"^[A-Z]{3}$": phrase("Write three capital letters, like JPY"),
    r"^[^+#]+$": phrase("Write the whole topic, without the wildcards + and #"),
}
"""Patterns of settings -> the remedy, in words."""

OTHERWISE = (phrase("cannot be so: {why}"), phrase("Correct the value"))

FILES = ("store.toml", "catalogue.csv", "planogram.csv")
MAY_BE = (PRICES,)
"""Files that a shop may do without."""


class BrokenStore(ValueError):
    """A store that cannot be used, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(f) for f in self.faults))


@dataclass(frozen=True)
class Store:
    """Everything that the runtime knows about a shop before the first record."""

    id: str
    name: str
    timezone: ZoneInfo
    currency: str
    currency_digits: int
    prices_include_tax: bool
    languages: tuple[str, ...]
    registration: str
    address: str
    layout: Layout
    catalogue: Catalogue
    planogram: Planogram
    tax: TaxTable
    policy: Policy
    profiles: Profiles = field(repr=False)
    """Shelf -> how it weighs, where somebody has calibrated it."""
    sights: Sights = field(repr=False)
    """Camera -> how it sees, where somebody has calibrated it."""
    blind: Mapping[str, Fault] = field(repr=False)
    """Camera -> what is wrong with its profile. It sees nothing, and the shop goes on with the others."""
    sources: Mapping[str, bytes] = field(repr=False)
    """The files as they were used, with what the environment said: a recording carries them along. Of each shelf's or
    camera's profiles only the one that counts, as ``calibration/<shelf or camera>.toml``."""
    offers: Offers = field(default_factory=Offers)
    """What moves prices."""
    gln: str = ""
    """Its number among all places (GS1), where it has one."""

    @cached_property
    def price_list(self) -> PriceList:
        """What everything costs."""
        return PriceList(
            self.currency, self.currency_digits, self.prices_include_tax, self.tax, dict(self.catalogue), self.offers
        )

    @cached_property
    def price_mark(self) -> str:
        """Another for every other price list."""
        return mark_of(self.price_list)

    def at_prices(self, prices: PriceList) -> Store:
        """The same shop for somebody who was promised these prices. What is new since then costs what it costs now."""
        return replace(
            self,
            currency=prices.currency,
            currency_digits=prices.currency_digits,
            prices_include_tax=prices.includes_tax,
            catalogue={**self.catalogue, **prices.products},
            tax=with_classes(self.tax, prices.tax),
            offers=self._offers_with(prices),
        )

    def _offers_with(self, prices: PriceList) -> Offers:
        """What moves the promised prices, and those of what is new since then."""
        new = {sku: rows for sku, rows in self.offers.dated.items() if sku not in prices.products}
        return replace(prices.offers, dated=prices.offers.dated | new) if new else prices.offers

    def knowing(self, products: Catalogue) -> Store:
        """The same shop with some more products."""
        return replace(self, catalogue={**self.catalogue, **products}) if products else self


def load_store(folder: Path) -> Store:
    """The store in a folder; `BrokenStore` with every fault."""
    remedy = told("Run it with --store FOLDER, where FOLDER holds store.toml, catalogue.csv and planogram.csv")
    if not os.path.isdir(folder):
        what = told("is a file") if os.path.exists(folder) else told("there is none")
        raise BrokenStore([Fault(str(folder), "folder", what, remedy)])
    files, faults = {}, []
    for name in (*FILES, *MAY_BE):
        try:
            files[name] = (folder / name).read_bytes()
        except FileNotFoundError as error:
            if name in FILES:
                faults.append(Fault(str(folder / name), "file", Sentence(error.strerror or str(error)), remedy))
        except OSError as error:
            faults.append(Fault(str(folder / name), "file", Sentence(error.strerror or str(error)), remedy))
    profiles, unread = profiles_that_count(folder)
    from edge.store.environment import LiveStore, as_used  # slow to import, and a replay does without

    store = _build(files | profiles, LiveStore, faults, unread, strict=True)
    return replace(store, sources={**store.sources, "store.toml": as_used(files["store.toml"])})


def read_store(files: Mapping[str, bytes], unread: Mapping[str, Fault] | None = None) -> Store:
    """The store that a recording carries; `BrokenStore` with every fault. ``unread``: see `profiles_that_count`."""
    faults = [
        Fault(
            name,
            "attachment",
            told("is not in the recording"),
            told("Record it again with the store's three files attached"),
        )
        for name in FILES
        if name not in files
    ]
    return _build(files, StoreFile, faults, unread or {})


def _build(
    files: Mapping[str, bytes],
    model: type[StoreFile],
    faults: list[Fault],
    unread: Mapping[str, Fault],
    *,
    strict: bool = False,
) -> Store:
    """``strict``: refuse as well what a shop could run with and should not; what was recorded is taken as it was."""
    texts = {}
    for name in (*FILES, *MAY_BE):
        try:
            texts[name] = files.get(name, b"").decode("utf-8")
        except UnicodeDecodeError as error:
            line = files[name].count(b"\n", 0, error.start) + 1
            faults.append(Fault(name, line_of(line), told("is not UTF-8 text"), told("Save the file as UTF-8")))
    settings = (
        _settings(texts["store.toml"], model, faults) if "store.toml" in texts and files.get("store.toml") else None
    )
    layout = _layout(settings, faults) if settings else None
    digits, zone = _money_and_time(settings, faults) if settings else (2, None)
    if strict and settings and layout:
        faults += [Fault("store.toml", *wrong) for wrong in (*senseless(settings.policy), *impossible(layout))]
    tax = _tax(settings, faults) if settings else TaxTable(())
    if strict:
        faults += [Fault("store.toml", *wrong) for wrong in contradicting(tax)]
    catalogue: Catalogue = {}
    if files.get("catalogue.csv") is not None and "catalogue.csv" in texts:
        classes = tax.classes if settings else frozenset[str]()
        catalogue = read_catalogue(texts["catalogue.csv"], digits, classes, faults)
    planogram = Planogram(())
    if files.get("planogram.csv") is not None and "planogram.csv" in texts:
        skus = skus_in(texts.get("catalogue.csv", ""))
        planogram = read_planogram(texts["planogram.csv"], layout, skus, faults)
    offers = _offers(settings, texts, digits, zone, catalogue, faults) if settings and zone else Offers()
    profiles = conversions(files, unread, layout, faults) if layout else {}
    sights, blind = sights_of(files, unread, layout) if layout else ({}, {})
    if settings is not None and settings.store.gln and not checks(settings.store.gln):
        what = told("gln {said} is no number of a place: its last digit does not fit", said=settings.store.gln)
        faults.append(Fault("store.toml", "store.gln", what, told("Correct it, or take the key out")))
    if faults or settings is None or layout is None or zone is None:
        raise BrokenStore(faults)
    if not tax.rates:
        tax = TaxTable(tuple(TaxRate(c, 0) for c in sorted({p.tax_class for p in catalogue.values()})), tax.rounding)
    head = settings.store
    return Store(
        head.id, head.name, zone, head.currency, digits, head.prices_include_tax, head.languages, head.registration,
        head.address, layout, catalogue, planogram, tax, settings.policy, profiles, sights, blind,
        {n: files[n] for n in files if n in (*FILES, *MAY_BE) or n.startswith(f"{FOLDER}/")}, offers, head.gln,
    )  # fmt: skip


def told_faults(file: str, error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """What a settings file of this shape got wrong, a fault a key; values of passwords are not shown."""
    found = error.errors()
    faults = []
    for e in found:
        if e["type"] == "too_short" and any(o is not e and o["loc"][: len(e["loc"])] == e["loc"] for o in found):
            continue  # it only lacks what is told as broken anyway
        key = ".".join(f"[{p + 1}]" if isinstance(p, int) else str(p) for p in e["loc"]).replace(".[", "[")
        says = e.get("ctx", {})
        template, remedy = WORDS.get(e["type"], OTHERWISE)
        what = told(template, **{"why": e["msg"].lower(), **says})
        remedy = SIGNS.get(says.get("pattern", ""), remedy)
        if e["type"] != "missing" and not _is_secret(key, e["input"]):
            what = told("{what} (it says {said})", what=what, said=repr(e["input"])[:68])
        faults.append(Fault(file, key, what, _misspelt(e, model) or told(remedy, **says)))
    return faults


def _is_secret(key: str, said: object) -> bool:
    """What a fault does not repeat: people show faults around."""
    return "password" in key or "secret" in key or re.search(r"\b(?:sk|rk|whsec)_", str(said)) is not None


def _misspelt(error: ErrorDetails, model: type[BaseModel]) -> Sentence:
    """The remedy where a key is missing, or unknown, because it is spelt otherwise; empty where it is not."""
    *place, key = error["loc"]
    known = keys_of(model, place)
    if error["type"] == "missing" and isinstance(error["input"], Mapping):
        written = meant(str(key), [k for k in error["input"] if isinstance(k, str) and k not in known])
        return told("It says {said}: write {key} if that is meant", said=written, key=key) if written else NOTHING
    name = meant(str(key), known) if error["type"] == "extra_forbidden" else ""
    return told("Write {name} if that is meant", name=name) if name else NOTHING


def _settings(text: str, model: type[StoreFile], faults: list[Fault]) -> StoreFile | None:
    try:
        return model(**tomllib.loads(text.removeprefix("\ufeff")))  # as Windows' Notepad begins a file
    except tomllib.TOMLDecodeError as error:
        remedy = told("See https://toml.io for how TOML is written")
        faults.append(Fault("store.toml", "syntax", Sentence(str(error)), remedy))
    except ValidationError as error:
        faults += told_faults("store.toml", error, model)
    return None


def _layout(settings: StoreFile, faults: list[Fault]) -> Layout:
    def twice(what: str, ids: Iterable[str]) -> None:
        for name, count in Counter(ids).items():
            if count > 1:
                often = told("id {name!r} stands {count} times", name=name, count=count)
                faults.append(Fault("store.toml", what, often, told("Give each an id of its own")))

    shelves = [s for g in settings.gondola for s in g.shelf]
    twice("gate", (g.id for g in settings.gate))
    twice("camera", (c.id for c in settings.camera))
    twice("gondola", (g.id for g in settings.gondola))
    twice("gondola.shelf", (s.id for s in shelves))
    for kind in ("entry", "exit"):
        if not any(g.kind == kind for g in settings.gate):
            remedy = told('Add a [[gate]] with kind = "{kind}"', kind=kind)
            faults.append(Fault("store.toml", "gate", told("there is no {kind} gate", kind=kind), remedy))
    return Layout(
        settings.floor.polygon,
        tuple(Gate(g.id, g.kind, g.position, g.trusted_reader) for g in settings.gate),
        tuple(Camera(c.id, c.position) for c in settings.camera),
        tuple(
            Gondola(
                g.id,
                g.origin,
                g.yaw_deg,
                tuple(Shelf(s.id, g.id, s.height, s.depth, s.plates, s.plate_width, s.says) for s in g.shelf),
            )
            for g in settings.gondola
        ),
    )


def _tax(settings: StoreFile, faults: list[Fault]) -> TaxTable:
    rates = []
    for i, section in enumerate(settings.tax, start=1):
        rate_ppm = Decimal(str(section.percent)) * 10_000
        if rate_ppm != rate_ppm.to_integral_value():
            what = told("{percent} has more than four digits behind the point", percent=section.percent)
            faults.append(Fault("store.toml", f"tax[{i}].percent", what, told("Write it like 8.875")))
        rates.append(TaxRate(section.tax_class, int(rate_ppm), section.since, section.reduced))
    return TaxTable(tuple(rates), settings.store.tax_rounding)


def _offers(
    settings: StoreFile,
    texts: Mapping[str, str],
    digits: int,
    zone: ZoneInfo,
    catalogue: Catalogue,
    faults: list[Fault],
) -> Offers:
    """What moves prices, against the catalogue as far as it could be read."""
    known = skus_in(texts.get("catalogue.csv", ""))
    dated = read_prices(texts[PRICES], digits, zone, catalogue, known, faults) if texts.get(PRICES) else {}
    promotions = read_promotions(settings.promotion, digits, zone, catalogue, known, dated, faults)
    points = read_points(settings.points, digits, includes_tax=settings.store.prices_include_tax, faults=faults)
    return Offers(dated, promotions, settings.policy.price_at, points)


def _money_and_time(settings: StoreFile, faults: list[Fault]) -> tuple[int, ZoneInfo | None]:
    zone = None
    try:
        zone = ZoneInfo(settings.store.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = told("there is no time zone {name!r}", name=settings.store.timezone)
        faults.append(Fault("store.toml", "store.timezone", what, told("Write it like Asia/Tokyo")))
    known = digits_of(settings.store.currency)
    if known is None:
        what = told("there is no currency {name!r}", name=settings.store.currency)
        faults.append(Fault("store.toml", "store.currency", what, told("Write its ISO 4217 code, like JPY")))
    return 2 if known is None else known, zone
