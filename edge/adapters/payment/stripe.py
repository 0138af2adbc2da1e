"""Stripe, through its official client: cards on file, charged while their holder is away.

Enters: a `PaymentRequest`; the member's wallet, ``cus_…:pm_…``, by a callable. Leaves: what Stripe says, as
`PaymentReply`. Every request has its own idempotency key and is sent once: the client's own retries are off, since what
is sent again unseen cannot be looked up first. Each payment carries its key in its metadata, by which it is found again
after Stripe has forgotten the idempotency key (it may after 24 hours); by list, for Stripe's search is a minute late.

*Unknown* is everything that does not say whether it was done: no connection, no answer, 409, 429, 500. A decline is
final for its key. A hold that somebody captured with another sum than ours is no answer at all (`Contrary`): a person
has to look.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import requests
import stripe

from edge.adapters.payment.answers import metadata_of, of_intent, of_refund, reply_to
from edge.adapters.payment.news import Events
from edge.adapters.payment.provider import UNKNOWN, Abilities, Contrary, KeyReused, Wallets
from edge.adapters.payment.refusals import as_dict, why_declined, why_unknown
from edge.adapters.payment.wallets import read_stripe
from edge.records import PaymentOperation, PaymentOutcome, PaymentReply, PaymentRequest
from edge.told import told

Key = TypeVar("Key")
Value = TypeVar("Value")

TEST_CAVEAT: Final = told("no money moves: the secret key of [payment] is one of Stripe's test mode")

ABILITIES: Final = Abilities(
    hold=True, partial_capture=True, refund=True, look_up=True, hold_s=(4 * 24 + 18) * 3600.0,
    least_minor={"JPY": 50}, most_minor={"JPY": 99_999_999},
)  # fmt: skip
"""``hold_s``: the shortest of an online payment (Visa, asked for by the merchant); the charge itself says how long."""

LONGEST_KEY: Final = 250
"""Stripe's are five longer, which `TURNS` may need."""
TURNS: Final = 5
CLOCKS_S: Final = 86_400.0
"""So far this PC's clock and Stripe's may be apart when a payment is looked for."""
MOST_TOLD: Final = 10_000
"""So many answers are remembered, so that news do not repeat them."""
PAGES: Final = 20
"""A list of so many hundred payments of one member is not gone through to its end."""

EXPAND: Final = ["latest_charge.balance_transaction"]


