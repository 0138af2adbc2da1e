"""A receipt: what the book says about a sale, as a shopper reads it, as text and as JSON.

Enters: the `Sale` of a settlement (or review) entry, its visit and time, and where the settlement stands by now.
Leaves: a `Receipt`; `receipt_text` prints it on a roll of `COLUMNS` columns, `receipt_json` tells it to programs.
Nothing is computed here: a receipt printed again next year says what was charged today.

A Japanese simplified qualified invoice (tekikaku kan'i seikyusho) must name the issuer and its registration number,
the date, what was sold with a mark on reduced-rate goods, and per rate the sum and its tax (National Tax Agency).
Where something is cheaper than by its list price, the line says so and why, and what is off the whole basket stands
below the lines; rates and taxes are of what is left. What was withheld is told too: a shopper who took three and pays
for two shall know why. So is why a visit is in review: a doubt about who left is none about the lines. Where no money
moved, because the shop has no payment provider yet, the receipt says so. How *certain* a line was is for programs and
staff only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from edge.checkout.amounts import money
from edge.checkout.bill import RateGroup
from edge.checkout.reasons import kind_of
from edge.checkout.roll import COLUMNS, both_ends, centred, rule, table, wrapped
from edge.checkout.sale import Issuer, Sale, SoldDiscount, SoldLine, State, WithheldLine, basis_points
from edge.checkout.words import WORDS, Words
from edge.pricing import Kind
from edge.records import NO_MONEY, TAB

WHOLE: Final[tuple[Kind, ...]] = ("basket", "points")
"""Discounts of which each line bears a part."""

REDUCED_MARK: Final = "※"
"""Stands behind the amount: its width differs between printers, and behind the last column that does no harm."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was taken: how much, and the provider's name for it."""

    amount_minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class PointsTold:
    """What a visit meant for a member's points: ``spent`` as a discount and ``earned``, good until ``until`` ("": for
    ever); what was ``given_back`` and ``taken_back`` with goods that were; what they had then.
    """

    spent: int = 0
    earned: int = 0
    until: str = ""
    given_back: int = 0
    taken_back: int = 0
    balance: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sale with its visit, when it happened (UNIX seconds) and where its settlement stands."""

    visit: str
    at_s: float
    state: State
    sale: Sale
    reference: str = ""
    test: bool = False
    """The provider took it in its test mode."""
    payments: tuple[Paid, ...] = ()
    """What was taken for it, where it was taken in parts."""
    taken_back: tuple[tuple[str, int], ...] = ()
    """(sku, units) that a person has taken off it since."""
    taken_back_minor: int = 0
    given_back_minor: int = 0
    lowered_minor: int = 0
    """By how much that lowered what was owed."""
    open_minor: int = 0
    """What is still owed."""
    points: PointsTold | None = None

    @property
    def moved_money(self) -> bool:
        """Whether somebody has really paid: a shop without a payment provider only writes it down, and one whose
        provider is in its test mode tries it out. What is on a tab is paid later.
        """
        return self.state == "paid" and not self.test and not self.reference.startswith((NO_MONEY, TAB))

    @property
    def on_tab(self) -> bool:
        """Whether it was put on the member's tab, to be paid by the month."""
        return self.state == "paid" and self.reference.startswith(TAB)

    @property
    def language(self) -> str:
        """The shop's own first language that a receipt can be written in."""
        return next((language for language in self.sale.issuer.languages if language in WORDS), "en")


def receipt_text(receipt: Receipt, language: str = "") -> str:
    """The receipt on a roll of `COLUMNS` columns, wide characters counted as two; ends with a line feed.

    ``language``: ``ja`` or ``en``; without one the shop's first. Product names fall back to what there is.
    """
    language = language if language in WORDS else receipt.language
    words, sale = WORDS[language], receipt.sale
    lines = [*_head(receipt, words, language), rule()]
    for line in sale.lines:
        lines += _sold(line, sale.issuer, words, language)
    lines += _off_basket(sale, words, language)
    if sale.lines:
        lines += [rule(), *_sums(receipt, words, language), rule()]
    lines += _withheld(sale.withheld, receipt, words, language)
    lines += [*_taken_back(receipt, words, language), *_foot(receipt, words, language), ""]
    return "\n".join(line.rstrip() for line in lines)


