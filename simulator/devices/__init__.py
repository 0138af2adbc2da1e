"""Device doubles: scales, microcontrollers and barcode readers that are not there, on pseudo-terminals that are.

Enters: what is put on them, what is held under them, and faults on demand. Leaves: bytes at a path that any program
opens like a serial port. They run in real time, because serial lines do; what weighs down on them is the simulator's
own physics.
"""

from simulator.devices.controller import Controller
from simulator.devices.counter import (
    COUNTER,
    AAndDScale,
    CounterScale,
    KernScale,
    OhausScale,
    SartoriusBalance,
    Toledo8217Scale,
)
from simulator.devices.desk import Desk, speak
from simulator.devices.double import Double
from simulator.devices.reader import Reader
from simulator.devices.scale import Scale

__all__ = [
    "COUNTER",
    "AAndDScale",
    "Controller",
    "CounterScale",
    "Desk",
    "Double",
    "KernScale",
    "OhausScale",
    "Reader",
    "SartoriusBalance",
    "Scale",
    "Toledo8217Scale",
    "speak",
]
