"""Text that people see: names come from readers, apps and files, and a terminal does what some characters say.

Enters: any text. Leaves: the same, as far as it can be printed. Refuses nothing.
"""

from __future__ import annotations


def shown(text: str) -> str:
    """Without control characters and the like: each is shown as one that stands for something unknown."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
