"""A double of Stripe on 127.0.0.1: the official client talks to it as to the real one.

Enters: HTTP requests of a client, and what `behave` and the paths below ``/double`` ask for. Leaves: answers, events,
signed webhooks. What was done is in the journal before it is answered (`simulator.providers.journal`), so that a double
that was killed in between, and is started again on the same journal, knows more than whoever asked it.

For tests in other processes, as JSON and without a key: ``POST /double/behave`` (a `Misdeed`), ``/double/forget``
(all keys), ``/double/pass`` (``{"seconds": …}``: its clock goes on, and holds end), ``/double/refund`` and
``/double/dispute`` (what banks do); ``GET /double/books``.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from simulator.providers.books import Object, StripeBooks
from simulator.providers.form import read_form
from simulator.providers.journal import Journal
from simulator.providers.keys import Keys, Stored
from simulator.providers.misdeeds import UNDONE, Misdeed, Misdeeds
from simulator.providers.refusal import Refusal
from simulator.providers.routes import carry_out
from simulator.providers.webhooks import Webhooks

KEY = "sk_test_tebura"
"""The secret key that it accepts."""

LARGEST = 1 << 20
"""Bytes of a request."""


class StripeDouble:
    """One provider, from `start` to `stop`. ``now_s``: its clock, UNIX seconds; ``key``: whom it listens to;
    ``latency_s`` says how long the next answer takes, one half of it before and one after what is done for it.
    """

    def __init__(
        self,
        journal: Path | None = None,
        *,
        port: int = 0,
        key: str = KEY,
        now_s: Callable[[], float] = time.time,
        latency_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.books, self.keys, self.misdeeds = StripeBooks(), Keys(), Misdeeds()
        self.requests: list[str] = []
        """Everything that it was asked, as ``POST /v1/refunds``."""
        self.sent_keys: list[str] = []
        """The idempotency key of every POST, in their order."""
        self.webhooks = Webhooks()
        self._now_s, self._ahead_s = now_s, 0.0
        self._latency_s = latency_s
        self._journal, self._key = Journal(journal), key
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._remember()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stripe double")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> StripeDouble:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.webhooks.stop()

    def __enter__(self) -> StripeDouble:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- what tests do with it ---------------------------------------------------------------------------------------

    def behave(self, deed: Any, on: str = "", times: int = 1, seconds: float = 1.0) -> None:
        """The next ``times`` requests that begin with ``on`` go wrong so."""
        self.misdeeds.add(Misdeed(deed, on, times, seconds))

    def forget_keys(self) -> None:
        """As Stripe may after 24 hours."""
        with self._lock:
            self.keys.stored.clear()
            self._write({"forgotten": True})

    def pass_s(self, seconds: float) -> None:
        """Its clock goes on, and holds whose time is over end."""
        with self._lock:
            self._ahead_s += seconds
            self.books.expire(self.now_s)
            self._commit({"ahead_s": self._ahead_s})

    def bank(self, deed: Callable[[StripeBooks, float], object]) -> None:
        """Something that a bank or a cardholder does to the books."""
        with self._lock:
            deed(self.books, self.now_s)
            self._commit({})

    def of(self, kind: str) -> list[Object]:
        """Its objects of a kind, oldest first."""
        with self._lock:
            return [self.books.expanded(one, ()) for one in self.books.of(kind)]

    def customer(self, card: str = "pm_card_visa") -> tuple[str, str]:
        """A customer with a card, as an app would have made them: both their ids."""
        with self._lock:
            customer = self.books.create_customer({}, self.now_s)["id"]
            method = self.books.attach(card, {"customer": customer}, self.now_s)["id"]
            self._commit({})
            return customer, method

    def kept_minor(self) -> int:
        """What the shop has in the end: taken less given back."""
        return sum(c["amount_captured"] - c["amount_refunded"] for c in self.of("charge"))

    @property
    def now_s(self) -> float:
        return self._now_s() + self._ahead_s

    # --- a request ---------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, said: Object, key: str, told: Callable[[Stored, bool], None]) -> None:
        """Do what is asked, write it down, and tell it; or what a misdeed wants of that."""
        self.requests.append(f"{method} {path}")
        if method == "POST":
            self.sent_keys.append(key)
        misdeed = self.misdeeds.take(f"{method} {path}")
        deed = misdeed.deed if misdeed else ""
        half_s = self._latency_s() / 2
        self._closing.wait(half_s)
        request = json.dumps([method, path, said], sort_keys=True)
        stored, begun = None, False
        try:
            if key and method == "POST":
                with self._lock:
                    stored = self.keys.begin(key, request)
                begun = stored is None
            if deed == "slow" and misdeed is not None:
                self._closing.wait(misdeed.seconds)
            answer = stored or self._done(method, path, said, key, request, deed)
        except Refusal as refusal:
            answer = Stored(request, refusal.status, refusal.body)
        finally:
            if begun:
                with self._lock:
                    self.keys.end(key)
        if deed == "die":
            os._exit(9)
        self._closing.wait(half_s)
        if deed in ("hang", "mute"):
            self._closing.wait(misdeed.seconds if misdeed else 0.0)
        if deed in ("drop", "lost", "hang", "mute"):
            raise HungUp
        told(answer if deed != "garbage" else Stored(request, answer.status, {}), stored is not None)

    def _done(self, method: str, path: str, said: Object, key: str, request: str, deed: str) -> Stored:
        with self._lock:
            if deed in UNDONE:
                busy = Refusal(429, "Too many requests", "rate_limit")
                answer = Stored(request, 429, busy.body) if deed == "busy" else _broken(request)
                if deed in ("drop", "hang"):
                    return answer
            else:
                self.books.expire(self.now_s)
                try:
                    answer = Stored(request, 200, carry_out(self.books, method, path, said, self.now_s))
                except Refusal as refusal:
                    answer = Stored(request, refusal.status, refusal.body)
                if deed == "fail-after":
                    answer = _broken(request)
            kept: dict[str, Any] = {}
            if key and method == "POST" and self.keys.keep(key, answer):
                kept = {"key": key, "stored": msgspec.to_builtins(answer)}
            self._commit(kept)
            return answer

    def _commit(self, more: dict[str, Any]) -> None:
        """What has changed, onto the disk; then into the world. With the lock held."""
        changed, self.books.changed = self.books.changed, {}
        if changed or more:
            self._write({"put": list(changed.values()), **more})
        self.webhooks.tell([one for one in changed.values() if one["object"] == "event"])

    def _write(self, line: dict[str, Any]) -> None:
        self._journal.write(line)

    def _remember(self) -> None:
        for line in self._journal.lines():
            for one in line.get("put", ()):
                self.books.objects[one["id"]] = one
            if line.get("forgotten"):
                self.keys.stored.clear()
            if "key" in line:
                self.keys.stored[line["key"]] = Stored(**line["stored"])
            self._ahead_s = line.get("ahead_s", self._ahead_s)

    def may(self, authorization: str) -> bool:
        """Whether a request comes with the secret key."""
        return authorization == f"Bearer {self._key}"

    def obey(self, path: str, said: dict[str, Any]) -> object:
        """What ``/double/…`` asks for. `ValueError`, `KeyError` and `Refusal` for what cannot be."""
        if path == "/double/books":
            with self._lock:
                return list(self.books.objects.values())
        if path == "/double/behave":
            self.misdeeds.add(Misdeed(**said))
        elif path == "/double/forget":
            self.forget_keys()
        elif path == "/double/pass":
            self.pass_s(float(said["seconds"]))
        elif path == "/double/refund":
            self.bank(lambda books, at_s: books.settle_refund(said["id"], said["status"], at_s))
        elif path == "/double/dispute":
            self.bank(lambda books, at_s: books.dispute(said["id"], at_s))
        else:
            raise ValueError(f"there is nothing at {path}")
        return {}


class HungUp(Exception):
    """The connection ends without an answer."""


def _broken(request: str) -> Stored:
    refusal = Refusal(500, "An unexpected error occurred", kind="api_error")
    return Stored(request, 500, refusal.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, double: StripeDouble, port: int) -> None:
        self.double = double
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked may be gone before they are answered; anything else is told on stderr."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def _handle(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            return
        body = self.rfile.read(length).decode()
        url = urlsplit(self.path)
        path = unquote(url.path)
        double = self.server.double
        if path.startswith("/double/"):
            self._admin(path, body)
            return
        if not double.may(self.headers.get("Authorization", "")):
            refusal = Refusal(401, "Invalid API Key provided")
            self._tell(Stored("", 401, refusal.body), replayed=False)
            return
        said = read_form(url.query if method == "GET" else body)
        try:
            key = self.headers.get("Idempotency-Key", "")
            double.answer(method, path, said, key, lambda answer, old: self._tell(answer, replayed=old))
        except HungUp:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _admin(self, path: str, body: str) -> None:
        try:
            told = self.server.double.obey(path, json.loads(body) if body else {})
        except (ValueError, KeyError, TypeError, Refusal) as error:
            self._tell(Stored("", 400, {"error": str(error)}), replayed=False)
            return
        self._tell(Stored("", 200, {"said": told}), replayed=False)

    def _tell(self, answer: Stored, *, replayed: bool) -> None:
        said = json.dumps(answer.body).encode() if answer.body else b"<html>so sorry</html>"
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Request-Id", f"req_{len(self.server.double.requests):014d}")
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Nothing: parameters are nobody's business."""
