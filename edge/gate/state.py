"""What the gate remembers: who is a member with which key, which codes are used up, halves of pairs, phones' clocks.

Enters: standings. Leaves: nothing; `identify` reads it. Plain data, so that it freezes and thaws with the rest of the
shop. All but members and their keys is bounded by time: how many people can stand at a gate within a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.gate.clocks import LIFE_S, SKEW_S, Skew, shop_behind_s
from edge.gate.credential import key_id_of
from edge.records import Role, Standing


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody whom the shop knows. ``key_id`` is empty for those whom only readers know."""

    role: Role
    key_id: bytes
    revoked: bool
    age: int = 0
    """So old they have proven to be; 0: nothing is known."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and whose it is; it counts while it is still that member's."""

    subject: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Half:
    """One method has been shown at a gate and does not suffice alone. ``nonce_key``: of the code, if it was one."""

    gate: str
    subject: str
    method: str
    score: float
    party: int
    at_s: float
    nonce_key: str = ""


@dataclass(slots=True)
class GateState:
    """All that entry gates remember."""

    members: dict[str, Member] = field(default_factory=dict)
    keys: dict[bytes, Key] = field(default_factory=dict)
    """By key id. A key that another one has replaced stays, so that its code is told to be revoked."""
    used: dict[str, float] = field(default_factory=dict)
    """Codes that opened a gate -> until when that must be remembered."""
    halves: list[Half] = field(default_factory=list)
    skews: list[Skew] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    """Who was deleted: what is heard of them again, from an older register or a reader, lets nobody in."""


def open_gate() -> GateState:
    """A gate that knows nobody."""
    return GateState()


def learn(state: GateState, record: Standing) -> None:
    """How somebody stands from now on. A subject has one key: a new one takes the old one's place."""
    if record.subject in state.gone:
        return
    key_id = key_id_of(record.key) if record.key else b""
    if key_id:
        before = state.keys.get(key_id)
        if before is not None and before.subject != record.subject:
            owner = state.members[before.subject]
            if owner.key_id == key_id:
                state.members[before.subject] = replace(owner, key_id=b"")
        state.keys[key_id] = Key(record.subject, record.key)
    state.members[record.subject] = Member(record.role, key_id, record.revoked, record.age)


def forget_member(state: GateState, subject: str) -> None:
    """Somebody is nobody any more: neither their keys nor what was noted of their phone is kept."""
    state.gone.add(subject)
    state.members.pop(subject, None)
    keys = {key_id for key_id, key in state.keys.items() if key.subject == subject}
    state.keys = {key_id: key for key_id, key in state.keys.items() if key_id not in keys}
    state.halves = [half for half in state.halves if half.subject != subject]
    state.skews = [skew for skew in state.skews if skew.key_id not in keys]
    state.used = {nonce: until_s for nonce, until_s in state.used.items() if bytes.fromhex(nonce[:16]) not in keys}


def remember_used(state: GateState, nonce_key: str, until_s: float | None = None) -> None:
    """From now on a code opens nothing any more. Without ``until_s``, for as long as it could.

    A code outlives its time by what a clock may be off, in both directions: should the shop's be set back by as much,
    the code is still known.
    """
    issued_s = int(nonce_key[16:24], 16)
    state.used[nonce_key] = issued_s + LIFE_S + 2 * SKEW_S if until_s is None else until_s


def forget_old(state: GateState, now_s: float, pair_within_s: float) -> None:
    """Drop used codes that are too old to be accepted anyway, and halves that waited too long."""
    if any(until_s < now_s for until_s in state.used.values()):
        state.used = {nonce: until_s for nonce, until_s in state.used.items() if until_s >= now_s}
    if state.halves:
        state.halves = [half for half in state.halves if abs(now_s - half.at_s) <= pair_within_s]


def shop_skew_s(state: GateState, now_s: float) -> float | None:
    """How far the shop's clock is behind members' phones (negative: ahead), to some seconds.

    None while there is nothing to tell: fewer than three of the newest five phones of the last hour agree, or it is
    less than a quarter of a minute.
    """
    return shop_behind_s(state.skews, now_s)
