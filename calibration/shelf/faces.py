"""How a walk shows itself: plain lines for a pipe, events for a program; `calibration.shelf.screen` for a terminal.

Enters: what a walk says, and its state after every batch. Leaves: lines. A face decides nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Protocol

from calibration.shelf.stages import Said
from calibration.shelf.walk import Walk


class Face(Protocol):
    """``say`` something, ``draw`` the walk as it stands, ``silent``: nothing has come for so long, and why perhaps."""

    def begin(self, walk: Walk, where: str) -> None: ...
    def say(self, said: Said) -> None: ...
    def draw(self) -> None: ...
    def silent(self, for_s: float, troubles: Mapping[str, str]) -> None: ...
    def close(self) -> None: ...


def silence(for_s: float, troubles: Mapping[str, str]) -> str:
    """In words."""
    known = "; ".join(f"{source}: {what}" for source, what in troubles.items())
    return f"Nothing has come for {for_s:.0f} s. {known or 'Is the cable in, and does the controller have power?'}"


class Lines:
    """One line a thing, on stderr: results alone belong on stdout."""

    def __init__(self) -> None:
        self._walk: Walk | None = None

    def begin(self, walk: Walk, where: str) -> None:
        self._walk = walk
        self._write(f"listening to {where}")

    def say(self, said: Said) -> None:
        assert self._walk is not None
        done, of = self._walk.steps
        self._write(f"[{done}/{of}] {said.text}" if said.kind == "ask" else f"    {said.text}")

    def draw(self) -> None:
        pass

    def silent(self, for_s: float, troubles: Mapping[str, str]) -> None:
        self._write(silence(for_s, troubles))

    def close(self) -> None:
        pass

    def _write(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


class Events:
    """One JSON object a thing, on stdout."""

    def __init__(self) -> None:
        self._walk: Walk | None = None
        self._steps = (-1, 0)

    def begin(self, walk: Walk, where: str) -> None:
        self._walk = walk
        tell("begin", shelf=walk.progress.shelf, listening=where, weights_g=walk.progress.weights_g)

    def say(self, said: Said) -> None:
        if said.ask is None:
            tell(said.kind, text=said.text)
            return
        ask = said.ask
        tell("ask", deed=ask.deed, plate=ask.plate, mass_g=ask.mass_g, place=ask.place, text=ask.text)

    def draw(self) -> None:
        assert self._walk is not None
        if self._walk.steps != self._steps:
            self._steps = self._walk.steps
            tell("progress", done=self._steps[0], of=self._steps[1])

    def silent(self, for_s: float, troubles: Mapping[str, str]) -> None:
        tell("silent", for_s=round(for_s, 1), troubles=dict(troubles))

    def close(self) -> None:
        pass


def tell(event: str, **what: Any) -> None:
    """One event, for a program."""
    print(json.dumps({"event": event, **what}, ensure_ascii=False), flush=True)
