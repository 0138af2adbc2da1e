"""What goes on at the exits: who stands there and what they wait for, who has left and is not settled, who was last.

Enters: the layout, who is where (`edge.daemon.floor`), the book. Leaves: rows for *Now*. Whoever is nearer to an exit
than two metres stands there; a visit that is *leaving* has gone out, and the shop still waits for shelves near it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from edge.facts.visits import found
from edge.ledger import Book
from edge.store import Layout
from edge.web.languages import N_

AT_GATE_M: Final = 2.0
LATELY_S: Final = 600.0
MOST: Final = 3
"""So many of those who left lately are shown."""

WAITS: Final = {
    "asked": N_("waits for staff: goods for adults, and nobody has looked at their ID"),
    "unanswered": N_("waits for staff: goods for adults, and nobody has looked at their ID"),
    "refused": N_("goods for adults are not sold to them, and stay here"),
    "leaving": N_("has gone out: waits until the shelves that they stood at are calm"),
    "": N_("waits for nothing: they may walk out"),
}
"""What somebody at an exit waits for, by the state of their age or of their visit."""

MONEY: Final = {
    "asked": N_("waits for the money"),
    "unanswered": N_("the payment provider does not answer"),
    "declined": N_("the payment was declined"),
    "disputed": N_("the payment provider contradicts itself"),
    "review": N_("could not be settled: waits for a person to look at it"),
    "void": N_("nothing to pay"),
}
"""State of the money of somebody who has left -> what it waits for, or how it ended; paid is shown as paid."""

Row = dict[str, Any]


def at_exits(layout: Layout, seen: Mapping[str, Any]) -> list[Row]:
    """Who stands at an exit or has just gone out: ``visit`` (empty: nobody that is known), ``gate``, ``waits``."""
    gates = [gate for gate in layout.gates if gate.kind == "exit"]
    visits = {visit["visit"]: visit for visit in seen.get("visits", ())}
    rows: list[Row] = [
        {"visit": visit, "subject": known["subject"], "gate": "", "waits": WAITS["leaving"]}
        for visit, known in visits.items()
        if known["state"] == "leaving"
    ]
    for person in seen.get("people", ()):
        here = (person["x"], person["y"])
        near = [gate for gate in gates if math.dist(here, gate.position) < AT_GATE_M]
        if not near or person["lost"]:
            continue
        visit = next(iter(person["who"]), "")
        known = visits.get(visit)
        # A party is told once; of strangers each.
        if (visit and any(row["visit"] == visit for row in rows)) or (known is not None and known["role"] == "staff"):
            continue
        gate = min(near, key=lambda gate: math.dist(here, gate.position)).id
        age = known["age"] if known is not None else ""
        told = WAITS.get(age, WAITS[""]) if known is not None else N_("somebody whom no scan let in")
        rows.append({"visit": visit, "subject": known["subject"] if known else "", "gate": gate, "waits": told})
    return rows


def lately(book: Book, now_s: float) -> list[Row]:
    """The last who left, the newest first, with ``money``: what their payment waits for, or how it ended."""
    rows = found(book, since_s=now_s - LATELY_S, most=MOST)
    return [row | {"money": MONEY.get(row["state"], ""), "paid": row["state"] == "paid"} for row in rows]
