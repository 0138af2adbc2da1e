"""What staff are told of a device that is open, and when it is taken back."""

from __future__ import annotations

import errno
import termios

import pytest
import serial

from edge.adapters.serial.health import Health
from edge.adapters.serial.port import why_not
from tests.adapters.serial.ear import device


def health(protocol: str = "lines") -> Health:
    return Health(device(protocol, "/dev/x", baud=57600), restless=protocol != "barcode", stale_s=3.0, at_s=0.0)


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
