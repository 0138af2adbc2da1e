"""A phone that signs its requests as docs/shopper.md says, written from that page and not from our own code."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Phone:
    shop: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def headers(
        self, method: str, path: str, at_s: float, body: bytes = b"", query: str = "", nonce: str = "", shop: str = ""
    ) -> dict[str, str]:
        digest = f"sha-256=:{b64(hashlib.sha256(body).digest())}:"
        nonce = nonce or secrets.token_hex(8)
        said = (
            f'("@method" "@path" "@query" "content-digest");created={int(at_s)};nonce="{nonce}";'
            f'keyid="{hashlib.sha256(self.public_key).hexdigest()[:16]}";alg="ed25519";tag="tebura:{shop or self.shop}"'
        )
        base = (
            f'"@method": {method}\n"@path": {path}\n"@query": ?{query}\n"content-digest": {digest}\n'
            f'"@signature-params": {said}'
        )
        signature = b64(self.key.sign(base.encode()))
        return {"content-digest": digest, "signature-input": f"sig={said}", "signature": f"sig=:{signature}:"}
