"""Phones: everybody's key, and the codes that they show at the entry.

Enters: a seed, who shows what kind of code, and when. Leaves: the code's text as an app makes it (``docs/gate.md``),
and the standings by which the shop knows its members. Keys, nonces and how long a code has been on the screen come
from the seed, so the same story shows the same codes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec

from edge.gate import issue
from edge.gate.base45 import decode, encode
from edge.records import Role
from edge.wire.payloads import StandingPayload
from simulator.chance import stream

OLD_S = 300
"""A picture from five minutes ago."""
EARLY_S = 120
"""A phone whose clock is two minutes fast."""
ON_SCREEN_S = 9
"""A code is up to so old when it is read."""
PARTY_BYTE = 1


def key_of(seed: int, name: str) -> bytes:
    """Somebody's private key: 32 bytes."""
    return stream(seed, "key", name).bytes(32)


def public_key_of(private_key: bytes) -> bytes:
    """The 32 bytes that the shop knows of a phone's Ed25519 key (RFC 8032)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def owner_of(code: str, actor: str) -> str:
    """Whose code it is that ``actor`` shows: ``a code`` is their own, ``ben's next code`` is ben's."""
    return code.partition("'s ")[0] if code.endswith(("next code", "code again")) else actor


def code_scan(at_s: float, text: str) -> bytes:
    """What a reader says when somebody holds a code before it."""
    return json.dumps({"t": round(at_s, 4), "credential": text}).encode()


@dataclass
class Phones:
    """All phones of a play, and the members' register."""

    seed: int
    shop: str
    shown: dict[str, list[str]] = field(default_factory=dict)
    """Whose -> the codes that were shown, oldest first."""
    members: dict[str, tuple[Role, bytes]] = field(default_factory=dict)
    """Subject -> role and public key, as they stand when the shop opens; no key for those whom only readers know."""

    def enrol(self, name: str, role: Role = "member", with_key: bool = False) -> None:
        """They were a member before the story began."""
        before = self.members.get(name, ("member", b""))
        key = public_key_of(key_of(self.seed, name)) if with_key else before[1]
        self.members[name] = ("staff" if "staff" in (role, before[0]) else "member", key)

    def code(self, kind: str, actor: str, at_s: float, party: int = 1) -> str:
        """The text of what ``actor`` shows at ``at_s``."""
        owner = owner_of(kind, actor)
        before = self.shown.setdefault(owner, [])
        if kind.endswith("code again"):
            return before[-1]
        if kind != "a stranger's code":
            self.enrol(owner, with_key=True)
        rng = stream(self.seed, "code", owner, len(before))
        issued_s = int(at_s) - int(rng.integers(0, ON_SCREEN_S))
        issued_s += {"an old code": -OLD_S, "an early code": EARLY_S}.get(kind, 0)
        shop = f"not-{self.shop}" if kind == "a code of another shop" else self.shop
        text = issue(key_of(self.seed, owner), shop, issued_s, rng.bytes(4), party)
        if kind == "a forged code":
            data = bytearray(decode(text))
            data[PARTY_BYTE] += 1
            text = encode(bytes(data))
        before.append(text)
        return text

    def standing(self, name: str, at_s: float, revoked: bool = False) -> bytes:
        """``shop/members/standing`` of a member."""
        role, key = self.members[name]
        return msgspec.json.encode(StandingPayload(at_s, name, key, role, revoked))
