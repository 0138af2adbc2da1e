"""What an adapter needs of the daemon: somewhere to put what it heard, and somebody to tell its troubles.

Every method may be called from any thread, returns at once and never raises. Adapters hand on payload bytes in the form
of the wire contract and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.told import Sentence


class Inbox(Protocol):
    """The daemon's ear."""

    def now_s(self) -> float:
        """The runtime's time, UNIX seconds: what `hear` stamps with."""

    def hear(self, topic: str, payload: bytes, kept: Callable[[], None] | None = None) -> None:
        """One message of the wire contract, topic as in a recording (``shelf/g1-s1/weight``), received now.

        ``kept`` is called, from another thread, when the message would survive the end of this process.
        """

    def refuse(self, source: str, reason: str, sample: bytes = b"") -> None:
        """Something could not become a message: counted, and logged once per (source, reason) and minute.

        ``source`` is like ``serial/g1-s1``; reasons are few and fixed, ``sample`` shows what it was (it is cut short).
        """

    def trouble(self, source: str, what: Sentence) -> None:
        """What is wrong with a source as of now, for staff to read, with the remedy; ``""``: all is well again.

        Saying the same again is free.
        """
