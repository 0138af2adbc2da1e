"""Idempotency keys, bound to the parameters that they came with first.

A key that comes again with the same request gets the stored answer, a decline or a 500 included; with another request
it is refused (400), while the first is being worked on it is a conflict (409). What was refused because it cannot be
(other 4xx) is not stored. Keys are forgotten on demand: Stripe may do so after 24 hours, and then the same key is a new
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.providers.refusal import Refusal

LONGEST = 255


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer, and what it answered."""

    request: str
    status: int
    body: dict[str, Any]


class Keys:
    """All keys that are remembered. Not for several threads at once: the server has the lock."""

    def __init__(self) -> None:
        self.stored: dict[str, Stored] = {}
        self.working: dict[str, str] = {}

    def begin(self, key: str, request: str) -> Stored | None:
        """The stored answer, or None: then the key is being worked on until `end`. `Refusal` as above."""
        if len(key) > LONGEST:
            raise Refusal(400, f"Idempotency keys have at most {LONGEST} characters", kind="idempotency_error")
        known = self.stored.get(key)
        if (known.request if known else self.working.get(key, request)) != request:
            what = "Keys for idempotent requests can only be used with the same parameters they were first used with"
            raise Refusal(400, what, kind="idempotency_error")
        if known is not None:
            return known
        if key in self.working:
            what = "There is currently another in-progress request using this key"
            raise Refusal(409, what, "idempotency_key_in_use", kind="idempotency_error")
        self.working[key] = request
        return None

    def end(self, key: str) -> None:
        """Nobody works on it any more."""
        self.working.pop(key, None)

    def keep(self, key: str, answer: Stored) -> bool:
        """Whether such an answer is stored, and then it is."""
        if answer.status < 300 or answer.status == 402 or answer.status >= 500:
            self.stored[key] = answer
            return True
        return False
