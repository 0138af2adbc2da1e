"""A barcode reader: it says the text of a code when one is held under it, and nothing otherwise."""

from __future__ import annotations

from pathlib import Path

from simulator.devices.double import Double


class Reader(Double):
    """``times``: how often it repeats a code while it sees it, a tenth of a second apart."""

    def __init__(self, link: Path, baud: int = 9600, seed: int = 1, *, times: int = 3) -> None:
        super().__init__(link, baud, seed)
        self._times = times
        self._due: list[bytes] = []

    def scan(self, text: str) -> None:
        """Hold a code under it."""
        self._due += [text.encode("utf-8")] * self._times

    def tick(self, at_s: float) -> list[bytes]:
        if at_s < self._flood_until_s:
            return [b"4901234567894"]
        return [self._due.pop(0)] if self._due else []
