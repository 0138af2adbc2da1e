"""What staff may ask of the running shop, and tell it; over the desk.

Enters: one JSON object, ``do`` names the order. Leaves: one JSON object, ``error`` in it where it was refused. Whatever
changes the shop is said to the ear like any other message, so that the recording explains it. Who decides about money
is answered when the book has it.
"""

from __future__ import annotations

import queue
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from edge.daemon.booked import payout, settle
from edge.daemon.clock import RehearsalClock
from edge.daemon.consents import consent
from edge.daemon.contests import answer, contest
from edge.daemon.coupons import coupon
from edge.daemon.deleted import delete_member
from edge.daemon.desk import Answer, refused
from edge.daemon.floor import floor_of
from edge.daemon.opened import opened
from edge.daemon.opinions import opinion
from edge.daemon.points import adjust_points
from edge.daemon.shop import Shop
from edge.daemon.watch import Watch
from edge.ledger import settlement_in
from edge.payment import may, on_decided, tells_money
from edge.records import (
    AgeDecided,
    AgeVerdict,
    Mode,
    RefundReason,
    RepaidHow,
    SettlementDecided,
)
from edge.runtime.ages import shown_age
from edge.state import State
from edge.stock import Weighed, place_of, weighed
from edge.store import BrokenStore, Facing, Store, load_store
from edge.store.reload import changed_files, needs_restart, reloaded
from edge.told import phrase
from edge.wire import (
    Heard,
    decode,
    encode_age,
    encode_counted,
    encode_decided,
    encode_mode,
    encode_recalled,
    encode_store,
)

MOST_UNITS = 100_000

DECIDED, RECALLED = "shop/settlement/decided", "shop/settlement/recalled"
AGE = "shop/age/decided"

BUSY: Final = phrase("the shop is too busy to answer. Ask again")

REASONS: tuple[RefundReason | Literal[""], ...] = ("", *get_args(RefundReason))
HOWS: tuple[RepaidHow | Literal[""], ...] = ("", *get_args(RepaidHow))


def obey(
    shop: Shop, watch: Watch, wanted: dict[str, Any], *, connected: bool, store_folder: Path | None = None
) -> Answer:
    """Carry an order out. Raises `KeyError`, `TypeError` and `ValueError` for what is not understood.

    ``store_folder``: where the shop's files were read.
    """
    do = wanted["do"]
    if do == "status":
        return {**watch.health(shop), "connected": connected}
    if do == "pending":
        return {"pending": shop.pending}
    if do == "mode":
        return _mode(shop, wanted)
    if do in ("stock", "floor"):
        try:
            return shop.asked(lambda: _seen(shop, do))
        except queue.Empty:
            return refused(BUSY)
    if do == "count":
        return _count(shop, wanted)
    if do == "decide":
        return _decide(shop, wanted)
    if do == "payout":
        return payout(shop, wanted)
    if do == "settle":
        return settle(shop, wanted)
    if do == "coupon":
        return coupon(shop, wanted)
    if do == "points":
        return adjust_points(shop, wanted)
    if do in ("ages", "age"):
        try:
            return shop.asked(lambda: _ages(shop) if do == "ages" else _age(shop, wanted))
        except queue.Empty:
            return refused(BUSY)
    if do in ("contest", "answer"):
        try:
            return shop.asked(lambda: contest(shop, wanted) if do == "contest" else answer(shop, wanted))
        except queue.Empty:
            return refused(BUSY)
    if do in ("consent", "delete-member"):
        try:
            return shop.asked(lambda: consent(shop, wanted) if do == "consent" else delete_member(shop, wanted))
        except queue.Empty:
            return refused(BUSY)
    if do in ("opened", "opinion"):
        try:
            return shop.asked(lambda: opened(shop, wanted) if do == "opened" else opinion(shop, wanted))
        except queue.Empty:
            return refused(BUSY)
    if do == "reload":
        return _reload(shop, str(wanted["by"]), store_folder)
    if do == "rehearse":
        return _rehearse(shop, wanted)
    return refused("nobody here can {do!r}", do=do)


def _seen(shop: Shop, what: str) -> Answer:
    """What stands on the shelves, or who is on the floor; on the shop's own thread."""
    state, store = shop.driver.state, shop.store
    if what == "floor":
        return floor_of(state, store)
    return {"places": stock_of(state, store), "astray": astray_in(state, store)}


