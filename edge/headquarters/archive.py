"""Takes a shop's entries into PostgreSQL, each once, in order, with the chain checked before the commit.

Enters: a request and whose subject it came on. Leaves: the answer; entries, receipts and sums, all in one
transaction. The shop's row is locked meanwhile: two workers that have the same request take it one after the other,
and the second finds everything there. Refuses, and writes nothing of it: a shop that nobody has added or that speaks
for another, an entry that does not chain, a book that is another one than what stands here (`fork`): that is noted,
for staff.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import psycopg
import structlog

from edge.headquarters import schema
from edge.headquarters.parts import Part, Told, told_of
from edge.ledger import Written
from edge.ledger.canon import FIRST_HASH, canonical, chained
from edge.records import LedgerEntry, Posting
from edge.told import told
from edge.uplink.contract import VERSION, Heard, Said

Connection = psycopg.AsyncConnection[Any]

STANDS: Final = """
SELECT has, hash, (SELECT coalesce(max(number), 0) FROM schema_version) FROM shop WHERE store = %s FOR UPDATE
"""
COPY: Final = "COPY entry (store, seq, key, at_s, kind, visit, currency, body, postings, hash) FROM STDIN"
RECEIPT: Final = """
INSERT INTO receipt SELECT %s, * FROM unnest(
    %s::text[], %s::double precision[], %s::date[], %s::text[], %s::bigint[], %s::text[], %s::json[]
) ON CONFLICT (store, visit) DO UPDATE SET
at_s = excluded.at_s, day = excluded.day, state = excluded.state, total_minor = excluded.total_minor,
words = excluded.words, parts = excluded.parts
"""
ROLL: Final = """
INSERT INTO roll SELECT %s, * FROM unnest(
    %s::date[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[]
) ON CONFLICT (store, day, what, name) DO UPDATE SET
n = roll.n + excluded.n, amount_minor = roll.amount_minor + excluded.amount_minor,
tax_minor = roll.tax_minor + excluded.tax_minor
"""
VISITS: Final = """
SELECT visit, key, at_s, kind, currency, body::text, postings::text FROM entry
WHERE store = %s AND visit = ANY(%s) ORDER BY visit, seq
"""

log = structlog.get_logger("tebura")


async def take(conn: Connection, store: str, said: Said, entries: Sequence[Written]) -> Heard:
    """The answer to a request on ``store``'s subject. `edge.headquarters.schema.OtherSchema`, `psycopg.Error`."""
    if said.store != store:
        return Heard(0, FIRST_HASH, "stranger", f"{said.store} spoke as {store}")
    if said.v != VERSION:
        return Heard(0, FIRST_HASH, "version", f"it speaks version {said.v} of the contract, headquarters {VERSION}")
    async with conn.transaction():
        row = await (await conn.execute(STANDS, [store])).fetchone()
        if row is None:
            return Heard(0, FIRST_HASH, "stranger", f"there is no shop {store}")
        has, digest, version = row
        schema.check(version)
        why = await _fork(conn, store, said, entries, has)
        if why:
            what = (
                "UPDATE shop SET heard_at = now(), fork_at = coalesce(fork_at, now()), fork_why = %s WHERE store = %s"
            )
            await conn.execute(what, [why, store])
            log.warning("another book of a shop", store=store, why=why)
            return Heard(has, digest, "fork", why)
        fresh = [written for written in entries if written.seq > has] if said.first <= has + 1 else []
        before = digest
        for written in fresh:
            before = chained(before, written.seq, written.entry)
            if before != written.hash:
                return Heard(has, digest, "unreadable", f"the chain breaks at entry {written.seq}")
        if fresh:
            await _write(conn, store, fresh)
            has, digest = fresh[-1].seq, fresh[-1].hash
        await conn.execute(
            "UPDATE shop SET has = %s, hash = %s, head = %s, heard_at = now(), fork_at = NULL, fork_why = '' "
            "WHERE store = %s", [has, digest, said.head, store],
        )  # fmt: skip
    return Heard(has, digest)


async def _fork(conn: Connection, store: str, said: Said, entries: Sequence[Written], has: int) -> str:
    """How the shop's book differs from what is here; empty where it does not, as far as the request tells."""
    if said.head < has:
        return told("the shop's book ends with entry {head}, headquarters has {has}", head=said.head, has=has)
    stated = {said.first - 1: said.before, **{w.seq: w.hash for w in entries}, said.head: said.head_hash}
    known = {seq: digest for seq, digest in stated.items() if 1 <= seq <= has}
    query = "SELECT seq, hash FROM entry WHERE store = %s AND seq = ANY(%s) ORDER BY seq"
    for seq, digest in await (await conn.execute(query, [store, list(known)])).fetchall() if known else ():
        if known[seq] != digest:
            return told("entry {seq} is another one there", seq=seq)
    return ""


async def _write(conn: Connection, store: str, fresh: Sequence[Written]) -> None:
    async with conn.cursor() as cursor, cursor.copy(COPY) as copy:
        for w in fresh:
            e = w.entry
            legs = canonical([[posting.account, posting.amount_minor] for posting in e.postings])
            row = (store, w.seq, e.key, float(e.at_s), e.kind, e.visit, e.currency, canonical(e.body), legs, w.hash)
            await copy.write_row(row)
    visits = sorted({w.entry.visit for w in fresh} - {""})
    if visits:
        await _tell(conn, store, visits)


async def _tell(conn: Connection, store: str, visits: Sequence[str]) -> None:
    """Receipts of some visits as they stand now, and their days' sums."""
    entries: dict[str, list[LedgerEntry]] = defaultdict(list)
    for visit, key, at_s, kind, currency, body, legs in await (await conn.execute(VISITS, [store, visits])).fetchall():
        postings = tuple(Posting(account, minor) for account, minor in json.loads(legs))
        entries[visit].append(LedgerEntry(key, at_s, kind, visit, json.loads(body), postings, currency))
    known = "SELECT visit, day, parts FROM receipt WHERE store = %s AND visit = ANY(%s)"
    change: dict[tuple[Any, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, day, parts in await (await conn.execute(known, [store, visits])).fetchall():
        _add(change, day, parts, -1)
    receipts, newest = [], None
    for visit, written in entries.items():
        now = _told(store, visit, written)
        if now is not None:
            _add(change, now.day, now.parts, 1)
            row = (visit, now.at_s, now.day, now.state, now.total_minor, now.words, canonical(now.parts))
            receipts.append(row)
            newest = now if newest is None or now.at_s >= newest.at_s else newest
    rolls = [(*name, *sums) for name, sums in sorted(change.items()) if any(sums)]
    for query, rows in ((RECEIPT, receipts), (ROLL, rolls)):
        if rows:  # column by column: one statement, however many visits
            await conn.execute(query, [store, *map(list, zip(*rows, strict=True))])
    if newest is not None:
        issuer = msgspec.json.encode(newest.issuer).decode()
        await conn.execute("UPDATE shop SET issuer = %s WHERE store = %s", [issuer, store])


def _told(store: str, visit: str, entries: Sequence[LedgerEntry]) -> Told | None:
    """A body that this version cannot read stays in the book, and is in no sum: the chain does not wait for it."""
    try:
        return told_of(visit, entries)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        log.warning("a receipt cannot be read", store=store, visit=visit, error=repr(error))
        return None


def _add(change: dict[tuple[Any, str, str], list[int]], day: Any, parts: Iterable[Part], sign: int) -> None:
    for what, name, *numbers in parts:
        sums = change[day, what, name]
        for i, number in enumerate(numbers):
            sums[i] += sign * number
