"""The ``[[promotion]]`` tables of ``store.toml``: bundles, coupons, members' prices, every fault at once.

Enters: the tables as `edge.store.settings` has checked their form, the catalogue and dated prices. Leaves:
`Promotion`s. Refuses one about a product that is not sold, one about goods of a fixed price, one that does not say how
much cheaper or says it twice, a bundle that is dearer than its parts, and two coupons that contradict each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from edge.store.catalogue import Catalogue
from edge.store.offers import DatedPrice, Names, Promotion
from edge.store.settings import PromotionSection
from edge.store.tables import MOST_MINOR, Fault
from edge.store.window import BadWindow, read_window
from edge.told import Sentence, told

HOW_MUCH = ("price", "percent", "off")
Wrong = tuple[str, Sentence, Sentence]
"""Key, what is wrong, remedy."""


def read_promotions(
    sections: Sequence[PromotionSection],
    digits: int,
    zone: ZoneInfo,
    catalogue: Catalogue,
    known: Collection[str] | None,
    dated: Mapping[str, Iterable[DatedPrice]],
    faults: list[Fault],
) -> tuple[Promotion, ...]:
    """All of them in file order. ``known``: skus of the catalogue, broken rows included; None where it is broken."""
    found: list[Promotion] = []
    ids: set[str] = set()
    for i, section in enumerate(sections, start=1):
        faulty = list(_form(section)) + list(_goods(section, catalogue, known))
        if section.id in ids:
            what = told("{id!r} stands twice", id=section.id)
            faulty.append(("id", what, told("Give each promotion an id of its own")))
        ids.add(section.id)
        money, wrong = _money(section, digits)
        faulty += wrong
        try:
            window = read_window(section.since, section.until, section.daily, zone)
        except BadWindow as error:
            faulty.append((error.what.split(" ", 1)[0], error.what, error.remedy))
        if not faulty:
            promotion = Promotion(
                section.id, names_of(section), _slots(section), money.get("price"), _ppm(section), money.get("off"),
                money.get("least", 0), section.most, section.to == "members",
                () if isinstance(section.to, str) else section.to, window, section.coupon,
                section.coupon and not section.stacks, section.per_member or 0, section.in_all or 0,
                money.get("issued_from", 0), section.days or 0,
            )  # fmt: skip
            if section.coupon:
                promotion = replace(promotion, most=1 if promotion.slots else None)
                faulty += _contradicts(promotion, found)
            faulty += _dearer(promotion, catalogue, dated)
            found.append(promotion)
        faults += [Fault("store.toml", f"promotion[{i}].{key}", what, remedy) for key, what, remedy in faulty]
    return tuple(found)


def names_of(section: PromotionSection) -> Names:
    """What the receipt calls it, by language."""
    extra = section.model_extra or {}
    others = [(k.removeprefix("name_"), str(said)) for k, said in extra.items() if k.startswith("name_") and said]
    return (("", section.name), *others)


def _form(section: PromotionSection) -> Iterator[Wrong]:
    """What a table says of itself that cannot be."""
    said = [key for key in HOW_MUCH if getattr(section, key) is not None]
    if len(said) != 1:
        what = told("does not say how much cheaper it makes things")
        if said:
            what = told("says {keys}", keys=" and ".join(said))
        yield "price", what, told("Write one of price, percent and off")
    if section.skus and section.each:
        remedy = told("Write skus for any of them, each for one out of each list")
        yield "each", told("stands beside skus"), remedy
    if section.units != 1 and not section.skus:
        yield "units", told("are of nothing"), told("Write the skus of which so many together are cheaper")
    if not section.skus and not section.each and section.price is not None:
        remedy = told("Write percent or off, or the skus that cost so much")
        yield "price", told("would be that of a whole basket"), remedy
    if section.least is not None and (section.skus or section.each):
        yield "least", told("is for whole baskets"), told("Take it out, or the skus")
    if not section.skus and not section.each and section.most is not None:
        yield "most", told("is for products: of those for whole baskets one holds at most"), told("Take it out")
    if isinstance(section.to, str) and section.to not in ("everyone", "members"):
        remedy = told('Write "everyone", "members", or a list of members\' names')
        yield "to", told("{who!r} is nobody", who=section.to[:40]), remedy
    if section.coupon and section.most is not None:
        what = told("is said of a coupon, and each is good once")
        yield "most", what, told("Take it out, or write per_member")
    for key in ("stacks", "per_member", "in_all", "issued_from", "days"):
        if not section.coupon and getattr(section, key) is not None:
            yield key, told("is for coupons"), told("Write coupon = true as well, or take it out")
    if section.days is not None and section.issued_from is None:
        what = told("says how long a coupon is good that a purchase gives, and none does")
        remedy = told("Write issued_from as well, or take it out: whoever issues one says until when")
        yield "days", what, remedy
    if section.percent is not None and _ppm(section) is None:
        what = told("{percent} has more than four digits behind the point", percent=section.percent)
        yield "percent", what, told("Write it like 12.5")


def _goods(section: PromotionSection, catalogue: Catalogue, known: Collection[str] | None) -> Iterator[Wrong]:
    """Products that are gone, and those that nothing makes cheaper."""
    named = dict.fromkeys((*section.skus, *(sku for slot in section.each for sku in slot)))
    gone = [sku for sku in named if known is not None and sku not in known]
    if gone:
        what = told("{skus} are not in the catalogue", skus=", ".join(sorted(gone)[:3]))
        if len(gone) == 1:
            what = told("{sku} is not in the catalogue", sku=gone[0])
        yield "skus", what, told("Take the promotion out, or correct it: nobody can have what is not sold")
    fixed = [sku for sku in named if sku in catalogue and catalogue[sku].fixed_price]
    if fixed:
        what = told("{sku} has a fixed price, outside every promotion", sku=min(fixed))
        yield "skus", what, told("Take it out")


def _money(section: PromotionSection, digits: int) -> tuple[dict[str, int], list[Wrong]]:
    """Amounts in minor units; and those that are none."""
    found, wrong = {}, []
    for key in ("price", "off", "least", "issued_from"):
        said = getattr(section, key)
        minor = Decimal(str(said)).scaleb(digits) if said is not None else Decimal()
        if minor != minor.to_integral_value() or minor > MOST_MINOR:
            remedy = told("Write at most {digits} digits behind the point", digits=digits)
            remedy = remedy if digits else told("Write a whole number")
            wrong.append((key, told("{said} cannot be charged", said=said), remedy))
        elif said is not None:
            found[key] = int(minor)
    return found, wrong


def _ppm(section: PromotionSection) -> int | None:
    if section.percent is None:
        return None
    ppm = Decimal(str(section.percent)) * 10_000
    return int(ppm) if ppm == ppm.to_integral_value() else None


def _slots(section: PromotionSection) -> tuple[tuple[str, ...], ...]:
    return section.each or ((section.skus,) * section.units if section.skus else ())


def _contradicts(promotion: Promotion, before: Iterable[Promotion]) -> Iterator[Wrong]:
    """Two coupons of which each says that it can be had beside others, and which never can be had beside each other: of
    those for the whole basket one holds, and a unit goes into one alone.
    """
    for other in before:
        if not other.coupon or other.alone or promotion.alone or other.slots != promotion.slots:
            continue
        one, two = other.id, promotion.id
        what = told("{one} and {two} are both for whole baskets, of which one holds, and both stack", one=one, two=two)
        if promotion.slots:
            what = told("{one} and {two} are both for the same goods, and both stack", one=one, two=two)
        yield "stacks", what, told("Take stacks = true out of {one} or of {two}", one=one, two=two)


def _dearer(promotion: Promotion, catalogue: Catalogue, dated: Mapping[str, Iterable[DatedPrice]]) -> Iterator[Wrong]:
    """A price that nobody would ever want: what it is for never costs more."""
    if promotion.price_minor is None or any(sku not in catalogue for slot in promotion.slots for sku in slot):
        return
    parts_minor = sum(
        max(max(catalogue[sku].price_minor, *(r.price_minor for r in dated.get(sku, ()) if not r.why), 0)
            for sku in slot)
        for slot in promotion.slots
    )  # fmt: skip
    if promotion.price_minor >= parts_minor:
        what = told("costs as much as its parts, or more")
        yield "price", what, told("Write what is less than the dearest of them cost together")
