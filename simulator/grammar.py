"""The words of shop stories: what a phrase like ``takes [{count}] {sku} [from {place}]`` matches, and means.

Enters: phrases (behaviours bring their own), and lines. Leaves: `Deed`s, typed. ``[…]`` may be left out, ``a|b`` says
either, and ``{field}`` is one of `FIELDS`. A word that names a thing of the store is looked up there at once, so a
misspelt product is told with the line it stands in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from edge.store import Facing, Store

NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Place:
    """A shelf, and which of its plates; ``first`` is 0 where the whole shelf is meant."""

    shelf: str
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        plates = "" if not self.first else f":{self.first}" + (f"-{self.last}" if self.last > self.first else "")
        return self.shelf + plates


Word: TypeAlias = int | float | str | Place | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of a story: who (or which thing) does what, and when. ``at_s`` counts from midnight of the day."""

    at_s: float
    line: int
    actor: str
    phrase: str
    words: Mapping[str, Word]

    def text(self, field: str) -> str:
        word = self.words.get(field, "")
        return word if isinstance(word, str) else ""

    def count(self) -> int:
        word = self.words.get("count", 1)
        return word if isinstance(word, int) else 1

    def number(self, field: str) -> float:
        """A measure: a score, or a time in seconds."""
        word = self.words.get(field, 0.0)
        return float(word) if isinstance(word, int | float) else 0.0

    def units(self) -> int:
        """How many stand somewhere; none at all is possible."""
        word = self.words.get("units", 0)
        return word if isinstance(word, int) else 0

    def place(self) -> Place | None:
        word = self.words.get("place")
        return word if isinstance(word, Place) else None

    def names(self) -> tuple[str, ...]:
        word = self.words.get("people", ())
        return word if isinstance(word, tuple) else ()


class Misspelt(ValueError):
    """A word that means nothing in this shop; args: what is wrong, and the remedy."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what, self.remedy = what, remedy


def _near(word: str, known: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else otherwise


def _count(text: str, store: Store) -> int:
    count = NUMBERS[text] if text in NUMBERS else int(text)
    if not 1 <= count <= 20:
        raise Misspelt(f"nobody handles {count} at a time", "Write a number from 1 to 20")
    return count


def _units(text: str, store: Store) -> int:
    """What stands somewhere; nobody has to handle it."""
    return 0 if text == "no" else int(text)


def _sku(text: str, store: Store) -> str:
    if text not in store.catalogue:
        raise Misspelt(f"the shop sells no {text!r}", _near(text, store.catalogue, "Use a sku of catalogue.csv"))
    return text


def _place(text: str, store: Store) -> Place:
    shelf, _, plates = text.partition(":")
    if not store.layout.has_shelf(shelf):
        known = [s.id for s in store.layout.shelves]
        raise Misspelt(f"there is no shelf {shelf!r}", _near(shelf, known, "Use a [[gondola.shelf]] id of store.toml"))
    if not plates:
        return Place(shelf)
    first, _, last = plates.partition("-")
    place, count = Place(shelf, int(first), int(last or first)), store.layout.shelf(shelf).plates
    if not 1 <= place.first <= place.last <= count:
        raise Misspelt(f"{shelf} has no plates {plates}", f"It has plates 1-{count}, left to right")
    return place


def _gate(text: str, store: Store) -> str:
    if store.layout.gate(text) is None:
        known = [g.id for g in store.layout.gates]
        raise Misspelt(f"there is no gate {text!r}", _near(text, known, "Use a [[gate]] id of store.toml"))
    return text


def _gondola(text: str, store: Store) -> str:
    known = [g.id for g in store.layout.gondolas]
    if text not in known:
        raise Misspelt(f"there is no gondola {text!r}", _near(text, known, "Use a [[gondola]] id of store.toml"))
    return text


def _target(text: str, store: Store) -> Word:
    """A product or a place."""
    return text if text in store.catalogue else _place(text, store)


def _people(text: str, store: Store) -> tuple[str, ...]:
    return tuple(n for n in re.split(r",\s*|\s+and\s+", text) if n)


def _duration(text: str, store: Store) -> float:
    """Seconds."""
    number, unit = text.split()
    seconds = float(number) * {"s": 1, "m": 60, "h": 3600}[unit[0]]
    if not 0 < seconds <= 86400:
        raise Misspelt(f"{text} is no time that passes in a story", "Write a time between a moment and a day")
    return seconds


def _score(text: str, store: Store) -> float:
    if not 0 <= float(text) <= 1:
        raise Misspelt(f"a reader cannot be {text} sure", "Write a number from 0 to 1, like 0.95")
    return float(text)


def facing_at(store: Store, sku: str, place: Place) -> Facing:
    """The product's own place there, as the planogram has it."""
    homes = store.planogram.of(sku)
    meant = [
        f
        for f in homes
        if f.shelf == place.shelf and (not place.first or f.first <= place.first <= place.last <= f.last)
    ]
    if len(meant) == 1:
        return meant[0]
    known = ", ".join(str(Place(f.shelf, f.first, f.last)) for f in homes)
    raise Misspelt(f"{place} is not one place of {sku}", f"It stands on {known}" if known else "It stands nowhere")


NAME = r"[a-z][a-z0-9_-]*"
SKU = r"[A-Za-z0-9][A-Za-z0-9._-]*"
PLACE = SKU + r"(?::\d+(?:-\d+)?)?"

FIELDS: dict[str, tuple[str, Callable[[str, Store], Word]]] = {
    "count": (r"\d+|" + "|".join(sorted(NUMBERS, key=len, reverse=True)), _count),
    "units": (r"\d{1,6}|no", _units),
    "sku": (SKU, _sku),
    "place": (PLACE, _place),
    "target": (PLACE, _target),
    "gate": (SKU, _gate),
    "gondola": (SKU, _gondola),
    "person": (NAME, lambda text, store: text),
    "people": (rf"{NAME}(?:(?:, {NAME})* and {NAME})?", _people),
    "party": (r"\d+", _count),
    "code": (
        r"a code(?: of another shop)?|an (?:old|early) code|a (?:forged|stranger's) code|"
        rf"{NAME}'s (?:next code|code again)",
        lambda text, store: text,
    ),
    "method": (r"palm|face", lambda text, store: text),
    "score": (r"\d+(?:\.\d+)?", _score),
    "duration": (r"\d+(?:\.\d+)? (?:s|seconds?|minutes?|hours?)", _duration),
    "mode": (r"open|being restocked|closed", lambda text, store: text),
    "manner": (r"slowly|one by one|quickly", lambda text, store: text),
}
"""Field -> what it looks like, and what it means in a store."""


def pattern_of(phrase: str) -> re.Pattern[str]:
    """The regular expression of a phrase; each field is a group of its own name."""
    made = ""
    for token in re.findall(r"\[|\]|\{\w+\}|[^\s\[\]{}]+", phrase):
        if token == "[":
            made += "(?:"
        elif token == "]":
            made += ")?"
        elif token.startswith("{"):
            made += rf"\s+(?P<{token[1:-1]}>{FIELDS[token[1:-1]][0]})"
        else:
            made += rf"\s+(?:{token})"
    return re.compile(made + r"\s*$")


def words_of(match: re.Match[str], store: Store) -> dict[str, Word]:
    """What the fields of a matched phrase mean; `Misspelt` where one means nothing."""
    return {name: FIELDS[name][1](text, store) for name, text in match.groupdict().items() if text is not None}
