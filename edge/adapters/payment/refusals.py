"""What Stripe's errors mean to the shop: a decline with a name, or that nobody knows what happened.

Enters: an error of the official client. Leaves: the ``why`` of a decline (docs/payment-providers.md), or of an unknown
outcome. Nothing of an error's own text leaves: it may hold names that are nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import stripe

CODES: Final[Mapping[str, str]] = {
    "insufficient_funds": "insufficient",
    "authentication_required": "needs-holder",
    "payment_intent_authentication_failure": "needs-holder",
    "amount_too_small": "below-least",
    "amount_too_large": "above-most",
    "charge_already_refunded": "above-most",
    "currency_not_supported": "currency",
    "invalid_currency": "currency",
    "card_not_supported": "unsupported",
    "transaction_not_allowed": "unsupported",
}
"""Code, or decline code, which says more -> why."""

UNATTACHED: Final = frozenset({"customer", "payment_method"})
"""Parameters that come out of a member's wallet."""


def why_declined(told: Mapping[str, Any]) -> str:
    """Of a refusal that is final: nothing was done, and nothing will be. ``told``: what stands below ``error``."""
    for code in (str(told.get("decline_code")), str(told.get("code"))):
        if code in CODES:
            return CODES[code]
    if told.get("param") in UNATTACHED:
        return "no-wallet"
    if told.get("type") == "card_error":
        return "card"
    return "above-most" if told.get("param") == "amount" else "refused"


def why_unknown(error: stripe.StripeError) -> str:
    """Of an error that does not say whether anything was done; empty where it does: then it is a decline."""
    if isinstance(error, stripe.APIConnectionError):
        return "away"
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return "key"
    if isinstance(error, stripe.RateLimitError) or error.http_status == 409:
        return "busy"
    if isinstance(error, stripe.CardError | stripe.InvalidRequestError):
        return "busy" if as_dict(error).get("code") == "lock_timeout" else ""
    return "fault"


def as_dict(error: stripe.StripeError) -> dict[str, Any]:
    """What stands below ``error`` in the answer. The exception's own ``code`` is empty but for 400, 402 and 404
    (findings/stripe-error-codes.sh).
    """
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    return told if isinstance(told, dict) else {}
