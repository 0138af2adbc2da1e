"""Base45 (RFC 9285): bytes as text that a QR code packs tightly, two bytes in three of its alphanumeric characters.

Enters: bytes, or text. Leaves: the other one; each has exactly one form. Refuses: everything that no encoder writes.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Three characters for two bytes, least significant first; two for a last single byte."""
    text = []
    for i in range(0, len(data), 2):
        n = int.from_bytes(data[i : i + 2], "big")
        for _ in data[i : i + 2]:
            n, digit = divmod(n, 45)
            text.append(ALPHABET[digit])
        text.append(ALPHABET[n])
    return "".join(text)


def decode(text: str) -> bytes:
    """What `encode` made the text of. `ValueError` says at which character it is none."""
    if len(text) % 3 == 1:
        raise ValueError(f"{len(text)} characters cannot be base45: one is left over")
    data = bytearray()
    for i in range(0, len(text), 3):
        group = text[i : i + 3]
        n = 0
        for character in reversed(group):
            if character not in _VALUE:
                raise ValueError(f"{character!r} after {i} characters is not of the base45 alphabet")
            n = n * 45 + _VALUE[character]
        size = len(group) - 1
        if n >= 256**size:
            raise ValueError(f"{group!r} after {i} characters stands for no {size} bytes")
        data += n.to_bytes(size, "big")
    return bytes(data)
