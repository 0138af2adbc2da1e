"""One change of weight, several movements: where and when its grams went, as far as plates tell.

Two people who take in one instant hardly ever take from one plate, and two who take from one plate hardly ever do so in
one instant. What moved at one plate without a pause is one `Movement`; who did one need not have done another, and each
is asked about by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import ShelfEvent

PAUSE_S = 0.18
"""Nobody takes the second of two units from a plate so soon after the first that its change shows no such pause."""

LEAST_SHARE = 0.1
"""What is less than this of the whole is how a plate swings, or what hung over its edge."""

MOST_MOVEMENTS = 5
"""Of more than these the smallest are counted to those next to them."""

PLATE_S = 0.25
"""A plate further away is as far as this time, where it is asked what is next to what."""


@dataclass(frozen=True, slots=True)
class Movement:
    """When (UNIX seconds) and at which plate (1-based) so many grams came or went (negative)."""

    at_s: float
    plate: int
    change_g: float


def movements(event: ShelfEvent) -> tuple[Movement, ...]:
    """The movements that make up a change, oldest first; none where nobody saw its parts."""
    if event.blind:
        return ()
    found: list[Movement] = []
    for plate in event.plates:
        run: list[tuple[float, float]] = []
        for at_s, where, change_g in event.parts:
            if where == plate:
                if run and at_s - run[-1][0] > PAUSE_S:
                    found.append(_movement(run, plate))
                    run = []
                run.append((at_s, change_g))
        if run:
            found.append(_movement(run, plate))
    whole_g = sum(abs(m.change_g) for m in found)
    while len(found) > 1:
        least = min(found, key=lambda m: (abs(m.change_g), m.at_s, m.plate))
        if abs(least.change_g) >= LEAST_SHARE * whole_g and len(found) <= MOST_MOVEMENTS:
            break
        found.remove(least)
        next_to = min(found, key=lambda m: (_apart(m, least), m.at_s, m.plate))
        found[found.index(next_to)] = Movement(next_to.at_s, next_to.plate, next_to.change_g + least.change_g)
    return tuple(sorted(found, key=lambda m: (m.at_s, m.plate)))


def _movement(run: list[tuple[float, float]], plate: int) -> Movement:
    change_g = sum(g for _, g in run)
    return Movement(sum(at_s for at_s, _ in run) / len(run), plate, change_g)


def _apart(a: Movement, b: Movement) -> float:
    return abs(a.at_s - b.at_s) + PLATE_S * abs(a.plate - b.plate)
