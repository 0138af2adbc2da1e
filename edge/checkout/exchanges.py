"""With whom a visit may have been exchanged, in words for staff, one table row a language.

Enters: the `Exchange`s of a review, and what products are to be called. Leaves: one sentence without a full stop, like
"may have been exchanged with 20260512-0007: nuts ×1, tea ×2 hang on it"; empty where there is nothing to say. Visits on
which the same hangs share a clause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from edge.records import Exchange, Units


@dataclass(frozen=True, slots=True)
class _Words:
    """``{0}`` takes visits, ``{1}`` products: where nothing hangs on it, one thing, several."""

    stranger: str
    alone: str
    one: str
    several: str
    either: str
    comma: str
    between: str


_WORDS: Final = {
    "en": _Words(
        stranger="a stranger",
        alone="may have been exchanged with {0}",
        one="may have been exchanged with {0}: {1} hangs on it",
        several="may have been exchanged with {0}: {1} hang on it",
        either=" or ",
        comma=", ",
        between="; ",
    ),
    "ja": _Words(
        stranger="入店記録のない人",
        alone="{0}と取り違えた可能性があります",
        one="{0}と取り違えた可能性があります(対象: {1})",
        several="{0}と取り違えた可能性があります(対象: {1})",
        either="または",
        comma="、",
        between="。",
    ),
}

LANGUAGES: Final = tuple(_WORDS)


def in_words(exchanged: Iterable[Exchange], language: str = "en", name: Callable[[str], str] = str) -> str:
    """The sentence; ``name`` calls a product by its sku, without it the sku itself."""
    words = _WORDS[language]
    alike: dict[tuple[Units, ...], list[str]] = {}
    for exchange in exchanged:
        alike.setdefault(exchange.lines, []).append(exchange.visit or words.stranger)
    clauses = []
    for lines, visits in alike.items():
        pattern = words.alone if not lines else words.several if sum(x.quantity for x in lines) > 1 else words.one
        what = words.comma.join(f"{name(x.sku) or x.sku} ×{x.quantity}" for x in lines)
        clauses.append(pattern.format(words.either.join(visits), what))
    return words.between.join(clauses)
