"""A process that writes a book and tells after each append how far it is: to be killed, or to be compared.

``python -m tests.ledger.scribe BOOK VISITS SIZE [seal]``
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.ledger import Book
from tests.ledger.days import a_day, handfuls


def main(path: str, visits: str, size: str, *rest: str) -> None:
    book = Book(Path(path))
    for entries in handfuls(a_day(int(visits)), int(size)):
        book.append(entries)
        seq, _ = book.head()
        if "checkpoint" in rest:
            book.save_checkpoint(seq, bytes(range(256)) * (seq % 50))
        sys.stdout.write(f"{seq}\n")
        sys.stdout.flush()
    if "seal" in rest:
        sys.stdout.write("sealing\n")
        sys.stdout.flush()
        book.seal()
    else:
        book.close()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
