"""From what a visit is believed to hold to what it is charged: where doubt stops.

A unit at or above the policy's certainty is charged. A unit below it is withheld, or sends the visit to review, as the
policy says; so does doubt about who it was that left.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import Cart, CartLine
from edge.store import Policy
from edge.store.policy import MOST_SURE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a cart at the exit; ``review`` is why a person has to look, empty where nobody has to."""

    charged: dict[str, int]
    withheld: dict[str, int]
    lines: tuple[CartLine, ...]
    review: str


def _surer(least: float) -> float:
    """What has to be reached where a quarter of the doubt is allowed."""
    return max(least, min(MOST_SURE, 1.0 - (1.0 - least) / 4))


def outcome_of(
    cart: Cart, identity: float, policy: Policy, *, lost: bool = False, interrupted: bool = False, unsure: str = ""
) -> Outcome:
    """Split a cart by certainty.

    ``identity``: how sure it is that this visit's people left; ``lost``: nobody saw them leave, so that what they took
    since then is not known; ``interrupted``: the runtime was stopped meanwhile. What it did not hear then may have
    spoken against a line, so doubt must be a quarter as large for it to be charged, or as small as it gets. ``unsure``:
    why a person has to look in any case, empty where nobody has to.
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
    if review:
        # Who looks needs the whole picture: nothing is charged before they have looked.
        charged = {sku: charged.get(sku, 0) + withheld.get(sku, 0) for sku in {**charged, **withheld}}
        withheld = {}
    return Outcome(charged, withheld, cart.lines, review)