def receipt_json(receipt: Receipt, language: str = "") -> dict[str, object]:
    """The receipt for programs: JSON-ready, amounts in the currency's minor unit, certainties included."""
    language = language if language in WORDS else receipt.language
    sale, issuer = receipt.sale, receipt.sale.issuer
    return {
        "visit": receipt.visit,
        "subject": sale.subject,
        "state": receipt.state,
        "reference": receipt.reference,
        "moved_money": receipt.moved_money,
        "on_tab": receipt.on_tab,
        "test_mode": receipt.test,
        "payments": [{"amount_minor": paid.amount_minor, "reference": paid.reference} for paid in receipt.payments],
        "taken_back": [{"sku": sku, "quantity": units} for sku, units in receipt.taken_back],
        "taken_back_minor": receipt.taken_back_minor,
        "given_back_minor": receipt.given_back_minor,
        "open_minor": receipt.open_minor,
        "issuer": {"store": issuer.store, "name": issuer.name, "address": issuer.address,
                   "registration": issuer.registration},
        "at": _local(receipt).isoformat(timespec="seconds"),
        "at_s": receipt.at_s,
        "language": language,
        "currency": issuer.currency,
        "currency_digits": issuer.currency_digits,
        "prices_include_tax": issuer.prices_include_tax,
        "lines": [
            {"sku": line.sku, "name": name_of(line, language), "quantity": line.quantity,
             "price_minor": line.price_minor, "amount_minor": line.amount_minor, "rate_bp": basis_points(line.rate_ppm),
             "discounts": [
                 {"kind": off.kind, "amount_minor": off.amount_minor, "id": off.id,
                  "name": _why(off, WORDS[language], language)}
                 for off in line.discounts
             ],
             "reduced": line.reduced, "certainty": line.certainty, "what": line.what, "who": line.who,
             "events": list(line.events)}
            for line in sale.lines
        ],
        "rates": [rate_json(group) for group in sale.rates],
        "total_minor": sale.total_minor,
        "withheld": [
            {"sku": line.sku, "name": name_of(line, language), "quantity": line.quantity,
             "certainty": line.certainty, "what": line.what, "who": line.who, "events": list(line.events)}
            | ({"why": line.why} if line.why else {})
            for line in sale.withheld
        ],
        "reason": sale.reason,
    } | ({} if receipt.points is None else {"points": points_json(receipt.points)})  # fmt: skip


def points_json(points: PointsTold) -> dict[str, object]:
    """Points for programs; ``until`` is a day, null where they never end."""
    return {
        "spent": points.spent, "earned": points.earned, "until": points.until or None,
        "given_back": points.given_back, "taken_back": points.taken_back, "balance": points.balance,
    }  # fmt: skip


# --- the parts of the roll -----------------------------------------------------------------------------------------


def issuer_lines(issuer: Issuer, words: Words) -> list[str]:
    """Who issues a paper, at its top."""
    lines = centred(issuer.name)
    if issuer.address:
        lines += centred(issuer.address)
    if issuer.registration:
        lines += centred(f"{words.registration} {issuer.registration}")
    return lines


def _head(receipt: Receipt, words: Words, language: str) -> list[str]:
    issuer = receipt.sale.issuer
    lines = issuer_lines(issuer, words)
    title = words.invoice if issuer.registration and receipt.sale.lines else words.title
    title = words.under_review if receipt.state == "review" else title
    when = format_datetime(_local(receipt), words.when, locale=language)
    return [*lines, "", *centred(title), "", *both_ends(when, f"{words.visit} {receipt.visit}")]


