"""What a member is told of their visits: JSON-ready, amounts and times also as people write them, in their language.

Enters: carts as the shop says them on its broker, the book, a language. Leaves: dictionaries. What is only for staff
(which shelf events, whose it may be instead, why exactly a person looks) is left out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from edge.checkout import Issuer, Paper, Receipt, paper_text, receipt_text
from edge.checkout.amounts import money
from edge.checkout.reasons import kind_of
from edge.checkout.receipt import name_of, state_told
from edge.checkout.sale import issuer_of
from edge.checkout.words import WORDS
from edge.facts.coupons import rows_of
from edge.facts.links import path_of
from edge.facts.visits import Words, as_written, contests_of, papers_in
from edge.insight.wanted import Wanted
from edge.ledger import Book, receipt_of, settlement_in
from edge.pricing import Coupon, cost_at
from edge.store import Store
from edge.web.languages import N_, words

Told = dict[str, Any]

SURE: Final = 0.95
"""From here on nothing is said about doubt."""


class Voice:
    """Says things in one language of one shop."""

    def __init__(self, store: Store, language: str) -> None:
        self.store, self.language = store, language
        self.issuer = issuer_of(store)
        self._ = words(language).gettext

    def cart(self, visit: str, said: Told | None, age: Told | None) -> Told:
        """A cart as it stands; ``said`` and ``age``: the last messages about it, None where there were none."""
        whole = {line["sku"]: line for line in (said or {}).get("lines", ())}  # a product's last line is all of it
        told: Told = {
            "visit": visit,
            "at_s": (said or {}).get("t", 0.0),
            "lines": [self._line(sku, line["quantity"], line["certainty"]) for sku, line in whole.items()],
            **self._amount("total", (said or {}).get("total", 0)),
            **self._amount("saved", (said or {}).get("saved", 0)),
        }
        if age and age.get("state"):
            told["age"] = {"state": age["state"], "text": age["in_words"].get(self.language, age["in_words"]["en"])}
        return told

    def _line(self, sku: str, quantity: int, certainty: float) -> Told:
        product = self.store.catalogue.get(sku)
        told: Told = {"sku": sku, "name": product.name(self.language) if product else sku, "quantity": quantity}
        if product:
            told |= self._amount("price", product.price_minor)
        return told | {"certainty": certainty, "sure": self.sure(certainty), "text": self.doubt(certainty)}

    def sure(self, certainty: float) -> bool:
        """Whether it would be charged as things stand."""
        return certainty >= self.store.policy.charge_at

    def doubt(self, certainty: float) -> str:
        """How sure the shop is, as one says it; empty: sure enough to say nothing."""
        _ = self._
        if certainty >= SURE:
            return ""
        if self.sure(certainty):
            return _("We are fairly sure of this.")
        return _("We are not sure. If it stays so, you do not pay for it.")

    def row(self, receipt: Receipt) -> Told:
        """A visit in a list."""
        pays_minor = receipt.sale.total_minor - receipt.taken_back_minor
        return {
            "visit": receipt.visit,
            "at_s": receipt.at_s,
            "when": self._when(receipt.at_s, receipt.sale.issuer),
            "state": receipt.state,
            "state_text": self._state(receipt),
            "units": sum(line.quantity for line in receipt.sale.lines),
            **self._amount("total", pays_minor, receipt.sale.issuer),
            **self._amount("open", receipt.open_minor, receipt.sale.issuer),
        }

    def receipt(self, receipt: Receipt, papers: Iterable[Paper], contests: list[Told]) -> Told:
        """All of one visit: its lines, what was not charged and why, what was taken back, the papers as text."""
        issuer, sale = receipt.sale.issuer, receipt.sale
        table = WORDS.get(self.language, WORDS["en"])
        doubt = table.why_waived if sale.decided_by else table.why_not_charged
        names = {line.sku: line for line in sale.lines}
        return self.row(receipt) | {
            "lines": [
                {"sku": line.sku, "name": name_of(line, self.language), "quantity": line.quantity,
                 **self._amount("price", line.price_minor, issuer), **self._amount("amount", line.amount_minor, issuer)}
                for line in sale.lines
            ],
            "withheld": [
                {"sku": line.sku, "name": name_of(line, self.language) or table.unknown, "quantity": line.quantity,
                 "text": table.why_age if line.why == "age" else doubt}
                for line in sale.withheld
            ],
            "review_text": table.reviews[kind_of(sale.reason)] if receipt.state == "review" else "",
            "taken_back": [
                {"sku": sku, "name": name_of(names[sku], self.language) if sku in names else sku, "quantity": units}
                for sku, units in receipt.taken_back
            ],
            **self._amount("sold", sale.total_minor, issuer),
            **self._amount("off", receipt.taken_back_minor, issuer),
            **self._amount("given_back", receipt.given_back_minor, issuer),
            "paper": receipt_text(receipt, self.language),
            "papers": [paper_text(paper, self.language) for paper in papers],
            "contests": contests,
        }  # fmt: skip

    def held(self, row: Told) -> Told:
        """When somebody held something, by the shop's clocks."""
        at = datetime.fromtimestamp(row["at_s"], self.store.timezone)
        when = str(format_time(at, "short", locale=self.language))
        return row | {"when": when, "sure": self.sure(row["certainty"])}

    def bought(self, row: Told, now_s: float) -> Told:
        """A product that was bought before, and what it costs now, where the shop still has it."""
        product = self.store.catalogue.get(row["sku"])
        names: dict[str, str] = row["names"]
        name = names.get(self.language) or names.get("") or next(iter(names.values()), row["sku"])
        told: Told = {
            "sku": row["sku"], "name": product.name(self.language) if product else name, "units": row["units"],
            "times": row["times"], "at_s": row["at_s"], "when": self._when(row["at_s"], self.issuer),
            "visit": row["visit"], "sold": product is not None,
        }  # fmt: skip
        price_minor = cost_at(self.store, row["sku"], now_s).price_minor if product else 0
        return told | self._amount("price", price_minor)

    def wanted(self, one: Wanted, now_s: float) -> Told:
        """What somebody may want, and why they are told so."""
        product = self.store.catalogue[one.sku]
        said = words(self.language).gettext
        why = (
            said(N_("You bought it on %(times)s of your %(visits)s visits."))
            % {"times": one.times, "visits": one.visits}
            if one.times
            else said(N_("Many buy it these days."))
        )
        told: Told = {"sku": one.sku, "name": product.name(self.language), "why": why, "path": path_of(product)}
        return told | self._amount("price", cost_at(self.store, one.sku, now_s).price_minor)

    def points(self, facts: Told) -> Told | None:
        """What a member has in points, as `edge.facts.points` tells it; None where the shop gives none and they have
        none.
        """
        if not facts["points"] and self.store.offers.points is None:
            return None
        return {
            "points": facts["points"],
            "points_text": format_decimal(facts["points"], locale=self.language),
            "next_points": facts["next_points"],
            "next_until": facts["next_until"],
            "next_when": self._day(facts["next_until"]) if facts["next_until"] else "",
        }

    def coupons(self, held: Iterable[Coupon], now_s: float) -> list[Told]:
        """The coupons that a member may use: a promotion that the shop has no more is not told."""
        today = datetime.fromtimestamp(now_s, self.store.timezone).date()
        rows = [row for row in rows_of("", held, self.store, today) if row["names"]]
        return [
            {
                "promotion": row["promotion"],
                "name": row["names"].get(self.language) or row["names"].get("") or row["promotion"],
                "until": row["until"],
                "until_when": self._day(row["until"]) if row["until"] else "",
            }
            for row in rows
        ]

    def _day(self, iso: str) -> str:
        return str(format_date(date.fromisoformat(iso), "medium", locale=self.language))

    def contests(self, said: Iterable[Told]) -> list[Told]:
        """What was said against a visit, and answered, as `edge.facts.visits.contests_of` tells it."""
        _ = self._
        about = {
            "not-taken": _("I did not take this"), "missing": _("Something is missing"), "other": _("Something else"),
        }  # fmt: skip
        return [
            {
                "at_s": one["at_s"],
                "when": self._when(one["at_s"], self.issuer),
                "about": one["about"],
                "about_text": about.get(one["about"], about["other"]),
                "lines": [line | {"name": self._name(line["sku"])} for line in one["lines"]],
                "message": one["message"],
                "answers": [
                    {"when": self._when(answer["at_s"], self.issuer), "message": answer["message"]}
                    for answer in one["answers"]
                ],
            }
            for one in said
        ]

    def _name(self, sku: str) -> str:
        product = self.store.catalogue.get(sku)
        return product.name(self.language) if product else sku

    def _state(self, receipt: Receipt) -> str:
        """Where its money stands, as a receipt says it."""
        told = state_told(receipt, WORDS.get(self.language, WORDS["en"]))
        return told.replace("\n", "" if self.language == "ja" else " ")

    def _when(self, at_s: float, issuer: Issuer) -> str:
        at = datetime.fromtimestamp(at_s, ZoneInfo(issuer.timezone))
        return str(format_datetime(at, WORDS.get(self.language, WORDS["en"]).when, locale=self.language))

    def _amount(self, name: str, amount_minor: int, issuer: Issuer | None = None) -> Told:
        """An amount in minor units, and as people write it."""
        return {f"{name}_minor": amount_minor, name: money(amount_minor, issuer or self.issuer, self.language)}

    def amount(self, amount_minor: int) -> str:
        """As people write it."""
        return money(amount_minor, self.issuer, self.language)


def receipts(book: Book, visits: Iterable[str]) -> list[Receipt]:
    """Of these visits, where they have ended; the newest first."""
    found = [receipt_of(book, visit) for visit in visits]
    return sorted((r for r in found if r is not None), key=lambda receipt: -receipt.at_s)


def whole(book: Book, visit: str, voice: Voice, words: Words = as_written) -> Told | None:
    """Everything about a visit that has ended; None where it has not."""
    receipt = receipt_of(book, visit)
    if receipt is None:
        return None
    return voice.receipt(receipt, papers_in(book, visit), voice.contests(contests_of(book, visit, words)))


def owed_minor(book: Book, visits: Iterable[str]) -> int:
    """What was declined and is still open, minor units."""
    found = (settlement_in(book, visit) for visit in visits)
    return sum(s.open_minor for s in found if s is not None and s.state == "declined")
