"""From what a visit is believed to hold to what it is charged: where doubt stops.

A unit at or above the policy's certainty is charged. A unit below it is withheld, or sends the visit to review, as the
policy says; so does doubt about who it was that left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edge.records import Cart, CartLine, Exchange, Units
from edge.store import Policy
from edge.store.policy import MOST_SURE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a cart at the exit; ``review`` is why a person has to look, empty where nobody has to. Then
    ``exchanged`` says with whom this visit may have been exchanged.
    """

    charged: dict[str, int]
    withheld: dict[str, int]
    lines: tuple[CartLine, ...]
    review: str
    exchanged: tuple[Exchange, ...] = ()


def _surer(least: float) -> float:
    """What has to be reached where a quarter of the doubt is allowed."""
    return max(least, min(MOST_SURE, 1.0 - (1.0 - least) / 4))


def outcome_of(
    cart: Cart, identity: float, policy: Policy, *, lost: bool = False, interrupted: bool = False, unsure: str = "",
    others: Collection[str] = (),
) -> Outcome:  # fmt: skip
    """Split a cart by certainty.

    ``identity``: how sure it is that this visit's people left; ``lost``: nobody saw them leave, so that what they took
    since then is not known; ``interrupted``: the runtime was stopped meanwhile. What it did not hear then may have
    spoken against a line, so doubt must be a quarter as large for it to be charged, or as small as it gets. ``unsure``:
    why a person has to look in any case, empty where nobody has to. ``others``: the visits ("": strangers) that
    may have been the one who left instead.
    """
    charge_at, charge_who_at = policy.charge_at, policy.charge_who_at
    if interrupted:
        charge_at, charge_who_at = _surer(charge_at), _surer(charge_who_at)
    charged: dict[str, int] = {}
    withheld: dict[str, int] = {}
    for sku in dict.fromkeys(line.sku for line in cart.lines):
        lines = [line for line in cart.lines if line.sku == sku]
        held = max(line.quantity for line in lines)
        sure = max(
            (line.quantity for line in lines if line.certainty >= charge_at and line.who >= charge_who_at), default=0
        )
        if sure:
            charged[sku] = sure
        if held > sure:
            withheld[sku] = held - sure
    review = ""
    if unsure:
        review = unsure
    elif lost and cart.lines:
        review = "nobody saw them leave"
    elif identity < policy.review_identity_at:
        review = f"who left is only {identity:.0%} sure"
    elif withheld and policy.below == "review":
        units = sum(withheld.values())
        review = f"{units} unit{'s are' if units > 1 else ' is'} less than {charge_at:.0%} sure"
        if any(line.certainty >= charge_at for line in cart.lines if line.sku in withheld and line.who < charge_who_at):
            review += f", or less than {charge_who_at:.0%} sure to be theirs"
    if not review:
        return Outcome(charged, withheld, cart.lines, review)
    who_left = others if identity < policy.review_identity_at else ()
    # Who looks needs the whole picture: nothing is charged before they have looked.
    charged = {sku: charged.get(sku, 0) + withheld.get(sku, 0) for sku in {**charged, **withheld}}
    return Outcome(charged, {}, cart.lines, review, _exchanges(cart, who_left, charge_who_at))


def _exchanges(cart: Cart, others: Collection[str], charge_who_at: float) -> tuple[Exchange, ...]:
    """With whom a visit may have been exchanged, by name. All that it holds hangs on who left, and on whoever else may
    have taken a product those units of it that are not surely theirs.
    """
    held: dict[str, int] = {}
    sure: dict[str, int] = {}
    hangs: dict[str, list[Units]] = {}
    for line in cart.lines:
        held[line.sku] = max(held.get(line.sku, 0), line.quantity)
        if line.who >= charge_who_at:
            sure[line.sku] = max(sure.get(line.sku, 0), line.quantity)
    rivals = {line.sku: line.rival for line in cart.lines}
    for sku, units in held.items():
        doubtful = units - sure.get(sku, 0)
        if doubtful and rivals[sku]:
            hangs.setdefault(rivals[sku], []).append(Units(sku, doubtful))
    whole = [Units(sku, units) for sku, units in held.items()]
    hangs |= dict.fromkeys(others, whole)
    return tuple(Exchange(other, tuple(hangs[other])) for other in sorted(hangs, key=lambda other: (not other, other)))
