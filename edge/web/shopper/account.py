"""What members ask of the shop itself, on their phone: what it may do with their history, what they say of products,
and to be forgotten.

Enters: who asks, and what. Leaves: what they allow, in words, and the running shop's answer; each becomes a record of
the shop, said by themselves. Refuses what the shop refuses, in the reader's language, with what to do.
"""

from __future__ import annotations

from contextlib import suppress
from gettext import NullTranslations
from typing import Any, Final

from edge.facts.consents import consents_in
from edge.facts.opinions import has_bought, opinions_in
from edge.ledger import UnusableLedger
from edge.records import Purpose
from edge.web.forget import delete_member
from edge.web.languages import N_
from edge.web.read import read
from edge.web.shop import Screens

PURPOSES: Final[dict[Purpose, tuple[str, str]]] = {
    "insight": (
        N_("Your name beside what happened in the shop"),
        N_(
            "The shop keeps what was taken up, put back and bought, and where people stopped, to arrange its shelves "
            "better. With your consent your number stands beside it, so that it sees what you come back for; "
            "programs to which the shop tells its events see it, too. Without it you are counted as anybody. No face "
            "is kept either way."
        ),
    ),
}
"""What a consent is for: a title, and what it means, for whoever gives it."""

STAYS: Final = N_(
    "Receipts and postings stay for as long as the law wants them, under your number alone; nobody can tell any more "
    "whose that was. Recordings of the shop's sensors hold it until they are %(days)s days old."
)
"""What is left after somebody was deleted."""


def kept_days(screens: Screens) -> str:
    """So many days old recordings are at most; those longer that show visits about which somebody may still ask."""
    recorder = screens.site.recorder
    return f"{max(recorder.keep_days, recorder.review_days):g}"


class Kept(ValueError):
    """The shop does not do it; the message says why, in the reader's language."""


def account_of(screens: Screens, subject: str, words: NullTranslations) -> dict[str, Any]:
    """What somebody allows; on one thread."""
    _, given = words.gettext, frozenset[str]()
    with suppress(UnusableLedger), screens.book() as book:
        given = consents_in(book).get(subject, given)
    return {
        "subject": subject,
        "purposes": [
            {"purpose": purpose, "given": purpose in given, "title": _(title), "text": _(text)}
            for purpose, (title, text) in PURPOSES.items()
        ],
        "stays": _(STAYS) % {"days": kept_days(screens)},
    }


async def consent(screens: Screens, subject: str, purpose: str, given: bool, language: str) -> None:
    """They allow it, or take that back. `NobodyThere`, `Kept`."""
    try:
        await screens.ask({"do": "consent", "subject": subject, "purpose": purpose, "given": given, "by": subject})
    except ValueError as error:
        raise Kept(read(str(error), language) or str(error)) from error


def own_opinion(screens: Screens, subject: str, sku: str) -> dict[str, Any]:
    """What somebody has said of a product; on one thread."""
    none = {"may": False, "stars": 0, "text": "", "shown": False}
    with suppress(UnusableLedger), screens.book() as book:
        said = [r for r in opinions_in(book, screens.words) if (r["subject"], r["sku"]) == (subject, sku)]
        own = {name: said[0][name] for name in ("stars", "text", "shown")} if said else {}
        return none | own | {"may": has_bought(book, subject, sku)}
    return none


async def say_opinion(screens: Screens, subject: str, sku: str, stars: int, text: str, language: str) -> None:
    """They say it, or with no stars take it back. `NobodyThere`, `Kept`."""
    step = "given" if stars else "deleted"
    order = {"do": "opinion", "step": step, "sku": sku, "subject": subject, "by": subject, "stars": stars, "text": text}
    try:
        await screens.ask(order)
    except ValueError as error:
        raise Kept(read(str(error), language) or str(error)) from error


def delete(screens: Screens, subject: str, language: str) -> None:
    """They are forgotten; on one thread. `NobodyThere`, `Kept`."""
    try:
        delete_member(screens.state_folder, subject, subject)
    except ValueError as error:
        raise Kept(read(str(error), language) or str(error)) from error
