"""Masses as devices spell them: ``kg``, ``LB``, ``ounces``.

Enters: what a payload or a scale puts behind its number. Leaves: grams of one of it, or None for what is no mass that
is known here: pieces, per cent, ``lb:oz``, troy ounces, carats. A device that shows those has to be switched to another
unit, for a number that is read in the wrong one is a wrong weight. ``t`` is none of them, a tonne to some scales and a
tola to others, nor is ``gr``, a gram or a grain.
"""

from __future__ import annotations

from edge.site import GRAMS

_SPELLED: dict[str, float] = {
    **{unit: grams for unit, grams in GRAMS.items() if unit != "raw"},
    **dict.fromkeys(("gram", "grams", "gramm", "グラム"), 1.0),
    **dict.fromkeys(("kgs", "kilo", "kilogram", "kilograms", "kilogramm", "㎏"), 1000.0),
    **dict.fromkeys(("lbs", "pound", "pounds"), GRAMS["lb"]),
    **dict.fromkeys(("ounce", "ounces"), GRAMS["oz"]),
    "milligram": 1e-3,
}

KNOWN = "g, kg, mg, lb or oz"
"""For people."""


def grams_of(unit: str) -> float | None:
    """Grams of one unit. Upper or lower case is the same but for ``mg``: ``Mg`` is a tonne to some."""
    said = unit.strip()
    return 1e-3 if said == "mg" else _SPELLED.get(said.lower())
