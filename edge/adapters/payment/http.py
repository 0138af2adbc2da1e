"""Any provider that serves a few endpoints: the contract is docs/payment-http.md.

Enters: a `PaymentRequest`; the member's wallet, by a callable; the shop's secret, which goes along (``bearer``) or
signs what is sent (``hmac``). Leaves: what the provider says, as `PaymentReply`. *Unknown* is everything that does not
say whether it was done: no connection, no answer in time, 429, 5xx, a body that is none. Nothing is sent twice by
itself, nobody is followed elsewhere (3xx), and no answer larger than a megabyte is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from edge.adapters.payment.provider import Abilities, Contrary, KeyReused, Wallets
from edge.records import TAB, PaymentOperation, PaymentOutcome, PaymentReply, PaymentRequest

LARGEST: Final = 1 << 20

THEIRS: Final = "http:"
"""Stands before a reference that would be taken for one of a tab of ours."""

Text = Annotated[str, Meta(max_length=1000)]
Minor = Annotated[int, Meta(ge=0, le=10**15)]


class Asked(msgspec.Struct, omit_defaults=True):
    """The body of ``POST /operations``. Amounts in minor units of ISO 4217; ``asked`` in UNIX seconds."""

    key: str
    operation: PaymentOperation
    visit: str
    amount: int
    currency: str
    asked: float
    wallet: str = ""
    of: str = ""
    reference: str = ""


class Said(msgspec.Struct):
    """What the provider says about an operation: the answer to both, and a line of the news."""

    key: Text
    operation: PaymentOperation
    visit: Text
    outcome: Literal["approved", "declined", "pending"]
    reference: Text = ""
    amount: Minor | None = None
    until: float | None = None
    why: Annotated[str, Meta(max_length=100)] = ""
    fee: int | None = None
    test: bool = False


class News(msgspec.Struct):
    """The body of ``GET /news``. ``cursor``: where the next look begins."""

    cursor: Text
    news: list[Said] = []


class HttpProvider:
    """One provider at ``url``. ``cursor``: a file that remembers how far its news were read."""

    caveat: Final = ""

    def __init__(
        self,
        url: str,
        secret: str,
        wallets: Wallets,
        *,
        signs: bool = False,
        abilities: Abilities | None = None,
        pay_within_s: float = 10.0,
        cursor: Path | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._base = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._secret, self._signs, self._wallets = secret, signs, wallets
        self._timeout_s = 0.4 * pay_within_s
        self._cursor_file = cursor
        self._cursor = self._saved = _read(cursor)
        self.abilities: Final = abilities or Abilities(look_up=True)

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """See `PaymentProvider.answer`. `KeyReused`, `Contrary`."""
        began_s = time.monotonic()
        said = self._look_up(request) if request.look_up else self._carry_out(request)
        return [_reply(request, said, at_s + time.monotonic() - began_s)]

    def news(self, at_s: float) -> list[PaymentReply]:
        """See `PaymentProvider.news`. `ConnectionError` where it cannot be asked."""
        self._save()
        status, body = self._ask("GET", f"/news?since={quote(self._cursor, safe='')}")
        if status != 200:
            raise ConnectionError(f"the payment provider does not tell its news (status {status})")
        try:
            told = msgspec.json.decode(body, type=News)
        except msgspec.DecodeError as error:
            raise ConnectionError(f"the payment provider tells no news that anybody can read ({error})") from error
        self._cursor = told.cursor
        return [
            PaymentReply(
                at_s, at_s, said.visit, said.outcome, _as_ours(said.reference), said.key, said.operation, said.amount,
                said.until, said.why, said.fee, said.test,
            )
            for said in told.news
        ]  # fmt: skip

    # --- asking -----------------------------------------------------------------------------------------------------

    def _carry_out(self, request: PaymentRequest) -> Said | str:
        """What it says, or why nobody knows."""
        wallet = next(iter(self._wallets(request.subject)), "")
        if not wallet and request.operation in ("hold", "charge"):
            return _declined(request, "no-wallet")
        asked = Asked(
            request.key, request.operation, request.settlement, request.amount_minor, request.currency,
            request.asked_s, wallet, request.of, _as_theirs(request.reference),
        )  # fmt: skip
        status, body = self._ask("POST", "/operations", msgspec.json.encode(asked), {"Idempotency-Key": request.key})
        if status == 409:
            raise KeyReused(f"key {request.key} stands for another payment at the provider")
        return _said(request, status, body)

    def _look_up(self, request: PaymentRequest) -> Said | str:
        status, body = self._ask("GET", f"/operations/{quote(request.key, safe='')}")
        return "absent" if status == 404 and _is_ours(body) else _said(request, status, body)

    def _ask(
        self, method: str, path: str, body: bytes = b"", more: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body; status 0 where there is none in time, however slowly it drips."""
        line = self._line()
        path = self._base + path
        clock = threading.Timer(2.0 * self._timeout_s, _hang_up, (line,))
        try:
            line.connect()
            clock.start()
            headers = {"Content-Type": "application/json", **self._authorized(method, path, body), **(more or {})}
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            said = answer.read(LARGEST + 1)
            return (answer.status, said) if len(said) <= LARGEST else (0, b"")
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            clock.cancel()
            line.close()

    def _line(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)

    def _authorized(self, method: str, path: str, body: bytes) -> dict[str, str]:
        if not self._signs:
            return {"Authorization": f"Bearer {self._secret}"}
        return {"Tebura-Signature": signature(self._secret, method, path, body, int(time.time()))}

    def _save(self) -> None:
        """Where the last look ended: by now everything that followed from it is recorded. `OSError`."""
        if self._cursor_file is None or self._cursor == self._saved:
            return
        half = self._cursor_file.with_suffix(".new")
        half.write_text(self._cursor, encoding="utf-8")
        os.replace(half, self._cursor_file)
        self._saved = self._cursor


