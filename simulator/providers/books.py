"""Stripe's own books, as far as a shop without a checkout touches them: who owes what, what is held, taken, given back.

Enters: parameters of requests, already nested (`simulator.providers.form`), and the time. Leaves: objects in the API's
form, and events. Refuses (`Refusal`) as Stripe does, with its codes; where it is not known what Stripe does, the
docstring says so.

Every change goes through `StripeBooks.put` and waits in `changed` until the server has written it down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from simulator.providers.cards import CARDS, Card
from simulator.providers.refusal import Refusal, invalid, no_such

Object = dict[str, Any]

DAY_S = 86_400
LONG_HOLD = frozenset({"visa", "mastercard", "jcb", "diners", "discover"})
"""Brands whose holds a Japanese account keeps for 30 days, in yen; all others for 7."""

LEAST = {"jpy": 50, "usd": 50, "eur": 50}
MOST = 99_999_999
FEE = 0.036
"""Of what is taken: what Stripe Japan keeps of a domestic card's payment."""

CANCELLABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"})


class StripeBooks:
    """Everything, by id. ``objects`` is what a restart needs; nothing else is remembered."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.changed: dict[str, Object] = {}

    # --- objects -----------------------------------------------------------------------------------------------------

    def put(self, one: Object) -> Object:
        self.objects[one["id"]] = one
        self.changed[one["id"]] = one
        return one

    def name(self, prefix: str) -> str:
        """A new id, the same in every run."""
        count = len(self.objects) + 1
        return f"{prefix}_{hashlib.sha256(f'{prefix}{count}'.encode()).hexdigest()[:14]}{count:06d}"

    def of(self, kind: str) -> list[Object]:
        """All objects of a kind, oldest first."""
        return [one for one in self.objects.values() if one["object"] == kind]

    def find(self, kind: str, name: str, param: str = "id") -> Object:
        one = self.objects.get(name)
        if one is None or one["object"] != kind:
            raise no_such(kind, name, param)
        return one

    def expanded(self, one: Object, wanted: Iterable[str]) -> Object:
        """A copy in which ``latest_charge`` and the like are objects and not ids; what begins with _ stays inside."""
        copy = {name: deepcopy(value) for name, value in one.items() if not name.startswith("_")}
        for path in wanted:
            head, _, rest = path.partition(".")
            inner = copy.get(head)
            if isinstance(inner, str) and inner in self.objects:
                copy[head] = self.expanded(self.objects[inner], [rest] if rest else [])
            elif isinstance(inner, dict) and "id" in inner and rest:
                copy[head] = self.expanded(self.objects[inner["id"]], [rest])
        return copy

    def _event(self, kind: str, about: Object, at_s: float) -> None:
        self.put(
            {
                "id": self.name("evt"), "object": "event", "type": kind, "created": int(at_s), "livemode": False,
                "data": {"object": self.expanded(about, ())},
            }
        )  # fmt: skip

    # --- customers and cards -----------------------------------------------------------------------------------------

    def create_customer(self, said: Object, at_s: float) -> Object:
        return self.put(
            {
                "id": self.name("cus"), "object": "customer", "created": int(at_s), "livemode": False,
                "name": said.get("name"), "metadata": _metadata(said),
            }
        )  # fmt: skip

    def attach(self, name: str, said: Object, at_s: float) -> Object:
        """Keep a card for a customer; a test card becomes a card of its own with that."""
        customer = self.find("customer", said.get("customer", ""), "customer")
        method = self._method(name, at_s)
        card = CARDS[method["_card"]]
        if not card.attaches and card.decline is not None:
            raise _declined(card, None, "")
        return self.put({**method, "customer": customer["id"]})

    def _method(self, name: str, at_s: float, param: str = "payment_method") -> Object:
        if name not in CARDS:
            return self.find("payment_method", name, param)
        card = CARDS[name]
        return {
            "id": self.name("pm"), "object": "payment_method", "type": "card", "created": int(at_s), "customer": None,
            "card": {"brand": card.brand, "last4": card.last4}, "livemode": False, "metadata": {}, "_card": name,
        }  # fmt: skip

    # --- payments ----------------------------------------------------------------------------------------------------

    def create_intent(self, said: Object, at_s: float) -> Object:
        """A PaymentIntent, confirmed at once with ``confirm``."""
        amount, currency = _whole(said, "amount"), str(said.get("currency", "")).lower()
        if len(currency) != 3 or not currency.isalpha():
            raise invalid(f"Invalid currency: {currency}", "currency")
        if amount < LEAST.get(currency, 1):
            raise invalid("Amount must be at least the smallest charge of its currency", "amount", "amount_too_small")
        if amount > MOST:
            raise invalid("Amount must be no more than eight digits", "amount", "amount_too_large")
        customer = said.get("customer")
        if customer is not None:
            self.find("customer", customer, "customer")
        method = self._usable(said, customer, at_s)
        if method is None and _true(said, "confirm"):
            raise invalid("A payment method is needed to confirm", "payment_method")
        capture = said.get("capture_method", "automatic_async")
        if capture not in ("automatic", "automatic_async", "manual"):
            raise invalid(f"Invalid capture_method: {capture}", "capture_method")
        intent = {
            "id": self.name("pi"), "object": "payment_intent", "amount": amount, "amount_capturable": 0,
            "amount_received": 0, "canceled_at": None, "cancellation_reason": None, "capture_method": capture,
            "created": int(at_s), "currency": currency, "customer": customer, "description": said.get("description"),
            "last_payment_error": None, "latest_charge": None, "livemode": False, "metadata": _metadata(said),
            "payment_method": method and method["id"], "payment_method_types": ["card"],
            "status": "requires_confirmation" if method else "requires_payment_method",
        }  # fmt: skip
        if method is not None:
            self.put(method)
        self.put(intent)
        self._event("payment_intent.created", intent, at_s)
        return self._confirm(intent, said, at_s) if _true(said, "confirm") else intent

    def confirm(self, name: str, said: Object, at_s: float) -> Object:
        intent = self.find("payment_intent", name)
        if intent["status"] not in ("requires_confirmation", "requires_payment_method", "requires_action"):
            raise self._unexpected(intent, "confirm")
        method = self._usable(said, intent["customer"], at_s)
        if method is not None:
            self.put(method)
            intent = self.put({**intent, "payment_method": method["id"]})
        return self._confirm(intent, said, at_s)

    def _usable(self, said: Object, customer: str | None, at_s: float) -> Object | None:
        if "payment_method" not in said:
            return None
        method = self._method(said["payment_method"], at_s)
        if method["customer"] not in (None, customer):
            raise invalid("The provided PaymentMethod belongs to another customer", "payment_method")
        return method

    def _confirm(self, intent: Object, said: Object, at_s: float) -> Object:
        if intent["payment_method"] is None:
            raise invalid("A payment method is needed to confirm", "payment_method")
        card = CARDS[self.objects[intent["payment_method"]]["_card"]]
        decline = card.decline
        if card.asks and _true(said, "off_session"):
            decline = ("authentication_required", "authentication_required")
        if card.asks and decline is None:
            return self.put({**intent, "status": "requires_action", "next_action": {"type": "use_stripe_sdk"}})
        charge = self._charge(intent, card, at_s, decline)
        if decline is not None:
            return self._failed(intent, card, decline, charge, at_s)
        self._event("charge.succeeded", charge, at_s)
        if intent["capture_method"] == "manual":
            held = {**intent, "status": "requires_capture", "amount_capturable": intent["amount"]}
            held = self.put({**held, "latest_charge": charge["id"]})
            self._event("payment_intent.amount_capturable_updated", held, at_s)
            return held
        paid = {**intent, "status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
        self._event("payment_intent.succeeded", self.put(paid), at_s)
        if card.disputed:
            self.dispute(intent["id"], at_s)
        return self.objects[intent["id"]]

    def _failed(self, intent: Object, card: Card, decline: tuple[str, str], charge: Object, at_s: float) -> Object:
        told = _declined(card, None, charge["id"], decline)
        failed = {**intent, "status": "requires_payment_method", "latest_charge": charge["id"], "payment_method": None}
        failed = self.put({**failed, "last_payment_error": told.body["error"]})
        self._event("charge.failed", charge, at_s)
        self._event("payment_intent.payment_failed", failed, at_s)
        raise _declined(card, self.expanded(failed, ()), charge["id"], decline)

    def _charge(self, intent: Object, card: Card, at_s: float, decline: tuple[str, str] | None) -> Object:
        held = intent["capture_method"] == "manual" and decline is None
        told: Object = {"brand": card.brand, "last4": card.last4, "capture_before": None}
        if held:
            days = 30 if intent["currency"] == "jpy" and card.brand in LONG_HOLD else 7
            told["capture_before"] = int(at_s) + days * DAY_S
        charge = self.put(
            {
                "id": self.name("ch"), "object": "charge", "amount": intent["amount"], "amount_refunded": 0,
                "amount_captured": 0, "balance_transaction": None, "captured": False, "created": int(at_s),
                "currency": intent["currency"], "customer": intent["customer"], "disputed": False, "livemode": False,
                "metadata": dict(intent["metadata"]), "paid": decline is None, "payment_intent": intent["id"],
                "payment_method": intent["payment_method"], "payment_method_details": {"card": told, "type": "card"},
                "refunded": False, "status": "succeeded" if decline is None else "failed",
            }
        )  # fmt: skip
        return charge if held or decline is not None else self._taken(charge, intent["amount"], at_s)

    def _taken(self, charge: Object, amount: int, at_s: float) -> Object:
        fee = round(amount * FEE)
        moved = self.put(
            {
                "id": self.name("txn"), "object": "balance_transaction", "amount": amount, "fee": fee,
                "net": amount - fee, "currency": charge["currency"], "created": int(at_s), "type": "charge",
            }
        )  # fmt: skip
        return self.put({**charge, "captured": True, "amount_captured": amount, "balance_transaction": moved["id"]})

    def capture(self, name: str, said: Object, at_s: float) -> Object:
        """Take of what is held, once; the rest is let go of. What Stripe says to less than its least charge is not
        known: here it is allowed, and 0 refused.
        """
        intent = self.find("payment_intent", name)
        if intent["status"] == "succeeded":
            what = "it has already been captured and the remaining amount of the authorization has been released"
            raise self._unexpected(intent, "capture", what)
        if intent["status"] != "requires_capture":
            raise self._unexpected(intent, "capture")
        amount = _whole(said, "amount_to_capture", intent["amount_capturable"])
        if amount > intent["amount_capturable"]:
            what = "The amount to capture is greater than what was authorized"
            told = self.expanded(intent, ())
            raise Refusal(400, what, "amount_too_large", param="amount_to_capture", intent=told)
        charge = self._taken(self.objects[intent["latest_charge"]], amount, at_s)
        metadata = {**intent["metadata"], **_metadata(said)}
        taken = {**intent, "status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        taken = self.put({**taken, "metadata": metadata})
        self._event("charge.captured", charge, at_s)
        self._event("payment_intent.succeeded", taken, at_s)
        return taken

    def cancel(self, name: str, said: Object, at_s: float) -> Object:
        intent = self.find("payment_intent", name)
        if intent["status"] not in CANCELLABLE:
            raise self._unexpected(intent, "cancel")
        return self._cancelled(intent, said.get("cancellation_reason"), at_s)

    def _cancelled(self, intent: Object, why: str | None, at_s: float) -> Object:
        done = {**intent, "status": "canceled", "canceled_at": int(at_s), "cancellation_reason": why}
        done = self.put({**done, "amount_capturable": 0})
        self._event("payment_intent.canceled", done, at_s)
        return done

    def expire(self, at_s: float) -> None:
        """Let go of every hold whose time is over."""
        for intent in self.of("payment_intent"):
            if intent["status"] == "requires_capture":
                card = self.objects[intent["latest_charge"]]["payment_method_details"]["card"]
                if at_s >= card["capture_before"]:
                    self._cancelled(intent, "automatic", at_s)

    def _unexpected(self, intent: Object, deed: str, why: str = "") -> Refusal:
        why = why or f"it has a status of {intent['status']}"
        what = f"This PaymentIntent could not be {deed}ed: {why}"
        return Refusal(400, what, "payment_intent_unexpected_state", intent=self.expanded(intent, ()))

    # --- money that goes back ----------------------------------------------------------------------------------------

    def create_refund(self, said: Object, at_s: float) -> Object:
        name = said.get("payment_intent", "")
        intent = self.find("payment_intent", name, "payment_intent")
        charge = self.objects.get(intent["latest_charge"] or "")
        if charge is None or charge["status"] != "succeeded":
            raise invalid("This PaymentIntent does not have a successful charge to refund", "payment_intent")
        if not charge["captured"]:
            raise invalid("This charge was not captured: cancel instead of refunding it", "payment_intent")
        if charge["disputed"]:
            raise Refusal(400, f"Charge {charge['id']} has been charged back", "charge_disputed")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left <= 0:
            raise Refusal(400, f"Charge {charge['id']} has already been refunded", "charge_already_refunded")
        amount = _whole(said, "amount", left)
        if amount > left:
            raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")
        card = CARDS[self.objects[charge["payment_method"]]["_card"]]
        status = "pending" if card.refund == "pending" else "succeeded"
        refund = self.put(
            {
                "id": self.name("re"), "object": "refund", "amount": amount, "charge": charge["id"],
                "created": int(at_s), "currency": charge["currency"], "metadata": _metadata(said),
                "payment_intent": intent["id"], "reason": said.get("reason"), "status": status, "failure_reason": None,
            }
        )  # fmt: skip
        given = charge["amount_refunded"] + amount
        charge = self.put({**charge, "amount_refunded": given, "refunded": given == charge["amount_captured"]})
        self._event("refund.created", refund, at_s)
        self._event("charge.refunded", charge, at_s)
        if card.refund == "failed":
            self.settle_refund(refund["id"], "failed", at_s)
        return refund

    def settle_refund(self, name: str, status: str, at_s: float) -> Object:
        """The bank says what became of a refund; one that failed comes back to the shop."""
        refund = self.find("refund", name)
        why = "lost_or_stolen_card" if status == "failed" else None
        settled = self.put({**refund, "status": status, "failure_reason": why})
        if status == "failed":
            charge = self.objects[refund["charge"]]
            left = charge["amount_refunded"] - refund["amount"]
            self.put({**charge, "amount_refunded": left, "refunded": False})
            self._event("refund.failed", settled, at_s)
        self._event("refund.updated", settled, at_s)
        return settled

    def dispute(self, name: str, at_s: float) -> Object:
        """The holder takes the money of a payment back through the bank."""
        intent = self.find("payment_intent", name)
        charge = self.put({**self.objects[intent["latest_charge"]], "disputed": True})
        dispute = self.put(
            {
                "id": self.name("dp"), "object": "dispute", "amount": charge["amount_captured"],
                "charge": charge["id"], "created": int(at_s), "currency": charge["currency"], "metadata": {},
                "payment_intent": intent["id"], "reason": "fraudulent", "status": "needs_response",
            }
        )  # fmt: skip
        self._event("charge.dispute.created", dispute, at_s)
        return dispute


def _metadata(said: Object) -> dict[str, str]:
    metadata = said.get("metadata") or {}
    if not isinstance(metadata, dict) or len(metadata) > 50:
        raise invalid("Metadata has at most 50 keys", "metadata")
    for name, value in metadata.items():
        if len(name) > 40 or len(value) > 500:
            raise invalid("Metadata keys have at most 40 characters, values 500", f"metadata[{name}]")
    return dict(metadata)


def _whole(said: Object, param: str, otherwise: int | None = None) -> int:
    text = said.get(param, otherwise)
    try:
        number = int(str(text))
    except ValueError:
        raise invalid(f"Invalid integer: {text}", param, "parameter_invalid_integer") from None
    if number < 1:
        raise invalid("This value must be greater than or equal to 1", param, "parameter_invalid_integer")
    return number


def _true(said: Object, param: str) -> bool:
    return said.get(param) == "true"


def _declined(card: Card, intent: Object | None, charge: str, decline: tuple[str, str] | None = None) -> Refusal:
    code, why = decline or card.decline or ("card_declined", "generic_decline")
    what = "Your card was declined." if code == "card_declined" else f"Your card was declined: {code}."
    return Refusal(402, what, code, "card_error", decline_code=why, charge=charge, intent=intent)
