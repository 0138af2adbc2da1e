"""What a provider does at the worst moment: the next answers to requests of one kind go wrong in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Deed: TypeAlias = Literal["slow", "fail", "fail-after", "drop", "lost", "hang", "mute", "busy", "garbage", "die"]
"""``slow``: it takes its time, then does and answers. Nothing is done: ``fail`` answers 500, ``busy`` 429, ``drop``
hangs up, ``hang`` says nothing at all. It is done: ``fail-after`` answers 500 all the same, ``lost`` hangs up, ``mute``
says nothing, ``garbage`` answers what no client can read, ``die`` ends the process between doing and answering.
"""

DEEDS: Final = get_args(Deed)
UNDONE: Final = frozenset({"fail", "busy", "drop", "hang"})


@dataclass(slots=True)
class Misdeed:
    """``on``: how a request begins that it happens to, like ``POST /v1/refunds``; empty: any. ``times``: so many."""

    deed: Deed
    on: str = ""
    times: int = 1
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.deed not in DEEDS:
            raise ValueError(f"a provider cannot {self.deed!r}. Use {', '.join(DEEDS)}")


class Misdeeds:
    """Those that are still to come, first come first served."""

    def __init__(self) -> None:
        self._due: list[Misdeed] = []

    def add(self, misdeed: Misdeed) -> None:
        self._due.append(misdeed)

    def clear(self) -> None:
        """From now on it behaves."""
        self._due.clear()

    def take(self, request: str) -> Misdeed | None:
        """What happens to a request (``POST /v1/refunds``), counted down."""
        for misdeed in self._due:
            if request.startswith(misdeed.on):
                misdeed.times -= 1
                if misdeed.times <= 0:
                    self._due.remove(misdeed)
                return misdeed
        return None
