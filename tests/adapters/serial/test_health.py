"""What staff are told of a device that is open, and when it is taken back."""

from __future__ import annotations

import errno
import termios

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.serial.dialects import recognised
from edge.adapters.serial.health import LOST_LINES, Health
from edge.adapters.serial.port import why_not
from edge.adapters.serial.wiring import SevenBits
from edge.site import Parity
from edge.told import told
from tests.adapters.serial.ear import device


def health(protocol: str = "lines") -> Health:
    return Health(
        device(protocol, "/dev/x", baud=57600), restless=protocol != "barcode", stale_s=3.0, at_s=0.0,
        speaks="<plate>,<grams> lines", recognise=recognised,
    )  # fmt: skip


def test_nothing_is_said_before_there_was_time_to_speak() -> None:
    assert [health().trouble(t) for t in (0.0, 2.9)] == ["", ""]


def test_a_silent_device_is_told_and_forgiven() -> None:
    h = health()
    assert "says nothing: look at its power and its cable" in h.trouble(3.1)
    h.heard(4.0, bytes_=10, garbage=0, readings=1, dropped=0)
    assert h.trouble(4.0) == ""
    assert "says nothing" in h.trouble(7.1)


def test_a_barcode_reader_may_be_silent_all_day() -> None:
    assert health("barcode").trouble(1e5) == ""


def test_garbage_names_the_baud_rate() -> None:
    h = health()
    for i in range(20):
        h.heard(0.1 * i, bytes_=20, garbage=12, readings=0, dropped=0)
    assert "garbage at 57600 baud: correct baud in site.toml" in h.trouble(2.0)


def test_a_boot_loaders_greeting_frightens_nobody() -> None:
    h = health()
    h.heard(0.1, bytes_=300, garbage=200, readings=0, dropped=0)
    assert h.trouble(0.5) == ""
    h.heard(0.8, bytes_=20, garbage=0, readings=2, dropped=0)
    assert h.trouble(1.5) == ""


def test_the_wrong_protocol_is_told() -> None:
    h = health()
    for i in range(40):
        h.heard(0.1 * i, bytes_=20, garbage=0, readings=0, dropped=0)
    assert "speaks, but not <plate>,<grams> lines at 57600 baud: correct protocol or baud" in h.trouble(4.0)


def test_too_much_is_told_for_as_long_as_it_lasts() -> None:
    h = health()
    h.heard(1.0, bytes_=9000, garbage=0, readings=100, dropped=500)
    assert "more than can be taken in" in h.trouble(1.1)
    h.heard(3.5, bytes_=9, garbage=0, readings=1, dropped=0)
    assert h.trouble(3.5) == ""


def test_a_rate_that_was_changed_while_it_ran_is_noticed() -> None:
    h = health()
    for i in range(2000):
        h.heard(0.01 * i, bytes_=20, garbage=0, readings=0, dropped=0)
    for i in range(300):
        h.heard(20.0 + 0.01 * i, bytes_=20, garbage=14, readings=0, dropped=0)
    assert "garbage" in h.trouble(23.0)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (serial.SerialException(errno.ENOENT, "could not open port"), "plug it in, or correct device in site.toml"),
        (serial.SerialException(errno.EACCES, "could not open port"), "add the user to group dialout"),
        (serial.SerialException(errno.EAGAIN, "could not exclusively lock port"), "stop the program that holds it"),
        (OSError(errno.EBUSY, "busy"), "stop the program that holds it"),
        (termios.error(errno.ENOTTY, "inappropriate ioctl"), "is no serial port: correct device"),
        (ValueError("Failed to set custom baud rate"), "cannot run at 57600 baud: correct baud"),
        (serial.SerialException("device reports readiness to read but returned no data"), "has gone: plug it in"),
        (OSError(errno.EIO, "input/output error"), "has gone: plug it in again"),
    ],
)
def test_why_a_port_cannot_be_used_comes_with_its_remedy(error: Exception, remedy: str) -> None:
    assert remedy in why_not(error, device("lines", "/dev/x", baud=57600))


# --- what was heard instead ----------------------------------------------------------------------------------------


def test_another_protocol_is_told_with_its_name_and_a_line_that_stays_the_same() -> None:
    h = health()
    for i in range(60):
        h.heard(0.1 * i, bytes_=15, garbage=0, readings=0, dropped=0, odd=[b"ST,+%07.1f  g" % (100 + i)])
    assert "It says 'ST,+00104.0  g', which looks like protocol = \"a-and-d\"" in h.trouble(6.0)
    told = h.trouble(6.1)
    h.heard(6.2, bytes_=15, garbage=0, readings=0, dropped=0, odd=[b"ST,+00999.0  g"])
    assert h.trouble(6.2) == told


def test_what_nobody_knows_is_shown_all_the_same() -> None:
    h = health()
    for i in range(60):
        h.heard(0.1 * i, bytes_=15, garbage=0, readings=0, dropped=0, odd=[b"$GPGGA,123519"])
    assert h.trouble(6.0).endswith("or what the device is set to send. It says '$GPGGA,123519'")


@pytest.mark.parametrize("parity", ["even", "odd", "mark"])
@pytest.mark.parametrize(
    "text", [b"ST,+00123.4  g\r\n", b"N     +   1234.0 g  \r\n", b"1,1523.4*1B\r\n", b"\x0201.250\r"]
)
def test_seven_bits_are_known_by_their_parity(parity: Parity, text: bytes) -> None:
    h = health()
    raw = SevenBits(parity).said(text)
    garbage = sum(byte > 0x7F for byte in raw)
    for i in range(20):
        h.heard(0.1 * i, bytes_=len(raw), garbage=garbage, readings=0, dropped=0, raw=raw)
    assert f'write bits = 7 and parity = "{parity}" for it in site.toml' in h.trouble(2.5)


def test_a_parity_that_an_adapter_does_not_know_is_told() -> None:
    told = why_not(termios.error(errno.EINVAL, "invalid"), device("lines", "/dev/x", parity="even"))
    assert told == '/dev/x knows no parity = "even" with 8 bits: correct them in site.toml'


@given(st.binary(min_size=32, max_size=64), st.sampled_from(["even", "odd", "mark", "space"]))
def test_seven_bits_come_back_as_they_went_out_and_no_flipped_bit_does(raw: bytes, parity: Parity) -> None:
    text = bytes(b & 0x7F for b in raw)
    bits = SevenBits(parity)
    assert bits.heard(bits.said(text)) == text
    for i in range(8):
        flipped = bits.heard(bytes(b ^ 1 << i for b in bits.said(text)))
        if parity in ("even", "odd") or i == 7:
            assert flipped == bytes([0xFF]) * len(text)


def test_of_a_reader_that_says_nothing_readable_is_told_after_some_codes() -> None:
    h = health("barcode")
    for i in range(LOST_LINES):
        assert h.trouble(float(i)) == ""
        h.heard(i + 0.5, bytes_=130, garbage=1, readings=0, dropped=0, lost=1)
    assert "speaks, but not" in h.trouble(60.0)
    h.heard(61.0, bytes_=130, garbage=0, readings=1, dropped=0)
    assert h.trouble(61.0) == ""


def test_what_the_dialect_knows_is_told_before_what_shows_from_outside_but_not_before_silence() -> None:
    h, own = health(), told("/dev/x shows PCS")
    for i in range(40):
        h.heard(0.1 * i, bytes_=15, garbage=0, readings=0, dropped=0)
    assert h.trouble(4.0, own) == own
    assert "says nothing" in h.trouble(60.0, own)
