"""The process beside the shop that speaks with headquarters: `edge.uplink.child` starts it.

Enters: on stdin one line of `Orders`, then lines of what the shop says of itself; the book's file. Leaves: on stdout
a line whenever what staff should know changes; `headquarters.json` in the state folder. It ends when stdin does: so
does the runtime's process, however that one ended.
"""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from edge.told import Sentence
from edge.uplink.child import Orders
from edge.uplink.contract import Heard
from edge.uplink.line import Door
from edge.uplink.sender import Sender, encoded
from edge.uplink.source import BookSource
from edge.uplink.standing import Standing, keep, quiet, standing_in

KEEP_S = 5.0
"""The file is written no more often, unless something is wrong."""


class Mouth:
    """Tells staff, by the runtime, what they should know; each thing once."""

    def __init__(self, orders: Orders) -> None:
        self._orders, self._folder = orders, Path(orders.state_folder)
        self._standing = standing_in(self._folder) or Standing()
        self._since_s = self._standing.heard_s or time.time()
        self._said: Sentence | None = None
        self._kept_s = 0.0

    def heard(self, answer: Heard, behind: int) -> None:
        self._since_s = time.time()
        self._standing = Standing(self._since_s, answer.has, answer.hash, behind, "", self._standing.trouble)
        self._keep()

    def away(self, why: str) -> None:
        self._standing = msgspec.structs.replace(self._standing, why=why)
        self._keep()
        if time.time() - self._since_s > self._orders.quiet_minutes * 60:
            since = datetime.fromtimestamp(self._since_s).strftime("%Y-%m-%d %H:%M")
            self._say(quiet(since, why))

    def trouble(self, what: Sentence) -> None:
        if what != self._standing.trouble:
            self._standing = msgspec.structs.replace(self._standing, trouble=what)
            self._kept_s = 0.0
            self._keep()
        self._say(what)

    def _keep(self) -> None:
        if time.monotonic() - self._kept_s > KEEP_S:
            self._kept_s = time.monotonic()
            with suppress(OSError):
                keep(self._folder, self._standing)

    def _say(self, what: Sentence) -> None:
        if what != self._said:
            self._said = what
            sys.stdout.write(f"{what}\n")
            sys.stdout.flush()


class Shop:
    """What the shop says of itself, line by line; the newest counts."""

    def __init__(self, orders: Orders) -> None:
        self._orders, self._newest = orders, {}  # type: Orders, dict[str, Any]

    def listen(self, over: threading.Event) -> None:
        for line in sys.stdin:
            with suppress(msgspec.MsgspecError):
                self._newest = msgspec.json.decode(line, type=dict[str, Any])
        over.set()

    def status(self) -> bytes:
        """With what this PC says: its clock, its disk, what runs on it."""
        disk = shutil.disk_usage(self._orders.state_folder)
        return encoded({
            **self._newest, "clock_s": time.time(), "disk_used": 1 - disk.free / disk.total,
            "version": self._orders.version, "config": self._orders.config, "python": platform.python_version(),
        })  # fmt: skip


async def work(orders: Orders) -> None:
    """Until stdin ends."""
    over, shop = threading.Event(), Shop(orders)
    threading.Thread(target=shop.listen, args=(over,), daemon=True).start()
    credentials = Path(orders.credentials) if orders.credentials else None
    door = Door(orders.address, orders.store, credentials, Path(orders.ca_file) if orders.ca_file else None)
    sender = Sender(door, BookSource(Path(orders.book)), Mouth(orders), shop.status)
    sending = asyncio.create_task(sender.work())
    while not over.is_set() and not sending.done():
        await asyncio.sleep(0.1)
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending


def main() -> None:
    """What is to be done comes on stdin, as one line, and how the shop is on those that follow."""
    try:
        orders = msgspec.json.decode(sys.stdin.readline(), type=Orders)
    except msgspec.MsgspecError:
        sys.exit("tebura: this is started by `tebura run`, with [headquarters] in site.toml")
    asyncio.run(work(orders))


if __name__ == "__main__":
    main()
