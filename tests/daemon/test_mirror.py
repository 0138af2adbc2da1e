"""A book whose files were damaged, and its mirror: whatever happened to one, both are whole again; nothing is lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.ledger import Book, UnusableLedger
from edge.ledger.mirror import open_mirrored
from edge.records import LedgerEntry

ENTRIES = 300
PAGE = 4096


def entry(i: int) -> LedgerEntry:
    return LedgerEntry(
        f"k{i}", float(i), "visit" if i % 3 else "shelf-event", f"v{i // 4}", {"n": i, "note": "紙" * 40}
    )


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A book that was closed in good order, and one as a kill leaves it."""
    closed, killed = tmp_path_factory.mktemp("closed"), tmp_path_factory.mktemp("books") / "killed"
    book, mirror, _ = open_mirrored(closed / "ledger.db")
    for i in range(0, ENTRIES, 50):
        book.append(entry(j) for j in range(i, i + 50))
        mirror.follow(book)
    shutil.copytree(closed, killed)
    book.close()
    return {"closed": closed, "killed": killed}


def last_page(db: Path, chance: random.Random) -> None:
    data = db.read_bytes()
    db.write_bytes(data[:-PAGE] + chance.randbytes(PAGE))


def some_page(db: Path, chance: random.Random) -> None:
    data = bytearray(db.read_bytes())
    at = PAGE * chance.randrange(len(data) // PAGE)
    data[at : at + PAGE] = chance.randbytes(PAGE)
    db.write_bytes(data)


def cut_off(db: Path, chance: random.Random) -> None:
    data = db.read_bytes()
    db.write_bytes(data[: chance.randrange(len(data))])


def garbage(db: Path, chance: random.Random) -> None:
    db.write_bytes(chance.randbytes(30_000))


def empty(db: Path, _chance: random.Random) -> None:
    db.write_bytes(b"")


def gone(db: Path, _chance: random.Random) -> None:
    db.unlink()


def without_wal(db: Path, _chance: random.Random) -> None:
    db.with_name("ledger.db-wal").unlink(missing_ok=True)


def torn_wal(db: Path, chance: random.Random) -> None:
    wal = db.with_name("ledger.db-wal")
    if wal.exists():
        data = wal.read_bytes()
        wal.write_bytes(data[: chance.randrange(len(data))])


def torn_mirror(db: Path, chance: random.Random) -> None:
    lines = db.with_suffix(".jsonl")
    data = lines.read_bytes()
    lines.write_bytes(data[: chance.randrange(len(data))])


def no_mirror(db: Path, _chance: random.Random) -> None:
    db.with_suffix(".jsonl").unlink()


@pytest.mark.parametrize("left", ["closed", "killed"])
@pytest.mark.parametrize(
    "ruin",
    [last_page, some_page, cut_off, garbage, empty, gone, without_wal, torn_wal, torn_mirror, no_mirror],
)
def test_nothing_is_lost(
    books: dict[str, Path], tmp_path: Path, left: str, ruin: Callable[[Path, random.Random], None]
) -> None:
    for seed in range(4):
        folder = tmp_path / str(seed)
        shutil.copytree(books[left], folder)
        ruin(folder / "ledger.db", random.Random(seed))
        for _ in range(2):
            book, mirror, repaired = open_mirrored(folder / "ledger.db")
            assert [w.entry for w in book.entries()] == [entry(i) for i in range(ENTRIES)], (seed, repaired)
            assert book.prove() == []
            book.close()
            if "damaged" in repaired:
                assert list(folder.glob("ledger.damaged-*.db")), "what was damaged is kept"
        assert repaired == "", "the second time there is nothing to repair"
        book, mirror, _ = open_mirrored(folder / "ledger.db")
        book.append([entry(ENTRIES)])
        mirror.follow(book)
        book.close()
        assert (folder / "ledger.jsonl").read_bytes().count(b"\n") == ENTRIES + 1


def test_a_mirror_of_another_book_is_put_aside(books: dict[str, Path], tmp_path: Path) -> None:
    """Somebody put back a backup of one of the two files."""
    folder = tmp_path / "shop"
    shutil.copytree(books["closed"], folder)
    other, mirror, _ = open_mirrored(tmp_path / "ledger.db")
    other.append(LedgerEntry(f"other{i}", 1.0, "visit", "x", {}) for i in range(ENTRIES + 5))
    mirror.follow(other)
    other.close()
    shutil.copy(tmp_path / "ledger.jsonl", folder / "ledger.jsonl")
    book, _, repaired = open_mirrored(folder / "ledger.db")
    assert [w.entry for w in book.entries()] == [entry(i) for i in range(ENTRIES)]
    assert "another ledger" in repaired
    assert (folder / "ledger.damaged-1.jsonl").exists()
    assert (folder / "ledger.jsonl").read_bytes() == b"".join(book.export())
    book.close()


def break_lines(db: Path, *numbers: int, as_: bytes = b"x") -> None:
    """Some bytes of these lines have rotted, their beginnings among them."""
    lines = db.with_suffix(".jsonl")
    rows = lines.read_bytes().splitlines(keepends=True)
    for number in numbers:
        row = rows[number - 1]
        rows[number - 1] = as_ * 20 + row[20:]
    lines.write_bytes(b"".join(rows))


def test_a_broken_line_in_the_middle_hides_itself_and_nothing_behind_it(books: dict[str, Path], tmp_path: Path) -> None:
    """The book is gone as well: what stands nowhere any more is told in its place, all the rest is there."""
    folder = tmp_path / "shop"
    shutil.copytree(books["closed"], folder)
    break_lines(folder / "ledger.db", 276)
    (folder / "ledger.db").write_bytes(b"rotten" * 1000)
    book, _, repaired = open_mirrored(folder / "ledger.db")
    found = [w.entry for w in book.entries()]
    assert [e for e in found if e.kind != "lost"] == [entry(i) for i in range(ENTRIES) if i != 275]
    (lost,) = [e for e in found if e.kind == "lost"]
    assert (found.index(lost), lost.body["seq"]) == (275, 276)
    assert '"n":275' in str(lost.body["line"]), "what can be read of it is kept for a person"
    assert "1 of them stands nowhere any more" in repaired
    assert [f.seq for f in book.prove()] == [276]
    assert (folder / "ledger.jsonl").read_bytes() == b"".join(book.export())
    assert (folder / "ledger.damaged-1.jsonl").exists(), "nothing of the broken mirror is thrown away"
    book.close()
    book, _, repaired = open_mirrored(folder / "ledger.db")
    assert repaired == ""
    book.close()


@pytest.mark.parametrize("numbers", [(7,), (7, 8, 9), (1,), (100, 250)])
def test_what_the_mirror_lost_a_damaged_book_may_still_have(
    books: dict[str, Path], tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(books["closed"], folder)
    break_lines(folder / "ledger.db", *numbers)
    data = bytearray((folder / "ledger.db").read_bytes())
    data[-PAGE:] = b"\xff" * PAGE
    (folder / "ledger.db").write_bytes(data)
    book, _, repaired = open_mirrored(folder / "ledger.db")
    assert "made anew from its mirror" in repaired
    assert [w.entry for w in book.entries()] == [entry(i) for i in range(ENTRIES)]
    assert book.prove() == []
    book.close()


def test_a_number_that_was_changed_in_the_mirror_is_not_believed(books: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(books["closed"], folder)
    lines = folder / "ledger.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b'"n":41,', b'"n":14,'))
    (folder / "ledger.db").unlink()
    book, _, _ = open_mirrored(folder / "ledger.db")
    found = [w.entry for w in book.entries()]
    assert [e.body["seq"] for e in found if e.kind == "lost"] == [42]
    assert [e for e in found if e.kind != "lost"] == [entry(i) for i in range(ENTRIES) if i != 41]
    book.close()


@pytest.mark.parametrize("numbers", [(5,), (150, 151), (299,)])
def test_a_broken_mirror_of_a_sound_book_that_is_ahead_is_made_anew(
    books: dict[str, Path], tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(books["closed"], folder)
    break_lines(folder / "ledger.db", *numbers)
    with Book(folder / "ledger.db") as ahead:
        ahead.append([entry(ENTRIES)])
    book, _, _ = open_mirrored(folder / "ledger.db")
    assert [w.entry for w in book.entries()] == [entry(i) for i in range(ENTRIES + 1)]
    assert (folder / "ledger.jsonl").read_bytes() == b"".join(book.export())
    assert (folder / "ledger.damaged-1.jsonl").exists()
    book.close()


def test_some_other_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    before = (tmp_path / "ledger.db").read_bytes()
    with pytest.raises(UnusableLedger, match="is not a ledger"):
        open_mirrored(tmp_path / "ledger.db")
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_a_mirror_that_the_disk_refuses_is_whole_up_to_its_last_line(tmp_path: Path) -> None:
    """Half a line on a full disk would hide every line behind it."""
    import resource

    book, mirror, _ = open_mirrored(tmp_path / "ledger.db")
    lines = tmp_path / "ledger.jsonl"
    book.append(entry(i) for i in range(10))
    mirror.follow(book)
    book.append(entry(i) for i in range(10, 200))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = lines.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            mirror.follow(book)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lines.stat().st_size == size
    mirror.follow(book)
    assert lines.read_bytes() == b"".join(book.export())
    book.close()
    assert not Book(tmp_path / "ledger.db").prove()