def _sold(line: SoldLine, issuer: Issuer, words: Words, language: str) -> list[str]:
    """Name and amount by its list price; below it the unit price where there are several, and what is off it."""
    mark = REDUCED_MARK if line.reduced else ""
    list_minor = line.amount_minor + sum(off.amount_minor for off in line.discounts)
    lines = both_ends(name_of(line, language), money(list_minor, issuer, language), mark)
    if line.quantity > 1:
        lines.append(f"    {money(line.price_minor, issuer, language)} × {line.quantity}")
    for off in line.discounts:
        if off.kind not in WHOLE:
            lines += both_ends(_why(off, words, language), money(-off.amount_minor, issuer, language), indent=2)
    return lines


def _off_basket(sale: Sale, words: Words, language: str) -> list[str]:
    """What is off all of it together, points last: each line bears a part."""
    lines = []
    for kind in WHOLE:
        parts = [off for line in sale.lines for off in line.discounts if off.kind == kind]
        if parts:
            off_minor = sum(off.amount_minor for off in parts)
            lines += both_ends(_why(parts[0], words, language), money(-off_minor, sale.issuer, language))
    return lines


def _why(off: SoldDiscount, words: Words, language: str) -> str:
    """Why something is cheaper, in the shop's own words where it has some."""
    named = {"changed": words.changed, "basket": words.off_basket, "points": words.off_points}
    plain = named.get(off.kind, words.marked)
    return off.names.get(language) or off.names.get("") or next(iter(off.names.values()), plain) or plain


def _sums(receipt: Receipt, words: Words, language: str) -> list[str]:
    """Without tax first where prices come without it; the total; and per rate what the law asks for."""
    sale, issuer = receipt.sale, receipt.sale.issuer
    taxed = [group for group in sale.rates if group.rate_ppm]
    lines = []
    if taxed and not issuer.prices_include_tax:
        net_minor = sum(group.net_minor for group in sale.rates)
        tax_minor = sum(group.tax_minor for group in sale.rates)
        lines += both_ends(words.subtotal, money(net_minor, issuer, language))
        lines += both_ends(words.tax, money(tax_minor, issuer, language))
    units = sum(line.quantity for line in sale.lines)
    total = words.would_be_total if receipt.state == "review" else words.total
    count = (words.unit if units == 1 else words.units).format(units)
    lines += both_ends(f"{total}  {count}", money(sale.total_minor, issuer, language))
    return [*lines, "", *rates_table(sale.rates, issuer, words, language)] if taxed else lines


def rate_json(group: RateGroup) -> dict[str, object]:
    """A rate for programs, amounts in minor units."""
    return {
        "rate_bp": basis_points(group.rate_ppm), "reduced": group.reduced, "net_minor": group.net_minor,
        "tax_minor": group.tax_minor, "gross_minor": group.gross_minor,
    }  # fmt: skip


def rates_table(rates: Sequence[RateGroup], issuer: Issuer, words: Words, language: str, sign: int = 1) -> list[str]:
    """Per rate what the law asks for: the sum, and the tax in it or on it; ``sign`` -1 of what goes back."""
    header = (words.rate, words.including if issuer.prices_include_tax else words.excluding,
              words.tax_inside if issuer.prices_include_tax else words.tax)  # fmt: skip
    rows = [
        (
            percent(group.rate_ppm, language) + (f" {REDUCED_MARK}" if group.reduced else ""),
            money(sign * (group.gross_minor if issuer.prices_include_tax else group.net_minor), issuer, language),
            money(sign * group.tax_minor, issuer, language),
        )
        for group in rates
    ]
    lines = table([header, *rows])
    if any(group.reduced for group in rates):
        lines += wrapped(f"{REDUCED_MARK} {words.reduced}")
    return lines


