"""Which person of a frame is which track: the assignment problem, where there is one.

Most people stand apart from everybody else, and are matched without further ado. Where several tracks compete for
several people, the cheapest assignment is found (small knots by trying, large ones by
`scipy.optimize.linear_sum_assignment`), and how close the exchange of any two came to it is told, since that is how
people get taken for each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.floor.body import LEAST_M, as_tall
from edge.records import PersonSeen

if TYPE_CHECKING:
    from edge.floor.state import Track

MEASURED_M = 0.07
"""Standard error of a head's position, as cameras see it from the ceiling."""


ON_S = 0.8
"""Nobody is expected further from where they were last than they go in this time: `edge.floor.state.COAST_S`."""

GATING = 9.0
"""Squared Mahalanobis distance beyond which a person is somebody else."""

GATING_M = 0.9
"""… or further than this from where the track should be, whatever the filter says."""

MISTAKABLE = 14.0
"""Two people whose exchange would fit worse by this much (twice the nats) are not mistaken for each other."""

LOOKS_WEIGHT = 0.5
"""Frames follow each other closely, and who is half hidden is so in all of them."""

FEW_WAYS = 400
"""Knots with at most so many ways to pair them are solved by trying."""

FAR = 1e6
"""Cost of a pair that cannot be: big and finite, since infinite costs make an assignment fail."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """Two tracks that competed for the same people, and may have been exchanged."""

    a: Track
    b: Track


@dataclass(frozen=True, slots=True)
class Association:
    """Pairs of (track, index of the person), and who competed for them.

    ``left_over``: index of a person that no track got -> (the confirmed track that could have been it instead of the
    one it is, and the probability of that).
    """

    pairs: list[tuple[Track, int]]
    rivals: list[Rivals]
    left_over: dict[int, tuple[int, float]]


def measured_m(person: PersonSeen) -> float:
    """Standard error of a head's position along the floor."""
    return MEASURED_M if person.error_m is None else math.hypot(LEAST_M, person.error_m)


def associate(
    tracks: Sequence[Track],
    people: Sequence[PersonSeen],
    at_s: float,
    alike: Callable[[int, Track], float] = lambda person, track: 0.0,
) -> Association:
    """Match a frame's people to tracks; each at most once. ``alike``: how much a person (index) looks like a track's, a
    log-likelihood ratio; asked for where several compete.
    """
    costs: dict[tuple[int, int], float] = {}
    by_person: list[list[int]] = [[] for _ in people]
    by_track: dict[int, list[int]] = {}
    heads = [(j, p.head, measured_m(p) ** 2, p.error_m or 0.0) for j, p in enumerate(people)]
    if not heads:
        return Association([], [], {})
    xs, ys = ([head[axis] for _, head, _, _ in heads] for axis in (0, 1))
    low_x, high_x = min(xs) - GATING_M, max(xs) + GATING_M
    low_y, high_y = min(ys) - GATING_M, max(ys) + GATING_M
    for i, track in enumerate(tracks):
        on_x, on_y = ON_S * abs(track.vx), ON_S * abs(track.vy)  # nobody goes further unseen
        if not (low_x - on_x <= track.x <= high_x + on_x and low_y - on_y <= track.y <= high_y + on_y):
            continue
        x, y, variance = track.ahead(at_s)
        for j, head, error, told_m in heads:
            dx, dy = head[0] - x, head[1] - y
            square = dx * dx + dy * dy
            if square > GATING_M * GATING_M:
                continue
            scale = variance + error
            if square > GATING * scale:
                continue
            cost = square / scale + 2 * math.log(scale / MEASURED_M**2)
            if math.isnan(track.tall_m):
                cost += min(9.0, (head[2] - track.z) ** 2 / (track.z_variance + error))
            else:
                cost -= 2 * as_tall(head[2], track.tall_m, told_m)
            costs[i, j] = cost if track.confirmed else cost + 4.0
            by_person[j].append(i)
            by_track.setdefault(i, []).append(j)
    pairs: list[tuple[Track, int]] = []
    crowd: list[int] = []
    for j, rivals in enumerate(by_person):
        if len(rivals) == 1 and len(by_track[rivals[0]]) == 1:
            pairs.append((tracks[rivals[0]], j))
        elif rivals:
            crowd.append(j)
    if not crowd:
        return Association(pairs, [], {})
    for j in crowd:
        for i in by_person[j]:
            costs[i, j] -= 2 * LOOKS_WEIGHT * alike(j, tracks[i])
    solved = _assign(costs, by_person, by_track, crowd)
    pairs += [(tracks[i], j) for i, j in solved]
    return Association(
        pairs, _rivals(tracks, costs, by_person, by_track, solved), _left_over(tracks, costs, solved, crowd)
    )


