"""Webhooks: what happened is told to whoever asked for it, signed, again and again until it got through.

Enters: the register of the feed, the projection. Leaves: ``POST`` requests with a CloudEvents batch, in the form of
Standard Webhooks 1.0 (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``). Each receiver has a thread while
it is told something, so that one that hangs delays nobody else; it has `PATIENCE_S` in all, however slowly it drips.
Redirects are not followed: a secret would go with them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.insight.cloudevents import BATCH
from edge.insight.events import FILE as EVENTS
from edge.insight.feed import FILE, Feed, Parcel, Receiver, UnusableFeed
from edge.insight.keeping import Insight, UnusableInsight
from edge.told import NOTHING, Sentence, joined, phrase, told

PATIENCE_S: Final = 10.0
LOOK_S: Final = 2.0
"""So often it is looked whether somebody has to be told something."""
GONE: Final = 410
"""The receiver wants nothing more, says Standard Webhooks."""

WHY: Final = phrase("the webhook {name} was given up: {why}. When it works again: tebura feed resume {name}")


def signature(secret: str, name: str, at_s: int, body: bytes) -> str:
    """``v1,…`` of Standard Webhooks: HMAC-SHA256 of id, timestamp and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{name}.{at_s}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def send(receiver: Receiver, parcel: Parcel, at_s: float) -> tuple[str, bool]:
    """(Why it did not get through; empty where it did, whether the receiver wants nothing more)."""
    there, stamp = urlsplit(receiver.url), int(at_s)
    headers = {
        "Content-Type": BATCH, "User-Agent": "tebura", "webhook-id": parcel.id, "webhook-timestamp": str(stamp),
        "webhook-signature": signature(receiver.secret, parcel.id, stamp, parcel.body),
    }  # fmt: skip
    path = (there.path or "/") + (f"?{there.query}" if there.query else "")
    line = _line(there.scheme, there.hostname or "", there.port)
    late = threading.Event()
    clock = threading.Timer(PATIENCE_S, _cut, (line, late))
    clock.daemon = True
    clock.start()
    try:
        line.request("POST", path, parcel.body, headers)
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        what = f"it did not answer within {PATIENCE_S:g} s" if late.is_set() else str(error) or type(error).__name__
        return what, False
    finally:
        clock.cancel()
        line.close()
    if 200 <= status < 300:
        return "", False
    return f"it answered {status}", status == GONE


def _line(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=PATIENCE_S, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=PATIENCE_S)


def _cut(line: http.client.HTTPConnection, late: threading.Event) -> None:
    """The time is over, whatever is still dripping in."""
    late.set()
    if line.sock is not None:
        with suppress(OSError):
            line.sock.shutdown(socket.SHUT_RDWR)


class Hooks:
    """Tells everybody who is due, until it is closed. ``trouble``: whom was given up, for staff; nothing: nobody."""

    def __init__(
        self, folder: Path, store: str, now_s: Callable[[], float], trouble: Callable[[Sentence], None],
        look_s: float = LOOK_S,
    ) -> None:  # fmt: skip
        self._folder, self._store, self._now_s, self._trouble, self._look_s = folder, store, now_s, trouble, look_s
        self._telling: dict[str, threading.Thread] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """What is on its way stays in the outbox: nobody waits for a receiver."""
        self._stop.set()
        self._thread.join(timeout=PATIENCE_S)

    def _work(self) -> None:
        while not self._stop.wait(self._look_s):
            with suppress(UnusableFeed, UnusableInsight):
                self._look()

    def _look(self) -> None:
        """Begin to tell everybody who is due and is not being told something already."""
        if not (self._folder / FILE).is_file():
            return
        with Feed(self._folder / FILE) as feed:
            everybody, due = feed.receivers(), feed.due(self._now_s())
        given_up = [told(WHY, name=r.name, why=r.why) for r in everybody if r.disabled]
        self._trouble(joined(*given_up) if given_up else NOTHING)
        self._telling = {name: thread for name, thread in self._telling.items() if thread.is_alive()}
        for receiver in due:
            if receiver.name not in self._telling:
                thread = threading.Thread(target=self._tell, args=(receiver.name,), daemon=True)
                self._telling[receiver.name] = thread
                thread.start()

    def _tell(self, name: str) -> None:
        """One parcel after the other, while they get through."""
        with suppress(UnusableFeed, UnusableInsight):
            while not self._stop.is_set() and tell(self._folder, self._store, name, self._now_s):
                pass


def tell(folder: Path, store: str, name: str, now_s: Callable[[], float]) -> bool:
    """One parcel to one receiver; whether it got through, and there may be more."""
    with Feed(folder / FILE) as feed, Insight(folder / EVENTS) as insight:
        receiver = next((r for r in feed.due(now_s()) if r.name == name), None)
        parcel = feed.parcel(receiver, store, insight) if receiver is not None else None
        if receiver is None or parcel is None:
            return False
        why, gone = send(receiver, parcel, now_s())
        if why:
            feed.failed(name, why, now_s(), gone=gone)
        else:
            feed.arrived(name, parcel, now_s())
        return not why