def astray_in(state: State, store: Store) -> list[dict[str, Any]]:
    """What surely lies where it does not belong, and since when (UNIX seconds); ``sku`` is empty of an unknown mass."""
    return [
        {
            "shelf": stray.shelf,
            "plates": [stray.first, stray.last],
            "sku": stray.sku,
            "name": store.catalogue[stray.sku].name() if stray.sku in store.catalogue else stray.sku,
            "mass_g": round(stray.mass_g, 1),
            "since_s": stray.since_s,
        }
        for stray in state.belief.strays
        if stray.lasts(state.now_s)
    ]


def stock_of(state: State, store: Store) -> list[dict[str, Any]]:
    """Every place of the planogram: what is believed to stand there, and what its weight says."""
    shelves = (state.shelves[shelf.id] for shelf in store.layout.shelves)
    return [_place(state, store, by_weight) for shelf in shelves for by_weight in weighed(shelf, store)]


def _place(state: State, store: Store, by_weight: Weighed) -> dict[str, Any]:
    facing = by_weight.facing
    known = state.stock.counts.get(place_of(facing))
    return {
        "shelf": facing.shelf,
        "plates": [facing.first, facing.last],
        "sku": facing.sku,
        "name": store.catalogue[facing.sku].name(),
        "quantity": None if known is None else round(known.quantity),
        "about": known is not None and known.about,
        "counted_s": None if known is None else known.at_s,
        "mass_g": round(by_weight.mass_g, 1),
        "by_weight": by_weight.units,
        "left_g": round(by_weight.left_g, 1),
        "odd": by_weight.odd,
        "why": by_weight.why,
    }


def _mode(shop: Shop, wanted: dict[str, Any]) -> Answer:
    if wanted["mode"] not in get_args(Mode):
        return refused("there is no mode {mode!r}. Use {modes}", mode=wanted["mode"], modes=", ".join(get_args(Mode)))
    now_s = shop.clock.now_s()
    shop.ear.hear("shop/mode/set", encode_mode(now_s, wanted["mode"], str(wanted.get("by", ""))))
    return {"mode": wanted["mode"]}


def _count(shop: Shop, wanted: dict[str, Any]) -> Answer:
    first, last = wanted["plates"]
    facing = Facing(str(wanted["shelf"]), int(first), int(last), str(wanted["sku"]))
    quantity = int(wanted["quantity"])
    if facing not in shop.store.planogram.on(facing.shelf):
        return refused("{place} is no place of the planogram. `tebura stock` lists them", place=place_of(facing))
    if not 0 <= quantity <= MOST_UNITS:
        return refused("{units} units: from 0 to {most}", units=quantity, most=MOST_UNITS)
    shop.ear.hear("shop/stock/counted", encode_counted(shop.clock.now_s(), facing, quantity, str(wanted.get("by", ""))))
    return {"place": place_of(facing), "quantity": quantity}


