"""Who is looking at a visit with a mind to decide it: shown to everybody else who opens it.

Enters: visits, and the sessions that look at them. Leaves: the name of whoever was there first. A claim lasts as long
as its page looks again, and stops nobody: the desk decides in the end, and its answer tells who was second.
"""

from __future__ import annotations

from dataclasses import dataclass

LASTS_S = 45.0
"""Without another look; a page looks every fifteen seconds."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``mark``: of the session."""

    name: str
    mark: str
    until_s: float


class Claims:
    """Visit -> who was there first."""

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    def take(self, visit: str, name: str, mark: str, now_s: float) -> str:
        """Look at a visit; the name of somebody else who looks at it already, else empty."""
        self._claims = {v: claim for v, claim in self._claims.items() if claim.until_s > now_s}
        known = self._claims.get(visit)
        if known is not None and known.mark != mark and known.name != name:
            return known.name
        self._claims[visit] = Claim(name, mark, now_s + LASTS_S)
        return ""

    def who(self, visit: str, now_s: float) -> str:
        """Who looks at a visit; empty: nobody."""
        known = self._claims.get(visit)
        return known.name if known is not None and known.until_s > now_s else ""

    def leave(self, visit: str, mark: str) -> None:
        """Look at something else."""
        if visit in self._claims and self._claims[visit].mark == mark:
            del self._claims[visit]
