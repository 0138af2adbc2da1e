"""What stands in headquarters' database, for the page: shops, days, receipts.

Enters: a connection. Leaves: plain facts. Sums are read as workers have kept them; they are never made here.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import dict_row

from edge.checkout.sale import Issuer

QUIET_S: Final = 120.0
"""A shop says how it is every few seconds; one that has said nothing for so long may be away."""
CLOCK_S: Final = 5.0
FULL: Final = 0.9


@dataclass(slots=True)
class Day:
    """What left on a day: by state, product and rate; minor units."""

    day: date
    visits: dict[str, int] = field(default_factory=dict)
    total_minor: dict[str, int] = field(default_factory=dict)
    products: dict[str, tuple[int, int]] = field(default_factory=dict)
    rates: dict[str, tuple[int, int]] = field(default_factory=dict)
    taken_back_minor: int = 0
    tab_minor: int = 0
    unmoved_minor: int = 0

    def take(self, what: str, name: str, n: int, amount_minor: int, tax_minor: int) -> None:
        if what == "visits":
            self.visits |= {name: n} if n else {}
            self.total_minor[name] = amount_minor
        elif what == "product":
            self.products[name] = (n, amount_minor)
        elif what == "rate":
            self.rates[name] = (amount_minor, tax_minor)
        elif what == "taken-back":
            self.taken_back_minor = amount_minor
        elif what == "tab":
            self.tab_minor = amount_minor
        elif what == "unmoved":
            self.unmoved_minor = amount_minor


class Said(msgspec.Struct, frozen=True):
    """What a shop says of itself, as far as it can be read: one that says nonsense must not hide the others."""

    state: str = ""
    why: str = ""
    troubles: dict[str, str] = {}
    version: str = ""
    config: str = ""
    clock_s: float | None = None
    disk_used: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A shop. ``said``: what it says of itself; ``concerns``: what somebody should look at, as names."""

    store: str
    has: int
    hash: str
    behind: int
    heard_at: datetime | None
    fork_why: str
    reviews: int
    issuer: Issuer | None
    said: Said
    said_at: datetime | None
    concerns: tuple[str, ...]
    clock_off_s: float | None


SHOPS: Final = """
SELECT shop.store, has, hash, head, heard_at, fork_why, issuer, at, body, now() AS now,
       (SELECT count(*) FROM receipt r WHERE r.store = shop.store AND r.state = 'review') AS reviews
FROM shop LEFT JOIN status ON status.store = shop.store
"""


def shops(conn: psycopg.Connection[Any], store: str = "") -> list[Row]:
    """Every shop, or one; those that somebody should look at first."""
    where, values = ("WHERE shop.store = %s", [store]) if store else ("", [])
    with conn.cursor(row_factory=dict_row) as cursor:
        found = [_row(row) for row in cursor.execute(f"{SHOPS} {where}".encode(), values).fetchall()]
    return sorted(found, key=lambda row: (not row.concerns, row.store))


def _row(row: dict[str, Any]) -> Row:
    said, now = _said(row["body"]), row["now"]
    off_s = said.clock_s - row["at"].timestamp() if said.clock_s is not None else None
    behind = max(0, row["head"] - row["has"])
    heard = [at for at in (row["heard_at"], row["at"]) if at is not None]
    last = max(heard, default=None)
    concerns = []
    if row["fork_why"]:
        concerns.append("fork")
    if last is None:
        concerns.append("never")
    elif (now - last).total_seconds() > QUIET_S:
        concerns.append("quiet")
    if said.state not in ("", "open"):
        concerns.append("closed")
    if off_s is not None and abs(off_s) > CLOCK_S:
        concerns.append("clock")
    if (said.disk_used or 0.0) > FULL:
        concerns.append("disk")
    if row["reviews"]:
        concerns.append("reviews")
    issuer = msgspec.convert(row["issuer"], Issuer) if row["issuer"] else None
    return Row(row["store"], row["has"], row["hash"], behind, last, row["fork_why"], row["reviews"], issuer, said,
               row["at"], tuple(concerns), off_s)  # fmt: skip