def _hang_up(line: http.client.HTTPConnection) -> None:
    """From another thread: whoever reads there reads no more."""
    with contextlib.suppress(OSError, AttributeError):  # it has ended meanwhile
        line.sock.shutdown(socket.SHUT_RDWR)


def signature(secret: str, method: str, path: str, body: bytes, at_s: int) -> str:
    """``t=…,v1=…``: HMAC-SHA256 over time, method, path and body, a line each; ``path`` with its query."""
    told = f"{at_s}\n{method}\n{path}\n".encode() + body
    return f"t={at_s},v1={hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()}"


def _said(request: PaymentRequest, status: int, body: bytes) -> Said | str:
    """What an answer says, or why nobody knows. `Contrary` where it is about something else."""
    if status in (401, 403):
        return "key"
    if status == 429:
        return "busy"
    if status != 200:
        return "fault" if status else "away"
    try:
        said = msgspec.json.decode(body, type=Said)
    except msgspec.DecodeError:
        return "fault"
    if (said.key, said.operation) != (request.key, request.operation):
        raise Contrary(f"asked about {request.key}, the payment provider speaks of {said.key}")
    return said


def _is_ours(body: bytes) -> bool:
    """Whether the contract's own 404 says so, and not some proxy on the way that knows nothing of it."""
    try:
        told: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return isinstance(told, dict) and told.get("outcome") == "absent"


def _declined(request: PaymentRequest, why: str) -> Said:
    return Said(request.key, request.operation, request.settlement, "declined", why=why)


def _as_ours(reference: str) -> str:
    return f"{THEIRS}{reference}" if reference.startswith(TAB) else reference


def _as_theirs(reference: str) -> str:
    theirs = reference.removeprefix(THEIRS)
    return theirs if theirs.startswith(TAB) else reference


def _reply(request: PaymentRequest, said: Said | str, when_s: float) -> PaymentReply:
    if isinstance(said, str):
        outcome: PaymentOutcome = "absent" if said == "absent" else "unknown"
        why = "" if outcome == "absent" else said
        return PaymentReply(
            when_s, when_s, request.settlement, outcome, key=request.key, operation=request.operation, why=why
        )
    return PaymentReply(
        when_s, when_s, request.settlement, said.outcome, _as_ours(said.reference), request.key, request.operation,
        said.amount, said.until, said.why, said.fee, said.test,
    )  # fmt: skip


def _read(path: Path | None) -> str:
    try:
        return path.read_text(encoding="utf-8") if path is not None else ""
    except FileNotFoundError:
        return ""
