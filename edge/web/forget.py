"""A member is deleted: the screens' own registers forget them, too.

Enters: a state folder, who it was, and what they were called. Leaves: nothing of them but their subject in the audit,
which says who of the staff did what. The shop forgets them itself (`edge.daemon.deleted`); whoever asked it to calls
this with its answer, and `tebura web` again when it starts, for a kill in between.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.daemon.desk import Answer, NoAnswer, ask
from edge.ledger import Book, UnusableLedger
from edge.web.shopper.enrol import Enrolments
from edge.web.staff import FILE as STAFF
from edge.web.staff import Staff


def delete_member(folder: Path, subject: str, by: str) -> Answer:
    """Ask the running shop to delete somebody, and forget them here. Raises what `ask` does, `ValueError` where they
    have to stay. Where the answer does not come, they may be deleted: what they were called, which only the register
    knows until then, is taken out of the audit all the same.
    """
    called = _called(folder, subject)
    try:
        answer = ask(folder, {"do": "delete-member", "subject": subject, "by": by})
    except NoAnswer:
        _forget_called(folder, called)
        raise
    forget(folder, subject, called)
    return answer


def forget(folder: Path, subject: str, called: str = "") -> None:
    """Nothing here knows them any more."""
    Enrolments(folder).forget(subject)
    _forget_called(folder, called)


def _forget_called(folder: Path, called: str) -> None:
    if called and (folder / STAFF).is_file():
        with Staff(folder / STAFF) as staff:
            staff.forget(called)


def forget_again(folder: Path, book: Book) -> None:
    """Everybody whom the book says to be deleted."""
    with suppress(UnusableLedger):
        for _, subject in book.facts("member-deleted", "subject"):
            forget(folder, str(subject))


def _called(folder: Path, subject: str) -> str:
    if not (folder / MEMBERS).is_file():
        return ""
    with Members(folder / MEMBERS) as members:
        return members.names().get(subject, "")
