"""What somebody has decided and may still take back: it is told to the shop when `UNDO_S` are over, and not before.

Enters: orders for the shop's desk, with who gave them. Leaves: the orders, to the desk, one after the other; what
became of each, for a while. Refuses a second one about the same visit: two people cannot decide one visit, and the
desk, which decides in the end, would refuse it too.

The process keeps them, because nothing has happened yet: what waits when it ends is dropped. What it keeps stands in a
small register as well, so that one that begins again can say so, instead of silence: nobody believes then that money
has gone back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from edge.adapters.register import Register, UnusableRegister
from edge.daemon.desk import NoAnswer
from edge.told import phrase

FILE: Final = "undecided.db"

UNDO_S: Final = 8.0
KEPT_S: Final = 600.0
"""So long it is shown what became of something."""

MOST: Final = 200

TABLE = """
CREATE TABLE undecided (
    number INTEGER PRIMARY KEY,
    at_s   REAL NOT NULL,
    name   TEXT NOT NULL,
    what   TEXT NOT NULL,
    visit  TEXT NOT NULL,
    sent   INTEGER NOT NULL
) STRICT
"""

State = Literal["waiting", "sending", "done", "refused", "taken back", "dropped", "unsure", "unanswered"]

Order = dict[str, Any]
Send = Callable[[Order], Awaitable[Order]]


class UnusableUndecided(UnusableRegister):
    """What was not sent yet cannot be written down."""


class AlreadyDecided(ValueError):
    """Somebody has decided about this visit just now; ``by`` is who, ``order`` what."""

    def __init__(self, by: str, order: Order) -> None:
        super().__init__(f"{by} has decided about it just now")
        self.by, self.order = by, order


class Undecided(Register):
    """What is waiting, for a process that begins again."""

    WHAT, ANEW = phrase("register of what was not sent yet"), phrase("go on without it")
    APPLICATION_ID, VERSION = 0x54454255, 1
    TABLES = (TABLE,)
    UNUSABLE = UnusableUndecided

    def keep(self, number: int, at_s: float, name: str, what: str, visit: str) -> None:
        """Somebody has decided something."""
        with self._told(), self._writing():
            self._db.execute("INSERT INTO undecided VALUES (?, ?, ?, ?, ?, 0)", [number, at_s, name, what, visit])

    def sending(self, number: int) -> None:
        """From here on nobody knows whether it is done, until there is an answer."""
        with self._told(), self._writing():
            self._db.execute("UPDATE undecided SET sent = 1 WHERE number = ?", [number])

    def over(self, number: int) -> None:
        """It is done, refused or taken back."""
        with self._told(), self._writing():
            self._db.execute("DELETE FROM undecided WHERE number = ?", [number])

    def left(self) -> list[tuple[int, float, str, str, str, int]]:
        """What an earlier process left behind; it is not left any more."""
        with self._told(), self._writing():
            rows = self._db.execute("SELECT * FROM undecided ORDER BY number").fetchall()
            self._db.execute("DELETE FROM undecided")
        return rows


@dataclass(slots=True)
class Decision:
    """``what``: a text that is translated where it is shown; ``told``: why the shop refused it."""

    number: int
    at_s: float
    name: str
    what: str
    visit: str
    order: Order = field(default_factory=dict)
    state: State = "waiting"
    told: str = ""
    due_s: float = 0.0
    answer: Order = field(default_factory=dict)


class Pending:
    """All decisions of the last minutes; used on the loop that serves. ``changed`` is called when one goes on."""

    def __init__(self, folder: Path, send: Send, now_s: Callable[[], float], changed: Callable[[], None]) -> None:
        self._path, self._send, self._now_s, self._changed = folder / FILE, send, now_s, changed
        self._decisions: dict[int, Decision] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._next = 1
        self._one_by_one = asyncio.Lock()

    def open(self) -> None:
        """Say what an earlier process did not get to."""
        if not self._path.is_file():
            return
        with Undecided(self._path) as kept:
            for number, at_s, name, what, visit, sent in kept.left():
                state: State = "unsure" if sent else "dropped"
                self._next = max(self._next, number + 1)
                self._decisions[number] = Decision(number, at_s, name, what, visit, state=state, due_s=self._now_s())

    def put(self, name: str, what: str, visit: str, order: Order) -> Decision:
        """Somebody decides. `AlreadyDecided` where a decision about this visit or tab waits; `UnusableUndecided`."""
        now_s = self._now_s()
        self._forget(now_s)
        other = self.about(visit) or self._about_tab(order)
        if other is not None:
            raise AlreadyDecided(other.name, other.order)
        decision = Decision(self._next, now_s, name, what, visit, order, due_s=now_s + UNDO_S)
        with Undecided(self._path) as kept:
            kept.keep(decision.number, now_s, name, what, visit)
        self._next += 1
        self._decisions[decision.number] = decision
        task = asyncio.get_running_loop().create_task(self._carry_out(decision))
        self._tasks[decision.number] = task
        task.add_done_callback(lambda _: self._tasks.pop(decision.number, None))
        self._changed()
        return decision

    def undo(self, number: int, name: str) -> Decision | None:
        """Take back what one has decided oneself; None where it is too late."""
        decision = self._decisions.get(number)
        if decision is None or decision.name != name or decision.state != "waiting":
            return None
        decision.state, decision.due_s = "taken back", self._now_s()
        task = self._tasks.pop(number, None)
        if task is not None:
            task.cancel()
        self._over(decision)
        return decision

    def about(self, visit: str) -> Decision | None:
        """The decision about a visit that is not over; None: there is none."""
        open_ = (d for d in self._decisions.values() if d.visit == visit and d.state in ("waiting", "sending"))
        return next(open_, None) if visit else None

    def _about_tab(self, order: Order) -> Decision | None:
        """The booking of the same tab, or of the same member's points, that is not over."""
        if order.get("do") not in ("settle", "points"):
            return None
        whose = (order["do"], order.get("subject"))
        open_ = (d for d in self._decisions.values() if d.state in ("waiting", "sending"))
        return next((d for d in open_ if (d.order.get("do"), d.order.get("subject")) == whose), None)

    def of(self, name: str) -> list[Decision]:
        """What somebody has decided lately, and all that was dropped; the newest first."""
        now_s = self._now_s()
        self._forget(now_s)
        mine = [d for d in self._decisions.values() if d.name == name or d.state in ("dropped", "unsure")]
        return sorted(mine, key=lambda d: -d.number)

    def dismiss(self, number: int) -> None:
        """Somebody has read what became of it."""
        if number in self._decisions and self._decisions[number].state not in ("waiting", "sending"):
            del self._decisions[number]
            self._changed()

    async def _carry_out(self, decision: Decision) -> None:
        await asyncio.sleep(UNDO_S)
        decision.state = "sending"
        async with self._one_by_one:
            with Undecided(self._path) as kept:
                kept.sending(decision.number)
            self._changed()
            try:
                decision.answer = await self._send(decision.order)
                decision.state = "done"
            except NoAnswer:
                decision.state = "unanswered"
            except (OSError, ValueError) as error:
                decision.state, decision.told = "refused", str(error)
        decision.due_s = self._now_s()
        self._over(decision)

    def _over(self, decision: Decision) -> None:
        with Undecided(self._path) as kept:
            kept.over(decision.number)
        self._changed()

    def _forget(self, now_s: float) -> None:
        over = {n: d for n, d in self._decisions.items() if d.state in ("done", "taken back")}
        # Of what went well the last one is enough: ten of them would push what is decided next off the screen.
        newest = {d.name: n for n, d in sorted(over.items()) if d.state == "done"}
        old = [n for n, d in over.items() if d.due_s < now_s - 20.0 or (d.state == "done" and n != newest[d.name])]
        old += [
            n for n, d in self._decisions.items() if d.state in ("refused", "unanswered") and d.due_s < now_s - KEPT_S
        ]
        for number in old:
            del self._decisions[number]
