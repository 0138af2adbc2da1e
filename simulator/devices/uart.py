"""What a receiver hears that is set to another baud rate than the sender.

Enters: bytes and both rates. Leaves: bytes. The line is drawn bit by bit (8N1: a start bit, eight data bits from the
lowest, a stop bit; idle is 1) and sampled as a UART does: from a falling edge on, in the middle of each of its own
bits. A missing stop bit is not minded, as on Linux unless a program asks for it.
"""

from __future__ import annotations

BITS = 10
"""Of a byte on the line."""


def heard(said: bytes, spoken_baud: int, heard_baud: int) -> bytes:
    """``said`` without a pause at ``spoken_baud``, as a receiver at ``heard_baud`` understands it."""
    if spoken_baud == heard_baud:
        return said
    levels = "".join(f"0{f'{byte:08b}'[::-1]}1" for byte in said)
    step = spoken_baud / heard_baud
    found = bytearray()
    at = 0.0
    while True:
        low = levels.find("0", int(at))
        if low < 0:
            return bytes(found)
        start = max(at, float(low))
        found.append(sum(1 << i for i in range(8) if _level(levels, start + (i + 1.5) * step)))
        at = _high(levels, start + (BITS - 0.5) * step)


def _level(levels: str, at: float) -> bool:
    return int(at) >= len(levels) or levels[int(at)] == "1"


def _high(levels: str, at: float) -> float:
    """From here on a falling edge is looked for: the line has to be high first."""
    if _level(levels, at):
        return at
    up = levels.find("1", int(at))
    return float(up if up >= 0 else len(levels))
