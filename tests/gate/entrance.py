"""The corner shop's entrance: phones with keys of their own, a gate that hears them, and a clock that stories set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.gate import Admission, Answer, GateState, Refusal, Waiting, identify, issue, learn, open_gate
from edge.records import CredentialScan, GateScan, Role, Standing
from edge.store import Store, read_store
from tests.corner import FILES, OPENS_S, STORE


def shop_with(policy: str = "", store_id: str = "corner") -> Store:
    """The corner shop with something in its ``[policy]``."""
    text = STORE.replace('id = "corner"', f'id = "{store_id}"') + f"\n[policy]\n{policy}\n"
    return read_store({**FILES, "store.toml": text.encode()})


@dataclass(frozen=True)
class Phone:
    """Somebody's phone; ``fast_s``: how far its clock is ahead."""

    owner: str
    fast_s: float = 0.0
    shop: str = "corner"
    model: str = "first"

    @property
    def private_key(self) -> bytes:
        return hashlib.sha256(f"{self.owner}'s {self.model} phone".encode()).digest()

    @property
    def public_key(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.private_key).public_key().public_bytes_raw()

    def code(self, at_s: float, party: int = 1, turn: int = 0) -> str:
        """What it shows at a second of the story; another ``turn``, another nonce."""
        issued_s = int(OPENS_S + at_s + self.fast_s)
        return issue(self.private_key, self.shop, issued_s, turn.to_bytes(4, "big"), party)


@dataclass
class Entrance:
    """Both entry gates of the shop, which share one memory. Times are seconds of the story."""

    shop: Store = field(default_factory=shop_with)
    state: GateState = field(default_factory=open_gate)

    def enrol(self, *phones: Phone, role: Role = "member") -> Entrance:
        for phone in phones:
            learn(self.state, Standing(OPENS_S, OPENS_S, phone.owner, phone.public_key, role, revoked=False))
        return self

    def revoke(self, subject: str, key: bytes = b"") -> None:
        learn(self.state, Standing(OPENS_S, OPENS_S, subject, key, "member", revoked=True))

    def show(self, code: str, at_s: float, gate: str = "in", reader_fast_s: float = 0.0) -> Answer:
        """A phone holds a code to the reader; what the reader thinks of the time does not matter."""
        now_s = OPENS_S + at_s
        return identify(self.state, self.shop, CredentialScan(now_s, now_s + reader_fast_s, gate, code))

    def read(
        self, subject: str, method: str, score: float, at_s: float, party: int = 1, gate: str = "in"
    ) -> Answer:  # fmt: skip
        """A trusted reader says who stands there."""
        now_s = OPENS_S + at_s
        return identify(self.state, self.shop, GateScan(now_s, now_s, gate, subject, method, party, score))

    def restart(self) -> None:
        """The runtime is stopped and goes on with what it had frozen."""
        self.state = msgspec.msgpack.decode(msgspec.msgpack.encode(self.state), type=GateState)


def admitted(answer: Answer) -> Admission:
    assert isinstance(answer, Admission), answer
    return answer


def refused(answer: Answer) -> Refusal:
    assert isinstance(answer, Refusal), answer
    assert answer.detail
    return answer


def waits(answer: Answer) -> Waiting:
    assert isinstance(answer, Waiting), answer
    return answer


ANA, BEN = Phone("ana"), Phone("ben")
