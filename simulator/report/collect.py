"""The collector: watches a replay and keeps what the report will show.

Enters: what an observer of the driver gets. Leaves: the `Material` of a report. Bounded: weights are kept for a minute
(`edge.evidence.traces`), ways are thinned to where somebody really moved, and what is beyond `EVENTS_AT_MOST` and
`POINTS_AT_MOST` is left out, which the page then says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, cast

from edge.checkout import Receipt, Sale, State, receipt_text, sale_of
from edge.checkout.amounts import money
from edge.checkout.sale import SoldLine, WithheldLine
from edge.evidence import RecentWeights, Trace, where_people_are
from edge.records import (
    Effect,
    Explained,
    GatePassage,
    LedgerEntry,
    PeopleFrame,
    Record,
    Refused,
    Touch,
    WeightBatch,
)
from edge.store import Store
from simulator.report.material import EventShown, Happened, LineShown, Material, Mixed, VisitShown, Walk
from simulator.report.truth import Truth, assign, judge

if TYPE_CHECKING:
    from edge.state import State as Shop

SAMPLE_S = 0.2
MOVED_M = 0.04
STOOD_S = 1.0
"""A way gets a point when somebody moved so far or stood for so long, looked at once a `SAMPLE_S`."""

MIXED = 0.1
MIXED_GAP_S = 2.0
"""Whom a track belongs to at least so likely may be its person as well; doubts that are closer together are one."""

LIKELY = 0.5
"""A track is drawn as somebody's when it is likelier theirs than not."""

EVENTS_AT_MOST = 1500
POINTS_AT_MOST = 300_000
"""A page of more shelf events and steps than these would be too big to open, and its making too big to hold."""

ODDITIES = {
    "tailgate": "{} came in without a scan.",
    "stranger": "{} went out whom nobody had let in.",
}
"""Entries of the book that the reader of a report has to know about."""

GOLDEN_ANGLE_DEG = 137.508
"""Hues that are so far apart stay different however many there are."""


