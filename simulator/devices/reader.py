"""A barcode reader: it says the text of a code when one is held under it, and nothing otherwise."""

from __future__ import annotations

from pathlib import Path

from simulator.devices.double import Double

AGAIN_S = 0.3
"""Who sends no end leaves a pause between two codes: so much at least do readers wait before they read one again."""


class Reader(Double):
    """``times``: how often it repeats a code while it sees it, `every_s` apart. ``begins`` and ``ends``: what it is
    set to send before and behind a code: an identifier, STX, ETX, nothing.
    """

    protocol = "barcode"

    def __init__(
        self, link: Path, baud: int = 9600, seed: int = 1, *, times: int = 3, begins: bytes = b"", ends: bytes = b"\r\n"
    ) -> None:
        super().__init__(link, baud, seed)
        self._times = times
        self.begins, self.ends = begins, ends
        if not set(ends) & set(b"\r\n\x03"):
            self.every_s = AGAIN_S
        self._due: list[bytes] = []

    def scan(self, text: str) -> None:
        """Hold a code under it."""
        self._due += [text.encode("utf-8")] * self._times

    def tick(self, at_s: float) -> list[bytes]:
        if at_s < self._flood_until_s:
            return [b"4901234567894"]
        return [self._due.pop(0)] if self._due else []
