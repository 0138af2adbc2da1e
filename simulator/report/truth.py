"""What really happened, where a recording's ``truth.json`` tells it, and what it says about shelf events.

Enters: the attachment and the shelf events as they were explained. Leaves: for each event what really happened at that
shelf in that moment and whether the winning explanation is exactly that; and what happened without any event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from edge.records import Explained, ShelfEvent
from simulator.report.material import Happened

SLACK_S = 1.0
"""A truth is told to the moment of the hand, an event to that of the plates."""


class VisitTruth(msgspec.Struct):
    subject: str
    items: dict[str, int]


class EventTruth(msgspec.Struct):
    """One line of the truth; ``action`` is ``pick``, ``put_back`` or something that moves nothing for good."""

    t: float
    subject: str
    sku: str = ""
    count: int = 1
    action: str = "pick"
    shelf: str = ""
    plates: list[int] = []


class Truth(msgspec.Struct):
    """``truth.json``; what it says beyond this is ignored."""

    visits: list[VisitTruth] = []
    events: list[EventTruth] = []

    def items(self) -> dict[str, dict[str, int]]:
        """What each subject left with; somebody who came twice is told together."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for visit in self.visits:
            found[visit.subject].update(visit.items)
        return {subject: dict(items) for subject, items in found.items()}

    def happened(self) -> list[Happened]:
        """Everything that was taken or put back, in order of time."""
        signs = {"pick": 1, "put_back": -1}
        told = [
            Happened(e.t, e.subject, e.sku, signs[e.action] * e.count, e.shelf, tuple(e.plates))
            for e in self.events
            if e.action in signs and e.shelf
        ]
        return sorted(told, key=lambda h: h.at_s)


def read_truth(attachment: bytes | None) -> Truth | None:
    """The truth, or None where there is none or it is told in another way."""
    if attachment is None:
        return None
    try:
        return msgspec.json.decode(attachment, type=Truth)
    except msgspec.DecodeError:
        return None


def assign(truth: Truth, events: Sequence[ShelfEvent]) -> tuple[dict[str, tuple[Happened, ...]], tuple[Happened, ...]]:
    """(event id -> what really happened in it, what no event tells)."""
    found: dict[str, list[Happened]] = {e.id: [] for e in events}
    unseen = []
    for h in truth.happened():
        near = [e for e in events if e.shelf == h.shelf and _covers(e, h)]
        if near:
            found[min(near, key=lambda e: abs(e.step_s - h.at_s)).id].append(h)
        else:
            unseen.append(h)
    return {event: tuple(told) for event, told in found.items()}, tuple(unseen)


def _covers(event: ShelfEvent, h: Happened) -> bool:
    if not event.began_s - SLACK_S <= h.at_s <= event.ended_s + SLACK_S:
        return False
    return not h.plates or any(abs(p - q) <= 1 for p in event.plates for q in h.plates)


def judge(explained: Explained, happened: tuple[Happened, ...], subjects: Mapping[str, str]) -> bool:
    """Is the winning explanation exactly what happened? ``subjects``: visit -> who it really is."""
    said: Counter[tuple[str, str]] = Counter()
    if explained.explanations:
        for share in explained.explanations[0].shares:
            said[subjects.get(share.visit, share.visit), share.sku] += share.quantity
    real: Counter[tuple[str, str]] = Counter()
    for h in happened:
        real[h.subject, h.sku] += h.quantity
    return {k: n for k, n in said.items() if n} == {k: n for k, n in real.items() if n}
