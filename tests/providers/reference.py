"""The smallest provider that keeps the contract of docs/payment-http.md: what others build theirs after.

It holds, captures, charges, releases, gives back, and remembers every operation by its key for ever.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from edge.adapters.payment.http import signature

SECRET = "a-shared-secret"


class ReferenceProvider:
    """``operations``: key -> what was asked and what was said. ``status``: answered instead, once each."""

    def __init__(self, *, signed: bool = False) -> None:
        self.operations: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.news: list[dict[str, Any]] = []
        self.status: list[int] = []
        self.body = b""
        self.lost = 0
        self.names = "ref-"
        self.tries_out = False
        """So many answers get lost when all is done."""
        self.asked: list[str] = []
        self.signed = signed
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.take(self, "GET")

            def do_POST(self) -> None:
                provider.take(self, "POST")

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/tebura"

    def __enter__(self) -> ReferenceProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kept_minor(self) -> int:
        """What the shop has in the end."""
        sign = {"charge": 1, "capture": 1, "refund": -1}
        said = [s for _, s in self.operations.values() if s["outcome"] == "approved"]
        return sum(sign.get(s["operation"], 0) * s["amount"] for s in said)

    # --- the contract -------------------------------------------------------------------------------------------------

    def take(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append(f"{method} {handler.path}")
        status, said = self._answer(handler, method, body)
        if self.lost and method == "POST":
            self.lost -= 1
            handler.close_connection = True
            return
        data = self.body if self.body else json.dumps(said).encode()
        handler.send_response(status)
        if status == 302:
            handler.send_header("Location", "/elsewhere")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _answer(self, handler: BaseHTTPRequestHandler, method: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.status:
            return self.status.pop(0), {}
        if not self._may(handler, method, body):
            return 401, {}
        url = urlsplit(handler.path)
        if method == "POST" and url.path == "/tebura/operations":
            return self._operate(json.loads(body), handler.headers["Idempotency-Key"])
        if url.path == "/tebura/news":
            since = int(parse_qs(url.query).get("since", ["0"])[0] or 0)
            return 200, {"cursor": str(len(self.news)), "news": self.news[since:]}
        key = unquote(url.path.removeprefix("/tebura/operations/"))
        if key in self.operations:
            return 200, self.operations[key][1]
        return 404, {"outcome": "absent"}

    def _may(self, handler: BaseHTTPRequestHandler, method: str, body: bytes) -> bool:
        if not self.signed:
            return hmac.compare_digest(handler.headers.get("Authorization", ""), f"Bearer {SECRET}")
        told = handler.headers.get("Tebura-Signature", "")
        at_s = int(told.partition(",")[0].removeprefix("t=") or 0)
        fresh = abs(time.time() - at_s) < 300
        return fresh and hmac.compare_digest(told, signature(SECRET, method, handler.path, body, at_s))

    def _operate(self, asked: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        assert key == asked["key"]
        if key in self.operations:
            before, said = self.operations[key]
            return (200, said) if before["amount"] == asked["amount"] else (409, {})
        said = {name: asked[name] for name in ("key", "operation", "visit", "amount")}
        said |= {"test": True} if self.tries_out else {}
        said |= {"outcome": "approved", "reference": f"{self.names}{len(self.operations)}"}
        if asked["operation"] in ("hold", "charge") and asked["wallet"] == "empty":
            said |= {"outcome": "declined", "why": "insufficient"}
        if asked["operation"] == "hold":
            said["until"] = time.time() + 86_400
        self.operations[key] = asked, said
        return 200, said
