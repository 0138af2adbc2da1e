"""The test vectors of ``docs/gate.md``: ``python -m tests.gate.vectors`` prints them as the page has them."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.gate import issue
from edge.gate.base45 import decode
from edge.gate.credential import CONTEXT, SIGNED_BYTES

RFC_8032_TEST_1 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
RFC_8032_TEST_2 = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
GIVEN = (
    (RFC_8032_TEST_1, "demo", 1_700_000_000, "00000000", 1),
    (RFC_8032_TEST_2, "kado-mart.tokyo-3", 4_294_967_295, "deadbeef", 5),
)
"""Private key, store id, issued, nonce, party; the last one's text begins with a space."""


def vectors() -> list[dict[str, object]]:
    """Everything on the way from what is given to the text, bytes in hexadecimal."""
    found: list[dict[str, object]] = []
    for private_key, store_id, issued_s, nonce, party in GIVEN:
        private = bytes.fromhex(private_key)
        text = issue(private, store_id, issued_s, bytes.fromhex(nonce), party)
        data = decode(text)
        found.append(
            {
                "private_key": private_key,
                "public_key": Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw().hex(),
                "store_id": store_id,
                "issued_s": issued_s,
                "nonce": nonce,
                "party": party,
                "first_22_bytes": data[:SIGNED_BYTES].hex(),
                "signed": (CONTEXT + store_id.encode() + b"\0" + data[:SIGNED_BYTES]).hex(),
                "signature": data[SIGNED_BYTES:].hex(),
                "text": text,
            }
        )
    return found


if __name__ == "__main__":
    print(json.dumps(vectors(), indent=2))
