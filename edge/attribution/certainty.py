"""What a visit holds, unit by unit, and how sure that is.

A line's certainty is the share of all stories in which the visit holds at least so many, corrected by what the
simulator shows about stories' own confidence (`calibrated`): of lines said 90 % sure, about 90 % are right.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from edge.attribution.hypotheses import Belief, Cluster
from edge.records import Cart, CartLine
from edge.store.policy import MOST_SURE

SHARPNESS = 0.95
"""Stories are confident a little beyond their evidence: their log-odds are scaled by `SHARPNESS`, fitted by
`tebura reliability` on simulated shops, and nothing is ever surer than `MOST_SURE`."""

LEAST_RIVAL = 0.01
"""Who took it instead with less probability than this is no rival."""

SAME_CERTAINTY = 0.01
"""Units whose certainties differ by less stand on one line."""


def calibrated(probability: float) -> float:
    """The certainty that a share of stories is worth."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    odds = math.log(p / (1 - p)) * SHARPNESS
    return min(MOST_SURE, 1 / (1 + math.exp(-odds)))


def cart_of(belief: Belief, visit: str) -> Cart:
    """The most probable holding of a visit: for each product a line per number of units that is surer than the next."""
    cluster = next((c for c in belief.clusters if visit in c.visits()), None)
    if cluster is None:
        return Cart()
    shares = [math.exp(h.nats) for h in cluster.hypotheses]
    whole = sum(shares)
    holdings: defaultdict[tuple[tuple[str, int], ...], float] = defaultdict(float)
    at_least: defaultdict[tuple[str, int], float] = defaultdict(float)
    trails: dict[str, tuple[float, tuple[str, ...], tuple[int, ...]]] = {}
    for share, h in zip(shares, cluster.hypotheses, strict=True):
        cart = h.carts[visit]
        holdings[tuple(sorted((sku, n) for sku, (n, *_) in cart.items()))] += share
        for sku, (count, events, moves) in cart.items():
            for n in range(1, count + 1):
                at_least[sku, n] += share
            if share > trails.get(sku, (0.0,))[0]:
                trails[sku] = (share, events, moves)
    best = max(sorted(holdings), key=lambda k: holdings[k])
    lines = []
    for sku, count in best:
        sure = [round(calibrated(at_least[sku, n] / whole), 4) for n in range(1, count + 1)]
        taken, rivals = _others(cluster, shares, visit, sku, trails[sku][1])
        rival = max(sorted(rivals), key=lambda v: rivals[v], default="")
        for n in range(1, count + 1):
            if n == count or sure[n - 1] - sure[n] >= SAME_CERTAINTY:
                what = max(taken, at_least[sku, n])
                lines.append(
                    CartLine(
                        sku,
                        n,
                        sure[n - 1],
                        trails[sku][1],
                        what=round(calibrated(what / whole), 4),
                        who=round(calibrated(at_least[sku, n] / what), 4),
                        rival=rival if rivals.get(rival, 0.0) > LEAST_RIVAL * whole else "",
                        moves=trails[sku][2],
                    )
                )
    return Cart(tuple(lines))


def _others(
    cluster: Cluster, shares: Sequence[float], visit: str, sku: str, events: Sequence[str]
) -> tuple[float, dict[str, float]]:
    """(The weight of the stories in which somebody took a product in all of these events, visit -> that of those in
    which it was another one).
    """
    taken, rivals = 0.0, defaultdict[str, float](float)
    for share, h in zip(shares, cluster.hypotheses, strict=True):
        behind = {v: cart[sku][1] for carts in (h.gone, h.carts) for v, cart in carts.items() if sku in cart}
        if all(any(event in found for found in behind.values()) for event in events):
            taken += share
        for other, found in behind.items():
            if other != visit and any(event in found for event in events):
                rivals[other] += share
    return taken, dict(rivals)


def tracks_of(belief: Belief, visit: str) -> dict[int, float]:
    """Track -> probability that it is one of this visit's people."""
    cluster = next((c for c in belief.clusters if visit in c.visits()), None)
    if cluster is None:
        return {}
    shares: dict[int, float] = {}
    for h in cluster.hypotheses:
        for track, person in h.who.items():
            if person.visit == visit:
                shares[track] = shares.get(track, 0.0) + math.exp(h.nats)
    whole = sum(math.exp(h.nats) for h in cluster.hypotheses)
    return {track: share / whole for track, share in shares.items()}


def whose_tracks(belief: Belief) -> dict[int, dict[str, float]]:
    """Track -> visit -> probability that it is its person, of all tracks that are followed; "" is a stranger. One look
    at each story, where `whose_track` of everybody takes one a person.
    """
    found: dict[int, dict[str, float]] = {}
    for cluster in belief.clusters:
        weights = [math.exp(h.nats) for h in cluster.hypotheses]
        whole = sum(weights)
        for h, weight in zip(cluster.hypotheses, weights, strict=True):
            for track, person in h.who.items():
                shares = found.setdefault(track, {})
                shares[person.visit] = shares.get(person.visit, 0.0) + weight / whole
    return found


def whose_track(belief: Belief, track: int) -> dict[str, float]:
    """Visit -> probability that this track is its person; "" is a stranger."""
    cluster = next((c for c in belief.clusters if track in c.hypotheses[0].who), None)
    if cluster is None:
        return {"": 1.0}
    shares: dict[str, float] = {}
    for h in cluster.hypotheses:
        visit = h.who[track].visit
        shares[visit] = shares.get(visit, 0.0) + math.exp(h.nats)
    whole = sum(shares.values())
    return {visit: share / whole for visit, share in shares.items()}
