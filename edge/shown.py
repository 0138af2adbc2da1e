"""Text that people see: names come from readers, apps and files, and a terminal does what some characters say.

Enters: any text. Leaves: the same, as far as it can be printed. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.told import told


def shown(text: str) -> str:
    """Without control characters and the like: each is shown as one that stands for something unknown."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def named_plates(plates: Sequence[int]) -> str:
    """``plate 3``, ``plates 1, 4-6``: as a planogram writes it."""
    runs: list[list[int]] = []
    for plate in plates:
        if runs and runs[-1][-1] == plate - 1:
            runs[-1].append(plate)
        else:
            runs.append([plate])
    which = ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)
    return told("plates {which}", which=which) if len(plates) > 1 else told("plate {which}", which=which)
