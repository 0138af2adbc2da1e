"""Where everything stands on a floor of which only two sides are known.

Enters: what is wanted. Leaves: gondolas, gates and cameras in the store frame (the door's wall is y = 0, the shop lies
behind it). Refuses (`CannotStand`) what leaves people no room to walk. Everything is a proposal: whoever builds the
shop measures, and writes down what they measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calibration.founding.wanted import BOARDS_M, Run, Wanted

WALL_M = 0.10
"""Nothing stands nearer to a wall."""
BESIDE_M = 0.10
"""Between two runs at one wall."""
DOOR_M = 1.30
"""So much room behind the door stays free."""
AISLE_M = 0.90
"""… and before every shelf: two people pass each other."""
CORNER_M = 0.80
"""A shelf at the side ends so far before the front of one at the back."""
GATE_IN_M = 0.10
GATE_SIDE_M = 0.80
LEAST_WIDTH_M, LEAST_DEPTH_M = 2.0, 2.0
CAMERA_EVERY_M = 2.9
"""A head is seen by two cameras where they hang no further apart."""


class CannotStand(ValueError):
    """What is wanted does not fit on the floor; the message says by how much, and what to do."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A gondola: ``origin_m`` on the floor, turned by ``yaw_deg`` (see `edge.store.layout`)."""

    id: str
    told: str
    origin_m: tuple[float, float]
    yaw_deg: float
    boards_m: tuple[float, ...]
    plates: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything in its place, metres."""

    gondolas: tuple[Stand, ...]
    gates: tuple[tuple[float, float], tuple[float, float]]
    """Entry and exit."""
    cameras: tuple[tuple[float, float, float], ...]


def stands(wanted: Wanted) -> Standing:
    """`CannotStand` where there is not enough room."""
    width, depth = wanted.width_m, wanted.depth_m
    if width < LEAST_WIDTH_M or depth < LEAST_DEPTH_M:
        raise CannotStand(f"{width:g} by {depth:g} m is too small: at least {LEAST_WIDTH_M:g} by {LEAST_DEPTH_M:g} m")
    found: list[Stand] = []
    deep = wanted.shelf_m
    back = [run for run in wanted.runs if run.wall == "back"]
    room_m = depth - WALL_M - DOOR_M - (deep + CORNER_M if back else 0.0)
    for wall, told in (
        ("left", "against the left wall, facing right"),
        ("right", "against the right wall, facing left"),
    ):
        runs = [run for run in wanted.runs if run.wall == wall]
        _fits(f"the {wall} wall", runs, room_m, wanted)
        y = DOOR_M
        for run in runs:
            long_m = _plates(run, wanted) * wanted.plate_m
            if wall == "left":
                found.append(_stand(found, told, (WALL_M + deep, y), 90.0, run, wanted))
            else:
                found.append(_stand(found, told, (width - WALL_M - deep, y + long_m), -90.0, run, wanted))
            y += long_m + BESIDE_M
    _fits("the back wall", back, width - 2 * WALL_M, wanted)
    x = (width - _long_m(back, wanted)) / 2
    for run in back:
        told = "against the back wall, facing the door"
        found.append(_stand(found, told, (x, depth - WALL_M - deep), 0.0, run, wanted))
        x += _plates(run, wanted) * wanted.plate_m + BESIDE_M
    found += _islands(wanted, found, room_m)
    gates = ((_side(width), GATE_IN_M), (width - _side(width), GATE_IN_M))
    return Standing(tuple(found), gates, _cameras(wanted))


def _islands(wanted: Wanted, before: Sequence[Stand], room_m: float) -> list[Stand]:
    """Back to back, one beside the other, with aisles between."""
    runs = [run for run in wanted.runs if run.wall == "island"]
    if not runs:
        return []
    deep = wanted.shelf_m
    left = WALL_M + deep if any(run.wall == "left" for run in wanted.runs) else 0.0
    right = wanted.width_m - (WALL_M + deep if any(run.wall == "right" for run in wanted.runs) else 0.0)
    aisle_m = (right - left - len(runs) * 2 * deep) / (len(runs) + 1)
    if aisle_m < AISLE_M:
        raise CannotStand(
            f"{len(runs)} island{'s' if len(runs) > 1 else ''} would leave aisles of {max(0.0, aisle_m):.2f} m: people "
            f"need {AISLE_M:g}. Leave one out, or write a wider floor"
        )
    found: list[Stand] = []
    for n, run in enumerate(runs):
        long_m = _plates(run, wanted) * wanted.plate_m
        _fits("an island", [run], room_m, wanted)
        y = DOOR_M + (room_m - long_m) / 2
        middle = left + (n + 1) * aisle_m + (2 * n + 1) * deep
        known = [*before, *found]
        found.append(_stand(known, "an island's left side", (middle - deep, y + long_m), -90.0, run, wanted))
        known = [*before, *found]
        found.append(_stand(known, "an island's right side", (middle + deep, y), 90.0, run, wanted))
    return found


def _stand(
    before: Sequence[Stand], told: str, origin_m: tuple[float, float], yaw_deg: float, run: Run, wanted: Wanted
) -> Stand:
    return Stand(f"g{len(before) + 1}", told, origin_m, yaw_deg, BOARDS_M[run.boards], _plates(run, wanted))


def _plates(run: Run, wanted: Wanted) -> int:
    """As many as fit into a run, one at least."""
    return max(1, int(run.length_m / wanted.plate_m + 1e-6))


def _long_m(runs: Sequence[Run], wanted: Wanted) -> float:
    return sum(_plates(run, wanted) * wanted.plate_m for run in runs) + BESIDE_M * max(0, len(runs) - 1)


def _fits(where: str, runs: Sequence[Run], room_m: float, wanted: Wanted) -> None:
    long_m = _long_m(runs, wanted)
    if long_m > room_m + 1e-6:
        raise CannotStand(
            f"shelves of {long_m:.2f} m do not fit at {where}, where {max(0.0, room_m):.2f} m are free (people need "
            "room behind the door and in corners). Write shorter ones, or put some elsewhere"
        )


def _side(width_m: float) -> float:
    return min(GATE_SIDE_M, width_m / 4)


def _cameras(wanted: Wanted) -> tuple[tuple[float, float, float], ...]:
    """A grid under the ceiling."""
    across, along = (max(1, math.ceil(side / CAMERA_EVERY_M - 0.3)) for side in (wanted.width_m, wanted.depth_m))
    if across * along == 1:
        along = 2  # from one place alone, whoever stands behind somebody is hidden
    return tuple(
        (round((i + 0.5) * wanted.width_m / across, 2), round((j + 0.5) * wanted.depth_m / along, 2), wanted.ceiling_m)
        for j in range(along)
        for i in range(across)
    )
