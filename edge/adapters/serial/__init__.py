"""Scales, microcontrollers and barcode readers on serial lines.

Enters: what ``[[serial]]`` of ``site.toml`` names. Leaves: single readings for `edge.adapters.plates.Plates`, scans for
the daemon, and what is wrong with a device. One thread a device; one dialect a protocol (`dialects` names them).
"""

from __future__ import annotations

from functools import partial

from edge.adapters.inbox import Inbox
from edge.adapters.plates import Plates
from edge.adapters.serial.dialects import dialect_of, recognised
from edge.adapters.serial.port import Port
from edge.site import SerialDevice, Site
from edge.store import Store

__all__ = ["Port", "open_ports"]


def open_ports(site: Site, store: Store, inbox: Inbox, plates: Plates) -> list[Port]:
    """A started port for every serial device of the site. Never raises: what cannot be opened is a trouble."""
    ports: list[Port] = []
    named: dict[str, int] = {}
    for device in site.serial:
        source = source_of(device)
        named[source] = named.get(source, 0) + 1
        if named[source] > 1:
            source = f"{source}-{named[source]}"
        fresh = partial(dialect_of, device, store)
        ports.append(Port(device, source, fresh, inbox, plates, site.slow.stale_s, recognised))
    for port in ports:
        port.start()
    return ports


def source_of(device: SerialDevice) -> str:
    """``serial/g1-s1``, ``serial/g1-s1:3``, ``serial/entry``: what staff read and what is counted under."""
    if device.protocol == "barcode":
        return f"serial/{device.gate}"
    plates = ",".join(map(str, device.plates))
    return f"serial/{device.shelf}:{plates}" if plates else f"serial/{device.shelf}"
