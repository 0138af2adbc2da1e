"""Recordings: self-contained, the same bytes for the same messages, and readable as far as they go."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.records import GatePassage, Refused
from edge.store import load_store
from edge.wire import RecordingWriter, UnreadableRecording, decode, open_recording
from tests.corner import FILES, OPENS_S, errand, write_store


def messages(path: Path) -> int:
    return sum(1 for _ in open_recording(path))


def test_a_recording_carries_its_store_and_every_message(tmp_path: Path) -> None:
    recording = open_recording(errand(tmp_path / "ana.mcap", truth={"onigiri-salmon": 2}))
    heard = list(recording)
    assert recording.name == "ana"
    assert recording.store_files() == FILES
    assert "truth.json" in recording.attachments
    assert len(heard) == 90 + 180 + 3
    assert [h.received_s for h in heard] == sorted(h.received_s for h in heard)
    assert recording.loss is None


def test_payload_bytes_stay_as_they_were(tmp_path: Path) -> None:
    odd = b'{"t":1,  "g" : [ ] }\n'
    with RecordingWriter(tmp_path / "odd.mcap", {}, OPENS_S) as recording:
        recording.write("shelf/x/weight", odd, 1.0, 2.0)
    (heard,) = open_recording(tmp_path / "odd.mcap")
    assert (heard.topic, heard.payload, heard.received_s) == ("shelf/x/weight", odd, 2.0)


@given(st.floats(1e9, 1e10))
def test_a_moment_comes_back_as_the_very_same_number(at_s: float) -> None:
    """Entries of the book carry it: a book and its recording would contradict each other."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.mcap"
        with RecordingWriter(path, {}, at_s) as recording:
            recording.write("shop/clock/tick", b"{}", at_s, at_s)
        assert [heard.received_s for heard in open_recording(path)] == [at_s]


@pytest.mark.parametrize("t", [0.0, 1e-9, 1e10])
def test_whatever_moment_the_contract_allows_can_be_kept(tmp_path: Path, t: float) -> None:
    """A sensor with a clock out of its mind is no reason to end the shop."""
    shop = load_store(write_store(tmp_path / "shop"))
    passage = decode(shop, "gate/in/passage", b'{"t":%r,"direction":"in"}' % t, OPENS_S)
    assert isinstance(passage, GatePassage)
    with RecordingWriter(tmp_path / "odd.mcap", {}, OPENS_S) as recording:
        recording.write("gate/in/passage", b"{}", passage.at_s, OPENS_S)
    assert len(list(open_recording(tmp_path / "odd.mcap"))) == 1
    beyond = decode(shop, "gate/in/passage", b'{"t":%r,"direction":"in"}' % (t + 1e10 + 1), OPENS_S)
    assert isinstance(beyond, Refused)


def test_the_same_messages_make_the_same_file(tmp_path: Path) -> None:
    one, other = errand(tmp_path / "one.mcap"), errand(tmp_path / "other.mcap")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("kept", [0.05, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999])
def test_a_recording_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path, kept: float) -> None:
    whole = errand(tmp_path / "whole.mcap")
    data = whole.read_bytes()
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(data[: int(len(data) * kept)])
    recording = open_recording(broken)
    heard, everything = list(recording), list(open_recording(whole))
    assert recording.loss is not None
    assert recording.loss.reason == "the file ends in the middle"
    assert recording.loss.messages == len(heard)
    assert heard == everything[: len(heard)]


def test_a_recording_that_grows_while_it_is_read_is_read_as_far_as_it_went(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "now.mcap", {}, OPENS_S) as recorder:
        recorder.write("shelf/x/weight", b"{}", 1.0, 1.0)
        recorder.flush()
        reading = iter(open_recording(tmp_path / "now.mcap"))
        assert next(reading).received_s == 1.0
        recorder.write("shelf/x/weight", b"{}", 2.0, 2.0)
        recorder.flush()
        assert list(reading) == []


def test_of_a_part_that_breaks_off_the_beginning_is_used(tmp_path: Path) -> None:
    """A recording is packed in parts of a megabyte: half a minute of a shop is not thrown away."""
    whole = tmp_path / "long.mcap"
    noise = random.Random(1)
    with RecordingWriter(whole, {}, 0.0) as recording:
        for i in range(300):
            recording.write("shelf/x/weight", noise.randbytes(3000), i, i)
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(whole.read_bytes()[:500_000])
    assert 120 < messages(broken) < 167


def test_damage_in_one_part_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "long.mcap"
    noise = random.Random(1)
    with RecordingWriter(path, {}, 0.0) as recording:
        for i in range(1000):
            recording.write("shelf/x/weight", noise.randbytes(3000), i, i)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    damaged = open_recording(path)
    times = [h.received_s for h in damaged]
    assert damaged.loss is not None
    assert damaged.loss.reason == "a part of the file is damaged"
    assert 500 < len(times) < 1000
    assert (times[0], times[-1]) == (0.0, 999.0)


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255), cut=st.integers(0, 10_000))
@example(at=2081, flip=1, cut=0)
def test_no_damage_raises(at: int, flip: int, cut: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.mcap"
        with RecordingWriter(path, {"store.toml": b"[store]"}, 0.0) as recording:
            for i in range(20):
                recording.write("gate/in/passage", b'{"t":1}' * i, i, i)
        data = bytearray(path.read_bytes())
        data[8 + at % (len(data) - 8)] ^= flip
        path.write_bytes(data[: len(data) - cut % (len(data) // 2)])
        for heard in open_recording(path):
            assert heard.topic


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\x00"])
def test_a_file_that_is_no_recording_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.mcap"
    path.write_bytes(content)
    with pytest.raises(UnreadableRecording, match="tebura simulate"):
        open_recording(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecording, match=r"nothing\.mcap: there is no such file"):
        open_recording(tmp_path / "nothing.mcap")


def test_a_recording_has_no_file_outside_of_its_store(tmp_path: Path) -> None:
    """Who lays its files out (`tebura replay --live`) writes nothing beside them."""
    there = {"store.toml": b"", "calibration/g1-s1.toml": b"", "truth.json": b"{}"}
    beside = {
        "calibration/../../g1-s1.toml": b"",
        "calibration/a/b.toml": b"",
        "/etc/store.toml": b"",
        "calibration/": b"",
    }
    with RecordingWriter(tmp_path / "r.mcap", there | beside, 0.0):
        pass
    assert set(open_recording(tmp_path / "r.mcap").store_files()) == {"store.toml", "calibration/g1-s1.toml"}
