"""When something holds, as a shopkeeper writes it: from, until, and the hours of each day.

Enters: text like ``2026-12-01``, ``2026-12-01 19:00`` or ``19:00-24:00``, and the shop's time zone. Leaves: a `Window`.
Refuses (`BadWindow`) what is no such day or hour, and what ends before it begins. A day in ``until`` is the last one on
which it holds; an hour there is the moment at which it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.told import Sentence, phrase, told

WHOLE_DAY_MIN = 24 * 60
_DAY = r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})"
_MOMENT = re.compile(rf"{_DAY}(?:[ T](\d{{1,2}}):(\d\d)(?::(\d\d))?)?", re.ASCII)
_HOURS = re.compile(r"(\d{1,2}):(\d\d)\s*[-–~〜]\s*(\d{1,2}):(\d\d)", re.ASCII)

HOW = phrase("Write a day like 2026-12-01, or a moment like 2026-12-01 19:00, by the clocks of the shop")


class BadWindow(ValueError):
    """What cannot be; ``remedy`` says what to write."""

    def __init__(self, what: Sentence, remedy: Sentence) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True, slots=True)
class Window:
    """From ``since_s`` on and before ``until_s`` (UNIX seconds; None: always, for ever), and of each day only the
    minutes after midnight from the first of ``daily`` on and before the second, by the clocks of the shop.
    """

    since_s: float | None = None
    until_s: float | None = None
    daily: tuple[int, int] | None = None

    def holds(self, at_s: float, zone: ZoneInfo) -> bool:
        """Whether it holds at a moment."""
        if (self.since_s is not None and at_s < self.since_s) or (self.until_s is not None and at_s >= self.until_s):
            return False
        if self.daily is None:
            return True
        local = datetime.fromtimestamp(at_s, zone)
        return self.daily[0] <= local.hour * 60 + local.minute < self.daily[1]

    def first(self, from_s: float, zone: ZoneInfo) -> float | None:
        """The first moment at which it holds, not before ``from_s``; None where there is none any more."""
        from_s = from_s if self.since_s is None else max(from_s, self.since_s)
        return next((at_s for at_s in (from_s, *self._mornings(from_s, zone)) if self.holds(at_s, zone)), None)

    def _mornings(self, from_s: float, zone: ZoneInfo) -> tuple[float, ...]:
        """When its hours begin on the day of a moment, and on the next two: an hour may be missing on one of them."""
        if self.daily is None:
            return ()
        day, (hour, minute) = datetime.fromtimestamp(from_s, zone).date(), divmod(self.daily[0], 60)
        starts = (datetime.combine(day + timedelta(n), time(hour, minute), zone).timestamp() for n in range(3))
        return tuple(at_s for at_s in starts if at_s >= from_s)


ALWAYS = Window()


def meeting(one: Window, other: Window, zone: ZoneInfo) -> float | None:
    """The first moment at which both hold; None where there is none. Of two that have always held, one of long ago."""
    at_s: float | None = 0.0
    for _ in range(8):  # each goes on to where the other begins: hours meet within two days, or never
        first = one.first(at_s, zone) if at_s is not None else None
        at_s = other.first(first, zone) if first is not None else None
        if first is None or at_s is None:
            return None
        if at_s == first:
            return at_s
    return None


def read_window(since: str, until: str, daily: str, zone: ZoneInfo) -> Window:
    """What the three say, each of which may be empty; `BadWindow` where they say nothing that can be."""
    since_s, until_s = _moment("from", since, zone), _moment("until", until, zone, last=True)
    if since_s is not None and until_s is not None and until_s <= since_s:
        what = told("until {until} is not after from {since}", until=until.strip(), since=since.strip())
        raise BadWindow(what, told("Exchange them, or correct one"))
    return Window(since_s, until_s, _hours(daily))


def _moment(what: str, text: str, zone: ZoneInfo, *, last: bool = False) -> float | None:
    """The moment; ``last``: of a day alone, the end of it."""
    text = text.strip()
    if not text:
        return None
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise BadWindow(told("{key} {said!r} is no day", key=what, said=text[:40]), told(HOW))
    year, _, month, day, hour, minute, second = found.groups()
    try:
        on = date(int(year), int(month), int(day))
        if hour is None:
            return datetime.combine(on + timedelta(1 if last else 0), time(), zone).timestamp()
        if (int(hour), minute, second or "00") == (24, "00", "00"):
            return datetime.combine(on + timedelta(1), time(), zone).timestamp()
        return datetime.combine(on, time(int(hour), int(minute), int(second or 0)), zone).timestamp()
    except (ValueError, OverflowError):
        raise BadWindow(told("{key} {said!r} is no day that there is", key=what, said=text), told(HOW)) from None


def _hours(text: str) -> tuple[int, int] | None:
    text = text.strip()
    if not text:
        return None
    how = told("Write hours of each day like 19:00-24:00; over midnight they are two, 22:00-24:00 and 00:00-06:00")
    found = _HOURS.fullmatch(text)
    if found is None:
        raise BadWindow(told("daily {said!r} is no time of day", said=text[:40]), how)
    first, first_min, last, last_min = (int(part) for part in found.groups())
    since, until = first * 60 + first_min, last * 60 + last_min
    if first_min > 59 or last_min > 59 or not since < until <= WHOLE_DAY_MIN:
        what = told("daily {said!r} does not end after it begins, on the same day", said=text)
        raise BadWindow(what, how)
    return since, until
