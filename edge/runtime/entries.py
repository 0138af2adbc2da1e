"""Money at the entry: who owes too much stays outside, and a gate waits for what is to be reserved, but never long.

Enters: somebody whom the gate knows, what they owe, what the provider answers. Leaves: an open gate, or one that stays
shut and says how to pay. While nobody answers, the policy's limit decides whether a member in good standing comes in
all the same; what turns out to be reserved later, and is not needed, is let go of then.
"""

from __future__ import annotations

from decimal import Decimal

from edge.gate import Admission, Refusal
from edge.payment import (
    begin_hold,
    debts_of,
    hold_minor,
    retry_at_entry,
    retry_declined,
    uncollected_minor,
    visit_gone,
)
from edge.records import Effect, LedgerEntry, Publish
from edge.runtime.promises import forget_promises
from edge.state import Entering, State, refuse
from edge.store import Store
from edge.visit import Visit, send_away

HOLD_PATIENCE_S = 1.2
"""A gate waits so long for money to be reserved: whoever stands before it has an answer within a second and a half."""

OPEN_FOR_S = 5.0
"""A gate stays open so long for each of a party."""


def turn_away(state: State, gate: str, reason: str, detail: str, effects: list[Effect]) -> None:
    """A gate stays shut, and says why."""
    refuse(state, f"turned away: {reason}")
    refusal: dict[str, object] = {"open": False, "reason": reason}
    if detail:
        refusal["detail"] = detail
    effects.append(Publish(f"gate/{gate}/command", refusal))


def open_for(visit: Visit, gate: str, effects: list[Effect]) -> None:
    """A gate opens, for as long as a party needs."""
    command: dict[str, object] = {"open": True, "for_s": OPEN_FOR_S * visit.party, "visit": visit.id}
    effects.append(Publish(f"gate/{gate}/command", command))


def in_debt(state: State, store: Store, admission: Admission, effects: list[Effect]) -> Refusal | None:
    """Why somebody who owes stays outside, if so. Where the policy says it, their debts are tried again at once."""
    policy = store.policy
    if admission.role == "staff" or not (policy.refuse_debtors or policy.retry_at_entry):
        return None
    owed = debts_of(state.settlements.values(), admission.subject)
    again = [debt for debt in owed if retry_at_entry(debt, policy, state.now_s)]
    for debt in again:
        state.settlements[debt.visit], told = retry_declined(debt, "", state.now_s)
        effects += told
        state.busy_at_s = state.now_s
    amount_minor = sum(debt.open_minor for debt in owed)
    if not owed or not policy.refuse_debtors or amount_minor <= policy.debt_limit_minor:
        return None
    amount = Decimal(amount_minor).scaleb(-store.currency_digits)
    visits = ", ".join(debt.visit for debt in owed[:3]) + (" …" if len(owed) > 3 else "")
    how = "it is being tried again now: scan again in a moment" if again else "pay at the counter"
    return Refusal("debt", f"{amount} {store.currency} of {visits} are not paid: {how}", admission.subject)


def waits_for_hold(state: State, store: Store, visit: Visit, gate: str, effects: list[Effect]) -> bool:
    """Whether the gate has to wait for money to be reserved; asks for that where it was not yet."""
    if visit.id in state.entering:
        state.entering[visit.id] = Entering(gate, state.entering[visit.id].until_s)
        return True
    amount_minor = hold_minor(store.policy, state.baskets.get(visit.subject, ()))
    if visit.id in state.settlements or not amount_minor:
        return False
    state.settlements[visit.id], told = begin_hold(
        visit.id, visit.subject, store.currency, visit.key, amount_minor, state.now_s
    )
    effects += told
    state.entering[visit.id] = Entering(gate, state.now_s + HOLD_PATIENCE_S)
    state.busy_at_s = min(state.busy_at_s, state.now_s + HOLD_PATIENCE_S)
    return True


def entry_answered(state: State, store: Store, name: str, effects: list[Effect]) -> None:
    """The provider has said something about a visit: its gate may wait for that."""
    entering, visit = state.entering.get(name), state.door.visits.get(name)
    hold = state.settlements[name].hold
    if entering is None or hold is None or hold.is_open:
        return
    del state.entering[name]
    if visit is None or visit.state != "admitted":
        return
    if hold.state == "approved":
        open_for(visit, entering.gate, effects)
        return
    amount = Decimal(hold.amount_minor).scaleb(-store.currency_digits)
    what = f"{amount} {store.currency} could not be reserved: use another way of paying, or ask at the counter"
    _send_away(state, visit, entering.gate, "no-hold", what, effects)


def late_entries(state: State, store: Store, effects: list[Effect]) -> None:
    """Gates that have waited long enough."""
    for name, entering in list(state.entering.items()):
        visit = state.door.visits.get(name)
        if visit is not None and visit.state == "admitted" and state.now_s < entering.until_s:
            continue
        del state.entering[name]
        if visit is None or visit.state != "admitted":
            continue
        if _trusted(state, store, visit.subject):
            open_for(visit, entering.gate, effects)
        else:
            what = "nobody can say at the moment whether you can pay: try again, or ask at the counter"
            _send_away(state, visit, entering.gate, "payment-away", what, effects)


def _trusted(state: State, store: Store, subject: str) -> bool:
    """Whether a member comes in though nothing is reserved: without debts, and with little that is uncollected."""
    settlements = state.settlements.values()
    member = state.gate.members.get(subject)
    if debts_of(settlements, subject) or (member is not None and member.revoked):
        return False
    return uncollected_minor(settlements, subject) < store.policy.offline_limit_minor


def _send_away(state: State, visit: Visit, gate: str, reason: str, detail: str, effects: list[Effect]) -> None:
    """They do not come in after all: the visit is over before it began."""
    send_away(state.door, visit)
    turn_away(state, gate, reason, detail, effects)
    body: dict[str, object] = {"subject": visit.subject, "reason": reason}
    effects.append(LedgerEntry(f"expired:{visit.id}", state.now_s, "expired", visit.id, body))
    never_came(state, visit.id, effects)
    forget_promises(state)


def never_came(state: State, name: str, effects: list[Effect]) -> None:
    """A visit is over before it began: what was reserved for it is let go of."""
    state.entering.pop(name, None)
    settlement = state.settlements.get(name)
    if settlement is not None and settlement.state == "inside":
        state.settlements[name], told = visit_gone(settlement, state.now_s)
        effects += told
        state.busy_at_s = min(state.busy_at_s, state.now_s)
