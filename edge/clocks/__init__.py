"""Sources' clocks: how far each is from the runtime's own, and whether what it says can be put in time.

Enters: when a source says that it measured, and when that was received. Leaves: what to add to its times, or that they
cannot be believed; what staff should know. Nothing here reads a clock.
"""

from edge.clocks.follow import CAMERA, HEALTH, SHELF, Clock, Limits, follow, knows_better
from edge.clocks.seldom import follow_gate
from edge.clocks.told import told_of

__all__ = ["CAMERA", "HEALTH", "SHELF", "Clock", "Limits", "follow", "follow_gate", "knows_better", "told_of"]
