"""Who is asked for money: the provider that ``[payment]`` of ``site.toml`` names, with its secret and the wallets.

Enters: the site, the store, the state folder. Leaves: a `PaymentProvider`. Refuses (`OSError`) what `tebura check`
tells as a fault, should it have come about since, and what only the service itself can see.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.adapters.payment.local import LocalProvider
from edge.adapters.payment.provider import Abilities, PaymentProvider
from edge.adapters.payment.wallets import read_stripe, wallets_in
from edge.adapters.payment.webhooks import WebhookDoor
from edge.paying import Payment, UnreadableSecret, read_secret
from edge.store import Store

PAYMENTS: Final = "payments.jsonl"
"""In the state folder: what the local provider has decided."""
CURSOR: Final = "payment-news"
"""In the state folder: how far a provider's news were read."""


def provider_of(payment: Payment, store: Store, state_folder: Path) -> PaymentProvider:
    """The provider of a shop. `OSError`."""
    if payment.provider == "local":
        return LocalProvider(latency_s=payment.latency_s, journal=state_folder / PAYMENTS, tab=payment.tab)
    secret = _secret(payment.secret_file)
    wallets, pay_within_s = wallets_in(state_folder), store.policy.pay_within_s
    cursor = state_folder / f"{CURSOR}-{payment.provider}"
    if payment.provider == "http":
        from edge.adapters.payment.http import HttpProvider

        signs, abilities = payment.auth == "hmac", _abilities(payment)
        return HttpProvider(
            payment.url, secret, wallets, signs=signs, abilities=abilities, pay_within_s=pay_within_s, cursor=cursor
        )
    os.environ.pop("STRIPE_LOG", None)  # by it the client would print what is sent, with the wallets in it
    try:
        from edge.adapters.payment.stripe import StripeProvider
    except ModuleNotFoundError as error:
        raise OSError(f"{error.name} is missing: pip install 'tebura[stripe]'") from error
    return StripeProvider(secret, store.id, wallets, pay_within_s=pay_within_s, url=payment.url, cursor=cursor)


def door_of(payment: Payment, provider: PaymentProvider, ring: Callable[[], None]) -> WebhookDoor | None:
    """Where webhooks are taken, if they are. ``ring``: there are news. `OSError`."""
    if payment.provider != "stripe" or not payment.webhook_listen:
        return None
    from edge.adapters.payment.stripe import StripeProvider

    if not isinstance(provider, StripeProvider):
        return None
    secret = _secret(payment.webhook_secret_file)
    try:
        return WebhookDoor(
            payment.webhook_listen,
            payment.webhook_port,
            lambda body, signature: provider.hear(body, signature, secret),
            ring,
        )
    except OSError as error:
        where = f"{payment.webhook_listen}:{payment.webhook_port}"
        remedy = "Set another webhook_port in [payment] of site.toml"
        raise OSError(f"webhooks cannot be taken on {where} ({error.strerror}). {remedy}") from error


def wallet_fault(payment: Payment, wallet: str) -> str:
    """Why this cannot be a way to pay at the provider that is named; empty where it can."""
    if payment.provider == "stripe" and read_stripe(wallet) is None:
        return "this is no wallet of Stripe. Write customer and payment method with a colon between them: cus_…:pm_…"
    return ""


def _abilities(payment: Payment) -> Abilities:
    can = payment.abilities
    return Abilities(
        hold="hold" in can,
        partial_capture="partial_capture" in can,
        capture_above="capture_above" in can,
        refund="refund" in can,
        look_up=True,
        hold_s=payment.hold_days * 86_400.0 if payment.hold_days else None,
    )


def _secret(path: Path | None) -> str:
    if path is None:
        raise OSError("a secret of [payment] is missing. `tebura check` says which")
    try:
        return read_secret(path)
    except UnreadableSecret as error:
        raise OSError(str(error)) from error
