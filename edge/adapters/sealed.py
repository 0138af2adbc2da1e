"""Words that only the register of members can read: what somebody wrote, sealed with a secret that goes with them.

Enters: a text, and the secret of whoever wrote it. Leaves: one word of base64 behind ``sealed:``, which the wire, the
recordings and the book carry instead of the text; and the text again. Without the secret nobody reads it, whatever was
copied: that is how what a member wrote ends in a book that must not be changed. Texts of before stay as they are.

ChaCha20-Poly1305 (RFC 8439) under a nonce of chance; a shop seals some thousand texts with one secret at most.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

PREFIX: Final = "sealed:"
NONCE_BYTES: Final = 12


def seal(secret: bytes, text: str) -> str:
    """A text that nobody reads without the secret; an empty one stays empty."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    if not text:
        return ""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = ChaCha20Poly1305(secret).encrypt(nonce, text.encode(), None)
    return PREFIX + base64.b64encode(nonce + sealed).decode()


def unseal(secret: bytes, text: str) -> str | None:
    """The text; None where it cannot be read: whoever wrote it was deleted."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    if not text.startswith(PREFIX):
        return text
    if not secret:
        return None
    try:
        data = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        return ChaCha20Poly1305(secret).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None
