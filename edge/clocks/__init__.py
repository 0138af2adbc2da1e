"""Sources' clocks: how far each is from the runtime's own, and whether what it says can be put in time.

Enters: when a source says that it measured, and when that was received. Leaves: what to add to its times, or that they
cannot be believed; what staff should know. Nothing here reads a clock.
"""

from edge.clocks.follow import CAMERA, HEALTH, SHELF, Clock, Limits, correct, follow, knows_better
from edge.clocks.seldom import correct_gate, follow_gate
from edge.clocks.shared import LOOK_EVERY_S, Shared, share
from edge.clocks.told import told_of, told_of_all

__all__ = [
    "CAMERA",
    "HEALTH",
    "LOOK_EVERY_S",
    "SHELF",
    "Clock",
    "Limits",
    "Shared",
    "correct",
    "correct_gate",
    "follow",
    "follow_gate",
    "knows_better",
    "share",
    "told_of",
    "told_of_all",
]
