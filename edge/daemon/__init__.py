"""The live shop: adapters in, the runtime in the middle, everything kept; for months.

Enters: a store, its site, a state folder. Leaves: open gates, carts, receipts, a recording of all that was heard.
Refuses: at the start, what cannot be used, with the remedy; later nothing: whatever breaks is a trouble that staff see.

`run` starts and stops, `shop` does the work, `recovery` finds the way back, `books`, `cashier`, `clock` and `ear` are
the shop's own, `desk`, `watch`, `screen` and `systemd` are how people and machines look at it.
"""

from edge.daemon.run import run

__all__ = ["run"]
