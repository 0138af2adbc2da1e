"""Base45: the examples of RFC 9285, and that every text is somebody's only form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.gate.base45 import ALPHABET, decode, encode

RFC_9285 = {b"AB": "BB8", b"Hello!!": "%69 VD92EX0", b"base-45": "UJCLQE7W581", b"ietf!": "QED8WEX0"}


@pytest.mark.parametrize(("data", "text"), RFC_9285.items())
def test_the_examples_of_the_standard(data: bytes, text: str) -> None:
    assert encode(data) == text
    assert decode(text) == data


@given(st.binary(max_size=200))
def test_bytes_come_back(data: bytes) -> None:
    text = encode(data)
    assert len(text) == len(data) // 2 * 3 + len(data) % 2 * 2
    assert decode(text) == data


@given(st.text(ALPHABET, max_size=30))
def test_a_text_stands_for_bytes_in_one_way_or_not_at_all(text: str) -> None:
    try:
        data = decode(text)
    except ValueError:
        return
    assert encode(data) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("GGW", "stands for no 2 bytes"),
        (":::", "stands for no 2 bytes"),
        ("U5", ""),
        ("V5", "stands for no 1 bytes"),
        ("A", "one is left over"),
        ("BB8A", "one is left over"),
        ("bb8", "not of the base45 alphabet"),
        ("BB8\n", "one is left over"),
        ("É00", "not of the base45 alphabet"),
    ],
)
def test_what_no_encoder_writes_is_refused(text: str, why: str) -> None:
    if not why:
        assert decode(text) == b"\xff", "the last that is allowed"
        return
    with pytest.raises(ValueError, match=why):
        decode(text)
