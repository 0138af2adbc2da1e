"""The payment provider that comes with the shop: it moves no money.

For demonstrations, stories and tests. Its references say so, and with them receipts, `tebura status` and the screen.
For shops that collect money by the month it puts everything on members' tabs, and its references say that. It does on
demand what real providers do at the worst moment.

Enters: a `PaymentRequest` and when it was sent. Leaves: what a provider would say about it. Refuses: a key that comes
back for another bargain (`KeyReused`).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

import msgspec

from edge.adapters.payment.provider import Abilities, KeyReused
from edge.records import NO_MONEY, TAB, PaymentOutcome, PaymentReply, PaymentRequest
from edge.told import told

WORDS: Final = ("approve", "decline", "unknown", "silent", "lost", "pending")
"""What a conduct is made of: answers, no answer at all, an approval whose answer gets lost on the way, and one that is
told when somebody looks it up.
"""

ALWAYS: Final = "approve"

OUT_OF: Final = ("capture", "release", "refund")
"""What can be asked for only out of something that is there."""

HOLD_S: Final = 7 * 86400.0
"""A hold is over by itself after this."""

CAVEAT: Final = told('no money moves: provider "local" of [payment] only writes down what would be charged')
TAB_CAVEAT: Final = told(
    "nothing is charged at the exit: [payment] puts it on members' tabs, to be settled by the month"
)


def read_conduct(text: str) -> tuple[tuple[str, ...], ...]:
    """``"silent, approve+approve"`` -> one tuple of words per request with a key; the last one repeats.

    A comma stands between requests, a plus between answers to one request. `ValueError` for a word it does not know.
    """
    steps = tuple(tuple(word.strip() for word in step.split("+")) for step in text.split(","))
    unknown = sorted({word for step in steps for word in step} - set(WORDS))
    if unknown:
        raise ValueError(f"a payment provider cannot {', '.join(map(repr, unknown))}. Use {', '.join(WORDS)}")
    return steps


@dataclass(frozen=True, slots=True)
class Charge:
    """What a provider really took, reserved or gave back, once per key; ``of``: out of what."""

    key: str
    subject: str
    amount_minor: int
    currency: str
    reference: str
    of: str = ""


Decision: TypeAlias = Literal["approved", "declined"]


@dataclass(frozen=True, slots=True)
class Decided:
    """A line of the journal: what was decided about a request, and so about its key."""

    request: PaymentRequest
    outcome: Decision
    tab: bool = False
    """Whether it was put on the member's tab, or taken off it."""