def _withheld(withheld: tuple[WithheldLine, ...], receipt: Receipt, words: Words, language: str) -> list[str]:
    if not withheld:
        return []
    review = receipt.state == "review"
    lines = [words.in_doubt if review else words.not_charged]
    doubt = words.why_waived if receipt.sale.decided_by else words.why_not_charged
    for why in dict.fromkeys(line.why for line in withheld):
        for line in (line for line in withheld if line.why == why):
            lines += wrapped(f"{name_of(line, language) or words.unknown} × {line.quantity}", indent=2)
        if not review:  # why a visit is looked at stands below: it may not be about these lines
            lines += wrapped(words.why_age if why == "age" else doubt, indent=2)
    return [*lines, rule()]


def _taken_back(receipt: Receipt, words: Words, language: str) -> list[str]:
    """What a person took off the sale since, and what of that has gone back."""
    if not receipt.taken_back:
        return []
    issuer, sold = receipt.sale.issuer, {line.sku: line for line in receipt.sale.lines}
    lines = [words.taken_back]
    for sku, units in receipt.taken_back:
        lines += wrapped(f"{name_of(sold[sku], language) if sku in sold else sku} × {units}", indent=2)
    lines += both_ends(words.taken_back_sum, money(-receipt.taken_back_minor, issuer, language))
    if receipt.given_back_minor:
        off_tab = any(paid.reference.startswith(TAB) for paid in receipt.payments)
        given_back = words.off_tab if off_tab else words.given_back
        lines += both_ends(given_back, money(receipt.given_back_minor, issuer, language))
    return [*lines, rule()]


def _foot(receipt: Receipt, words: Words, language: str) -> list[str]:
    lines = []
    if receipt.state == "review":
        lines += wrapped(words.reviews[kind_of(receipt.sale.reason)])
    lines += wrapped(state_told(receipt, words))
    if len(receipt.payments) > 1:
        for paid in receipt.payments:
            amount = money(paid.amount_minor, receipt.sale.issuer, language)
            part = words.tab_part if paid.reference.startswith(TAB) else words.paid_part
            lines += both_ends(f"{part} {paid.reference}".rstrip(), amount)
        if receipt.open_minor:
            lines += both_ends(words.still_open, money(receipt.open_minor, receipt.sale.issuer, language))
    elif receipt.reference:
        lines += wrapped(f"{words.reference} {receipt.reference}")
    lines += _points(receipt.points, words, language)
    return [*lines, "", *centred(words.goodbye)]


def _points(points: PointsTold | None, words: Words, language: str) -> list[str]:
    """What it meant for a member's points, and what they had then. That some were spent stands above, as a discount."""
    if points is None:
        return []
    lines = [rule()]
    told = ((words.points_earned, points.earned), (words.points_back, points.given_back),
            (words.points_taken, -points.taken_back))  # fmt: skip
    for what, count in told:
        if count:
            lines += both_ends(what, words.points.format(f"{count:+,}"))
    if points.earned and points.until:
        until = format_date(date.fromisoformat(points.until), "medium", locale=language)
        lines += both_ends(words.points_until, until, indent=2)
    return [*lines, *both_ends(words.points_left, words.points.format(f"{points.balance:,}"))]


def state_told(receipt: Receipt, words: Words) -> str:
    """Where its money stands, as the shopper reads it."""
    if receipt.on_tab:
        return words.on_tab
    if receipt.state == "paid" and not receipt.moved_money:
        return words.test_mode if receipt.test else words.no_money
    if receipt.state == "void" and receipt.sale.total_minor:
        return words.waived
    return words.states[receipt.state]


def _local(receipt: Receipt) -> datetime:
    return datetime.fromtimestamp(receipt.at_s, ZoneInfo(receipt.sale.issuer.timezone))


def name_of(line: SoldLine | WithheldLine, language: str) -> str:
    """What a product is called in a language, else at all."""
    return line.names.get(language) or line.names.get("") or next(iter(line.names.values()), line.sku)


def percent(rate_ppm: int, language: str) -> str:
    """A rate as people write it."""
    return f"{format_decimal(Decimal(rate_ppm).scaleb(-4), '0.####', locale=language)}%"


__all__ = ["COLUMNS", "Receipt", "receipt_json", "receipt_text"]
