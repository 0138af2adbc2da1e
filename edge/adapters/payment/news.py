"""Which of Stripe's objects have changed since somebody last looked: its events, asked for or delivered.

Enters: ``GET /v1/events``, webhooks. Leaves: kinds and names of what changed, each once a look. Refuses: a webhook that
is not signed with the endpoint's secret, or was more than five minutes ago.

Events come in any order and more than once, so that only *that* something changed is taken from them. How far they were
read stands in a file; it is written at the next look, when what followed from the last one has long been recorded. So
after a kill some are read twice, and none is missed; nor is it where something fails between `since_last` and `done`.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import stripe

TYPES: Final = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
]
KINDS: Final = {"payment_intent": "payment", "refund": "refund", "dispute": "dispute"}

TOLERANCE_S: Final = 300
OVERLAP_S: Final = 600
"""Events of so long before the newest are looked at again: one may turn up behind a later one."""
MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class Change:
    """``payment``, ``refund`` or ``dispute``, and the name of the payment or refund to look at."""

    kind: str
    name: str


class Cursor(msgspec.Struct):
    """How far: the time of the newest event, and the ids of those that were seen shortly before it."""

    newest: int = 0
    seen: tuple[tuple[str, int], ...] = ()


class Events:
    """``since_last`` is for one thread, ``hear`` for any."""

    def __init__(self, client: stripe.StripeClient, path: Path | None) -> None:
        self._client, self._path = client, path
        self._lock = threading.Lock()
        self._heard: list[Change] = []
        self._taken = 0
        self._cursor = self._next = self._saved = _read(path)

    def since_last(self) -> list[Change]:
        """What changed, and is told again until somebody says `done`. The first look of all only finds out where to
        begin. `stripe.StripeError`, `OSError`.
        """
        self._save()
        listed = self._listed()
        with self._lock:
            self._taken = len(self._heard)
            return list(dict.fromkeys([*self._heard, *listed]))

    def done(self) -> None:
        """What `since_last` told is dealt with."""
        with self._lock:
            del self._heard[: self._taken]
        self._cursor, self._taken = self._next, 0

    def hear(self, body: bytes, signature: str, secret: str) -> bool:
        """A webhook; whether it is Stripe's. What it says is told by the next look."""
        try:
            event = self._client.construct_event(body, signature, secret, TOLERANCE_S)
        except (ValueError, stripe.SignatureVerificationError):
            return False
        with self._lock:
            self._heard += [change] if (change := _change(event)) is not None else []
        return True

    def _listed(self) -> list[Change]:
        begin = self._cursor
        asked: Any = {"limit": 1}
        if begin.newest:
            asked = {"limit": 100, "types": TYPES, "created": {"gte": max(0, begin.newest - OVERLAP_S)}}
        seen = dict(begin.seen)
        fresh: list[stripe.Event] = []
        page = self._client.v1.events.list(asked)
        for event in page.auto_paging_iter() if begin.newest else page:
            if len(fresh) >= MOST:
                break
            if event.id not in seen:
                fresh.append(event)
        newest = max([begin.newest, 1, *(event.created for event in fresh)])
        seen |= {event.id: event.created for event in fresh}
        kept = tuple((name, at) for name, at in seen.items() if at >= newest - OVERLAP_S)
        self._next = Cursor(newest, kept)
        return [change for event in reversed(fresh) if begin.newest and (change := _change(event)) is not None]

    def _save(self) -> None:
        """Where the last look ended: by now everything that followed from it is recorded. `OSError`."""
        if self._path is None or self._cursor is self._saved:
            return
        half = self._path.with_suffix(".new")
        half.write_bytes(msgspec.json.encode(self._cursor))
        os.replace(half, self._path)
        self._saved = self._cursor


def _change(event: stripe.Event) -> Change | None:
    about: Any = event.data.object
    kind = KINDS.get(about["object"])
    if event.type not in TYPES or kind is None:
        return None
    name = about["payment_intent"] if kind == "dispute" else about["id"]
    return Change(kind, name) if isinstance(name, str) else None


def _read(path: Path | None) -> Cursor:
    """Where the last look ended; from now on where the file is missing or broken."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Cursor) if path is not None else Cursor()
    except (FileNotFoundError, msgspec.DecodeError):
        return Cursor()
