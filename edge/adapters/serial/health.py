"""What is wrong with a device that is open, told from what comes out of it.

Enters: counts of what came, with times of a clock that only goes forward. Leaves: one sentence with its remedy, or
``""``. Pure: `edge.adapters.serial.port` reads the clock. What cannot even be opened is judged there.

At a wrong baud rate some bytes look like text by chance, so a share tells more than a single byte does; at half the
right one, digits all turn into other text, so a device that speaks in riddles may have either set wrong. A boot
loader's greeting at a rate of its own (ESP8266: 74880 baud) must not frighten anybody, so garbage is a trouble only
where no reading follows.
"""

from __future__ import annotations

from edge.site import SerialDevice

GARBAGE_SHARE = 0.3
"""Of random bytes 62 % are no text; of weights that are read at a wrong rate between 40 % and all, but for half the
right one."""
GARBAGE_BYTES = 16
"""Fewer say nothing."""
GARBAGE_S = 1.0
FORGET_BYTES = 4096
"""What came before so many bytes counts half: settings can be changed while a device runs."""
LEAST_S = 1.0
"""Nobody is called silent or unintelligible sooner, whatever ``stale_s`` says."""

SPEAKS = {
    "mt-sics": "MT-SICS",
    "lines": "<plate>,<grams> lines",
    "barcode": "codes that end with a line",
}


class Health:
    """One device from its opening on; ``restless`` devices are expected to say something every ``stale_s``."""

    def __init__(self, device: SerialDevice, *, restless: bool, stale_s: float, at_s: float) -> None:
        self._device, self._restless, self._stale_s = device, restless, max(stale_s, LEAST_S)
        self._heard_s = self._read_s = at_s
        self._dropped_s = float("-inf")
        self._bytes = self._garbage = 0
        """Since the last reading."""
        self.proven = not restless
        """It has said something that could be read; of who speaks seldom nobody expects it."""

    def heard(self, at_s: float, *, bytes_: int, garbage: int, readings: int, dropped: int) -> None:
        """What one piece brought."""
        self._heard_s = at_s
        if dropped:
            self._dropped_s = at_s
        if readings:
            self._read_s, self._bytes, self._garbage, self.proven = at_s, 0, 0, True
            return
        self._bytes += bytes_
        self._garbage += garbage
        if self._bytes > FORGET_BYTES:
            self._bytes //= 2
            self._garbage //= 2

    def trouble(self, at_s: float) -> str:
        """What is wrong as of now."""
        name = self._device.device
        if at_s - self._dropped_s < LEAST_S:
            return f"{name} says more than can be taken in, the oldest is dropped: let it say less a second"
        if self._restless and at_s - self._heard_s > self._stale_s:
            return (
                f"{name} is open but says nothing: look at its power and its cable, "
                "and whether baud and protocol in site.toml are the device's"
            )
        unread_s = at_s - self._read_s
        if self._only_garbage() and unread_s > GARBAGE_S:
            return (
                f"{name} says nothing but garbage at {self._device.baud} baud: correct baud in site.toml, "
                "or the rate that the device is set to"
            )
        if self._restless and self._bytes and unread_s > self._stale_s:
            return (
                f"{name} speaks, but not {SPEAKS[self._device.protocol]} at {self._device.baud} baud: "
                "correct protocol or baud in site.toml, or what the device is set to send"
            )
        return ""

    def _only_garbage(self) -> bool:
        return self._bytes >= GARBAGE_BYTES and self._garbage > GARBAGE_SHARE * self._bytes
