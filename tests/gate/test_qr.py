"""Codes as QR codes: what a phone draws is what a reader reads."""

from __future__ import annotations

import io

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.gate import issue
from tests.gate.entrance import ANA, Entrance, admitted
from tests.gate.pictures import of_png, text_in


def smallest(text: str) -> segno.QRCode:
    """The smallest code at level M, as an app makes it that says nothing else."""
    return segno.make_qr(text, error="m", boost_error=False)


def png(code: segno.QRCode) -> bytes:
    file = io.BytesIO()
    code.save(file, kind="png", scale=3, border=4)
    return file.getvalue()


@given(
    issued_s=st.integers(0, 2**32 - 1),
    nonce=st.binary(min_size=4, max_size=4),
    party=st.integers(1, 50),
    private_key=st.binary(min_size=32, max_size=32),
)
@settings(deadline=None, max_examples=25)
def test_every_code_fits_version_6_at_level_m_and_is_read_as_it_was(
    issued_s: int, nonce: bytes, party: int, private_key: bytes
) -> None:
    text = issue(private_key, "corner", issued_s, nonce, party)
    code = smallest(text)
    assert (code.version, code.error, code.mode) == (6, "M", "alphanumeric")
    assert text_in(of_png(png(code))) == text


def test_version_5_would_be_too_small() -> None:
    with pytest.raises(segno.DataOverflowError):
        segno.make_qr(ANA.code(0), version=5, error="m", mode="alphanumeric", boost_error=False)


def test_what_a_reader_sees_on_a_phone_opens_the_gate() -> None:
    seen = text_in(of_png(png(smallest(ANA.code(0, party=5)))))
    assert admitted(Entrance().enrol(ANA).show(seen, 1)).party == 5