class StripeProvider:
    """One account. ``store``: this shop's id, for several may share an account; ``pay_within_s``: when nobody waits for
    an answer any more; ``cursor``: a file that remembers how far the news were read.
    """

    def __init__(
        self,
        secret: str,
        store: str,
        wallets: Wallets,
        *,
        pay_within_s: float = 10.0,
        url: str = "",
        cursor: Path | None = None,
    ) -> None:
        for talker in ("stripe", "urllib3"):  # they name addresses and parameters, with wallets in them
            logging.getLogger(talker).setLevel(logging.WARNING)
        stripe.enable_telemetry = False
        self._store, self._wallets = store, wallets
        self._connected = partial(_connected, secret, url, pay_within_s)
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._events = Events(self._connected(), cursor)
        # Both with the lock held: several ask at once.
        self._told: dict[tuple[str, str], str] = {}
        self._seen: dict[str, str | None] = {}
        self.caveat: Final = TEST_CAVEAT if "_test_" in secret[:8] else ""
        self.abilities: Final = ABILITIES

    @property
    def _client(self) -> stripe.StripeClient:
        """One for each thread: a connection is kept open, and nobody promises that two may use one."""
        found: stripe.StripeClient | None = getattr(self._of_thread, "client", None)
        if found is None:
            found = self._of_thread.client = self._connected()
        return found

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """See `PaymentProvider.answer`. `KeyReused`, `Contrary`."""
        if len(request.key) > LONGEST_KEY or not request.key.isascii():
            raise ValueError(
                f"an idempotency key of Stripe has at most {LONGEST_KEY} letters of ASCII: {request.key!r}"
            )
        began_s = time.monotonic()
        try:
            reply = self._said(request)
        except stripe.IdempotencyError:
            raise KeyReused(f"key {request.key} stands for another payment at Stripe") from None
        except stripe.StripeError as error:
            reply = reply_to(request, "unknown", why=why_unknown(error) or "fault")
        self._remember(reply)
        return [_at(reply, at_s + time.monotonic() - began_s)]

    def news(self, at_s: float) -> list[PaymentReply]:
        """See `PaymentProvider.news`. An event only says that something changed: the thing itself says what it is now,
        in whatever order and however often events come. What was answered already is neither asked for nor told again.
        `ConnectionError` where Stripe cannot be asked.
        """
        try:
            changes = [c for c in self._events.since_last() if c.status is None or self._seen.get(c.name) != c.status]
            found = [reply for change in changes for reply in self._now(change.kind, change.name)]
        except stripe.StripeError as error:
            raise ConnectionError(UNKNOWN[why_unknown(error) or "fault"]) from None
        self._events.done()
        fresh = [reply for reply in found if self._told.get((reply.operation, reply.key)) != reply.outcome]
        for reply in fresh:
            self._remember(reply)
        return [_at(reply, at_s) for reply in fresh]

    def hear(self, body: bytes, signature: str, secret: str) -> bool:
        """A webhook, on any thread; whether it is Stripe's. What it says is among the next news."""
        return self._events.hear(body, signature, secret)

    def _remember(self, reply: PaymentReply) -> None:
        with self._lock:
            _keep(self._told, (reply.operation, reply.key), reply.outcome)

    def _saw(self, name: str, status: str | None) -> None:
        with self._lock:
            _keep(self._seen, name, status)

    def _of_intent(self, request: PaymentRequest, intent: stripe.PaymentIntent) -> PaymentReply:
        self._saw(intent.id, intent.status)
        return of_intent(request, intent)

    def _of_refund(self, request: PaymentRequest, refund: stripe.Refund) -> PaymentReply:
        self._saw(refund.id, refund.status)
        return of_refund(request, refund)

    # --- asking -----------------------------------------------------------------------------------------------------

    def _said(self, request: PaymentRequest) -> PaymentReply:
        try:
            return self._look_up(request) if request.look_up else self._carry_out(request)
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            if request.look_up or why_unknown(error):
                raise
            return self._refused(request, error)

    def _carry_out(self, request: PaymentRequest) -> PaymentReply:
        """Send it. Stripe stores a 500 under its idempotency key as well and gives it again for a day, so that nothing
        could make it good. Where such an answer comes a second time, and a look afterwards finds that nothing was done,
        the next key of the request's own row is taken; the row is the same after every restart.
        """
        for turn in range(1, TURNS):
            try:
                return self._send(request, request.key if turn == 1 else f"{request.key}~{turn}")
            except stripe.APIError as error:
                if error.headers is None or error.headers.get("idempotent-replayed") != "true":
                    raise
            found = self._look_up(request)
            if found.outcome != "absent":
                return found
        return self._send(request, f"{request.key}~{TURNS}")

    def _send(self, request: PaymentRequest, idempotency_key: str) -> PaymentReply:
        key: Any = {"idempotency_key": idempotency_key}
        intents = self._client.v1.payment_intents
        if request.operation in ("hold", "charge"):
            wallet = read_stripe(next(iter(self._wallets(request.subject)), ""))
            if wallet is None:
                return reply_to(request, "declined", why="no-wallet")
            params: Any = {
                "amount": request.amount_minor,
                "currency": request.currency.lower(),
                "customer": wallet.customer,
                "payment_method": wallet.method,
                "payment_method_types": ["card"],
                "confirm": True,
                "off_session": True,
                "capture_method": "manual" if request.operation == "hold" else "automatic",
                "metadata": self._metadata(request),
                "expand": EXPAND,
            }
            return self._of_intent(request, intents.create(params, key))
        name = request.reference or self._name_of(request)
        if not name:
            outcome: PaymentOutcome = "approved" if request.operation == "release" else "declined"
            return reply_to(request, outcome, why="" if outcome == "approved" else "expired")
        if request.operation == "capture":
            taken: Any = {"amount_to_capture": request.amount_minor, "metadata": {"capture": request.key}}
            taken["expand"] = EXPAND
            return self._of_intent(request, intents.capture(name, taken, key))
        if request.operation == "release":
            return self._of_intent(request, intents.cancel(name, {}, key))
        refund: Any = {"payment_intent": name, "amount": request.amount_minor, "metadata": self._metadata(request)}
        return self._of_refund(request, self._client.v1.refunds.create(refund, key))

    def _look_up(self, request: PaymentRequest) -> PaymentReply:
        if request.operation in ("hold", "charge"):
            intent = self._known(request.reference) or self._find(request, request.key)
            return self._of_intent(request, intent) if intent is not None else reply_to(request, "absent")
        if request.operation == "refund":
            return self._look_up_refund(request)
        intent = self._known(request.reference) or self._find(request, request.of)
        return self._of_intent(request, intent) if intent is not None else reply_to(request, "absent")

    def _look_up_refund(self, request: PaymentRequest) -> PaymentReply:
        if request.reference.startswith("re_"):
            return self._of_refund(request, self._client.v1.refunds.retrieve(request.reference))
        name = request.reference or self._name_of(request)
        given = self._client.v1.refunds.list({"payment_intent": name, "limit": 100}) if name else None
        for refund in given.auto_paging_iter() if given is not None else ():
            if metadata_of(refund).get("tebura") == request.key:
                return self._of_refund(request, refund)
        return reply_to(request, "absent")

    def _refused(self, request: PaymentRequest, error: stripe.StripeError) -> PaymentReply:
        """A refusal, which the payment itself may contradict: what we ask for was done before."""
        told = as_dict(error)
        intent, code = told.get("payment_intent"), told.get("code")
        if request.operation in ("capture", "release") and code == "payment_intent_unexpected_state":
            name = intent["id"] if isinstance(intent, dict) else request.reference
            return self._of_intent(request, self._retrieved(name))
        if request.operation == "refund" and code == "charge_already_refunded":
            before = self._look_up_refund(request)
            if before.outcome != "absent":
                return before
        if code == "resource_missing" and request.operation in ("capture", "release", "refund"):
            return reply_to(request, "declined", why="expired" if request.operation != "refund" else "refused")
        reference = intent["id"] if isinstance(intent, dict) else ""
        if isinstance(intent, dict):
            self._saw(reference, intent.get("status"))
        return reply_to(request, "declined", reference, why=why_declined(told))

    # --- finding ----------------------------------------------------------------------------------------------------

    def _name_of(self, request: PaymentRequest) -> str:
        """Stripe's name of the payment that a request is about; empty where there is none."""
        intent = self._find(request, request.of)
        return intent.id if intent is not None else ""

    def _find(self, request: PaymentRequest, key: str) -> stripe.PaymentIntent | None:
        """The payment with a key, of whichever customer the member has been."""
        wallets = [wallet for text in self._wallets(request.subject) if (wallet := read_stripe(text))]
        for customer in dict.fromkeys(wallet.customer for wallet in wallets):
            asked: Any = {"customer": customer, "limit": 100, "expand": [f"data.{path}" for path in EXPAND]}
            if request.asked_s and key == request.key:
                asked["created"] = {"gte": int(request.asked_s - CLOCKS_S)}
            try:
                listed = self._client.v1.payment_intents.list(asked)
            except stripe.InvalidRequestError as error:
                if as_dict(error).get("code") == "resource_missing":
                    continue  # a customer of another account, or of test mode
                raise
            for count, intent in enumerate(listed.auto_paging_iter()):
                if metadata_of(intent).get("tebura") == key:
                    return intent
                if count > 100 * PAGES:
                    raise Contrary(f"{request.subject} has too many payments to find {key}: look in Stripe's Dashboard")
        return None

    def _known(self, reference: str) -> stripe.PaymentIntent | None:
        """A payment by its name; None where it is not there."""
        try:
            return self._retrieved(reference) if reference else None
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise

    def _retrieved(self, name: str) -> stripe.PaymentIntent:
        return self._client.v1.payment_intents.retrieve(name, {"expand": EXPAND})

    # --- news -------------------------------------------------------------------------------------------------------

    def _now(self, kind: str, name: str) -> list[PaymentReply]:
        """What is to be told of something that has changed: nothing where it is not ours."""
        if kind == "refund":
            refund = self._client.v1.refunds.retrieve(name)
            asked = self._asked("refund", "tebura", refund)
            return [self._of_refund(asked, refund)] if asked is not None else []
        intent = self._retrieved(name)
        if intent.capture_method != "manual":
            operation: PaymentOperation = "charge"
        else:
            operation = "capture" if intent.status == "succeeded" else "hold"
        asked = self._asked(operation, "capture" if operation == "capture" else "tebura", intent)
        if asked is None:
            return []
        if kind == "dispute":
            return [reply_to(asked, "declined", intent.id, why="charged-back")]
        return [self._of_intent(asked, intent)]

    def _asked(
        self, operation: PaymentOperation, named: str, about: stripe.PaymentIntent | stripe.Refund
    ) -> PaymentRequest | None:
        """What it once was asked for by, as its metadata say; None where another shop or nobody's did."""
        metadata = metadata_of(about)
        if metadata.get("store") != self._store or not metadata.get(named):
            return None
        amount = about.amount_received if operation == "capture" and isinstance(about, stripe.PaymentIntent) else 0
        return PaymentRequest(
            metadata.get("visit", ""), metadata[named], "", amount, about.currency.upper(), operation=operation
        )

    def _metadata(self, request: PaymentRequest) -> dict[str, str]:
        return {"tebura": request.key, "visit": request.settlement, "store": self._store}


def _at(reply: PaymentReply, when_s: float) -> PaymentReply:
    return msgspec.structs.replace(reply, received_s=when_s, at_s=when_s)


def _keep(memory: dict[Key, Value], key: Key, value: Value) -> None:
    """Remember it as the newest, and forget the oldest."""
    memory.pop(key, None)
    memory[key] = value
    while len(memory) > MOST_TOLD:
        del memory[next(iter(memory))]


def _connected(secret: str, url: str, pay_within_s: float) -> stripe.StripeClient:
    patience = (0.25 * pay_within_s, 0.5 * pay_within_s)
    return stripe.StripeClient(
        secret,
        base_addresses={"api": url} if url else None,
        http_client=stripe.RequestsClient(timeout=patience, session=_own_session(requests.Session())),
        max_network_retries=0,
    )


def _own_session(session: requests.Session) -> requests.Session:
    """A session that follows nobody elsewhere, and that no ``~/.netrc`` gives another password than our key:
    with an authentication of its own it does not look there.
    """
    session.max_redirects = 0
    session.auth = lambda prepared: prepared
    return session
