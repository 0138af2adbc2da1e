"""While somebody fills shelves: mode restock, from the first who begins until the last is done.

Enters: the state folder, and how to ask the shop. Leaves: the mode that was there before the first of them. Whoever
says another mode meanwhile is right: it is left as it is. A lock that the kernel drops with its process tells who is
still at it, however the others ended.
"""

from __future__ import annotations

import fcntl
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from edge.cli.terminal import refuse, say

NAME = "restock.lock"

OBEYS_S = 5.0
LOOK_S = 0.05

Ask = Callable[[dict[str, Any]], dict[str, Any]]


@contextmanager
def filling(folder: Path, ask: Ask, who: str, options: str) -> Iterator[None]:
    """The shop is being restocked; a hang-up and a polite kill end it like Ctrl-C. ``options`` name it in remedies."""
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _stop)
    with (folder / NAME).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("somebody else fills shelves too: the shop opens again when both are done")
        else:
            lock.truncate(0)
            lock.write(_mode(ask))
            lock.flush()
        fcntl.flock(lock, fcntl.LOCK_SH)
        ask({"do": "mode", "mode": "restock", "by": who})
        _wait(ask)
        try:
            yield
        finally:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("somebody else still fills shelves: the shop stays in mode restock until they are done")
            else:
                lock.seek(0)
                _end(ask, lock.read(), who, options)


def _wait(ask: Ask) -> None:
    """The shop obeys when it comes to it: nobody touches a shelf before."""
    if not _obeys(ask, "restock"):
        refuse("the shop is too busy to close its entry. Try again")


def _obeys(ask: Ask, mode: str) -> bool:
    """Whether the shop comes to a mode that it was asked for, in good time."""
    until_s = time.monotonic() + OBEYS_S
    while _mode(ask) != mode:
        if time.monotonic() > until_s:
            return False
        time.sleep(LOOK_S)
    return True


def _end(ask: Ask, before: str, who: str, options: str) -> None:
    now = _mode(ask)
    if now != "restock":
        say(f"somebody has said {now} meanwhile: so it stays")
    elif before == "restock":
        say(f"the shop was in mode restock before, and stays so. `tebura mode open {options}` lets shoppers in")
    else:
        ask({"do": "mode", "mode": before, "by": who})
        if not _obeys(ask, before):
            say(f"the shop was asked to be {before} again, and is too busy yet. Look with `tebura status {options}`")


def _mode(ask: Ask) -> str:
    return str(ask({"do": "status"}).get("mode", "open"))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
