"""What lines mean: microcontrollers, scales and barcode readers, good ones and bad."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.serial.dialects.barcode import Barcodes
from edge.adapters.serial.dialects.dialect import Dialect, Noted, Scanned, Unusable, Weighed
from edge.adapters.serial.dialects.lines import Lines, checksum
from edge.adapters.serial.dialects.mt_sics import MtSics
from edge.adapters.serial.frames import Frames
from edge.site import LARGEST
from tests.adapters.serial.ear import device

LB = 453.59237


def lines(**more: object) -> Lines:
    return Lines(device("lines", **more), 4)


def summed(said: bytes) -> bytes:
    return b"%s*%02X" % (said, checksum(said))


@pytest.mark.parametrize(
    ("line", "plate", "mass_g"),
    [
        (b"1,1523.4", 1, 1523.4),
        (b"4,-0.3", 4, -0.3),
        (b" 2 , +7 ", 2, 7.0),
        (b"3,1.5e3", 3, 1500.0),
        (b"3,5.", 3, 5.0),
        (summed(b"1,20.5"), 1, 20.5),
        (summed(b"1,20.5").lower(), 1, 20.5),
    ],
)
def test_a_plate_and_its_grams(line: bytes, plate: int, mass_g: float) -> None:
    assert lines().line(line, 0.0) == [Weighed(plate, mass_g)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello", "not <plate>,<grams>"),
        (b"1;20", "not <plate>,<grams>"),
        (b"1,", "not <plate>,<grams>"),
        (b",5", "not <plate>,<grams>"),
        (b"-1,5", "not <plate>,<grams>"),
        (b"1,1_0", "not <plate>,<grams>"),
        (b"1,0x10", "not <plate>,<grams>"),
        (b"1,5*", "not <plate>,<grams>"),
        (b"1,5*GG", "not <plate>,<grams>"),
        (b"1,5,2,6", "several readings in a line"),
        (b"1,52,6", "several readings in a line"),
        (b"1,5;2,6", "several readings in a line"),
        (b"0,5", "unknown plate"),
        (b"5,5", "unknown plate"),
        (b"1,1000001", "absurd mass"),
        (b"1,-1e9", "absurd mass"),
        (b"1,5*00", "wrong checksum"),
    ],
)
def test_what_is_no_reading_says_why(line: bytes, reason: str) -> None:
    assert lines().line(line, 0.0) == [Unusable(reason)]


@pytest.mark.parametrize("word", [b"nan", b"NaN", b"-inf", b"INF", b"ovf", b"unavailable"])
def test_a_plate_that_has_no_number_cannot_be_read(word: bytes) -> None:
    assert lines().line(b"2," + word, 0.0) == [Weighed(2, None)]
    assert lines().line(summed(b"2, " + word), 0.0) == [Weighed(2, None)]
    assert lines().line(b"2,%s*00" % word, 0.0) == [Unusable("wrong checksum")]
    assert lines().line(b"7," + word, 0.0) == [Unusable("unknown plate")]


def test_the_checksum_is_the_one_of_nmea() -> None:
    assert checksum(b"GPGLL,5057.970,N,00146.110,E,142451,A") == 0x27


def test_who_has_sent_a_checksum_is_held_to_it() -> None:
    talk = lines()
    assert talk.line(b"1,5", 0.0) == [Weighed(1, 5.0)]
    assert talk.line(summed(b"1,6"), 0.0) == [Weighed(1, 6.0)]
    assert talk.line(b"1,7", 0.0) == [Unusable("checksum missing")]


def test_a_wrong_checksum_binds_nobody() -> None:
    talk = lines()
    assert talk.line(b"1,5*00", 0.0) == [Unusable("wrong checksum")]
    assert talk.line(b"1,5", 0.0) == [Weighed(1, 5.0)]


def test_the_devices_plates_are_mapped_to_the_shelfs() -> None:
    talk = lines(plates=(4, 2), unit="lb")
    assert talk.line(b"1,1", 0.0) == [Weighed(4, LB)]
    assert talk.line(b"2,2", 0.0) == [Weighed(2, 2 * LB)]
    assert talk.line(b"3,2", 0.0) == [Unusable("unknown plate")]


def scale(*asked: str, plates: tuple[int, ...] = (1,)) -> MtSics:
    """A scale in the state in which it has just been sent the last of ``asked``."""
    talk = MtSics(device("mt-sics", plates=plates))
    for i, command in enumerate(asked):
        assert talk.ask(float(i)) == command.encode() + b"\r\n"
        if i < len(asked) - 1:
            talk.line(b'I4 A "1"' if command in ("@", "I4") else b"ES", float(i))
    return talk


@pytest.mark.parametrize(
    ("line", "mass_g"),
    [
        (b"S S     100.00 g", 100.0),
        (b"S D     129.07 g", 129.07),
        (b"S S      -0.05 g", -0.05),
        (b"S S     1.2345 kg", 1234.5),
        (b"S S 2 lb", 2 * LB),
        (b"S D 16 oz", 16 * 28.349523125),
        (b"S S 500 mg", 0.5),
        (b"S S 0.002 t", 2000.0),
        (b"S +", None),
        (b"S -", None),
        (b"S I", None),
        (b"S S Error 10b", None),
    ],
)
def test_a_weight_is_grams_and_too_much_is_unreadable(line: bytes, mass_g: float | None) -> None:
    (said,) = scale("@", "SIR").line(line, 2.0)
    assert isinstance(said, Weighed)
    assert said.plate == 1
    assert said.mass_g == (None if mass_g is None else pytest.approx(mass_g))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"S S 5 ozt", "unknown unit"),
        (b"S S 5 pcs", "unknown unit"),
        (b"S S 5", "not MT-SICS"),
        (b"S S five g", "not MT-SICS"),
        (b"S S nan g", "not MT-SICS"),
        (b"S X 5.0 g", "not MT-SICS"),
        (b"1,5.0", "not MT-SICS"),
        (b"S S 5000 t", "absurd mass"),
        (b"S S 12 S S 12 g", "not MT-SICS"),
    ],
)
def test_what_is_no_weight_says_why(line: bytes, reason: str) -> None:
    assert scale("@", "SIR").line(line, 2.0) == [Unusable(reason)]


def test_the_conversation_of_a_scale_that_answers() -> None:
    talk = MtSics(device("mt-sics"))
    assert talk.ask(0.0) == b"@\r\n"
    assert talk.ask(0.1) == b""
    assert talk.line(b'I4 A "B021002593"', 0.2) == []
    assert talk.serial_number == "B021002593"
    assert talk.ask(0.2) == b"SIR\r\n"
    for i in range(50):
        assert talk.line(b"S S 100.00 g", 0.3 + 0.1 * i) == [Weighed(1, 100.0)]
        assert talk.ask(0.3 + 0.1 * i) == b""


def test_a_scale_that_does_not_answer_a_reset_is_asked_for_its_number() -> None:
    talk = MtSics(device("mt-sics"))
    assert [talk.ask(t) for t in (0.0, 0.5, 0.8, 1.2, 1.6)] == [b"@\r\n", b"", b"I4\r\n", b"", b"SIR\r\n"]


@pytest.mark.parametrize("answer", [b"ES", b"ET", b"EL", b"S I"])
def test_a_scale_that_does_not_repeat_is_asked_every_time(answer: bytes) -> None:
    talk = scale("@", "SIR")
    talk.line(answer, 1.05)
    assert talk.ask(1.2) == b"SI\r\n"
    assert talk.ask(1.25) == b""
    assert talk.line(b"S D 5.0 g", 1.3) == [Weighed(1, 5.0)]
    assert talk.ask(1.4) == b"SI\r\n"
    assert talk.ask(1.5) == b"", "it has not answered yet"
    assert talk.ask(2.2) == b"SI\r\n", "it never did"


def test_a_scale_that_says_nothing_to_sir_is_asked_again_and_then_every_time() -> None:
    talk = scale("@", "SIR")
    assert [talk.ask(t) for t in (2.0, 3.1, 4.0, 5.2, 6.0)] == [b"", b"SIR\r\n", b"", b"SI\r\n", b"SI\r\n"]


def test_a_scale_that_was_switched_off_and_on_is_asked_to_repeat_again() -> None:
    talk = scale("@", "SIR")
    talk.line(b"S S 1.0 g", 1.1)
    talk.line(b'I4 A "1"', 1.5)
    assert talk.ask(1.6) == b"SIR\r\n"


def test_complaints_are_told_unless_they_were_to_be_expected() -> None:
    talk = scale("@", "SIR")
    talk.line(b"S S 1.0 g", 1.1)
    assert talk.line(b"ET", 1.2) == [Unusable("the scale says: transmission error")]


def test_a_scale_under_several_plates_gives_each_an_equal_part() -> None:
    assert scale("@", "SIR", plates=(2, 3)).line(b"S S 300 g", 2.0) == [Weighed(2, 150.0), Weighed(3, 150.0)]


def reader() -> Barcodes:
    return Barcodes(device("barcode"))


def plausible() -> st.SearchStrategy[bytes]:
    """Pieces of every dialect, and noise between them."""
    bits = [b"1", b"2,", b"5.5", b"*", b"1B", b"\r\n", b"S S ", b"S D ", b"S +", b" g", b" kg", b"I4 A ", b"ES", b"nan",
            b"\x00", b"\xff", b",", b"-", b"e9"]  # fmt: skip
    return st.lists(st.one_of(st.sampled_from(bits), st.binary(max_size=8)), max_size=60).map(b"".join)


DIALECTS = [lines, scale, reader]
A_PLATE = rb"\s*\d+\s*,\s*[+-]?([\d.]+(e[+-]?\d+)?|nan)\s*(\*[0-9a-f]{2}\s*)?"
LOOKS = {
    Weighed: re.compile(A_PLATE + rb"|S ([SD] .*|[-+I])\s*", re.IGNORECASE),
    Scanned: re.compile(rb"\t*[0-9A-Z $%*+\-./:\]]+.*"),  # readers may be set to begin with the key of a keyboard
}


@pytest.mark.parametrize("new", DIALECTS)
@given(speech=plausible())
def test_whatever_comes_nothing_raises_and_no_reading_comes_of_thin_air(new: type[Dialect], speech: bytes) -> None:
    talk = new()
    frames = Frames(talk.framing)
    for i, line in enumerate(frames.feed(speech, 0.0)):
        talk.ask(float(i))
        for said in talk.line(line, float(i)):
            if isinstance(said, Weighed):
                assert 1 <= said.plate <= 4
                assert said.mass_g is None or abs(said.mass_g) <= LARGEST["g"]
            if not isinstance(said, Unusable | Noted):
                assert LOOKS[type(said)].fullmatch(line), line


@given(st.integers(0, 7), st.integers(1, 255))
def test_no_flipped_bit_gets_past_a_checksum(at: int, flip: int) -> None:
    line = bytearray(summed(b"1,1523.4"))
    line[at] ^= flip
    talk = lines()
    talk.line(summed(b"2,1"), 0.0)
    read = [s for whole in Frames().feed(bytes(line) + b"\n", 0.0) for s in talk.line(whole, 0.0)]
    assert not any(isinstance(s, Weighed) for s in read)
