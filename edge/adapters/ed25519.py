"""Whether 32 bytes are a public Ed25519 key to which one private key belongs, and not everybody's.

Enters: the raw bytes (RFC 8032, 5.1.3). Leaves: yes or no. Half of all 32 bytes are no point of the curve. Eight points
are so small that anybody can sign in their name; all zeros is one of them, and what a broken app shows. Libraries that
verify signatures take those keys as they are.
"""

from __future__ import annotations

from typing import Final

P: Final = 2**255 - 19
"""The field's prime; numbers here are modulo it."""
D: Final = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1: Final = pow(2, (P - 1) // 4, P)

DOUBLINGS: Final = 3
"""The cofactor is 8 = 2**3: a small point is the neutral one after so many."""
NEUTRAL: Final = (0, 1)


def is_key(raw: bytes) -> bool:
    """``raw``: 32 bytes, little-endian y with the sign of x in the last bit."""
    point = _decoded(raw)
    if point is None:
        return False
    for _ in range(DOUBLINGS):
        point = _doubled(*point)
    return point != NEUTRAL


def _decoded(raw: bytes) -> tuple[int, int] | None:
    """The point, x of either sign: nobody here asks for it. None where there is none."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if len(raw) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_1 % P
    return (x, y) if x * x % P == square else None


def _doubled(x: int, y: int) -> tuple[int, int]:
    both = D * x * x * y * y
    return 2 * x * y * pow(1 + both, P - 2, P) % P, (y * y + x * x) * pow(1 - both, P - 2, P) % P
