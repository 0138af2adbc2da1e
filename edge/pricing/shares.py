"""An amount split by prices, to the last minor unit."""

from __future__ import annotations

from collections.abc import Sequence


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of ``amount`` in the ratio of ``weights`` that sum to it; what is left over by rounding down goes to
    the largest remainders, the first of equals. No part is larger than its weight where ``amount`` is not larger than
    their sum. Neither is negative; of nothing but zeros, ``amount`` is zero.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [divmod(amount * weight, whole) for weight in weights]
    left = amount - sum(part for part, _ in parts)
    most = sorted(range(len(weights)), key=lambda i: (-parts[i][1], i))[:left]
    return [part + (i in most) for i, (part, _) in enumerate(parts)]
