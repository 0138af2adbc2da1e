"""The address at which a provider's webhooks are taken: an HTTP server with one path, behind whatever the shop's
network has in front of it (a tunnel, a proxy that speaks TLS).

Enters: ``POST /stripe``. Leaves: 200 where the provider believes it to be its own, which rings; 400 where it does not,
404 for everything else. A body is read up to a size, for so long and no longer, whoever sends it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/stripe"
LARGEST = 1 << 20
READ_S = 5.0
STOP_LOOK_S = 0.1


class WebhookDoor:
    """``believed``: body and signature -> whether it is the provider's; ``ring`` is called where it is. `OSError`."""

    def __init__(
        self, listen: str, port: int, believed: Callable[[bytes, str], bool], ring: Callable[[], None]
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = READ_S

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if self.path != PATH or not length.isdecimal() or int(length) > LARGEST:
                    self._say(404)
                    return
                body = self.rfile.read(int(length))
                if not believed(body, self.headers.get("Stripe-Signature", "")):
                    self._say(400)
                    return
                self._say(200)
                ring()

            def _say(self, status: int) -> None:
                self.close_connection = True
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Whoever knocks is nobody's news."""

        self._server = ThreadingHTTPServer((listen, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_LOOK_S,), name="webhooks", daemon=True
        )

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}{PATH}"

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
