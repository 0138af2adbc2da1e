"""A key that everybody can sign with is none."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.ed25519 import P, is_key
from edge.gate.credential import Credential, is_signed, issue, read
from simulator.phones import public_key_of

SMALL = (
    0, 1, P - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)  # fmt: skip
"""y of all eight points whose order divides the cofactor: two with x = 0, three pairs."""


@given(st.binary(min_size=32, max_size=32))
def test_every_pair_has_a_public_key(private: bytes) -> None:
    assert is_key(public_key_of(private))


@pytest.mark.parametrize("y", SMALL)
@pytest.mark.parametrize("sign", [0, 1])
def test_small_points_are_no_keys(y: int, sign: int) -> None:
    assert not is_key((y | sign << 255).to_bytes(32, "little"))


def test_what_is_no_point_is_no_key() -> None:
    assert not is_key((P + 3).to_bytes(32, "little")), "y is not reduced"
    assert not is_key(bytes(31)), "too short"
    random = [hashlib.sha256(bytes([i])).digest() for i in range(64)]
    assert 16 < sum(map(is_key, random)) < 48, "half of all numbers are a y of the curve"


def test_anybody_signs_with_a_small_point() -> None:
    """Why it matters: a signature for the smallest key of all, made without any private one."""
    genuine = read(issue(bytes([7]) * 32, "corner", 1000, bytes(4)))
    assert isinstance(genuine, Credential)
    neutral = (1).to_bytes(32, "little")
    assert is_signed(replace(genuine, signature=neutral + bytes(32)), "corner", neutral)
