"""Passwords of staff: which are taken, how they are kept, whether one is right.

Enters: what somebody typed. Leaves: an argon2id hash with its own salt, in PHC form. Refuses what is guessed first,
with a sentence that helps. A hash costs 19 MiB and about 20 ms (OWASP's smallest setting for argon2id): the shop runs
beside it, and guessing is stopped by waiting (`edge.web.staff`). Two at a time, whoever asks: nobody fills the memory.
"""

from __future__ import annotations

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
FEWEST_SIGNS = 5

COMMON: Final = frozenset({
    "123456789012", "1234567890123", "1q2w3e4r5t6y", "abcdefghijkl", "administrator", "changeme1234", "iloveyou1234",
    "letmein12345", "password1234", "password12345", "passwordpassword", "qwertyuiop12", "qwertyuiop123",
    "qwertyuiopas", "welcome12345", "teburatebura", "konbinikonbini",
})  # fmt: skip
"""What is tried first of those that are long enough."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY: Final = _HASHER.hash("nobody has this one")
_AT_ONCE: Final = threading.BoundedSemaphore(2)


class WeakPassword(ValueError):
    """A password that is not taken; the message says which one would be."""


def hashed(password: str, name: str) -> str:
    """What is kept of a new password of ``name``. `WeakPassword`, where it is guessed too easily."""
    fault = fault_of(password, name)
    if fault:
        raise WeakPassword(fault)
    with _AT_ONCE:
        return _HASHER.hash(_plain(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one that is kept; None, where nobody is: as slow as for somebody."""
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _NOBODY, _plain(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def fault_of(password: str, name: str) -> str:
    """Why a password is not taken; empty where it is."""
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        return (
            f"a password has {SHORTEST} to {LONGEST} characters, not {len(plain)}. Four words in a row make a good one"
        )
    if len(set(plain)) < FEWEST_SIGNS or plain.casefold() in COMMON:
        return "this password is among the first that are guessed. Four words in a row make a good one"
    if name.casefold() in plain.casefold():
        return "a name is no part of its own password. Four words in a row make a good one"
    return ""


def _plain(password: str) -> str:
    """The same on every keyboard: composed signs have one form."""
    return unicodedata.normalize("NFC", password)
