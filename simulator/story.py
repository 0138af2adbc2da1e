"""Shop stories: text that a shopkeeper could check -> deeds to play and receipts to expect.

::

    shop demo
    seed 7

    there are 6 onigiri-salmon on fridge-s4:1

    09:00:00    ana enters with ben
    09:00:12.5  ben takes 2 onigiri-salmon from fridge-s4:2
    09:00:40    ana leaves
    = ana pays 356 JPY: 2 onigiri-salmon

Enters: the text and the store. Leaves: a `Story`. Refuses: a story with any fault, naming every one with its line and
remedy. Besides grammar, what cannot be is told: somebody who acts outside the shop, puts back what they do not hold,
never leaves, or pays what the products do not cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from edge.store import BrokenStore, Facing, Fault, Store, read_store
from simulator import behaviours as _people  # noqa: F401 - registers what people do
from simulator import entrances as _gates  # noqa: F401 - … how they come and go
from simulator import staff as _staff  # noqa: F401 - … and what staff do
from simulator.expected import AtGate, Expected, Expires, InStock, NobodyPays, Reviewed, Told, read_expected
from simulator.grammar import NAME, PLACE, SKU, Deed, Misspelt, Place, Word, facing_at, pattern_of, words_of
from simulator.incidents import SUBJECTS
from simulator.registry import SENTENCE, Behaviour, Rehearsal, match, phrases

CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)\s+(.*)")
HEADER = re.compile(r"(shop|seed|day|roughness)\s+(\S+)\s*$")
POLICY = re.compile(r"policy\s+([a-z_]+)\s+(\S+)\s*$")
ACCEPTS = re.compile(r"the gate accepts\s+([a-z]+ [\d.]+(?: and [a-z]+ [\d.]+)*)\s*$")
FILLED = pattern_of("there (?:are|is) {units} {sku} on {place}")
FIRST_DAY = date(2026, 5, 12)


MOST_TOLD = 10
"""A text that is no story has as many faults as lines."""


class BrokenStory(ValueError):
    """A story that cannot be played, with everything that is wrong with it; its message tells the first faults."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        told = [str(f) for f in self.faults[:MOST_TOLD]]
        more = len(self.faults) - len(told)
        super().__init__("\n".join(told + [f"… and {more} more"] * bool(more)))


@dataclass(frozen=True, slots=True)
class Act:
    """A deed, what it means, and everybody whom it takes."""

    kind: Behaviour
    deed: Deed
    people: tuple[str, ...]


@dataclass(slots=True)
class Story:
    """A story that makes sense. ``acts`` in order of time; several may happen at once."""

    text: str
    acts: list[Act] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    seed: int | None = None
    day: date = FIRST_DAY
    roughness: float | None = None
    reviewed: list[Reviewed] = field(default_factory=list)
    gates: list[AtGate] = field(default_factory=list)
    expired: list[Expires] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """Alerts to staff, besides those of reviews."""
    nobody_pays: bool = False
    filled: dict[Facing, int] = field(default_factory=dict)
    """What stands in some places when the story begins."""
    stock: list[InStock] = field(default_factory=list)
    store: Store | None = None
    """The shop with a policy of the story's own; None where it is as it is."""

    @property
    def followers(self) -> frozenset[str]:
        """Who comes along and never does anything by themselves."""
        return frozenset(who for act in self.acts for who in act.people) - {act.deed.actor for act in self.acts}


