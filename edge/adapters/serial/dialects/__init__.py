"""Which dialect a device speaks: by its ``protocol``, or by what it says.

Enters: a `SerialDevice`, or lines that its own dialect does not understand. Leaves: a fresh dialect, or the names of
those that would have understood. `edge.site.PROTOCOLS` is the register; nothing here knows one of them by name but that
readers read codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

from edge.adapters.serial.dialects.dialect import Dialect, Unusable, Weighed
from edge.site import PROTOCOLS, SerialDevice
from edge.store import Store


def dialect_of(device: SerialDevice, store: Store) -> Dialect:
    """One device's own, from its opening on."""
    return _made(device, store.layout.shelf(device.shelf).plates if device.shelf else 0)


def recognised(lines: Sequence[bytes]) -> str:
    """Protocols in which all of these lines mean something, one of them a weight: ``kern or ohaus``. ``""``: none."""
    whole = lines[1:]  # the first may have been heard from the middle on
    return " or ".join(name for name in PROTOCOLS if name != "barcode" and whole and _understands(name, whole))


def _understands(protocol: str, lines: Sequence[bytes]) -> bool:
    talk = _made(SerialDevice(device="", protocol=protocol, shelf="any", plates=(1,)), 1)
    said = [s for i, line in enumerate(lines) for s in talk.line(line, float(i))]
    return any(isinstance(s, Weighed) for s in said) and not any(isinstance(s, Unusable) for s in said)


def _made(device: SerialDevice, plates: int) -> Dialect:
    module, _, name = PROTOCOLS[device.protocol].partition(":")
    return cast("Dialect", getattr(import_module(f"edge.adapters.serial.dialects.{module}"), name)(device, plates))