class Collector:
    """An observer. ``material`` may be asked for when the replay has ended."""

    def __init__(self, store: Store, recording: str, truth: Truth | None = None) -> None:
        self.store = store
        self.recording = recording
        self.truth = truth
        self.began_s: float | None = None
        self.ended_s = 0.0
        self.refused: dict[str, int] = {}
        self._weights = RecentWeights()
        self._explained: dict[str, Explained] = {}
        self._traces: dict[str, Trace | None] = {}
        self._waiting: list[Explained] = []
        self._touches: list[Touch] = []
        self._walks: dict[tuple[int, str], Walk] = {}
        self._points = self._left_out = 0
        self._sampled_s = 0.0
        self._entered: dict[str, tuple[float, str]] = {}
        self._sales: dict[str, tuple[float, str, Sale]] = {}
        self._paid: dict[str, tuple[State, str]] = {}
        self._odd: dict[str, int] = {}
        self._mixed: dict[tuple[str, str], list[Mixed]] = {}

    def __call__(self, state: Shop, record: Record | None, effects: Sequence[Effect]) -> None:
        if record is not None:
            self._hear(state, record)
        for effect in effects:
            self._note(effect)

    def _hear(self, state: Shop, record: Record) -> None:
        if self.began_s is None:
            self.began_s = record.received_s
        self.ended_s = max(self.ended_s, record.received_s)
        if isinstance(record, WeightBatch):
            self._weights.heard(record)
            if self._waiting:
                self._cut([e for e in self._waiting if self._weights.complete(e.event)])
        elif isinstance(record, Refused):
            self.refused[record.reason] = self.refused.get(record.reason, 0) + 1
        elif isinstance(record, PeopleFrame | GatePassage) and record.received_s >= self._sampled_s + SAMPLE_S:
            self._sampled_s = record.received_s
            self._sample(state, record.received_s)

    def _sample(self, state: Shop, at_s: float) -> None:
        for track, x, y, shares in where_people_are(state):
            likeliest = max(sorted(shares), key=lambda v: shares[v], default="")
            visit = likeliest if shares.get(likeliest, 0.0) >= LIKELY else ""
            self.doubt(shares, at_s)
            walk = self._walks.setdefault((track, visit), Walk(track, visit))
            if walk.points:
                last_s, last_x, last_y = walk.points[-1]
                if abs(x - last_x) + abs(y - last_y) < MOVED_M and at_s - last_s < STOOD_S:
                    continue
            self._points += 1
            if self._points <= POINTS_AT_MOST:
                walk.points.append((at_s, x, y))

    def doubt(self, shares: dict[str, float], at_s: float) -> None:
        """Whom a track may belong to as well, now and until it is settled."""
        known = sorted((v for v in shares if v and shares[v] >= MIXED), key=lambda v: (-shares[v], v))
        for one, other in combinations(known, 2):
            pair = (min(one, other), max(one, other))
            spans = self._mixed.setdefault(pair, [])
            share = min(shares[one], shares[other])
            if spans and at_s - spans[-1].until_s <= MIXED_GAP_S:
                last = spans[-1]
                spans[-1] = Mixed(pair, last.since_s, at_s, max(last.share, share))
            else:
                spans.append(Mixed(pair, at_s, at_s, share))

    def _note(self, effect: Effect) -> None:
        if isinstance(effect, Explained):
            if len(self._explained) >= EVENTS_AT_MOST:
                self._left_out += 1
                return
            self._explained[effect.event.id] = effect
            self._waiting.append(effect)
        elif isinstance(effect, Touch):
            self._touches.append(effect)
        elif isinstance(effect, LedgerEntry):
            self._enter(effect)

    def _enter(self, entry: LedgerEntry) -> None:
        """What the book says about visits."""
        if entry.kind == "visit":
            self._entered[entry.visit] = (entry.at_s, str(entry.body["subject"]))
        elif entry.kind == "expired":
            self._entered.pop(entry.visit, None)
        elif entry.kind in ("settlement", "review"):
            self._sales[entry.visit] = (entry.at_s, entry.kind, sale_of(entry.body))
        elif entry.kind.startswith("payment-"):
            reference = entry.body.get("reference", "") if entry.kind == "payment-approved" else ""
            self._paid[entry.visit] = (cast("State", entry.body["state"]), str(reference))
        elif entry.kind in ODDITIES:
            self._odd[entry.kind] = self._odd.get(entry.kind, 0) + 1

    def _cut(self, ready: list[Explained]) -> None:
        for explained in ready:
            self._traces[explained.event.id] = self._weights.cut(explained.event)
        self._waiting = [e for e in self._waiting if all(e is not r for r in ready)]

    # --- the end ---

    def material(self, figures: tuple[tuple[str, str], ...] = (), notes: tuple[str, ...] = ()) -> Material:
        """Everything that was seen, named and judged."""
        self._cut(self._waiting)
        visits = self._visits()
        subjects = {v.id: v.subject for v in visits}
        explained = sorted(self._explained.values(), key=lambda e: (e.event.step_s, e.event.id))
        happened: dict[str, tuple[Happened, ...]] = {}
        unseen: tuple[Happened, ...] = ()
        if self.truth is not None and self.truth.events and not self._left_out:
            happened, unseen = assign(self.truth, [e.event for e in explained])
        events = []
        for e in explained:
            real = happened.get(e.event.id)
            right = None if real is None else judge(e, real, subjects)
            events.append(EventShown(e, self._traces.get(e.event.id), real, right))
        notes = (*notes, *(ODDITIES[kind].format(n) for kind, n in sorted(self._odd.items())))
        if self._left_out:
            notes = (*notes, f"The last {self._left_out} shelf events are not on this page: it would be too big.")
        if self._points > POINTS_AT_MOST:
            notes = (*notes, "Ways are shown as far as they fit on this page.")
        mixed = tuple(sorted((m for spans in self._mixed.values() for m in spans), key=lambda m: m.since_s))
        return Material(
            self.recording, self.store, self.began_s or 0.0, self.ended_s, visits, tuple(events), tuple(self._touches),
            tuple(self._walks.values()), unseen, figures, mixed, notes,
        )  # fmt: skip

    def _visits(self) -> tuple[VisitShown, ...]:
        ids = sorted({*self._entered, *self._sales}, key=lambda v: (self._entered.get(v, (0.0, ""))[0], v))
        return tuple(self._visit(visit, round(25 + i * GOLDEN_ANGLE_DEG) % 360) for i, visit in enumerate(ids))

    def _visit(self, visit: str, hue: int) -> VisitShown:
        entered_s, subject = self._entered.get(visit, (self.began_s or 0.0, visit))
        real = self.truth.items() if self.truth is not None else {}
        if visit not in self._sales:
            return VisitShown(visit, subject, hue, entered_s, None, "open", (), "–", "", real.get(subject))
        at_s, kind, sale = self._sales[visit]
        truth = None if self.truth is None else real.get(sale.subject, {})
        state = "review" if kind == "review" else "settled"
        stands, reference = self._paid.get(visit, (sale.state, ""))
        receipt = receipt_text(Receipt(visit, at_s, stands, sale, reference), "en")  # as the rest of the page
        return VisitShown(
            visit, sale.subject, hue, entered_s, at_s, state, self._lines(sale), total_shown(sale), receipt, truth,
            sale.reason, sale.exchanged,
        )  # fmt: skip

    def _lines(self, sale: Sale) -> tuple[LineShown, ...]:
        def name(sku: str, names: dict[str, str]) -> str:
            return names.get("en") or names.get("") or next(iter(names.values()), sku or "something unknown")

        def shown(line: SoldLine | WithheldLine, charged: bool) -> LineShown:
            return LineShown(
                line.sku, name(line.sku, line.names), line.quantity, line.certainty, charged, line.events,
                line.what, line.who, line.rival,
            )  # fmt: skip

        return (*(shown(s, True) for s in sale.lines), *(shown(w, False) for w in sale.withheld))


def total_shown(sale: Sale) -> str:
    """The sum as people read it."""
    return money(sale.total_minor, sale.issuer, "en")
