"""What the gate may answer to somebody who wants to come in. Reasons are few and fixed: apps know them by name.

``docs/gate.md`` says what each reason means and what an app should tell the shopper; a test keeps the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from edge.records import Role

Reason: TypeAlias = Literal[
    "malformed",
    "unsupported-version",
    "foreign-shop",
    "unknown",
    "revoked",
    "forged",
    "expired",
    "phone-clock-ahead",
    "shop-clock-off",
    "replayed",
    "method-not-accepted",
    "score-too-low",
    "debt",
    "no-hold",
    "payment-away",
]

Shut: TypeAlias = Literal["", "closed", "restocking", "cannot-see", "cannot-weigh", "cannot-keep-books"]
"""Why no shopper may come in at present; empty where they may. Staff may."""

WAITING = "waiting"
"""What a gate says where nothing was refused and something is still missing."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody may come in, with so many people on one cart.

    ``method`` is how they were known, the methods of a pair in alphabetical order with a plus between them.
    ``nonce_key`` names the code that was used up by it, empty where there was none: `remember_used` takes it back.
    """

    subject: str
    role: Role
    method: str
    party: int
    nonce_key: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """So far so good: any of ``methods`` at the same gate until ``until_s`` brings ``subject`` nearer to an entry."""

    subject: str
    methods: tuple[str, ...]
    until_s: float

    @property
    def detail(self) -> str:
        """What is missing, in words."""
        return f"also needed: {' or '.join(self.methods)}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nobody comes in. ``detail`` says in words what is wrong, and on whose side; ``subject`` who it was, if known."""

    reason: Reason | Shut
    detail: str
    subject: str = ""


Answer: TypeAlias = Admission | Waiting | Refusal