def _said(body: object) -> Said:
    """Field by field: a newer shop may say one of them otherwise."""
    told = body if isinstance(body, dict) else {}
    found = {}
    for each in msgspec.structs.fields(Said):
        with suppress(msgspec.ValidationError):
            if each.name in told:
                found[each.name] = msgspec.convert(told[each.name], each.type)
    return Said(**found)


def days_of(conn: psycopg.Connection[Any], store: str, most: int = 31) -> list[Day]:
    """A shop's last days, the newest first."""
    query = """
    SELECT day, what, name, n, amount_minor, tax_minor FROM roll WHERE store = %s AND day IN
    (SELECT DISTINCT day FROM roll WHERE store = %s ORDER BY day DESC LIMIT %s) ORDER BY day DESC, what, name
    """
    found: dict[date, Day] = {}
    for day, what, name, n, amount, tax in conn.execute(query, [store, store, most]).fetchall():
        if n or amount or tax:  # a state in which nobody is any more leaves zeros behind
            found.setdefault(day, Day(day)).take(what, name, n, amount, tax)
    return list(found.values())


def on_day(conn: psycopg.Connection[Any], day: date) -> dict[str, Day]:
    """Shop -> what left on a day."""
    found: dict[str, Day] = {}
    query = "SELECT store, what, name, n, amount_minor, tax_minor FROM roll WHERE day = %s AND what <> 'product'"
    for store, what, name, n, amount, tax in conn.execute(query, [day]).fetchall():
        found.setdefault(store, Day(day)).take(what, name, n, amount, tax)
    return found


@dataclass(frozen=True, slots=True)
class Sums:
    """All shops of one currency on one day."""

    day: date
    currency: str
    shops: int
    visits: int
    paid_minor: int
    taken_back_minor: int
    rates: dict[str, tuple[int, int]]
    issuer: Issuer


def sums(conn: psycopg.Connection[Any], most: int = 14) -> list[Sums]:
    """The last days of all shops together, the newest first; money of different currencies is never added."""
    query = """
    SELECT day, issuer ->> 'currency', what, name, sum(n)::bigint, sum(amount_minor)::bigint, sum(tax_minor)::bigint,
           count(DISTINCT roll.store), min(issuer::text)
    FROM roll JOIN shop USING (store)
    WHERE what IN ('visits', 'rate', 'taken-back') AND day > (SELECT max(day) FROM roll) - %s::int
    GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2
    """
    days: dict[tuple[date, str], tuple[Day, int, str]] = {}
    for day, currency, what, name, n, amount, tax, count, issuer in conn.execute(query, [most]).fetchall():
        known, most_shops, _ = days.get((day, currency), (Day(day), 0, issuer))
        known.take(what, name, n, amount, tax)
        days[day, currency] = (known, max(most_shops, count), issuer)
    return [
        Sums(day, currency, count, sum(known.visits.values()), known.total_minor.get("paid", 0), known.taken_back_minor,
             known.rates, msgspec.json.decode(issuer, type=Issuer))
        for (day, currency), (known, count, issuer) in days.items()
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A receipt that a search has found."""

    store: str
    visit: str
    at_s: float
    state: str
    total_minor: int
    issuer: Issuer | None


def search(conn: psycopg.Connection[Any], text: str, shop: str = "", most: int = 100) -> list[Found]:
    """Receipts in which every word stands, or that came to a number; the newest first."""
    where, values = ["true"], list[object]()
    for word in text.casefold().split()[:8]:
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        if word.isascii() and word.isdigit() and len(word) < 16:
            where.append("(words LIKE %s OR total_minor = %s)")
            values += [like, int(word)]
        else:
            where.append("words LIKE %s")
            values.append(like)
    if shop:
        where.append("receipt.store = %s")
        values.append(shop)
    query = (
        "SELECT receipt.store, visit, at_s, state, total_minor, issuer::text FROM receipt JOIN shop USING (store) "
        f"WHERE {' AND '.join(where)} ORDER BY at_s DESC LIMIT %s"
    )
    return [
        Found(store, visit, at_s, state, minor, msgspec.json.decode(issuer, type=Issuer) if issuer else None)
        for store, visit, at_s, state, minor, issuer in conn.execute(query.encode(), [*values, most]).fetchall()
    ]
