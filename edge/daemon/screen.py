"""What the daemon shows: one screen for a person at a terminal, plain structured lines for everybody else."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence, Sized
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog

from edge.checkout import in_words, sale_of
from edge.records import Effect, LedgerEntry, Publish, Record
from edge.runtime import unreadable
from edge.shown import named_plates, shown
from edge.state import State

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edge.daemon.shop import Shop
    from edge.daemon.watch import Watch

MOST_WRONG = 10

NEWS = 8
"""So many lines of what happened last."""

COLOURS = {"open": "green", "degraded": "yellow", "closed": "red"}

log = structlog.get_logger("tebura")


def speak_plainly() -> None:
    """Log lines as ``key=value`` on stderr: for journald and files."""
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stderr())),
    )


class _Stderr:
    """A log that nobody takes (full disk, closed pipe) is no reason for a shop to stop."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


class News:
    """An observer: what happened that a person would want to know, told to the log."""

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, LedgerEntry):
                told = headline(effect)
                if told:
                    log.info(told, visit=effect.visit)
            elif isinstance(effect, Publish) and effect.topic == "runtime/status":
                payload = effect.payload
                wrong = {k: len(cast("Sized", payload[k])) for k in ("blind", "late", "troubles") if payload.get(k)}
                log.info("status", state=payload["state"], why=payload.get("why", ""), **wrong)
            elif isinstance(effect, Publish) and effect.payload.get("open") is False:
                log.info("gate stays shut", gate=effect.topic.split("/")[1], reason=effect.payload["reason"])


def headline(entry: LedgerEntry) -> str:
    """An entry in a few words; empty for what is no news."""
    body = entry.body
    if entry.kind == "visit":
        return f"{body['subject']} may come in"
    if entry.kind in ("settlement", "review"):
        total = f"{body['total_minor']} {entry.currency}"
        if entry.kind == "review":
            exchanged = in_words(sale_of(body).exchanged)
            return f"{body['subject']} left: review, {body['reason']}{'; ' * bool(exchanged)}{exchanged}"
        return (
            f"{body['subject']} left: {total}" if not body["decided_by"] else f"{body['decided_by']} decided: {total}"
        )
    if entry.kind == "shelf-event":
        return ""
    return entry.kind.replace("-", " ")


def waiting_told(waiting: Mapping[str, int]) -> list[str]:
    """How many visits wait for a person and why, as lines; none where none waits."""
    count = sum(waiting.values())
    if not count:
        return []
    told = f"{count} visit{' waits' if count == 1 else 's wait'} for a person to decide: tebura review list"
    return [told, *(f"  {n} × {why}" for why, n in waiting.items())]


class Screen:
    """An observer that draws. Use it as a context manager around the shop's work."""

    def __init__(self, shop: Shop, watch: Watch, serving: Sequence[str]) -> None:
        from rich.console import Console
        from rich.live import Live

        self._shop, self._watch, self._serving = shop, watch, serving
        self._news: deque[str] = deque(maxlen=NEWS)
        self._live = Live(console=Console(), refresh_per_second=2, screen=True, get_renderable=self._draw)

    def __enter__(self) -> Screen:
        structlog.configure(processors=[self._keep])
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        speak_plainly()

    def _keep(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        when = datetime.now().astimezone()
        rest = " ".join(f"{k}={v}" for k, v in event.items() if k != "event" and v)
        self._news.append(shown(f"{when:%H:%M:%S}  {event['event']}  {rest}"))
        raise structlog.DropEvent

    def _draw(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table
        from rich.text import Text

        state, status = self._shop.driver.state, self._watch.status
        word = str(status.get("state", "opening"))
        why = f": {status['why']}" if status.get("why") else ""
        head = Text.assemble(
            (f" {word}{why} ", f"bold reverse {COLOURS.get(word, 'cyan')}"), f"  {self._shop.store.name}  "
        )
        head.append(f"{self._shop.heard:,} messages, {len(state.door.visits)} visits inside", "dim")
        wrong = [f"{source}: {what}" for source, what in sorted(state.troubles.items())]
        wrong += [
            f"{shelf}: {named_plates(plates)} cannot be read"
            for shelf, plates in sorted(unreadable(state, self._shop.store).items())
            if f"shelf/{shelf}" not in state.late
        ]
        wrong += [f"late: {', '.join(sorted(state.late))}"] if state.late else []
        waits = waiting_told(cast("Mapping[str, int]", status.get("waiting", {})))
        visits = Table("visit", "who", "state", "cart", box=None, expand=True, header_style="dim")
        for visit in list(state.door.visits.values())[-12:]:
            lines = state.carts[visit.id].lines if visit.id in state.carts else ()
            whole = {line.sku: line for line in lines}
            cart = ", ".join(f"{x.quantity} {sku} ({x.certainty:.0%})" for sku, x in whole.items())
            visits.add_row(*(Text(shown(cell)) for cell in (visit.id, visit.subject, visit.state, cart or "–")))
        parts: list[RenderableType] = [head, Text("  ".join(self._serving), "dim")]
        if self._shop.provider.caveat:
            parts.append(Text(self._shop.provider.caveat, "bold"))
        parts += [Text(shown(f"! {line}"), "yellow") for line in wrong[:MOST_WRONG]]
        if len(wrong) > MOST_WRONG:
            parts.append(Text(f"! … and {len(wrong) - MOST_WRONG} more: tebura status", "yellow"))
        parts += [Text(shown(f"? {line}"), "cyan") for line in waits]
        parts += [Panel(visits, title="inside"), Panel(Text("\n".join(self._news) or " "), title="lately")]
        return Group(*parts)
