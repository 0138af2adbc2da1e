"""The book on a real file: append-only, balanced, and plain about what is wrong with a file."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from edge.checkout import receipt_text
from edge.ledger import Book, ContradictoryEntry, UnbalancedEntry, UnusableLedger, receipt_of, receipts
from edge.records import LedgerEntry, Posting
from tests.ledger.days import a_day, handfuls

DAY = a_day(24)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kiosk.ledger"


def tip(key: str = "tip:1", amount_minor: int = 100) -> LedgerEntry:
    legs = (Posting("cash", amount_minor), Posting("tips", -amount_minor))
    return LedgerEntry(key, 1.0, "tip", "", {"said": "どうも"}, legs, "JPY")


def test_what_is_written_is_read_back(path: Path) -> None:
    with Book(path) as book:
        assert book.append(DAY) == len(DAY)
    with Book(path) as book:
        assert [w.entry for w in book.entries()] == DAY
        assert [w.seq for w in book.entries()] == list(range(1, len(DAY) + 1))
        assert [w.entry for w in book.entries(kind="review")] == [e for e in DAY if e.kind == "review"]
        assert [w.entry for w in book.entries(visit="v00003")] == [e for e in DAY if e.visit == "v00003"]
        assert [w.seq for w in book.entries(since_seq=len(DAY) - 1)] == [len(DAY)]
        assert book.prove() == []


def test_a_book_in_memory_is_a_book(path: Path) -> None:
    book = Book()
    book.append(DAY)
    with Book(path) as other:
        other.append(DAY)
        assert list(book.export()) == list(other.export())
    book.seal()


def test_the_book_balances(path: Path) -> None:
    with Book(path) as book:
        book.append(DAY)
        balances = book.balances()
        assert sum(balances.values()) == 0
        assert all(book.balance(account) == amount for account, amount in balances.items())
        assert balances["provider:payments"] > 0
        assert book.balance("nobody") == 0
        assert book.currency == "JPY"


def test_saying_it_again_changes_nothing(path: Path) -> None:
    with Book(path) as book:
        book.append(DAY)
        before = list(book.export())
        assert book.append(DAY) == 0
        assert book.append([DAY[3], tip(), tip()]) == 1
        assert list(book.export())[:-1] == before


def test_the_same_key_with_another_content_is_refused_and_nothing_of_it_is_written(path: Path) -> None:
    with Book(path) as book:
        book.append([tip()])
        head = book.head()
        with pytest.raises(ContradictoryEntry, match=r"tip:1 stands in the book \(entry 1\) with a different postings"):
            book.append([tip("tip:2"), tip(amount_minor=200)])
        with pytest.raises(ContradictoryEntry, match="different at_s, body"):
            book.append([replace(tip(), at_s=2.0, body={})])
        assert book.head() == head


def test_what_does_not_balance_is_refused(path: Path) -> None:
    with Book(path) as book:
        with pytest.raises(UnbalancedEntry, match="sum to 1"):
            book.append([tip(), replace(tip("tip:2"), postings=(Posting("cash", 1),))])
        assert book.head()[0] == 0
        book.append([tip()])
        with pytest.raises(UnbalancedEntry, match="is in USD, the book is kept in JPY"):
            book.append([replace(tip("tip:2"), currency="USD")])
        with pytest.raises(ValueError, match="not JSON compliant"):
            book.append([replace(tip("tip:3"), at_s=float("nan"))])
        assert book.head()[0] == 1


CHANGES = [
    "UPDATE entry SET body = '{}' WHERE seq = 1",
    "DELETE FROM entry WHERE seq = 1",
    "DELETE FROM entry",
    "UPDATE posting SET amount_minor = 2 WHERE entry = 1",
    "DELETE FROM posting",
    "INSERT INTO posting VALUES (1, 9, 'cash', 5)",
    "INSERT OR REPLACE INTO posting VALUES (1, 1, 'cash', 5)",
    "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE seq = 1",
    "INSERT OR REPLACE INTO entry SELECT 2, key, at_s, kind, visit, currency, '{}', hash FROM entry WHERE seq = 1",
    "INSERT INTO entry SELECT 3, 'new', at_s, kind, visit, currency, body, hash FROM entry WHERE seq = 1",
    "INSERT INTO entry SELECT 2, 'new', at_s, kind, visit, currency, 'no json', hash FROM entry WHERE seq = 1",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_file_itself_refuses_changes_by_anybody(path: Path, change: str) -> None:
    with Book(path) as book:
        book.append([tip()])
        before = list(book.export())
    with sqlite3.connect(path) as anybody, pytest.raises(sqlite3.IntegrityError):
        anybody.execute(change)
    anybody.close()
    with Book(path) as book:
        assert list(book.export()) == before


def test_the_file_itself_refuses_an_entry_that_does_not_balance(path: Path) -> None:
    Book(path).close()
    anybody = sqlite3.connect(path)
    anybody.execute("INSERT INTO posting VALUES (1, 1, 'cash', 5)")
    with pytest.raises(sqlite3.IntegrityError, match="sum to zero"):
        anybody.execute("INSERT INTO entry VALUES (1, 'k', 0.0, 'k', '', 'JPY', '{}', ?)", ["0" * 64])
    anybody.close()


def test_an_export_is_one_line_an_entry_in_canonical_json(path: Path) -> None:
    with Book(path) as book:
        book.append([tip()])
        (line,) = book.export()
        _, digest = book.head()
    assert line.decode() == (
        '{"at_s":1.0,"body":{"said":"どうも"},"currency":"JPY","hash":"' + digest + '","key":"tip:1","kind":"tip",'
        '"postings":[["cash",100],["tips",-100]],"seq":1,"visit":""}\n'
    )


def test_a_receipt_is_printed_again_from_the_book_alone(path: Path) -> None:
    with Book(path) as book:
        book.append(DAY)
        paid, declined, unanswered, waived = (receipt_of(book, f"v0000{n}") for n in (0, 2, 4, 6))
        assert receipt_of(book, "nobody") is None
        everybody = receipts(book)
    assert paid is not None
    assert declined is not None
    assert unanswered is not None
    assert waived is not None
    assert (paid.state, declined.state, unanswered.state, waived.state) == ("paid", "declined", "unanswered", "void")
    assert paid.reference.startswith("local-")
    assert "代金は支払われていません" in receipt_text(paid)
    by_a_bank = receipt_text(replace(paid, reference="4711"))
    assert "お支払いが完了しました" in by_a_bank
    assert "代金は支払われていません" not in by_a_bank
    assert [r.visit for r in everybody] == [f"v{n:05}" for n in range(24)]


def test_checkpoints_are_kept_beside_the_book(path: Path) -> None:
    with Book(path) as book:
        assert book.checkpoint() is None
        book.save_checkpoint(7, b"\x00state")
        book.save_checkpoint(9, b"later")
    with Book(path) as book:
        assert book.checkpoint() == (9, b"later")
        book.drop_checkpoint()
        assert book.checkpoint() is None
        assert book.prove() == []


# --- what can be wrong with a file ---------------------------------------------------------------------------------


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("buy more umbrellas\n" * 50)
    conn = sqlite3.connect(other)
    conn.execute("CREATE TABLE umbrella (colour TEXT)")
    conn.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(UnusableLedger, match=r"is not a ledger .* Name another file"):
            Book(path)
        assert path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnusableLedger, match=r"cannot be opened .* Check that the folder exists"):
        Book(tmp_path / "nowhere" / "kiosk.ledger")


def test_a_ledger_of_a_later_version(path: Path) -> None:
    Book(path).close()
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA user_version = 2")
    conn.close()
    with pytest.raises(UnusableLedger, match=r"a ledger of version 2, not 1\. Open it with the version of Tebura"):
        Book(path)


def test_a_book_beside_its_writer_reads_and_never_writes(path: Path) -> None:
    with Book(path) as writer:
        writer.append([tip()])
        with Book(path, read_only=True) as reader:
            writer.append([tip("tip:2")])
            assert reader.head() == writer.head()
            with pytest.raises(UnusableLedger, match=r"cannot be written to .* write access"):
                reader.append([tip("tip:3")])
    with pytest.raises(UnusableLedger, match="cannot be opened"):
        Book(path.with_name("none.ledger"), read_only=True)


def fill(book: Book, entries: list[LedgerEntry], written: list[LedgerEntry]) -> None:
    for handful in handfuls(entries, 5):
        book.append(handful)
        written += handful


def test_a_full_disk_loses_nothing(path: Path) -> None:
    with Book(path) as book:
        written: list[LedgerEntry] = []
        book._db.execute("PRAGMA max_page_count = 60")  # as if the disk ended here: SQLite reports it the same way
        with pytest.raises(UnusableLedger, match=r"the disk is full .* Free some space; what is in the book is whole"):
            fill(book, a_day(500), written)
        assert [w.entry for w in book.entries()] == written
        assert book.prove() == []
        book._db.execute("PRAGMA max_page_count = 1000000")
        book.append(a_day(500))
        assert book.prove() == []


def test_a_damaged_file_is_told_with_the_remedy(path: Path) -> None:
    with Book(path) as book:
        book.append(a_day(60))
        book.seal()
    damaged = bytearray(path.read_bytes())
    for page in range(3, len(damaged) // 4096):
        damaged[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(damaged)
    with Book(path, read_only=True) as book:
        with pytest.raises(UnusableLedger, match=r"is damaged .* put back the last backup"):
            list(book.entries())
        assert any("damaged" in str(fault) for fault in book.prove())


def test_two_writers_are_told_apart(path: Path) -> None:
    with Book(path) as book:
        book.append([tip()])
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        book._db.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(UnusableLedger, match="in use by another process"):
            book.append([tip("tip:2")])
        other.execute("ROLLBACK")
        assert book.append([tip("tip:2")]) == 1
        with pytest.raises(UnusableLedger, match="in use by another process"):
            book.seal()
        other.close()
    with Book(path) as book:
        assert [json.loads(line)["key"] for line in book.export()] == ["tip:1", "tip:2"]
