"""The physical double of a weighing shelf: hardware good and bad, loads and hands on it, a person who puts them there.

Enters: a shelf, a seed, faults. Leaves: what the shelf's controller says, and the truth about it.
"""

from simulator.rig.cells import Rig
from simulator.rig.hardware import FAULTS, Cell, Climate, Hardware, Unit, faulty, healthy, spoil
from simulator.rig.technician import Mistake, Technician

__all__ = [
    "FAULTS",
    "Cell",
    "Climate",
    "Hardware",
    "Mistake",
    "Rig",
    "Technician",
    "Unit",
    "faulty",
    "healthy",
    "spoil",
]
