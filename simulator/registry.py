"""The register of behaviours, and the rehearsal that tells what makes no sense before anything is played.

Enters: classes with a phrase. Leaves: `match`, which finds the behaviour of a line. A rehearsal keeps just enough to
say "she is not in the shop" or "she holds none": who is inside, with whom, holding what.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from typing import ClassVar, TypeVar

from edge.store import Store
from simulator.grammar import Deed, Place, Word, pattern_of, words_of
from simulator.stage import Stage


class Rehearsal:
    """The story so far, without physics."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._party: dict[str, str] = {}
        self.outside: set[str] = set()
        """Who has shown something at the entry and stands there still."""
        self.staff: set[str] = set()
        self.showed: set[str] = set()
        """Whose code was shown."""
        self.visited: set[str] = set()
        """Who scanned."""
        self.counted: set[str] = set()
        """Products of which somebody has counted a place."""
        self._held: dict[str, Counter[str]] = defaultdict(Counter)
        self._strayed: dict[str, Counter[str]] = defaultdict(Counter)

    def inside(self, name: str) -> bool:
        return name in self._party

    def everybody(self) -> list[str]:
        """Who scanned and is still inside."""
        return [name for name, head in self._party.items() if name == head]

    def party(self, name: str) -> tuple[str, ...]:
        """Whoever leaves when ``name`` leaves: who scanned takes the party along."""
        return tuple(who for who, head in self._party.items() if who == name or head == name)

    def enter(self, name: str, others: tuple[str, ...]) -> None:
        self.visited.add(name)
        for who in (name, *others):
            self._party[who] = name
            self._held[who].clear()

    def leave(self, name: str) -> None:
        """Out of the shop."""
        for who in self.party(name):
            del self._party[who]
            self.staff.discard(who)

    def take(self, name: str, sku: str, count: int, place: Place | None) -> str:
        facings = [f for f in self.store.planogram.facings if f.sku == sku]
        shelves = {f.shelf for f in facings} | {s for s, left in self._strayed.items() if left[sku] > 0}
        if not shelves:
            return f"no shelf has {sku}"
        if place is not None and place.shelf not in shelves:
            return f"there is no {sku} on {place.shelf}; it stands on {', '.join(sorted(shelves))}"
        if place is not None and not any(f.shelf == place.shelf for f in facings):
            self._strayed[place.shelf][sku] -= count
        self._held[name][sku] += count
        return ""

    def bring(self, name: str, sku: str, count: int) -> None:
        """Staff have a crate of it."""
        self._held[name][sku] += count

    def put(self, name: str, sku: str, count: int, place: Place | None) -> str:
        wrong = self._give(name, sku, count)
        if not wrong and place is not None:
            self._strayed[place.shelf][sku] += count
        return wrong

    def hand(self, name: str, to: str, sku: str, count: int) -> str:
        wrong = self._give(name, sku, count)
        if not wrong:
            self._held[to][sku] += count
        return wrong

    def _give(self, name: str, sku: str, count: int) -> str:
        held = self._held[name][sku]
        if held < count:
            return f"{name} holds {held or 'no'} {sku}"
        self._held[name][sku] -= count
        return ""


SENTENCE = "*"
"""What stands before a phrase that is a sentence of its own: nothing."""


class Behaviour:
    """One verb. ``says`` is its phrase; ``subject`` what stands before it when that is not a person."""

    says: ClassVar[str] = ""
    subject: ClassVar[str] = ""
    """``plate``, ``camera`` …: the line begins with this word and the name of the thing; `SENTENCE`: the phrase is the
    whole line."""

    def people(self, rehearsal: Rehearsal, deed: Deed) -> tuple[str, ...]:
        """Everybody whom it takes: it happens after all that each of them does before it in the story."""
        return (deed.actor,)

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        """What makes no sense at this point of the story; empty when all is well."""
        return ""

    def due(self, stage: Stage, deed: Deed, at_s: float) -> float:
        """When it can happen: at ``at_s`` (UNIX seconds) if everybody is there by then."""
        return at_s

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        raise NotImplementedError


Kind = TypeVar("Kind", bound=type[Behaviour])
BEHAVIOURS: list[tuple[re.Pattern[str], Behaviour]] = []


def behaviour(kind: Kind) -> Kind:
    """Class decorator: this behaviour can be used in stories."""
    BEHAVIOURS.append((pattern_of(kind.says), kind()))
    return kind


def match(subject: str, rest: str, store: Store) -> tuple[Behaviour, dict[str, Word]] | None:
    """The behaviour that a line means, with its words; `Misspelt` where one of them means nothing."""
    for pattern, kind in BEHAVIOURS:
        found = pattern.match(" " + rest) if kind.subject == subject else None
        if found:
            return kind, words_of(found, store)
    return None


def phrases(subject: str, said: str) -> list[str]:
    """What ``said`` may have meant, of people (empty ``subject``) or of a kind of thing: all phrases with its verb or
    one like it; else, of people, every verb, and what can be said without a name.
    """
    known = [kind.says for _, kind in BEHAVIOURS if kind.subject == subject]
    verbs = list(dict.fromkeys(says.split()[0] for says in known))
    near = difflib.get_close_matches(said.split(" ")[0], verbs, n=2)
    if near or subject:
        return [says for says in known if not near or says.split()[0] in near]
    return verbs + [kind.says for _, kind in BEHAVIOURS if kind.subject == SENTENCE]
