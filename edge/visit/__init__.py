"""Entry, party, cart, exit: what a visit is and which state it is in.

Enters: scans and passages at the gates, who was near a gate, and the cart that attribution believes in. Leaves: visits
in their states, gate commands, and at the end what is charged, withheld or reviewed. Refuses: nothing that
people do; a scan without a passage expires, a passage without a scan is a stranger's.
"""

from edge.visit.cart import Outcome, outcome_of
from edge.visit.door import (
    AgeState,
    Door,
    Passing,
    Visit,
    behind,
    comes_until_s,
    expire,
    give_up,
    go_in,
    go_out,
    nobody_else_came,
    open_door,
    scan,
    send_away,
    waiting,
)
from edge.visit.table import TABLE, VisitEvent, VisitState, after

__all__ = [
    "TABLE",
    "AgeState",
    "Door",
    "Outcome",
    "Passing",
    "Visit",
    "VisitEvent",
    "VisitState",
    "after",
    "behind",
    "comes_until_s",
    "expire",
    "give_up",
    "go_in",
    "go_out",
    "nobody_else_came",
    "open_door",
    "outcome_of",
    "scan",
    "send_away",
    "waiting",
]