def _assign(
    costs: dict[tuple[int, int], float], by_person: list[list[int]], by_track: dict[int, list[int]], crowd: list[int]
) -> list[tuple[int, int]]:
    """The cheapest pairs of (track, person), every knot of competitors by itself."""
    pairs: list[tuple[int, int]] = []
    for tracks, people in _knots(by_person, by_track, crowd):
        if math.prod(1 + len(by_person[j]) for j in people) <= FEW_WAYS:
            pairs += _cheapest(costs, tracks, people)
        else:
            pairs += _hungarian(costs, tracks, people)
    return pairs


def _knots(
    by_person: list[list[int]], by_track: dict[int, list[int]], crowd: list[int]
) -> list[tuple[list[int], list[int]]]:
    """Tracks and people who compete with each other and nobody else."""
    knots: list[tuple[list[int], list[int]]] = []
    left = set(crowd)
    for first in crowd:
        if first not in left:
            continue
        people, tracks, ends = {first}, set[int](), [first]
        while ends:
            for i in by_person[ends.pop()]:
                if i not in tracks:
                    tracks.add(i)
                    ends += [j for j in by_track[i] if j not in people]
                    people.update(by_track[i])
        left -= people
        knots.append((sorted(tracks), sorted(people)))
    return knots


def _cheapest(costs: dict[tuple[int, int], float], tracks: list[int], people: list[int]) -> list[tuple[int, int]]:
    """A few competitors: try all ways. Somebody left without a partner costs `FAR`, like in the large problem."""
    best: list[tuple[float, list[tuple[int, int]]]] = [(math.inf, [])]

    def go_on(at: int, cost: float, pairs: list[tuple[int, int]], free: frozenset[int]) -> None:
        if cost >= best[0][0]:
            return
        if at == len(people):
            best[0] = (cost, pairs)
            return
        j = people[at]
        for i in tracks:
            if i in free and (i, j) in costs:
                go_on(at + 1, cost + costs[i, j], [*pairs, (i, j)], free - {i})
        go_on(at + 1, cost + FAR, pairs, free)

    go_on(0, 0.0, [], frozenset(tracks))
    return best[0][1]


def _hungarian(costs: dict[tuple[int, int], float], rows: list[int], columns: list[int]) -> list[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment  # slow to import, and few shops ever need it

    matrix = np.full((len(rows), len(columns)), FAR)
    for a, i in enumerate(rows):
        for b, j in enumerate(columns):
            matrix[a, b] = costs.get((i, j), FAR)
    return [(rows[a], columns[b]) for a, b in zip(*linear_sum_assignment(matrix), strict=True) if matrix[a, b] < FAR]


def _rivals(
    tracks: Sequence[Track], costs: dict[tuple[int, int], float], by_person: list[list[int]],
    by_track: dict[int, list[int]], solved: list[tuple[int, int]],
) -> list[Rivals]:  # fmt: skip
    """Pairs of confirmed tracks that could have been exchanged: both seen, or one of them and the other not."""
    found = []
    turn = {j: n for n, (_, j) in enumerate(solved)}
    for n, (i, j) in enumerate(solved):
        if not tracks[i].confirmed:
            continue
        for other in sorted(turn[m] for m in by_track[i] if turn.get(m, -1) > n):
            k, m = solved[other]
            if not (tracks[k].confirmed and (k, j) in costs):
                continue
            if costs[i, m] + costs[k, j] - costs[i, j] - costs[k, m] < MISTAKABLE:
                found.append(Rivals(tracks[i], tracks[k]))
    seen = {i for i, _ in solved}
    for i, j in solved:
        for k in set(by_person[j]) - seen:
            if tracks[i].confirmed and tracks[k].confirmed and costs[k, j] - costs[i, j] < MISTAKABLE / 2:
                found.append(Rivals(tracks[i], tracks[k]))
    return found


def _left_over(
    tracks: Sequence[Track], costs: dict[tuple[int, int], float], solved: list[tuple[int, int]], crowd: list[int]
) -> dict[int, tuple[int, float]]:
    """People beside a matched track: perhaps it is they who are that track, and the other one is new."""
    found: dict[int, tuple[int, float]] = {}
    for j in set(crowd) - {j for _, j in solved}:
        for i, mine in solved:
            if tracks[i].confirmed and (i, j) in costs:
                chance = 1 / (1 + math.exp(min(40.0, max(0.0, costs[i, j] - costs[i, mine]) / 2)))
                if chance > found.get(j, (0, 0.001))[1]:
                    found[j] = (tracks[i].id, chance)
    return found
