"""What a visit holds, unit by unit, and how sure that is.

A line's certainty is the share of all stories in which the visit holds at least so many, corrected by what the
simulator shows about stories' own confidence (`calibrated`): of lines said 90 % sure, about 90 % are right.
"""

from __future__ import annotations

import math
from collections import Counter

from edge.attribution.belief import Belief
from edge.records import Cart, CartLine

SHARPNESS = 1.0
MOST_SURE = 0.999
"""Stories are confident beyond their evidence: their log-odds are scaled by `SHARPNESS`, fitted by
`tebura reliability` on simulated shops, and nothing is ever surer than `MOST_SURE`."""


def calibrated(probability: float) -> float:
    """The certainty that a share of stories is worth."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    odds = math.log(p / (1 - p)) * SHARPNESS
    return min(MOST_SURE, 1 / (1 + math.exp(-odds)))


def cart_of(belief: Belief, visit: str) -> Cart:
    """The cart in the most probable holding of a visit, a line for every number of units that is equally sure."""
    cluster = next((c for c in belief.clusters if visit in c.visits()), None)
    if cluster is None:
        return Cart()
    shares = [math.exp(h.nats) for h in cluster.hypotheses]
    whole = sum(shares)
    holdings: Counter[tuple[tuple[str, int], ...]] = Counter()
    at_least: Counter[tuple[str, int]] = Counter()
    trails: dict[str, tuple[float, tuple[str, ...]]] = {}
    for share, h in zip(shares, cluster.hypotheses, strict=True):
        cart = h.carts[visit]
        holdings[tuple(sorted((sku, n) for sku, (n, _) in cart.items()))] += share  # type: ignore[assignment]
        for sku, (count, events) in cart.items():
            for n in range(1, count + 1):
                at_least[sku, n] += share  # type: ignore[assignment]
            if share > trails.get(sku, (0.0, ()))[0]:
                trails[sku] = (share, events)
    best = max(sorted(holdings), key=lambda k: holdings[k])
    lines = []
    for sku, count in best:
        start = 1
        while start <= count:
            certainty = calibrated(at_least[sku, start] / whole)
            end = start
            while end < count and abs(calibrated(at_least[sku, end + 1] / whole) - certainty) < 0.01:
                end += 1
            lines.append(
                CartLine(sku, end - start + 1, round(calibrated(at_least[sku, end] / whole), 4), trails[sku][1])
            )
            start = end + 1
    return Cart(tuple(lines))


def whose_track(belief: Belief, track: int) -> dict[str, float]:
    """Visit -> probability that this track is its person; "" is a stranger."""
    cluster = next((c for c in belief.clusters if track in c.tracks()), None)
    if cluster is None:
        return {"": 1.0}
    shares: dict[str, float] = {}
    for h in cluster.hypotheses:
        shares[h.who[track]] = shares.get(h.who[track], 0.0) + math.exp(h.nats)
    whole = sum(shares.values())
    return {visit: share / whole for visit, share in shares.items()}
