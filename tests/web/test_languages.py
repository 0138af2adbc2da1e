"""Whatever is on a screen can be read in Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import edge.web
from edge.web.languages import LANGUAGES, LOCALE

HERE = Path(edge.web.__file__).parent

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext.babel_extract")]


SENTENCES = {"told": None, "phrase": None, "refused": None}
"""What marks a template of a sentence, anywhere in the shop (`edge.told`)."""


def said() -> set[str]:
    keywords = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "say": None}
    return texts(HERE, METHODS, keywords) | templates()


def templates() -> set[str]:
    """In the shop, and in `calibration`, whose findings screens show."""
    folders = (HERE.parent, HERE.parents[1] / "calibration")
    return set[str]().union(*(texts(folder, METHODS[:1], SENTENCES) for folder in folders)) - {""}


def texts(folder: Path, methods: list[tuple[str, str]], keywords: Mapping[str, tuple[int, ...] | None]) -> set[str]:
    found = extract_from_dir(folder, methods, keywords=keywords)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_every_text_is_there_once_and_none_is_left_over(language: str) -> None:
    told: list[str] = []
    for path in (LOCALE / language).glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    identity = message.id if isinstance(message.id, str) else message.id[0]
                    texts = [message.string] if isinstance(message.string, str) else list(message.string or [""])
                    assert all(texts), identity
                    told.append(identity)
    assert not said() - set(told), "these have no text in this language"
    assert not set(told) - said(), "these are said nowhere"
    assert len(told) == len(set(told)), sorted(t for t in set(told) if told.count(t) > 1)
