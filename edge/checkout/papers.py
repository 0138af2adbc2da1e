"""What a shopper is given when something is taken back: a return invoice, or a corrected receipt.

Enters: a `Paper`: the sale, what was taken back and why. Leaves: the paper as text and as JSON. Nothing is computed
here. A thing that was brought back is a *return*: the return invoice (tekikaku henkan seikyusho) names the issuer, both
dates, the goods with a mark on reduced rates, and per rate of the original sale the sum and its tax. A thing that was
never taken is a *correction*: the simplified invoice is issued again as it should have been, names the one that it
corrects and what is different, and both copies are kept (National Tax Agency).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from edge.checkout.amounts import money
from edge.checkout.bill import RateGroup
from edge.checkout.receipt import REDUCED_MARK, issuer_lines, name_of, rate_json, rates_table
from edge.checkout.roll import both_ends, centred, rule, wrapped
from edge.checkout.sale import Issuer, Sale, SoldLine, basis_points
from edge.checkout.words import WORDS, Words
from edge.records import RefundReason


@dataclass(frozen=True, slots=True)
class Part:
    """So many units of a sold line, and what was paid for them: minor units, as the shelf label states it."""

    line: SoldLine
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Paper:
    """The ``number``-th time that something of a visit was taken back, at ``at_s``; it was sold at ``sold_s`` (UNIX
    seconds). ``parts`` and ``rates`` are what went back, ``left`` and ``left_rates`` what the sale comes to since.
    """

    visit: str
    number: int
    reason: RefundReason
    at_s: float
    sold_s: float
    sale: Sale
    parts: tuple[Part, ...]
    rates: tuple[RateGroup, ...]
    left: tuple[Part, ...]
    left_rates: tuple[RateGroup, ...]
    decided_by: str

    @property
    def total_minor(self) -> int:
        """What went back, tax included."""
        return sum(group.gross_minor for group in self.rates)

    @property
    def left_minor(self) -> int:
        """What the sale comes to since, tax included."""
        return sum(group.gross_minor for group in self.left_rates)

    @property
    def language(self) -> str:
        """The shop's own first language that a paper can be written in."""
        return next((language for language in self.sale.issuer.languages if language in WORDS), "en")


def paper_text(paper: Paper, language: str = "") -> str:
    """On a roll of `COLUMNS` columns, like a receipt."""
    language = language if language in WORDS else paper.language
    words = WORDS[language]
    lines = [*_head(paper, words, language), rule()]
    if paper.reason == "return":
        lines += _parts(paper.parts, paper.sale.issuer, language, -1)
        lines += [rule(), *both_ends(words.taken_back_sum, money(-paper.total_minor, paper.sale.issuer, language))]
        lines += _rates(paper.rates, paper.sale.issuer, words, language, -1)
    else:
        lines += [words.never_taken, *_parts(paper.parts, paper.sale.issuer, language, -1), rule()]
        lines += _parts(paper.left, paper.sale.issuer, language, 1)
        lines += both_ends(words.total, money(paper.left_minor, paper.sale.issuer, language))
        lines += [*_rates(paper.left_rates, paper.sale.issuer, words, language, 1), rule(), *wrapped(words.keep_both)]
    lines += [*wrapped(f"{words.decided_by} {paper.decided_by}"), ""]
    return "\n".join(line.rstrip() for line in lines)


def paper_json(paper: Paper, language: str = "") -> dict[str, object]:
    """For programs: amounts in the currency's minor unit."""
    language = language if language in WORDS else paper.language
    issuer = paper.sale.issuer
    return {
        "visit": paper.visit,
        "number": paper.number,
        "kind": paper.reason,
        "subject": paper.sale.subject,
        "at": _local(paper.at_s, issuer).isoformat(timespec="seconds"),
        "sold_at": _local(paper.sold_s, issuer).isoformat(timespec="seconds"),
        "issuer": {"store": issuer.store, "name": issuer.name, "address": issuer.address,
                   "registration": issuer.registration},
        "currency": issuer.currency,
        "currency_digits": issuer.currency_digits,
        "prices_include_tax": issuer.prices_include_tax,
        "lines": [_part_json(part, language) for part in paper.parts],
        "rates": [rate_json(group) for group in paper.rates],
        "total_minor": paper.total_minor,
        "left": [_part_json(part, language) for part in paper.left],
        "left_rates": [rate_json(group) for group in paper.left_rates],
        "left_minor": paper.left_minor,
        "decided_by": paper.decided_by,
    }  # fmt: skip


def _head(paper: Paper, words: Words, language: str) -> list[str]:
    issuer = paper.sale.issuer
    if paper.reason == "return":
        title = words.return_invoice if issuer.registration else words.returned
    else:
        title = words.corrected_invoice if issuer.registration and paper.left else words.corrected
    of = words.bought_on if paper.reason == "return" else words.corrects
    when, sold = (
        format_datetime(_local(at_s, issuer), words.when, locale=language) for at_s in (paper.at_s, paper.sold_s)
    )
    visit = both_ends(when, f"{words.visit} {paper.visit}/{paper.number}")
    return [*issuer_lines(issuer, words), "", *centred(title), "", *visit, *both_ends(of, sold)]


def _told(at_s: float, issuer: Issuer, words: Words, language: str) -> str:
    told: str = format_datetime(_local(at_s, issuer), words.when, locale=language)
    return told


def _parts(parts: tuple[Part, ...], issuer: Issuer, language: str, sign: int) -> list[str]:
    lines = []
    for part in parts:
        name = name_of(part.line, language)
        name = f"{name} × {part.quantity}" if part.quantity > 1 else name
        mark = REDUCED_MARK if part.line.reduced else ""
        lines += both_ends(name, money(sign * part.amount_minor, issuer, language), mark)
    return lines


def _rates(rates: tuple[RateGroup, ...], issuer: Issuer, words: Words, language: str, sign: int) -> list[str]:
    taxed = tuple(group for group in rates if group.rate_ppm and group.gross_minor)
    return ["", *rates_table(taxed, issuer, words, language, sign)] if taxed else []


def _part_json(part: Part, language: str) -> dict[str, object]:
    return {
        "sku": part.line.sku, "name": name_of(part.line, language), "quantity": part.quantity,
        "amount_minor": part.amount_minor, "rate_bp": basis_points(part.line.rate_ppm), "reduced": part.line.reduced,
    }  # fmt: skip


def _local(at_s: float, issuer: Issuer) -> datetime:
    return datetime.fromtimestamp(at_s, ZoneInfo(issuer.timezone))
