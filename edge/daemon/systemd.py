"""What systemd wants to hear (sd_notify(3)): ready, alive, stopping, and a line of status.

Plain datagrams to the socket that ``NOTIFY_SOCKET`` names; without one, nobody listens and nothing happens.
"""

from __future__ import annotations

import contextlib
import os
import socket


def notify(*words: str) -> None:
    """Tell systemd: ``READY=1``, ``WATCHDOG=1``, ``STOPPING=1``, ``STATUS=…``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.connect(address)
        line.sendall("\n".join(words).encode())


def watchdog_s() -> float:
    """How often systemd wants a sign of life, halved as it recommends; infinity: never."""
    period_us = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(period_us) / 2e6 if period_us.isdigit() and int(period_us) and mine else float("inf")
