"""Bytes in any pieces: the same lines, nothing made up, and never more memory than a line."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.serial.frames import ETX, LONGEST, SILENCE_S, STX, Frames, Framing

SPEECH = b"1,1523.4\r\n2,-0.3\r\n\r\n3,7\n4,8\r5,9.25\n\r"
LINES = [b"1,1523.4", b"2,-0.3", b"3,7", b"4,8", b"5,9.25"]


def fed(*pieces: bytes, mid_line: bool = False) -> list[bytes]:
    frames = Frames(Framing(mid_line=mid_line))
    return [line for piece in pieces for line in frames.feed(piece, 0.0)]


@pytest.mark.parametrize("at", range(len(SPEECH) + 1))
def test_a_line_that_comes_in_two_halves_is_one_line(at: int) -> None:
    assert fed(SPEECH[:at], SPEECH[at:]) == LINES


@given(st.lists(st.integers(0, len(SPEECH)), max_size=12))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(SPEECH)]
    assert fed(*(SPEECH[a:b] for a, b in pairwise(edges))) == LINES


def test_a_half_whose_rest_never_comes_is_let_go() -> None:
    frames = Frames()
    assert frames.feed(b"1,15", 0.0) == []
    assert frames.feed(b"", SILENCE_S) == []
    assert frames.feed(b"2,3\n", 2 * SILENCE_S + 0.1) == [b"2,3"]
    assert frames.tally.halves == 1


def test_bytes_that_come_slowly_are_still_one_line() -> None:
    frames = Frames()
    said = [line for i, b in enumerate(b"1,1523.4\n") for line in frames.feed(bytes([b]), 0.4 * i)]
    assert said == [b"1,1523.4"]


def test_a_line_without_end_is_dropped_and_the_next_is_heard() -> None:
    frames = Frames()
    assert frames.feed(b"x" * (3 * LONGEST), 0.0) == []
    assert frames.feed(b"y" * 40, 0.0) == []
    assert frames.feed(b"z\n1,2\n", 0.0) == [b"1,2"]
    assert (frames.tally.overlong, frames.tally.lines) == (1, 1)


def test_one_bad_byte_spoils_its_line_and_no_other() -> None:
    frames = Frames()
    assert frames.feed(b"1,5\n2,\x007\n3,\xff\n4,8\n", 0.0) == [b"1,5", b"4,8"]
    assert (frames.tally.garbled, frames.tally.garbage) == (2, 2)


def test_a_bad_byte_in_a_half_is_not_forgotten() -> None:
    assert fed(b"2,\x00", b"7\n3,4\n") == [b"3,4"]


def test_of_who_speaks_already_the_end_of_a_line_is_no_line() -> None:
    assert fed(b"1,500\n2,7\n", mid_line=True) == [b"2,7"]


@given(st.lists(st.binary(max_size=600), max_size=20))
def test_whatever_comes_no_line_is_made_up(pieces: list[bytes]) -> None:
    frames = Frames()
    for piece in pieces:
        for line in frames.feed(piece, 0.0):
            assert 0 < len(line) <= LONGEST
            assert re.fullmatch(rb"[\t\x20-\x7e]+", line)
            assert line in re.split(rb"[\r\n]", b"".join(pieces))
    assert frames.tally.bytes_ == sum(map(len, pieces))


def test_a_megabyte_of_noise_needs_no_memory() -> None:
    noise = bytes(range(256)) * 4096
    frames = Frames()
    for i in range(0, len(noise), 4096):
        frames.feed(noise[i : i + 4096], 0.0)
    frames.feed(b"x" * 1_000_000, 0.0)
    assert len(frames._half) <= LONGEST
    assert frames.feed(b"\n1,2\n", 0.0) == [b"1,2"]


# --- other ends ----------------------------------------------------------------------------------------------------

GAPS = Framing(gap_s=0.1, ends=b"\r\n" + ETX, begins=STX)


def test_a_pause_ends_a_line_of_who_sends_no_end() -> None:
    frames = Frames(GAPS)
    assert frames.feed(b"49012", 0.0) == []
    assert frames.feed(b"34567894", 0.05) == []
    assert frames.feed(b"", 0.12) == [], "only 70 ms"
    assert frames.feed(b"", 0.16) == [b"4901234567894"]
    assert frames.feed(b"", 9.0) == []
    assert frames.feed(b"ABC", 10.0) == []
    assert frames.feed(b"DEF", 11.0) == [b"ABC"], "nobody looked for a second, and there is the next one"
    assert frames.feed(b"", 11.2) == [b"DEF"]
    assert (frames.tally.lines, frames.tally.lost) == (3, 0)


def test_who_was_kept_from_reading_finds_the_rest_of_a_line_and_not_another() -> None:
    frames = Frames(GAPS)
    assert frames.feed(b"49012", 0.0) == []
    assert frames.feed(b"34567894", 0.3) == []
    assert frames.feed(b"", 0.5) == [b"4901234567894"]


def test_who_ends_lines_has_no_pauses() -> None:
    frames = Frames(GAPS)
    assert frames.feed(b"A\rB", 0.0) == [b"A"]
    assert frames.feed(b"", 0.3) == []
    assert frames.feed(b"C\r", 0.4) == [b"BC"]
    assert frames.feed(b"D", 1.0) == []
    assert frames.feed(b"", 2.0) == []
    assert frames.tally.halves == 1


@pytest.mark.parametrize(
    "said", [b"\x02A\x03\x02B\x03", b"\x02A\r\n\x02B\r\n", b"A\x03B\x03", b"\x02A\x03\r\n\x02B\x03\r\n"]
)
def test_a_line_may_stand_between_stx_and_etx(said: bytes) -> None:
    frames = Frames(GAPS)
    assert [line for byte in said for line in frames.feed(bytes([byte]), 0.0)] == [b"A", b"B"]
    assert frames.tally.garbage == 0


def test_stx_alone_begins_a_line_that_a_pause_ends() -> None:
    frames = Frames(GAPS)
    assert frames.feed(b"\x02A", 0.0) == []
    assert frames.feed(b"", 0.2) == [b"A"]
    assert frames.feed(b"\x02B\x02C", 1.0) == [b"B"]
    assert frames.feed(b"", 1.2) == [b"C"]