def _decide(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """A person decides about a visit; answered when it has happened, because two may decide at once."""
    visit, verdict, by = str(wanted["visit"]), str(wanted["verdict"]), str(wanted["by"])
    lines = {str(sku): int(units) for sku, units in dict(wanted.get("lines") or {}).items()}
    reason, how = str(wanted.get("reason", "")), str(wanted.get("how", ""))
    try:
        return shop.asked(lambda: _decided(shop, visit, verdict, by, lines, reason, how))
    except queue.Empty:
        return refused(
            "the shop is too busy to answer. `tebura review show {visit}` tells what became of it", visit=visit
        )


def _decided(shop: Shop, visit: str, verdict: str, by: str, lines: dict[str, int], reason: str, how: str) -> Answer:
    """On the shop's own thread. What cannot be is told and not recorded; the record says every line that is charged. A
    visit that the shop has forgotten is recalled from its book first.
    """
    before = shop.driver.state.settlements.get(visit)
    recalled = before is None or (before.sale is None and before.state in ("paid", "void"))
    if recalled and not shop.live_book.waiting:
        before = settlement_in(shop.book, visit)
    if before is None or before.state == "inside":
        return refused(
            "{visit}: no such visit waits for anybody. `tebura review list` shows those that do", visit=visit
        )
    allowed = may(before)
    if verdict not in allowed:
        if not allowed:
            what = phrase("visit {visit} is {state} and waits for nobody. `tebura review show` tells more")
            return refused(what, visit=visit, state=before.state)
        what = phrase("visit {visit} is {state}, where {verdict!r} is no answer. Say {allowed}")
        return refused(what, visit=visit, state=before.state, verdict=verdict, allowed=" or ".join(allowed))
    if reason not in REASONS:
        what = phrase("{reason!r} is no reason to take something back. Say {allowed}")
        return refused(what, reason=reason, allowed=" or ".join(REASONS[1:]))
    if how not in HOWS:
        return refused("{how!r} is no way to give money back. Say {allowed}", how=how, allowed=" or ".join(HOWS[1:]))
    if verdict == "charge" and not lines:
        lines = before.listed
    now_s = shop.clock.now_s()
    payload = encode_decided(now_s, visit, verdict, by, lines, reason, how)
    record = decode(shop.store, DECIDED, payload, now_s)
    if not isinstance(record, SettlementDecided):
        return refused("who decides has a name, and charges 1 to 1000 units of each of at most 1000 products")
    try:
        on_decided(before, record, shop.store)
    except ValueError as error:
        return refused("visit {visit} goes on waiting: {why}", visit=visit, why=error)
    if recalled:
        known = (written.entry for written in shop.book.entries(visit=visit))
        told = encode_recalled(now_s, visit, (entry for entry in known if tells_money(entry)))
        shop.take(Heard(RECALLED, told, now_s))
    shop.take(Heard(DECIDED, payload, now_s))
    shop.cashier.look_again()  # what a slow provider still keeps waiting may have been written off
    after = shop.driver.state.settlements[visit]
    return {
        "visit": visit,
        "subject": after.subject,
        "state": after.state,
        "total_minor": after.total_minor,
        "lowered_minor": after.lowered_minor,
        "refundable_minor": after.refundable_minor,
        "repaid_minor": after.repaid_minor - before.repaid_minor,
        "currency": after.currency,
        "digits": shop.store.currency_digits,
        "lines": lines,
        "written": not shop.live_book.waiting,
    }


def _ages(shop: Shop) -> Answer:
    """Who holds goods for adults, and what is known about their age."""
    state = shop.driver.state
    visits = [v for v in state.door.visits.values() if v.age]
    told = ((visit, shown_age(state, shop.store, visit).payload) for visit in visits)
    return {"visits": [{"visit": v.id, "subject": v.subject, "asked_s": v.age_asked_s, **said} for v, said in told]}


def _age(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """Staff have looked at somebody's age. On the shop's own thread; what cannot be is told and not recorded."""
    visit = str(wanted["visit"])
    inside = shop.driver.state.door.visits.get(visit)
    if inside is None or not inside.age:
        return refused("{visit}: nobody's age is asked there. `tebura age list` shows those of whom it is", visit=visit)
    now_s = shop.clock.now_s()
    verdict = cast("AgeVerdict", str(wanted["verdict"]))
    payload = encode_age(now_s, visit, verdict, str(wanted["by"]), str(wanted.get("how", "")))
    if not isinstance(decode(shop.store, AGE, payload, now_s), AgeDecided):
        return refused("who decides has a name, and the answer is confirmed or refused")
    shop.take(Heard(AGE, payload, now_s))
    return {"visit": visit, "subject": inside.subject, "state": verdict, "written": not shop.live_book.waiting}


def _reload(shop: Shop, by: str, folder: Path | None) -> Answer:
    """Go on with the store's files as they are now: all of them, or none where one cannot be."""
    if folder is None:
        return refused("this shop was started without a folder, and has no files to read anew")
    try:
        new = load_store(folder)
        faults = needs_restart(shop.store, new)
        files = changed_files(shop.store, new.sources)
        if not faults:
            reloaded(shop.store, files)
    except BrokenStore as error:
        faults = list(error.faults)
    if faults:
        return {"faults": [asdict(fault) for fault in faults]}
    try:
        return shop.asked(lambda: _reloaded(shop, files, by))
    except queue.Empty:
        return refused("the shop is too busy to answer. `tebura reload` again tells whether it is done")


def _reloaded(shop: Shop, files: dict[str, bytes | None], by: str) -> Answer:
    """On the shop's own thread."""
    if files:
        now_s = shop.clock.now_s()
        shop.take(Heard("shop/store/changed", encode_store(now_s, files, by), now_s))
    inside = [v for v in shop.driver.state.door.visits.values() if v.prices and v.prices != shop.store.price_mark]
    return {"changed": sorted(files), "promised": len(inside), "written": not shop.live_book.waiting}


def _rehearse(shop: Shop, wanted: dict[str, Any]) -> Answer:
    if not isinstance(shop.clock, RehearsalClock):
        return refused("this shop is real. Start it with `tebura run --rehearsal` to play recordings into it")
    shop.clock.rehearse(float(wanted["at"]), float(wanted["speed"]))
    return {"at": wanted["at"]}
