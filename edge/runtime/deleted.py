"""A member is deleted: what the shop remembers of them goes, and nothing that it hears brings them back.

Enters: `MemberDeleted`. Leaves: the entries that end their points and coupons, and one that says who deleted them.
Refuses while they are inside, or while money of theirs is on its way, owed or waits for a person (`why_kept`). What is
left is the book, which knows them by the name that they were enrolled under, and that name alone.
"""

from __future__ import annotations

from edge.gate import forget_member
from edge.keys import moment, unique
from edge.members import NEVER, adjusted, balance
from edge.members.coupons import revoked
from edge.records import Effect, LedgerEntry, MemberDeleted
from edge.runtime.points import keep_wallet, points_end
from edge.state import State, refuse
from edge.store import Store
from edge.told import Sentence, phrase, told

DELETED = "member-deleted"
NOT_DELETED = "member who cannot be deleted yet"
WHY = "member deleted"
"""The reason that stands beside points and coupons that end with them."""
NOBODY = ""
"""Whose coupons those were that deleted members were given."""


def why_kept(state: State, subject: str) -> Sentence | None:
    """Why somebody cannot be deleted now, and what to do; None where they can."""
    if any(visit.subject == subject for visit in state.door.visits.values()):
        return told(phrase("{who} is in the shop. Do it when they have left"), who=subject)
    for settlement in state.settlements.values():
        if settlement.subject != subject or settlement.is_over:
            continue
        known = {"who": subject, "visit": settlement.visit}
        if settlement.state == "declined":
            what = phrase(
                "{who} owes the shop something for visit {visit}. Have it paid, or write it off: "
                "`tebura review waive {visit}`"
            )
            return told(what, **known)
        if settlement.state == "review":
            what = phrase(
                "visit {visit} of {who} waits for a person. Decide about it first: `tebura review show {visit}`"
            )
            return told(what, **known)
        what = phrase(
            "the payment of visit {visit} of {who} is not over. Wait until it is answered, or look it up: "
            "`tebura payment retry {visit}`"
        )
        return told(what, **known)
    return None


def member_deleted(state: State, store: Store, record: MemberDeleted, effects: list[Effect]) -> None:
    """Somebody is a member no more. A second time changes nothing."""
    subject = record.subject
    if subject in state.gate.gone:
        return
    if why_kept(state, subject) is not None:
        refuse(state, NOT_DELETED)
        return
    points_end(state, store, effects)
    _end_points(state, store, record, effects)
    for coupon in state.coupons.pop(subject, ()):
        key = unique(state.named, moment(f"coupon-revoked:{coupon.id}", record.at_s))
        effects.append(revoked(key, subject, coupon, record.by, WHY, record.at_s))
    forget(state, subject)
    body: dict[str, object] = {"subject": subject, "by": record.by}
    effects.append(LedgerEntry(f"{DELETED}:{subject}", record.at_s, DELETED, "", body))


def forget(state: State, subject: str) -> None:
    """Nothing is remembered of somebody but that they are gone; also where the book alone says so."""
    forget_member(state.gate, subject)
    state.baskets.pop(subject, None)
    state.coupons.pop(subject, None)
    for given in state.coupons_given.values():  # what was given to all of them together still counts
        count = given.pop(subject, 0)
        if count:
            given[NOBODY] = given.get(NOBODY, 0) + count


def _end_points(state: State, store: Store, record: MemberDeleted, effects: list[Effect]) -> None:
    wallet = state.points.get(record.subject, ())
    if not wallet:
        return
    wallet, entry = adjusted(
        wallet, record.subject, -balance(wallet), NEVER, record.by, WHY, record.at_s, store.currency
    )
    keep_wallet(state, store, record.subject, wallet)
    key = unique(state.named, entry.key)
    effects.append(LedgerEntry(key, entry.at_s, entry.kind, "", entry.body, entry.postings, entry.currency))
