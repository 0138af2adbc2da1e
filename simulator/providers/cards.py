"""Test cards, by the names under which Stripe's test mode knows them, and what becomes of money asked of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """``decline``: code and decline code of every charge; ``asks``: the holder has to be asked when they are away;
    ``attaches``: it can be kept for a customer; ``refund``: what becomes of money that is given back; ``disputed``:
    its holder takes the money back through the bank.
    """

    brand: str = "visa"
    last4: str = "4242"
    decline: tuple[str, str] | None = None
    asks: bool = False
    attaches: bool = True
    refund: str = "succeeded"
    disputed: bool = False


CARDS: dict[str, Card] = {
    "pm_card_visa": Card(),
    "pm_card_jcb": Card("jcb", "0505"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_amex": Card("amex", "8431"),
    "pm_card_visa_chargeDeclined": Card(last4="0002", decline=("card_declined", "generic_decline"), attaches=False),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card(
        last4="9995", decline=("card_declined", "insufficient_funds"), attaches=False
    ),
    "pm_card_chargeDeclinedExpiredCard": Card(last4="0069", decline=("expired_card", ""), attaches=False),
    "pm_card_chargeCustomerFail": Card(last4="0341", decline=("card_declined", "generic_decline")),
    "pm_card_authenticationRequired": Card(last4="3155", asks=True),
    "pm_card_createDispute": Card(last4="0259", disputed=True),
    "pm_card_pendingRefund": Card(last4="7726", refund="pending"),
    "pm_card_refundFail": Card(last4="5126", refund="failed"),
}
