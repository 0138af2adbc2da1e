"""What a live shop recorded, replayed: its payment provider's answers are those of then, and nobody else is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.daemon.shop import RECORDINGS
from edge.journal import segments
from edge.ledger import Book, receipts
from edge.wire import RecordingWriter, open_recording
from simulator.replay import replay
from tests.corner import FILES, OPENS_S, errand
from tests.daemon.rehearsals import Rehearsal


def replayed(path: Path) -> list[str]:
    with Book() as book:
        replay(open_recording(path), book=book)
        assert book.prove() == []
        return [receipt.state for receipt in receipts(book)]


@pytest.fixture(params=["decline", "approve", "silent"])
def recorded(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    """A segment of a shop in which Ana was declined, or paid, or nobody answered."""
    shop = Rehearsal(tmp_path)
    shop.open({"ana": request.param})
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.close()
    (segment,) = segments(shop.state / RECORDINGS)
    return segment, {"decline": "declined", "approve": "paid", "silent": "unanswered"}[request.param]


def test_an_answer_of_then_is_the_answer_of_now(recorded: tuple[Path, str]) -> None:
    segment, state = recorded
    assert replayed(segment) == [state]


def test_also_where_the_recording_has_no_end(recorded: tuple[Path, str]) -> None:
    segment, state = recorded
    data = segment.read_bytes()
    segment.write_bytes(data[: data.rindex(b"MCAP0") - 40])
    assert replayed(segment) == [state]


def test_an_answer_that_came_after_the_recording_is_not_made_up(recorded: tuple[Path, str], tmp_path: Path) -> None:
    whole, _ = recorded
    path = tmp_path / "first-half.mcap"
    recording = open_recording(whole)
    with RecordingWriter(path, recording.attachments, OPENS_S) as half:
        for heard in recording:
            if heard.topic.startswith("payment/"):
                break
            half.write(heard.topic, heard.payload, heard.received_s, heard.received_s)
    assert replayed(path) == ["unanswered"]


def test_a_recording_from_before_it_said_so_is_known_by_its_answers(recorded: tuple[Path, str], tmp_path: Path) -> None:
    whole, state = recorded
    old = tmp_path / "old.mcap"
    with RecordingWriter(old, FILES, OPENS_S) as writer:
        for heard in open_recording(whole):
            writer.write(heard.topic, heard.payload, heard.received_s, heard.received_s)
    assert replayed(old) == ["paid" if state == "unanswered" else state]
    data = old.read_bytes()
    old.write_bytes(data[: data.rindex(b"MCAP0") - 40])
    assert replayed(old) == ["paid" if state == "unanswered" else state]


def test_a_simulated_recording_asks_the_local_provider(tmp_path: Path) -> None:
    assert replayed(errand(tmp_path / "ana.mcap")) == ["paid"]
