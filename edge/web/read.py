"""What the shop says in English sentences, read out into the language of whoever looks.

Enters: a sentence as it stands in an answer, on the broker, in the audit; ``locale/<language>/said.po``, whose texts
are the templates that `edge.told` fills in. Leaves: the same in that language, or nothing where it is none that is
known: then it is shown as it is, and marked as English. Values may be sentences themselves (``visit 7 goes on waiting:
…``), several sentences may follow one another, and one may stand behind whom it is about (``/var/lib/x.db: …``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from edge.told import phrase
from edge.web.languages import LOCALE, catalogue, words

DOMAIN: Final = "said"

FIELD: Final = re.compile(r"\{(\w+)(?:![ras])?(:[^}]*)?\}")
ANYTHING, NUMBER = "(.+?)", r"([-+]?\d[\d.e+-]*)"
SUBJECT, PLATES = r"((?:(?!: |; |\. ).)+?)", r"([\d, -]+)"
"""What a field may be. One with a form, like ``{late_s:.1f}``, is a number; one that a sentence begins with is none
itself; ``which`` are plates, ``1, 4-6``.
"""

STATES: Final = (phrase("review"), phrase("unanswered"), phrase("void"))
"""A visit's states that no page calls so."""

SENTENCES: Final = frozenset(
    ("what", "why", "where", "remedy", "error", "state", "mode", "how", "long", "plates", "event", "anew", "signs")
)
"""Fields whose values may be sentences or words of the shop's own. Others are names, files, what somebody typed."""

DEEPEST: Final = 3
"""Sentences within sentences within sentences."""
LONGEST: Final = 2000
"""Characters; nothing that the shop says is longer."""

STOPS: Final = {"; ": "。", ". ": "。"}
"""How sentences follow one another in English -> in languages that have no space there."""


@dataclass(frozen=True, slots=True)
class Template:
    """One of `edge.told`'s, and what it is in another language."""

    pattern: re.Pattern[str]
    fields: tuple[str, ...]
    letters: int
    """Of its own: of two that fit, the one with more of them says more."""
    text: str

    @classmethod
    def of(cls, english: str, text: str) -> Template:
        """From a template and its translation."""
        fields, parts, at = [], [], 0
        for found in FIELD.finditer(english):
            may_be = NUMBER if found[2] else PLATES if found[1] == "which" else ANYTHING if found.start() else SUBJECT
            parts += [re.escape(english[at : found.start()]), may_be]
            fields.append(found[1])
            at = found.end()
        parts.append(re.escape(english[at:]))
        own = FIELD.sub("", english)
        return cls(re.compile("".join(parts), re.DOTALL), tuple(fields), len(own), text)


def read(sentence: str, language: str) -> str | None:
    """The sentence in a language; None where it is none that is known there."""
    return sentence if language == "en" else _read(sentence[:LONGEST], language, DEEPEST)


@lru_cache(maxsize=2000)
def _read(sentence: str, language: str, deep: int) -> str | None:
    known = words(language).gettext(sentence) if sentence else sentence
    if known != sentence:
        return known
    for template in _templates(language):
        found = template.pattern.fullmatch(sentence)
        if found is not None:
            values = dict(zip(template.fields, found.groups(), strict=True))
            for name in SENTENCES & values.keys() if deep else ():
                values[name] = _read(values[name], language, deep - 1) or values[name]
            return _filled(template.text, values)
    return _behind(sentence, language, deep) or _several(sentence, language, deep) if deep else None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return FIELD.sub(lambda field: values[field[1]], text)


def _behind(sentence: str, language: str, deep: int) -> str | None:
    """``whom it is about: the sentence``."""
    whom, colon, rest = sentence.partition(": ")
    told = _read(rest, language, deep - 1) if colon else None
    return f"{whom}: {told}" if told else None


def _several(sentence: str, language: str, deep: int) -> str | None:
    """Those of several that are known, if the first one is."""
    for stop, full in STOPS.items():
        for end in (found.start() for found in re.finditer(re.escape(stop), sentence)):
            first = _read(sentence[:end], language, deep - 1)
            rest = sentence[end + len(stop) :]
            if first:
                return f"{first}{full}{_read(rest, language, deep - 1) or rest}"
    return None


@cache
def _templates(language: str) -> tuple[Template, ...]:
    found: Iterable[Template] = (
        Template.of(english, text) for english, text in catalogue(LOCALE / language / f"{DOMAIN}.po", language).items()
    )
    return tuple(sorted(found, key=lambda template: -template.letters))
