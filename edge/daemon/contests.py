"""What a shopper says against a cart or a receipt of theirs, and what staff answer; asked for at the desk.

Enters: orders ``contest`` and ``answer``. Leaves: what was recorded, or why not. Who a shopper is, the screens have
found out by a signature; here it is looked that the visit is theirs. It moves no money.
"""

from __future__ import annotations

from typing import Any, Final, cast

from edge.adapters.sealed import seal
from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.ledger import settlement_in
from edge.records import ContestAbout, ContestAnswered, VisitContested
from edge.told import phrase
from edge.wire import Heard, decode, encode_answered, encode_contested

CONTESTED: Final = "shop/visit/contested"
ANSWERED: Final = "shop/visit/answered"

SHORTER: Final = phrase("what is wrong is not-taken, missing or other; a message has at most 500 characters")
LONGEST: Final = 500

MOST: Final = 20
"""So often one visit may be contested: nobody fills the book by it."""


def contest(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """On the shop's own thread."""
    visit, subject = str(wanted["visit"]), str(wanted["subject"])
    if not subject or _whose(shop, visit) != subject:
        return refused("{visit}: no such visit of theirs", visit=visit)
    if len(list(shop.book.entries(kind="contested", visit=visit))) >= MOST:
        return refused("{visit}: enough was said about it. Staff will answer", visit=visit)
    lines = {str(sku): int(units) for sku, units in dict(wanted.get("lines") or {}).items()}
    now_s = shop.clock.now_s()
    about, message = cast("ContestAbout", str(wanted["about"])), str(wanted.get("message", ""))
    if len(message) > LONGEST:
        return refused(SHORTER)
    payload = encode_contested(now_s, visit, subject, about, lines, _sealed(shop, subject, message))
    if not isinstance(decode(shop.store, CONTESTED, payload, now_s), VisitContested):
        return refused(SHORTER)
    shop.take(Heard(CONTESTED, payload, now_s))
    return {"visit": visit, "at_s": now_s, "written": not shop.live_book.waiting}


def answer(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """On the shop's own thread."""
    visit, named = str(wanted["visit"]), str(wanted["contest"])
    said = {written.entry.key: written.entry for written in shop.book.entries(kind="contested", visit=visit)}
    if named not in said:
        return refused(
            "{visit}: nobody has said that. `tebura review show {same}` tells what was said", visit=visit, same=visit
        )
    now_s = shop.clock.now_s()
    message = str(wanted["message"])
    sealed = _sealed(shop, str(said[named].body["subject"]), message)
    payload = encode_answered(now_s, visit, named, str(wanted["by"]), sealed)
    if len(message) > LONGEST or not isinstance(decode(shop.store, ANSWERED, payload, now_s), ContestAnswered):
        return refused("who answers has a name, and says something, in at most 500 characters")
    shop.take(Heard(ANSWERED, payload, now_s))
    return {"visit": visit, "at_s": now_s, "written": not shop.live_book.waiting}


def _sealed(shop: Shop, subject: str, message: str) -> str:
    """As the wire and the book have it: what a member wrote, and was answered, is gone when they are."""
    return seal(shop.members.secret(subject, make=True), message) if message else ""


def _whose(shop: Shop, visit: str) -> str:
    """Who was let in for it: the core knows those inside and those whose money moves, the book everybody."""
    inside = shop.driver.state.door.visits.get(visit)
    if inside is not None:
        return inside.subject
    known = shop.driver.state.settlements.get(visit) or settlement_in(shop.book, visit)
    return "" if known is None else known.subject