class _Reader:
    """Reads line by line and keeps going after a fault."""

    def __init__(self, text: str, store: Store, name: str) -> None:
        self.story, self.store, self.name = Story(text), store, name
        self.faults: list[Fault] = []
        self.deeds: list[tuple[Behaviour, Deed]] = []
        self.rehearsal = Rehearsal(store)
        self.policy: list[str] = []
        self.accepts: list[str] = []
        self.line = self.policy_line = 0

    def note(self, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.name, f"line {self.line}", what, remedy))

    def read(self) -> Story:
        for number, raw in enumerate(self.story.text.splitlines(), 1):
            self.line, text = number, raw.split("#", 1)[0].strip()
            if not text:
                continue
            try:
                self._line(text)
            except Misspelt as wrong:
                self.note(wrong.what, wrong.remedy)
        self._own_policy()
        self._rehearse()
        if self.faults:
            raise BrokenStory(sorted(self.faults, key=lambda f: int(f.where.split()[1])))
        return self.story

    def _line(self, text: str) -> None:
        if text.startswith("="):
            self._expected(text)
        elif clock := CLOCK.match(text):
            hours, minutes, seconds = int(clock[1]), int(clock[2]), float(clock[3])
            if hours > 23 or minutes > 59 or seconds >= 60:
                self.note(f"{text.split()[0]} is no time of day", "Write hours:minutes:seconds, like 09:05:30")
            else:
                self._deed(3600 * hours + 60 * minutes + seconds, clock[4].strip())
        elif header := HEADER.match(text):
            self._header(header[1], header[2])
        elif filled := FILLED.match(" " + text):
            self._filled(words_of(filled, self.store))
        elif policy := POLICY.match(text):
            self.policy_line = self.line
            self.policy.append(f"{policy[1]} = {policy[2]}\n")
        elif accepts := ACCEPTS.match(text):
            self.policy_line = self.line
            pairs = [f"{method} = {score}" for method, score in (p.split() for p in accepts[1].split(" and "))]
            self.accepts.append("\n".join(["", "[[policy.accept]]", *pairs, ""]))
        else:
            remedy = 'Write "09:00:12 ana takes 1 SKU", "= ana pays 178 JPY: 1 SKU", "shop ID" or "seed NUMBER"'
            self.note(f"{text[:40]!r} is no line of a story", remedy)

    def _header(self, key: str, value: str) -> None:
        try:
            if key == "shop" and value != self.store.id:
                self.note(f"the story plays in shop {value!r}, not in {self.store.id!r}", "Name its store with --store")
            elif key == "seed":
                self.story.seed = int(value)
            elif key == "day":
                self.story.day = date.fromisoformat(value)
            elif key == "roughness":
                self.story.roughness = float(value)
                if not 0.0 <= self.story.roughness <= 100.0:
                    raise ValueError(value)
        except ValueError:
            remedies = {"seed": "a whole number", "day": "a day like 2026-05-12", "roughness": "a number like 1.5"}
            self.note(f"{key} {value!r} cannot be read", f"Write {remedies[key]}")

    def _filled(self, words: dict[str, Word]) -> None:
        match words:
            case {"units": int(units), "sku": str(sku), "place": Place() as place}:
                self.story.filled[facing_at(self.store, sku, place)] = units

    def _deed(self, at_s: float, text: str) -> None:
        if whole := match(SENTENCE, text, self.store):
            self.deeds.append((whole[0], Deed(at_s, self.line, "", whole[0].says, whole[1])))
            return
        subject, actor, words, rest = "", "", dict[str, Word](), text
        first, _, more = text.partition(" ")
        if first in SUBJECTS:
            subject, (actor, _, rest) = first, more.strip().partition(" ")
            words = self._thing(subject, actor)
        else:
            actor, rest = first, more.strip()
            if not re.fullmatch(NAME, actor):
                self.note(f"{actor!r} is no name", "Write names small, like ana")
                return
        found = match(subject, rest, self.store)
        if found is None:
            says = "; ".join(phrases(subject, rest))
            self.note(f"nobody knows what {rest[:40]!r} means", f"After {subject or 'a name'} comes one of: {says}")
            return
        kind, more_words = found
        self.deeds.append((kind, Deed(at_s, self.line, actor, kind.says, {**words, **more_words})))

    def _thing(self, subject: str, name: str) -> dict[str, Word]:
        """The plate, shelf, camera or gondola that a line is about."""
        what = SUBJECTS[subject].strip("{}")
        if what == "camera":
            known = [c.id for c in self.store.layout.cameras]
            if name not in known:
                raise Misspelt(f"there is no camera {name!r}", f"Use one of {', '.join(known)}")
            return {what: name}
        shape = re.fullmatch(rf"(?P<{what}>{PLACE if what == 'place' else SKU})", name)
        if shape is None:
            raise Misspelt(f"{name!r} names no {subject}", "Write it like plate g2-s1:4, shelf g2-s1 or gondola g2")
        return words_of(shape, self.store)

    def _expected(self, text: str) -> None:
        """Sorted by what has to be looked at."""
        expected, story = read_expected(text, self.line, self.store), self.story
        match expected:
            case Expected():
                story.expected.append(expected)
            case Reviewed():
                story.reviewed.append(expected)
            case AtGate():
                story.gates.append(expected)
            case Expires():
                story.expired.append(expected)
            case Told():
                story.told += expected.kinds
            case InStock():
                story.stock.append(expected)
            case NobodyPays():
                story.nobody_pays = True

    def _own_policy(self) -> None:
        """The shop as this story wants it: its store.toml with some lines more."""
        if not self.policy and not self.accepts:
            return
        toml = self.store.sources["store.toml"].decode()
        if "[policy]" not in toml:
            toml += "\n[policy]\n"
        before, _, after = toml.partition("[policy]\n")
        for line in self.policy:
            after = re.sub(rf"(?m)^{line.split()[0]} *=.*\n", "", after, count=1)
        toml = f"{before}[policy]\n{''.join(self.policy)}{after}{''.join(self.accepts)}"
        try:
            self.story.store = read_store({**self.store.sources, "store.toml": toml.encode()})
        except BrokenStore as broken:
            self.line = self.policy_line
            for fault in broken.faults:
                self.note(f"no shop has such a policy ({fault.where}: {fault.what})", fault.remedy)

    def _rehearse(self) -> None:
        """Deed by deed in order of time: can it be?"""
        for kind, deed in sorted(self.deeds, key=lambda d: d[1].at_s):
            self.line = deed.line
            self.story.acts.append(Act(kind, deed, kind.people(self.rehearsal, deed)))
            wrong = kind.check(self.rehearsal, deed)
            if wrong:
                self.note(wrong, "Correct this line, or one before it")
        for name in self.rehearsal.everybody():
            self.line = max(d.line for _, d in self.deeds if d.actor == name)
            self.note(f"{name} never leaves", f"Add a line: {name} leaves")
        for name in sorted(self.rehearsal.outside):
            self.line = max(d.line for _, d in self.deeds if d.actor == name)
            self.note(f"{name} stands before the gate for ever", f"Add a line: {name} goes in, or {name} goes away")
        for stock in self.story.stock:
            if stock.sku not in self.rehearsal.counted:
                self.line = stock.line
                self.note(f"nobody counts {stock.sku}", "Add a line: aki counts everything")
        whose = [(e.subject, e.line) for e in self.story.expected]
        for subject, line in whose + [(r.subject, r.line) for r in self.story.reviewed]:
            if subject not in self.rehearsal.visited:
                self.line = line
                self.note(f"{subject} never scanned", "Only who scans pays; correct the name")


def read_story(text: str, store: Store, name: str = "story") -> Story:
    """The story that a text tells; `BrokenStory` with every fault. ``name`` stands in front of faults."""
    return _Reader(text, store, name).read()
