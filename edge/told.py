"""A sentence for a person, made of a template that stands in the code and of named values.

Enters: the template in English, ``"the disk is full ({error}). Free some space"``, and what its fields are. Leaves: the
sentence. It crosses the wire, recordings and the book as it stands; who shows it in another language (`edge.web.read`)
reads template and values out of it again, also where it was said last year, or by a node on another PC. A test wants
each template in every language, so whatever staff are told goes through here: `Sentence` says that it did.
"""

from __future__ import annotations

from typing import NewType

Sentence = NewType("Sentence", str)
"""Was made by `told`, or is nothing at all."""

NOTHING = Sentence("")


def told(template: str, /, **values: object) -> Sentence:
    """The sentence; fields as in `str.format`. A template that does not stand here as it is, `phrase` has marked."""
    return Sentence(template.format(**values))


def phrase(template: str) -> str:
    """A template that is filled in later."""
    return template


def joined(*sentences: Sentence, by: str = ". ") -> Sentence:
    """All that say something, one after the other."""
    return Sentence(by.join(sentence for sentence in sentences if sentence))