class LocalProvider:
    """Approves everything, unless ``conducts`` says otherwise for a subject.

    ``conducts`` maps a subject, or a pattern like ``member-1*``, to a conduct (see `read_conduct`), or a subject and
    what is asked for, like ``ana hold``; the first that fits counts. Answers come ``latency_s`` after the request,
    further ones to the same request at the same distance again.
    Once a key is approved or declined, every later request with it gets that answer again, whatever the conduct says:
    that is what a retry relies on. A contrary answer has to be asked for within one request: ``approve+decline``. A
    look-up decides nothing: it gets the truth, or where the conduct says so no answer.

    ``charges`` is what it took, ``holds`` what it keeps reserved, ``refunds`` what it gave back, by key.

    ``tab``: what it takes is put on the member's tab. What is given back goes where it came from, whatever holds now.

    ``journal``: a file of JSON lines that keeps what was decided over a restart; without one it is forgotten.
    """

    abilities: Final = Abilities(hold=True, partial_capture=True, refund=True, look_up=True, hold_s=HOLD_S)

    def __init__(
        self,
        conducts: Mapping[str, str] | None = None,
        *,
        latency_s: float = 0.8,
        journal: Path | None = None,
        tab: bool = False,
    ) -> None:
        self.caveat: Final = TAB_CAVEAT if tab else CAVEAT
        self._tab = tab
        self._conducts = [(pattern, read_conduct(text)) for pattern, text in (conducts or {}).items()]
        self._latency_s = latency_s
        self._journal = journal
        self._lock = threading.Lock()
        self._asked: dict[str, PaymentRequest] = {}
        self._requests: dict[str, int] = {}
        self._decided: dict[str, Decided] = {}
        self.charges: dict[str, Charge] = {}
        self.holds: dict[str, Charge] = {}
        self.refunds: dict[str, Charge] = {}
        for line in self._remembered():
            self._remember(line)

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """See `PaymentProvider.answer`. `KeyReused` where a key stands for something else already."""
        with self._lock:
            return self._answer(request, at_s)

    def _answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        self._refuse_reuse(request)
        count = self._requests.get(request.key, 0)
        self._requests[request.key] = count + 1
        if request.key in self._decided:
            return [self._reply(request, self._decided[request.key].outcome, at_s, 1)]
        conduct = self._conduct(request)
        words = conduct[min(count, len(conduct) - 1)]
        if request.look_up:
            return self._looked_up(request, words, at_s)
        for word in words:
            if word in ("approve", "lost", "decline", "pending") and request.key not in self._decided:
                self._decide(Decided(request, self._possible(request, word), self._goes_on_tab(request)))
        decided = self._decided.get(request.key)
        impossible = request.operation in OUT_OF and decided is not None and decided.outcome == "declined"
        told = {"approve": "approved", "decline": "declined", "unknown": "unknown", "pending": "pending"}
        if impossible:
            told |= {"approve": "declined", "pending": "declined"}
        spoken = [told[word] for word in words if word in told]
        return [self._reply(request, outcome, at_s, turn) for turn, outcome in enumerate(spoken, start=1)]

    def _looked_up(self, request: PaymentRequest, words: tuple[str, ...], at_s: float) -> list[PaymentReply]:
        """Nobody has heard of the key, or the conduct keeps that back."""
        spoken = [word for word in words if word not in ("silent", "lost")][:1]
        return [self._reply(request, "unknown" if word == "unknown" else "absent", at_s, 1) for word in spoken]

    def _possible(self, request: PaymentRequest, word: str) -> Decision:
        """What is to be captured, let go of or given back has to be there."""
        if word == "decline":
            return "declined"
        amount_minor = request.amount_minor
        if request.operation in ("capture", "release"):
            hold = self.holds.get(request.of)
            return "approved" if hold is not None and amount_minor <= hold.amount_minor else "declined"
        if request.operation == "refund":
            charge = self.charges.get(request.of)
            given = sum(refund.amount_minor for refund in self.refunds.values() if refund.of == request.of)
            return "approved" if charge is not None and given + amount_minor <= charge.amount_minor else "declined"
        return "approved"

    def _goes_on_tab(self, request: PaymentRequest) -> bool:
        """A refund goes where its charge went; everything else as this shop does it now."""
        charge = self.charges.get(request.of) if request.operation == "refund" else None
        return self._tab if charge is None else charge.reference.startswith(TAB)

    def news(self, at_s: float) -> list[PaymentReply]:
        """See `PaymentProvider.news`: it says nothing unasked."""
        return []

    def _conduct(self, request: PaymentRequest) -> tuple[tuple[str, ...], ...]:
        names = (request.subject, f"{request.subject} {request.operation}")
        fits = (c for pattern, c in self._conducts if any(fnmatchcase(name, pattern) for name in names))
        return next(fits, read_conduct(ALWAYS))

    def _reply(self, request: PaymentRequest, outcome: str, at_s: float, turn: int) -> PaymentReply:
        when_s = at_s + turn * self._latency_s
        approved = outcome == "approved"
        return PaymentReply(
            when_s, when_s, request.settlement, cast("PaymentOutcome", outcome),
            _reference(self._decided[request.key]) if approved else "", request.key, request.operation,
            request.amount_minor if approved else None,
            at_s + HOLD_S if approved and request.operation == "hold" else None,
            "refused" if outcome == "declined" else "",
        )  # fmt: skip

    def _refuse_reuse(self, request: PaymentRequest) -> None:
        first = self._asked.setdefault(request.key, request)
        if _bargain(first) != _bargain(request):
            raise KeyReused(f"key {request.key} stands for {_bargain(first)}, not for {_bargain(request)}")

    def _decide(self, decided: Decided) -> None:
        """Write it down before anybody hears of it. `OSError` where the disk does not take it: nothing is decided."""
        if self._journal is not None:
            line = memoryview(msgspec.json.encode(decided) + b"\n")
            with self._journal.open("ab", buffering=0) as file:  # unbuffered: nothing comes after what was cut away
                start = file.tell()
                try:
                    while line:
                        line = line[file.write(line) :]
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(start)
                    raise
        self._remember(decided)

    def _remember(self, decided: Decided) -> None:
        request = decided.request
        self._asked.setdefault(request.key, request)
        self._decided[request.key] = decided
        if decided.outcome == "approved":
            reference = _reference(decided)
            done = Charge(request.key, request.subject, request.amount_minor, request.currency, reference, request.of)
            kept = {"hold": self.holds, "refund": self.refunds, "charge": self.charges, "capture": self.charges}
            if request.operation in kept:
                kept[request.operation][request.key] = done
            if request.operation in ("capture", "release"):  # what is not captured of a hold is let go of
                self.holds.pop(request.of, None)

    def _remembered(self) -> list[Decided]:
        """The journal's lines. A last one that breaks off was never told to anybody: it is cut away."""
        if self._journal is None or not self._journal.exists():
            return []
        whole, _, torn = self._journal.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(self._journal, len(whole) + 1 if whole else 0)
        return [msgspec.json.decode(line, type=Decided) for line in whole.split(b"\n") if line]


def _bargain(request: PaymentRequest) -> tuple[str, int, str, str, str]:
    return request.subject, request.amount_minor, request.currency, request.operation, request.of


def _reference(decided: Decided) -> str:
    """The provider's own number for a charge: the same key always gives the same one."""
    return (TAB if decided.tab else NO_MONEY) + hashlib.sha256(decided.request.key.encode()).hexdigest()[:12]
