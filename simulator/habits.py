"""How people shop when nobody tells them what to do: the numbers behind busy traffic.

Chances are per decision. They are made up, but in the range that shop-floor studies give: one to a handful of items a
visit, a third of products touched are not bought, every eighth is put back, and half of those somewhere else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habits:
    """What people do in between entering and leaving."""

    items: float = 3.0
    """Mean number of decisions at shelves before somebody leaves (at least none)."""
    gap_s: float = 9.0
    """Mean time between two arrivals: the shorter, the more people at once."""
    think_s: float = 3.0
    """Mean time that somebody stands before they do something."""
    nothing: float = 0.06
    """Comes in, looks, and leaves without having taken anything."""
    party: float = 0.15
    """Comes with one or two others on one scan."""
    crowding: float = 0.2
    """Goes where somebody else is about to take something, at the same moment."""
    several: float = 0.16
    """Takes two or three units in one grab."""
    one_by_one: float = 0.10
    """Takes two or three units within a second or so of each other."""
    slowly: float = 0.07
    """Lifts, holds, and only then takes."""
    double: float = 0.12
    """Takes something else from near by within a second or two."""
    put_back: float = 0.16
    """After taking something: thinks better of it."""
    wrong_place: float = 0.5
    """… and puts it somewhere else."""
    touch: float = 0.12
    """Touches or half lifts something instead of taking it."""
    lean: float = 0.04
    """Leans on a shelf."""
    hand_over: float = 0.04
    """Gives something to somebody else in the shop."""
    stray: float = 0.3
    """Takes what others left in a wrong place, when there is something."""
