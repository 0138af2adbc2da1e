"""What is watched from outside: Prometheus metrics, and a health page that names the sensor that is late.

An observer of the driver counts what happens; a scrape reads it. Nothing here takes part in a decision.

Buckets are coarse. Where the environment variable TEBURA_TIMINGS names a file, every single time is appended to it, for
`tebura bench --live`: the kind of the message (8 bytes, padded with zeros) and the seconds (a little-endian double).
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge.daemon.shop import Shop, Timing
from edge.payment import NEEDS_STAFF
from edge.records import Effect, LedgerEntry, Publish, Record
from edge.site import Web
from edge.state import State

BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)

STOP_LOOK_S = 0.1
"""So often the page looks whether it is to stop: a stop of the shop waits for it."""

TIMINGS = "TEBURA_TIMINGS"
TIMING = struct.Struct("<8sd")


class Watch:
    """Counts. ``status`` is the last ``runtime/status``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.status: dict[str, object] = {}
        self.said_s: dict[str, float] = {}
        self.messages = Counter("tebura_messages", "Messages stepped.", ["kind"], registry=self.registry)
        self.spent_s = Histogram(
            "tebura_step_seconds", "From a message's arrival to the end of its step.", ["kind"],
            buckets=BUCKETS_S, registry=self.registry,
        )  # fmt: skip
        self.entries = Counter(
            "tebura_ledger_entries", "Entries of the book, by kind.", ["kind"], registry=self.registry
        )
        self.inside = Gauge("tebura_visits_inside", "Visits in progress.", registry=self.registry)
        self.late = Gauge("tebura_sources_late", "Shelves and cameras that say nothing.", registry=self.registry)
        self.age_s = Gauge(
            "tebura_source_age_seconds", "Since a shelf or camera was last heard.", ["source"], registry=self.registry
        )
        self.open = Gauge("tebura_open", "1: shoppers may come in.", registry=self.registry)
        self.waiting_for_staff = Gauge(
            "tebura_visits_waiting", "Visits that wait for a person to decide, by state.", ["state"],
            registry=self.registry,
        )  # fmt: skip
        self.troubles = Gauge("tebura_troubles", "Things that are wrong.", registry=self.registry)
        self.refused = Gauge(
            "tebura_refused", "What could not be used, by source and reason.", ["source", "reason"],
            registry=self.registry,
        )  # fmt: skip
        self.waiting = Gauge("tebura_waiting_messages", "Messages nobody has looked at yet.", registry=self.registry)
        self.unwritten = Gauge("tebura_unwritten_entries", "Entries that wait for the disk.", registry=self.registry)
        self.unrecorded = Gauge(
            "tebura_unrecorded_messages", "Messages that the disk did not take.", registry=self.registry
        )
        self._kinds: dict[str, tuple[Any, Any]] = {}
        path = os.environ.get(TIMINGS)
        self._timings = open(path, "ab") if path else None  # noqa: SIM115 - open as long as the process

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, LedgerEntry):
                self.entries.labels(effect.kind).inc()
            elif isinstance(effect, Publish) and effect.topic == "runtime/status":
                self.status = effect.payload

    def timed(self, timing: Timing) -> None:
        """A message was stepped."""
        kind = timing.topic.rpartition("/")[2]
        pair = self._kinds.get(kind)
        if pair is None:
            pair = self._kinds[kind] = (self.messages.labels(kind), self.spent_s.labels(kind))
        pair[0].inc()
        pair[1].observe(timing.spent_s)
        if self._timings is not None:
            self._timings.write(TIMING.pack(kind.encode(), timing.spent_s))

    def metrics(self, shop: Shop) -> bytes:
        """The whole page, as Prometheus reads it."""
        state, now_s = shop.driver.state, shop.clock.now_s()
        self.inside.set(len(state.door.visits))
        self.late.set(len(state.late))
        self.open.set(self.status.get("state") != "closed")
        self.troubles.set(len(state.troubles))
        self.waiting.set(shop.ear.waiting)
        waiting = [s for s in list(state.settlements.values()) if s.state in NEEDS_STAFF]
        for word in NEEDS_STAFF:
            self.waiting_for_staff.labels(word).set(sum(s.state == word for s in waiting))
        self.unwritten.set(shop.live_book.waiting)
        self.unrecorded.set(shop.recorder.lost)
        for source, heard_s in list(state.heard_s.items()):
            self.age_s.labels(source).set(max(0.0, now_s - heard_s))
        for (source, reason), count in list(shop.ear.refused.items()):
            self.refused.labels(source, reason).set(count)
        return generate_latest(self.registry)

    def health(self, shop: Shop) -> dict[str, object]:
        """What ``/healthz`` says: the status, and how long ago each late sensor was heard."""
        state, now_s = shop.driver.state, shop.clock.now_s()
        late = {
            source: round(now_s - state.heard_s[source], 1) if source in state.heard_s else None
            for source in sorted(state.late)
        }
        return {
            **self.status,
            "late": late,
            "uptime_s": round(shop.uptime_s, 1),
            "heard": shop.heard,
            "money": shop.provider.caveat,
        }


class WatchPage:
    """Serves ``/healthz`` (200 while shoppers may come in, else 503) and ``/metrics``."""

    def __init__(self, settings: Web, watch: Watch, shop: Shop) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    self._send(200, CONTENT_TYPE_LATEST, watch.metrics(shop))
                elif self.path == "/healthz":
                    health = watch.health(shop)
                    code = 503 if health.get("state") == "closed" else 200
                    self._send(code, "application/json", msgspec.json.encode(health) + b"\n")
                else:
                    self._send(404, "text/plain", b"There are /healthz and /metrics.\n")

            def _send(self, code: int, kind: str, body: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Requests are nobody's news."""

        self._server = ThreadingHTTPServer((settings.listen, settings.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_LOOK_S,), name="watch-page", daemon=True
        )

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
