"""Events that a double of Stripe sends by itself, signed; once, twice, or in the wrong order.

Enters: events, and an address that takes them. Leaves: POSTs whose ``Stripe-Signature`` is HMAC-SHA256 over the time,
a point and the body. Whoever does not answer 2xx is tried again, three times as in test mode.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

TRIES = 3


def signature(body: bytes, secret: str, at_s: float) -> str:
    """What stands in ``Stripe-Signature``."""
    told = f"{int(at_s)}.".encode() + body
    return f"t={int(at_s)},v1={hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()}"


class Webhooks:
    """One endpoint. ``twice``: every event comes again; ``backwards``: those of one change in the other order;
    ``late_s``: the signature says that they were sent so long ago, by this PC's clock.
    """

    def __init__(self) -> None:
        self.url = self.secret = ""
        self.twice = self.backwards = False
        self.late_s = 0.0
        self.answers: list[int] = []
        """The status of every delivery; 0 where nobody answered."""
        self._due: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def send_to(self, url: str, secret: str) -> None:
        """From now on events go there."""
        self.url, self.secret = url, secret
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
            self._thread.start()

    def tell(self, events: Sequence[dict[str, Any]]) -> None:
        """Events of one change."""
        if not self.url:
            return
        for event in list(reversed(events)) if self.backwards else events:
            for _ in range(2 if self.twice else 1):
                self._due.put(json.dumps(event).encode())

    def stop(self) -> None:
        if self._thread is not None:
            self._due.put(None)
            self._thread.join(5.0)

    def _work(self) -> None:
        while (body := self._due.get()) is not None:
            for _ in range(TRIES):
                status = self._post(body)
                self.answers.append(status)
                if 200 <= status < 300:
                    break

    def _post(self, body: bytes) -> int:
        at_s = time.time() - self.late_s
        url = urlsplit(self.url)
        line = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=2.0)
        try:
            headers = {"Content-Type": "application/json", "Stripe-Signature": signature(body, self.secret, at_s)}
            line.request("POST", url.path or "/", body, headers)
            return line.getresponse().status
        except OSError:
            return 0
        finally:
            line.close()
