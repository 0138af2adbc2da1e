"""The code that a phone shows: 86 bytes, signed by the phone's own key, as text for a QR code.

======  =====  =============================================================================
offset  bytes  what
======  =====  =============================================================================
0       1      version, 1
1       1      party, 1..50: how many people it admits
2       4      shop tag: the first bytes of SHA-256 of the shop's id
6       8      key id: the first bytes of SHA-256 of the raw Ed25519 public key
14      4      issued: UNIX seconds by the phone's clock, unsigned, big-endian
18      4      nonce: random bytes
22      64     Ed25519 signature (RFC 8032) over `CONTEXT`, the shop's id, a zero byte and the 22 bytes above
======  =====  =============================================================================

The tag and the key id only say quickly whose code it is; what binds it to shop and key is the signature, in which the
whole shop id stands. Enters: text as a reader read it, or what is to be signed. Leaves: a `Credential` or why it is
none, or the text. Refuses: every text but those that `issue` writes. No clock and no randomness: the caller has them.

`cryptography` is imported where the first signature is looked at: a replay without credentials does not pay for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from edge.gate.answers import Refusal
from edge.gate.base45 import decode, encode

VERSION = 1
CONTEXT = b"tebura/credential/1\0"
"""Stands before everything that is signed: a signature made for something else is none of these."""

PARTY_AT_MOST = 50
NONCE_BYTES, KEY_BYTES = 4, 32
SIGNED_BYTES, SIGNATURE_BYTES = 22, 64
TEXT_LENGTH = 129
"""Characters of a credential: fits a QR code of version 6 at level M, which holds 154 (ISO/IEC 18004, table 7)."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a code says; nothing of it is believed yet."""

    party: int
    shop_tag: bytes
    key_id: bytes
    issued_s: int
    nonce: bytes
    signed: bytes
    signature: bytes

    @property
    def nonce_key(self) -> str:
        """Names this one code among all: key, time and nonce as 32 hexadecimal digits."""
        return (self.key_id + self.signed[14:SIGNED_BYTES]).hex()


def key_id_of(public_key: bytes) -> bytes:
    """Eight bytes by which a code names its key."""
    return hashlib.sha256(public_key).digest()[:8]


def shop_tag_of(store_id: str) -> bytes:
    """Four bytes by which a code names its shop."""
    return hashlib.sha256(store_id.encode()).digest()[:4]


def issue(private_key: bytes, store_id: str, issued_s: int, nonce: bytes, party: int = 1) -> str:
    """The text of a code, as an app makes it. ``private_key``: the 32 bytes of RFC 8032 (the seed)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not 1 <= party <= PARTY_AT_MOST:
        raise ValueError(f"a party has 1 to {PARTY_AT_MOST} people, not {party}")
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"the nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    if not 0 <= issued_s < 2**32:
        raise ValueError(f"{issued_s} seconds do not fit into four bytes")
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    head = bytes([VERSION, party]) + shop_tag_of(store_id) + key_id_of(key.public_key().public_bytes_raw())
    signed = head + issued_s.to_bytes(4, "big") + nonce
    return encode(signed + key.sign(_message(store_id, signed)))


def read(text: str) -> Credential | Refusal:
    """What a code says, or that it is malformed or of a version that is not understood here."""
    if len(text) == TEXT_LENGTH - 1 and text[:2] in ("50", "60"):
        text = " " + text  # a party of 5 or 50 begins with a space, which is a digit, and readers cut it away
    try:
        data = decode(text)
    except ValueError as error:
        return Refusal("malformed", f"no code of this kind: {error}")
    if not data:
        return Refusal("malformed", "no code of this kind: it is empty")
    if data[0] != VERSION:
        return Refusal("unsupported-version", f"the code is of version {data[0]}, this shop reads version {VERSION}")
    if len(data) != SIGNED_BYTES + SIGNATURE_BYTES:
        what = f"it has {len(data)} bytes, not {SIGNED_BYTES + SIGNATURE_BYTES}"
        return Refusal("malformed", f"no code of this kind: {what}")
    if not 1 <= data[1] <= PARTY_AT_MOST:
        return Refusal("malformed", f"a party has 1 to {PARTY_AT_MOST} people, not {data[1]}")
    signed, signature = data[:SIGNED_BYTES], data[SIGNED_BYTES:]
    issued_s = int.from_bytes(signed[14:18], "big")
    return Credential(signed[1], signed[2:6], signed[6:14], issued_s, signed[18:], signed, signature)


def is_signed(credential: Credential, store_id: str, public_key: bytes) -> bool:
    """Whether the owner of a key made this code, for this shop."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(credential.signature, _message(store_id, credential.signed))
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(store_id: str, signed: bytes) -> bytes:
    return CONTEXT + store_id.encode() + b"\0" + signed
