"""A shopper says that a cart or a receipt is wrong, and staff answer: it stands in the book, and moves no money."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.daemon.contests import MOST
from edge.daemon.shop import RECORDINGS
from edge.journal import segments
from edge.ledger import Book
from edge.wire import open_recording
from simulator.replay import replay
from tests.daemon.test_changes import stop
from tests.daemon.test_reviews import VISIT, Reviewed


@pytest.mark.parametrize("killed", [None, False, True])
def test_what_was_said_and_answered_stands_in_the_book(tmp_path: Path, killed: bool | None) -> None:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    said = {"do": "contest", "visit": VISIT, "subject": "ana", "about": "not-taken"}
    assert shop.order(**said, lines={"onigiri-salmon": 1}, message="I put it back")["written"]
    if killed is not None:
        stop(shop, killed)
        shop.open()
    shop.play(9.0, 18.0)
    shop.settle()
    (entry,) = shop.entries("contested")
    message = str(entry.body["message"])
    assert entry.body == {
        "subject": "ana", "about": "not-taken", "lines": [{"sku": "onigiri-salmon", "quantity": 1}],
        "message": message,
    }  # fmt: skip
    assert message.startswith("sealed:"), "what somebody wrote can go with them"
    assert shop.shop.members.words("ana", message) == "I put it back"
    assert not entry.postings
    assert [p.payload["visit"] for p in shop.said if p.payload.get("kind") == "contested"][:1] == [VISIT]
    assert "nobody has said that" in shop.order(do="answer", visit=VISIT, contest="x", by="sato", message="?")["error"]
    assert "says something" in shop.order(do="answer", visit=VISIT, contest=entry.key, by="sato", message="")["error"]
    assert shop.order(do="answer", visit=VISIT, contest=entry.key, by="sato", message="We give it back")["written"]
    (answer,) = shop.entries("contest-answered")
    replied = str(answer.body["message"])
    assert answer.body == {"contest": entry.key, "by": "sato", "message": replied}
    assert replied.startswith("sealed:")
    assert shop.shop.members.words("ana", replied) == "We give it back"
    shop.is_untouched()
    shop.shop.close()


def test_a_replay_says_the_same(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.order(do="contest", visit=VISIT, subject="ana", about="missing", message="no tea here")
    (entry,) = shop.entries("contested")
    shop.order(do="answer", visit=VISIT, contest=entry.key, by="sato", message="sorry")
    told = shop.entries("contested", "contest-answered")
    shop.shop.close()
    (segment,) = segments(shop.state / RECORDINGS)
    with Book() as book:
        replay(open_recording(segment), book=book)
        assert book.prove() == []
        assert [w.entry for w in book.entries() if w.entry.kind in ("contested", "contest-answered")] == told


def test_nobody_contests_another_s_visit_nor_fills_the_book(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    said = {"do": "contest", "visit": VISIT, "about": "other"}
    for subject in ("ben", ""):
        assert "no such visit of theirs" in shop.order(**said, subject=subject)["error"]
    assert "no such visit" in shop.order(**{**said, "visit": "20231115-0009"}, subject="ana")["error"]
    assert "at most 500" in shop.order(**said, subject="ana", message="x" * 501)["error"]
    assert "not-taken, missing or other" in shop.order(**{**said, "about": "x"}, subject="ana")["error"]
    for _ in range(MOST):
        assert shop.order(**said, subject="ana", message="x" * 500)["written"]
    assert "enough was said" in shop.order(**said, subject="ana")["error"]
    assert len(shop.entries("contested")) == MOST
    shop.shop.close()
