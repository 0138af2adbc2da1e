"""``[payment]`` of ``site.toml``: who is asked for money, and where the secret lies that opens their door.

Enters: the section, the store's currency and patience, files with secrets. Leaves: settings, and secrets to those who
connect. Refuses: a provider whose secret is nowhere, or lies open to everybody on this PC; an address that would carry
it in the clear; a package that is missing; a currency that the provider counts otherwise than we do.

Secrets never stand in ``site.toml`` itself, which people copy and show around.
"""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from edge.store import Fault, Store
from edge.store.currency import digits_of
from edge.store.environment import Section

FILE: Final = "site.toml"
CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what ``LoadCredential=`` names; only the service itself is told."""

HOME: Final = frozenset({"127.0.0.1", "::1", "localhost"})
UNLIKE_ISO: Final = frozenset({"ISK", "MGA", "UGX"})
"""Stripe counts these in other minor units than ISO 4217, and those of three digits in tens."""

NAMES: Final = "Write it into a file that only the shop's user may read (chmod 600), and name that"

Ability = Literal["hold", "partial_capture", "capture_above", "refund"]


class Payment(Section):
    """``[payment]``: who is asked for money."""

    provider: Literal["local", "stripe", "http"] = "local"
    latency_s: Annotated[float, Field(ge=0.0, le=60.0)] = 0.2
    """Of `local`: how long it takes."""
    tab: bool = False
    """Of `local`: what is charged goes on the member's tab, which is settled by the month."""
    secret_file: Path | None = None
    """A file with the provider's secret and nothing else. ``$CREDENTIALS_DIRECTORY/…`` is what systemd hands over."""
    url: str = ""
    """Of `http`: where the provider's endpoints begin. Of `stripe`: only for a double of it."""
    auth: Literal["bearer", "hmac"] = "bearer"
    """Of `http`: whether the secret is sent along, or signs what is sent."""
    abilities: tuple[Ability, ...] = ()
    """Of `http`: what its provider can do beside charging and being asked about it."""
    hold_days: Annotated[float, Field(gt=0.0, le=366.0)] | None = None
    """Of `http`: how long a hold lasts, where no reply says it."""
    news_s: Annotated[float, Field(ge=1.0, le=86400.0)] = 60.0
    """So often the provider is asked what happened unasked."""
    webhook_listen: str = ""
    """Of `stripe`: the address at which its webhooks are taken; empty: news are only asked for."""
    webhook_port: Annotated[int, Field(ge=1, le=65535)] = 8322
    webhook_secret_file: Path | None = None
    """A file with the endpoint's signing secret, ``whsec_…``."""

    @property
    def in_rehearsal(self) -> Payment:
        """What is played in moves no money: only a double of Stripe on this PC is asked for any."""
        return self if self.provider == "stripe" and urlsplit(self.url).hostname in HOME else Payment()


class UnreadableSecret(ValueError):
    """A secret cannot be used; the text says why and what to do, and nothing of the secret."""


def read_secret(path: Path) -> str:
    """What stands in a file, without the end of its line. `UnreadableSecret`."""
    there = located(path)
    if there is None:
        what = f"{path}: systemd has handed nothing over"
        raise UnreadableSecret(f"{what}. Add LoadCredential={path.name}:/where/it/lies to the service")
    try:
        with there.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & stat.S_IRWXO:
                raise UnreadableSecret(f"{there} is open to everybody on this PC. Type: chmod o= {there}")
            text = file.read(10_000).decode("ascii").strip()
    except FileNotFoundError:
        raise UnreadableSecret(f"there is no file {there}. {NAMES}") from None
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        remedy = "Make it readable for the shop's user, and do this as that user"
        raise UnreadableSecret(f"{there} cannot be read ({error.strerror}). {remedy}") from error
    if not text or len(text.split()) != 1:
        raise UnreadableSecret(f"{there} holds no secret: one word of ASCII. Copy it into the file, and nothing else")
    return text


def located(path: Path) -> Path | None:
    """Where a secret lies; None where only systemd's service is told."""
    head, *rest = path.parts
    if head not in (f"${CREDENTIALS}", f"${{{CREDENTIALS}}}"):
        return path
    folder = os.environ.get(CREDENTIALS)
    return Path(folder, *rest) if folder else None


def payment_faults(payment: Payment, store: Store) -> Iterator[Fault]:
    """Everything that keeps a shop from asking its provider for money."""
    if payment.provider == "local":
        if payment.latency_s >= store.policy.pay_within_s:
            what = f"the provider would answer after {payment.latency_s:g} s"
            remedy = f"Write less than the policy's pay_within_s, {store.policy.pay_within_s:g}"
            yield _fault("latency_s", f"{what}, and nobody waits so long for it", remedy)
        return
    if payment.tab:
        what = f"{payment.provider} takes the money itself, and nothing is left for a tab"
        yield _fault("tab", what, 'Write provider = "local", or no tab')
    yield from _secret_faults("secret_file", payment.secret_file, ("sk_", "rk_") if _is_stripe(payment) else ())
    yield from _address_faults(payment)
    if not _is_stripe(payment):
        return
    if importlib.util.find_spec("stripe") is None:
        remedy = "Install it where Tebura is installed: pip install 'tebura[stripe]'"
        yield _fault("provider", "the package stripe is missing", remedy)
    if store.currency in UNLIKE_ISO or digits_of(store.currency) not in (0, 2):
        what = f"Stripe counts {store.currency} in other units than ISO 4217, and this is not built yet"
        yield _fault("provider", what, "Take another provider, or another currency")
    if payment.webhook_listen:
        yield from _secret_faults("webhook_secret_file", payment.webhook_secret_file, ("whsec_",))


def _is_stripe(payment: Payment) -> bool:
    return payment.provider == "stripe"


def _secret_faults(key: str, path: Path | None, beginnings: tuple[str, ...]) -> Iterator[Fault]:
    if path is None:
        yield _fault(key, "is missing: nobody gets in without a secret", f'{NAMES}: {key} = "…"')
        return
    if located(path) is None:
        return  # only the service can look
    try:
        secret = read_secret(path)
    except UnreadableSecret as error:
        what, _, remedy = str(error).rpartition(". ")
        yield _fault(key, what, remedy)
        return
    if beginnings and not secret.startswith(beginnings):
        what = f"{path} holds something that does not begin with {' or '.join(beginnings)}"
        yield _fault(key, what, "Copy the right one from Stripe's Dashboard: the secret one, not the one for web pages")


def _address_faults(payment: Payment) -> Iterator[Fault]:
    if not payment.url:
        if payment.provider == "http":
            yield _fault("url", "is missing", 'Write where its endpoints begin, like "https://pay.example/tebura"')
        return
    try:
        url = urlsplit(payment.url)
        host, _ = url.hostname, url.port
    except ValueError:
        host, url = None, urlsplit("")
    if url.scheme not in ("http", "https") or not host or url.query or url.fragment or url.username:
        yield _fault("url", f"{payment.url!r} is no address", 'Write it like "https://pay.example/tebura"')
    elif url.scheme == "http" and host not in HOME:
        yield _fault("url", "money and secrets would go over the network in the clear", "Write https://")


def _fault(key: str, what: str, remedy: str) -> Fault:
    return Fault(FILE, f"payment.{key}", what, remedy)
