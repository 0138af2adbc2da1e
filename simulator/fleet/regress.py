"""What a change does to a fleet: the same recordings through two builds.

Enters: recordings, and what each build's replay said of them. Leaves: a `Regression`: every receipt that differs, and
per shop how many, how much money, how right where a recording knows the truth, and what it cost. What a build could not
replay is set aside and named; its visits are not called differences.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from edge.wire import UnreadableRecording, open_recording
from simulator.fleet.job import Done
from simulator.report.truth import read_truth

Kind: TypeAlias = Literal[
    "charged more", "charged less", "other goods, as much", "now for review", "no longer for review",
    "withheld otherwise", "only in BASE", "only in NEW",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "charged more", "other goods, as much", "charged less", "only in NEW", "only in BASE", "now for review",
    "no longer for review", "withheld otherwise",
)  # fmt: skip
"""The worst for a shopper first."""


class Visit(msgspec.Struct, frozen=True):
    """A line of `tebura replay --json`; what it says beyond this is ignored."""

    subject: str
    state: str
    items: dict[str, int]
    total: int
    currency: str = ""
    withheld: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """A receipt that is another one now. ``taken``: what was really taken, where that is known."""

    shop: str
    recording: str
    subject: str
    kind: Kind
    base: Visit | None
    new: Visit | None
    taken: Mapping[str, int] | None


@dataclass(slots=True)
class Side:
    """What one build says of a shop's recordings. The last four are of visits of which the truth is known."""

    visits: int = 0
    review: int = 0
    money_minor: Counter[str] = field(default_factory=Counter)
    """Settled, by currency."""
    cpu_s: float = 0.0
    known: int = 0
    exact: int = 0
    overcharged: int = 0
    units: Counter[str] = field(default_factory=Counter)
    """``right``, ``wrong`` (asked for and not taken), ``missed``."""

    @property
    def f1(self) -> float | None:
        """None where no truth is known."""
        twice = 2 * self.units["right"]
        return twice / max(1, twice + self.units["wrong"] + self.units["missed"]) if self.known else None

    def add(self, visits: Iterable[Visit], done: Done, truth: Mapping[str, Mapping[str, int]] | None) -> None:
        visits = list(visits)
        self.visits += len(visits)
        self.cpu_s += done.cpu_s
        for visit in visits:
            if visit.state == "review":
                self.review += 1
            else:
                self.money_minor[visit.currency] += visit.total
        if truth is not None:
            self._judge(visits, truth)

    def _judge(self, visits: Sequence[Visit], truth: Mapping[str, Mapping[str, int]]) -> None:
        asked: dict[str, Counter[str]] = defaultdict(Counter)
        settled: set[str] = set()
        for visit in visits:
            asked[visit.subject].update(visit.items)
            settled |= {visit.subject} if visit.state != "review" else set()
        self.known += len(truth)
        for subject in truth.keys() | asked.keys():
            said, really = asked.get(subject, Counter[str]()), Counter(truth.get(subject, {}))
            self.exact += subject in truth and subject in asked and said == really
            self.overcharged += subject in settled and bool(said - really)
            self.units["right"] += (said & really).total()
            self.units["wrong"] += (said - really).total()
            self.units["missed"] += (really - said).total()


@dataclass(slots=True)
class Shop:
    """``differences`` by kind, and both sides of it."""

    recordings: int = 0
    differences: Counter[Kind] = field(default_factory=Counter)
    base: Side = field(default_factory=Side)
    new: Side = field(default_factory=Side)


@dataclass(slots=True)
class Regression:
    """``aside``: recordings that one of the builds could not replay, with why."""

    base: str
    new: str
    shops: dict[str, Shop] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)

    @property
    def in_all(self) -> Shop:
        whole = Shop()
        for shop in self.shops.values():
            whole.recordings += shop.recordings
            whole.differences += shop.differences
            for ours, theirs in ((whole.base, shop.base), (whole.new, shop.new)):
                for name in Side.__slots__:
                    setattr(ours, name, getattr(ours, name) + getattr(theirs, name))
        return whole

    def add(self, file: Path, base: Done, new: Done) -> None:
        """One recording, through both."""
        why = _unusable(self.base, base) or _unusable(self.new, new)
        if why:
            self.aside.append((str(file), why))
            return
        name, truth = about(file)
        shop = self.shops.setdefault(name, Shop())
        shop.recordings += 1
        before, after = visits_of(base), visits_of(new)
        shop.base.add(before, base, truth)
        shop.new.add(after, new, truth)
        for difference in differences(name, file.name, before, after, truth):
            shop.differences[difference.kind] += 1
            self.differences.append(difference)


def about(file: Path) -> tuple[str, Mapping[str, Mapping[str, int]] | None]:
    """(The shop's id, what each subject really left with; None where the recording does not know)."""
    try:
        attachments = open_recording(file).attachments
        shop = str(tomllib.loads(attachments["store.toml"].decode())["store"]["id"])
    except (UnreadableRecording, KeyError, TypeError, ValueError):
        return "?", None
    truth = read_truth(attachments.get("truth.json"))
    return shop, None if truth is None else truth.items()


def visits_of(done: Done) -> list[Visit]:
    """What a replay said; a line that tells no visit is `ValueError`."""
    return [msgspec.convert(json.loads(line), Visit) for line in done.said.splitlines()]


def differences(
    shop: str, recording: str, base: Sequence[Visit], new: Sequence[Visit],
    truth: Mapping[str, Mapping[str, int]] | None,
) -> list[Difference]:  # fmt: skip
    """By subject; the visits of somebody who came twice are paired in their order."""
    before, after = _by_subject(base), _by_subject(new)
    found = []
    for subject in dict.fromkeys([*before, *after]):
        pairs = max(len(before.get(subject, ())), len(after.get(subject, ())))
        for number in range(pairs):
            one, other = _at(before.get(subject, ()), number), _at(after.get(subject, ()), number)
            kind = kind_of(one, other)
            if kind is not None:
                taken = None if truth is None else truth.get(subject, {})
                found.append(Difference(shop, recording, subject, kind, one, other, taken))
    return found


def kind_of(base: Visit | None, new: Visit | None) -> Kind | None:
    """None: the same."""
    if base is None:
        return "only in NEW"
    if new is None:
        return "only in BASE"
    if base.state != new.state:
        return "now for review" if new.state == "review" else "no longer for review"
    if base.total != new.total:
        return "charged more" if new.total > base.total else "charged less"
    if base.items != new.items:
        return "other goods, as much"
    return "withheld otherwise" if base.withheld != new.withheld else None


def _by_subject(visits: Iterable[Visit]) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = {}
    for visit in visits:
        found.setdefault(visit.subject, []).append(visit)
    return found


def _at(visits: Sequence[Visit], number: int) -> Visit | None:
    return visits[number] if number < len(visits) else None


def _unusable(build: str, done: Done) -> str:
    """Why there is nothing to compare."""
    if done.dead:
        return f"{build} {done.dead}" + (f", {done.tries} times" if done.tries > 1 else "")
    return f"{build} says: {done.told.strip()}" if done.code != 0 else ""
