"""Every text in the language of whoever reads it.

Enters: ``locale/<language>/*.po``, read as they stand; what a browser says it likes; a choice that somebody made.
Leaves: the functions that templates call ``_``, ``gettext`` and ``ngettext``. English is what texts are written in.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import Request

LOCALE: Final = Path(__file__).parent / "locale"
LANGUAGES: Final = ("en", "ja")
NAMES: Final = {"en": "English", "ja": "日本語"}
COOKIE: Final = "language"


def N_(text: str) -> str:  # noqa: N802 - gettext's own name
    """A text that is looked up later, in the language of whoever reads it."""
    return text


@cache
def words(language: str) -> NullTranslations:
    """The texts of a language; those that have none in it stand in English."""
    found: NullTranslations = NullTranslations()
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        part = Translations(compiled, domain=path.stem)
        part.add_fallback(found)
        found = part
    return found


def catalogue(path: Path, language: str) -> dict[str, str]:
    """A file's texts: English -> this language."""
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id}


def language_of(request: Request, shop: tuple[str, ...]) -> str:
    """What somebody chose, else what their browser likes, else the shop's own first language."""
    chosen = request.query_params.get("lang") or request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    liked = []
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        liked.append((-_number(weight), tag.split("-")[0].lower()))
    for _, tag in sorted(liked, key=lambda x: x[0]):
        if tag in LANGUAGES:
            return tag
    return next((language for language in shop if language in LANGUAGES), "en")


def _number(weight: str) -> float:
    try:
        return float(weight or 1.0)
    except ValueError:
        return 0.0
