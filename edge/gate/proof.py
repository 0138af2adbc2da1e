"""What suffices to come in: one method, or several together, as the shop's policy says.

Enters: what one method at one gate says about somebody. Leaves: an admission, a refusal, or which methods are still
missing. Methods of a pair may come in any order, within the policy's time; each is used once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from edge.gate.answers import Admission, Answer, Refusal, Waiting
from edge.gate.state import GateState, Half
from edge.store import Policy
from edge.store.policy import SURE_AT

CREDENTIAL = "credential"
"""A phone's code, as a method among others: it is either right or refused, so its score is 1."""


def weigh(state: GateState, policy: Policy, shown: Half) -> Answer:
    """Whether what was shown just now suffices, with what was shown before."""
    if not policy.accept:
        if shown.method != CREDENTIAL and shown.score < SURE_AT:
            return _too_low(shown, SURE_AT)
        return _admitted(state, (shown,))
    named = [table for table in policy.accept if shown.method in table]
    if not named:
        known = sorted({method for table in policy.accept for method in table})
        what = f"this shop does not accept {shown.method or 'a nameless method'!r}, but {', '.join(known)}"
        return Refusal("method-not-accepted", what, shown.subject)
    near = [table for table in named if shown.score >= table[shown.method]]
    if not near:
        return _too_low(shown, min(table[shown.method] for table in named))
    held = _held(state, shown)
    before = held.get(shown.method)
    held[shown.method] = shown
    for table in near:
        if not _missing(table, held):
            return _admitted(state, tuple(held[method] for method in sorted(table)))
    state.halves = [half for half in state.halves if half is not before]
    state.halves.append(shown)
    return _waiting(state, policy, shown)


def waiting_for(state: GateState, policy: Policy, gate: str, nonce_key: str) -> Waiting | None:
    """The answer once more to a code that waits for its other half at this gate: readers read a code several times."""
    for shown in state.halves:
        if (shown.gate, shown.nonce_key) == (gate, nonce_key):
            return _waiting(state, policy, shown)
    return None


def _held(state: GateState, shown: Half) -> dict[str, Half]:
    """Method -> what the same person has shown at the same gate lately."""
    return {h.method: h for h in state.halves if (h.gate, h.subject) == (shown.gate, shown.subject)}


def _waiting(state: GateState, policy: Policy, shown: Half) -> Waiting:
    held = _held(state, shown)
    near = [table for table in policy.accept if shown.score >= table.get(shown.method, math.inf)]
    methods = sorted({method for table in near for method in _missing(table, held)})
    first_s = min(half.at_s for half in held.values())
    return Waiting(shown.subject, tuple(methods), first_s + policy.pair_within_s)


def _missing(table: Mapping[str, float], held: Mapping[str, Half]) -> list[str]:
    return [method for method, least in table.items() if method not in held or held[method].score < least]


def _admitted(state: GateState, shown: tuple[Half, ...]) -> Admission:
    """By all of these together; nothing else that this person showed at this gate is worth anything afterwards."""
    last = shown[0]
    state.halves = [h for h in state.halves if (h.gate, h.subject) != (last.gate, last.subject)]
    member = state.members.get(last.subject)
    return Admission(
        last.subject,
        member.role if member is not None else "member",
        "+".join(half.method for half in shown),
        max(half.party for half in shown),
        next((half.nonce_key for half in shown if half.nonce_key), ""),
    )


def _too_low(shown: Half, least: float) -> Refusal:
    what = f"{shown.method or 'the reader'} is {shown.score:.2f} sure of it, {least:.2f} is asked for"
    return Refusal("score-too-low", what, shown.subject)
