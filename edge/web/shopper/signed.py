"""Who asks: requests that a phone has signed with the key by which the gate knows it.

The form is HTTP Message Signatures (RFC 9421), a subset of it: one signature ``sig``, over the method, the path, the
query and the digest of the body (RFC 9530), with the time, a nonce, the key's id, the algorithm and the shop as its
parameters. ``docs/shopper.md`` shows one. Enters: a request's parts and the register. Leaves: the member who signed
it, or `Unsigned` with one of a few reasons. Refuses: everything that is not exactly of this form, that is more than
`WINDOW_S` off, and what was heard before.

What was heard is remembered in this process. So that nothing from before a restart is taken a second time, what was
signed before this process began is stale; a phone that hears so signs again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from edge.adapters.members import Enrolment, Members
from edge.gate.credential import key_id_of

WINDOW_S: Final = 60.0
"""A phone's clock may be off by so much; then it is told the shop's."""

MOST_REMEMBERED: Final = 1200
"""Requests of one member within twice the window: twenty a second for a minute is no person."""

Why: TypeAlias = Literal["unsigned", "stale", "forged", "unknown", "revoked", "replayed", "too-many"]

_INPUT = re.compile(
    r'sig=(?P<said>\("@method" "@path" "@query" "content-digest"\);created=(?P<created>\d{1,11});'
    r'nonce="(?P<nonce>[A-Za-z0-9+/=_-]{8,64})";keyid="(?P<keyid>[0-9a-f]{16})";alg="ed25519";'
    r'tag="(?P<tag>[ !#-\[\]-~]{1,300})")'
)
"""The order of the parameters is part of our subset: one form, nothing to interpret."""
_SIGNATURE = re.compile(r"sig=:([A-Za-z0-9+/]{86}==):")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class Unsigned(Exception):
    """Nobody may be believed to have asked this; ``why`` is one of a few."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: ``path`` and ``query`` as they stand in it (the query without its ``?``)."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """What a signature says about itself, and the bytes that were signed; nothing of it is believed yet."""

    created_s: float
    nonce: str
    key_id: str
    message: bytes
    signature: bytes


def tag_of(store_id: str) -> str:
    """Binds a signature to a shop."""
    return f"tebura:{store_id}"


def parts_of(asked: Asked, store_id: str) -> Parts:
    """Read a request's signature. `Unsigned`: it has none of our form, or its body is not the one that it names."""
    given, signed, digest = (asked.headers.get(name, "") for name in ("signature-input", "signature", "content-digest"))
    found, bytes_of, body = _INPUT.fullmatch(given), _SIGNATURE.fullmatch(signed), _DIGEST.fullmatch(digest)
    if found is None or bytes_of is None or body is None:
        raise Unsigned("unsigned")
    if found["tag"] != tag_of(store_id) or _decoded(body[1]) != hashlib.sha256(asked.body).digest():
        raise Unsigned("forged")
    lines = (
        f'"@method": {asked.method}', f'"@path": {asked.path}', f'"@query": ?{asked.query}',
        f'"content-digest": {digest}', f'"@signature-params": {found["said"]}',
    )  # fmt: skip
    message = "\n".join(lines).encode("ascii", "backslashreplace")
    return Parts(float(found["created"]), found["nonce"], found["keyid"], message, _decoded(bytes_of[1]))


def is_by(parts: Parts, public_key: bytes) -> bool:
    """Whether the owner of a key has signed this. ``public_key``: 32 bytes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if key_id_of(public_key).hex() != parts.key_id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(parts.signature, parts.message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Heard:
    """Signatures that were heard within the window. Any thread."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self._lock = threading.Lock()
        self._nonces: dict[str, set[str]] = {}
        self._ends: list[tuple[float, str, str]] = []

    def check_time(self, parts: Parts, now_s: float) -> None:
        """`Unsigned`: too old, from the future, or from before this process could remember."""
        if abs(now_s - parts.created_s) > WINDOW_S or parts.created_s < int(self._began_s):
            raise Unsigned("stale")

    def take(self, parts: Parts, now_s: float) -> None:
        """Remember one that was verified. `Unsigned`: it was heard before, or this key asks far too often."""
        with self._lock:
            while self._ends and self._ends[0][0] < now_s:
                _, key_id, nonce = heapq.heappop(self._ends)
                self._nonces[key_id].discard(nonce)
                if not self._nonces[key_id]:
                    del self._nonces[key_id]
            known = self._nonces.setdefault(parts.key_id, set())
            if parts.nonce in known:
                raise Unsigned("replayed")
            if len(known) >= MOST_REMEMBERED:
                raise Unsigned("too-many")
            known.add(parts.nonce)
            heapq.heappush(self._ends, (parts.created_s + WINDOW_S + 1.0, parts.key_id, parts.nonce))


class Signatures:
    """Says who has signed a request, by the register as it stands now.

    ``members`` opens the register. Its keys are kept by their ids, and read anew when the register has changed.
    """

    def __init__(
        self, store_id: str, members: Callable[[], AbstractContextManager[Members]], now_s: Callable[[], float]
    ) -> None:
        self._store_id, self._members, self._now_s = store_id, members, now_s
        self._heard = Heard(now_s())
        self._lock = threading.Lock()
        self._version = 0
        self._by_subject: dict[str, Enrolment] = {}
        self._by_key_id: dict[str, Enrolment] = {}

    def who(self, asked: Asked) -> Enrolment:
        """The member who asks; `Unsigned` where nobody may be believed to be."""
        parts = parts_of(asked, self._store_id)
        now_s = self._now_s()
        self._heard.check_time(parts, now_s)
        member = self._known(parts.key_id)
        if member is None:
            raise Unsigned("unknown")
        if not is_by(parts, member.key):
            raise Unsigned("forged")
        if member.revoked_s is not None:
            raise Unsigned("revoked")
        self._heard.take(parts, now_s)
        return member

    def stranger(self, asked: Asked, public_key: bytes) -> None:
        """Whoever has this key, whom nobody may know yet, has signed the request; else `Unsigned`."""
        parts = parts_of(asked, self._store_id)
        now_s = self._now_s()
        self._heard.check_time(parts, now_s)
        if not is_by(parts, public_key):
            raise Unsigned("forged")
        self._heard.take(parts, now_s)

    def _known(self, key_id: str) -> Enrolment | None:
        with self._lock:
            with self._members() as members:
                lost = members.lost_since(self._version)
                version, changed = members.changed_since(0 if lost else self._version)
            if lost or version < self._version:  # or an older one was put back: nobody of the newer one counts
                self._by_subject.clear()
            self._version = version
            self._by_subject |= {enrolment.subject: enrolment for enrolment in changed}
            if changed or lost:
                self._by_key_id = {key_id_of(e.key).hex(): e for e in self._by_subject.values() if e.key}
            return self._by_key_id.get(key_id)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unsigned("unsigned") from None
