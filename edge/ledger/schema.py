"""The book's tables. What the program promises, the file enforces on everybody who opens it.

- Entries are numbered without gaps and never change: triggers refuse every UPDATE and DELETE, and an INSERT whose
  number is not the next one or whose key is there already (which is how INSERT OR REPLACE would get around them).
- An entry's postings are inserted *before* it (the foreign key is deferred to the commit), so that the trigger on the
  entry sees all of them and refuses a sum that is not zero; afterwards no posting can join it.
- ``hash`` chains each entry to the one before it, see `edge.ledger.canon`.

``checkpoint`` holds at most one row, the runtime's state at some position of its input. It is no part of the book: it
may be dropped at any time, and then everything is computed again.
"""

APPLICATION_ID = 0x54454255
"""``TEBU``, in the header of every ledger file: `file(1)` and this program tell a ledger by it."""

VERSION = 1
"""Of this schema, in the header's user version."""

TABLES = (
    """
    CREATE TABLE entry (
        seq      INTEGER PRIMARY KEY CHECK (seq >= 1),
        key      TEXT NOT NULL UNIQUE CHECK (key <> ''),
        at_s     REAL NOT NULL,
        kind     TEXT NOT NULL CHECK (kind <> ''),
        visit    TEXT NOT NULL,
        currency TEXT NOT NULL,
        body     TEXT NOT NULL CHECK (json_valid(body)),
        hash     TEXT NOT NULL CHECK (length(hash) = 64)
    ) STRICT
    """,
    "CREATE INDEX entry_by_visit ON entry (visit, seq)",
    "CREATE INDEX entry_by_kind ON entry (kind, seq)",
    """
    CREATE TABLE posting (
        entry        INTEGER NOT NULL REFERENCES entry (seq) DEFERRABLE INITIALLY DEFERRED,
        leg          INTEGER NOT NULL CHECK (leg >= 1),
        account      TEXT NOT NULL CHECK (account <> ''),
        amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
        PRIMARY KEY (entry, leg)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX posting_by_account ON posting (account)",
    """
    CREATE TABLE checkpoint (
        id       INTEGER PRIMARY KEY CHECK (id = 1),
        position INTEGER NOT NULL,
        state    BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER entry_is_the_next BEFORE INSERT ON entry
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry)
         OR EXISTS (SELECT 1 FROM entry WHERE key = NEW.key)
    BEGIN SELECT RAISE(ABORT, 'the book is append-only: the number or key is taken'); END
    """,
    """
    CREATE TRIGGER entry_balances BEFORE INSERT ON entry
    WHEN (SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE entry = NEW.seq) <> 0
    BEGIN SELECT RAISE(ABORT, 'the postings of an entry sum to zero'); END
    """,
    """
    CREATE TRIGGER posting_comes_before_its_entry BEFORE INSERT ON posting
    WHEN EXISTS (SELECT 1 FROM entry WHERE seq = NEW.entry)
    BEGIN SELECT RAISE(ABORT, 'the book is append-only: the entry is written'); END
    """,
    *(
        f"""
    CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, 'the book is append-only'); END
    """
        for table in ("entry", "posting")
        for verb in ("UPDATE", "DELETE")
    ),
)

SHOP_TABLE = """
    CREATE TABLE IF NOT EXISTS shop (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        store TEXT NOT NULL CHECK (store <> '')
    ) STRICT
    """
"""Whose book it is. Only a live shop's has it: replays of equal recordings are equal files, wherever they are made."""
