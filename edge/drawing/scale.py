"""Numbers beside a drawing: which ones stand at an axis, and how grams, seconds and shares are written."""

from __future__ import annotations

import math

NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(low: float, high: float, lines: int = 4) -> float:
    """The distance between about so many lines of a grid: a number that people like."""
    rough = max(high - low, 1e-9) / lines
    power = 10.0 ** math.floor(math.log10(rough))
    return next(s * power for s in NICE_STEPS if s * power >= rough)


def grid(low: float, high: float, step: float) -> list[float]:
    """The multiples of a step from ``low`` to ``high``."""
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def seconds_shown(seconds: float) -> str:
    """A distance in time with its sign."""
    return f"{seconds:+.0f} s".replace("-", "−")


def grams_shown(grams: float) -> str:
    """A mass with its unit, minus signs as printers set them."""
    shown = f"{grams:.1f}" if abs(grams) < 10 and grams != round(grams) else f"{grams:.0f}"
    return f"{shown.replace('-', '−')} g"


def percent(share: float) -> str:
    """A probability as people read it; what is nearly certain is never said to be."""
    if 0.9995 <= share < 1.0:
        return "99.9 %"
    if 0.99 <= share < 0.9995 or 0.0005 < share < 0.01:
        return f"{share * 100:.1f} %"
    if 0.0 < share <= 0.0005:
        return "< 0.1 %"
    return f"{share * 100:.0f} %"
