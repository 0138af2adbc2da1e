"""Who stands at the gate, and may they come in?

Enters: a code that a phone showed, or what a trusted reader says. Leaves: an `Admission`, a `Refusal` with one of the
fixed reasons, or `Waiting` for the other half of a pair. Time is when the runtime received the record: by that, and not
by what a reader says, a code is fresh or not. Only an admission, or becoming half of a pair, uses a code up; so whether
the shop is shut is asked before that, and a code that it refuses opens when it is open again.
"""

from __future__ import annotations

from edge.gate.answers import Answer, Refusal, Shut
from edge.gate.clocks import Skew, noted, out_of_time
from edge.gate.credential import is_signed, read, shop_tag_of
from edge.gate.proof import CREDENTIAL, waiting_for, weigh
from edge.gate.state import GateState, Half, forget_old, remember_used
from edge.records import CredentialScan, GateScan
from edge.store import Store


def identify(state: GateState, store: Store, record: CredentialScan | GateScan, shut: Shut = "") -> Answer:
    """The gate's answer; what it used up is remembered in the state. ``shut``: why shoppers may not come in."""
    forget_old(state, record.received_s, store.policy.pair_within_s)
    if isinstance(record, CredentialScan):
        return _by_code(state, store, record, shut)
    return _by_reader(state, store, record, shut)


def _by_reader(state: GateState, store: Store, record: GateScan, shut: Shut) -> Answer:
    """The reader knows its people; the shop may know better."""
    member = state.members.get(record.subject)
    if record.subject in state.gone or (member is not None and member.revoked):
        return _revoked(record.subject)
    if record.method == CREDENTIAL:
        what = "a reader cannot vouch for a phone's code: it must pass on the code itself"
        return Refusal("method-not-accepted", what, record.subject)
    if shut and (member is None or member.role != "staff"):
        return Refusal(shut, "", record.subject)
    shown = Half(record.gate, record.subject, record.method, record.score, record.party, record.received_s)
    return weigh(state, store.policy, shown)


def _by_code(state: GateState, store: Store, record: CredentialScan, shut: Shut) -> Answer:
    code = read(record.credential)
    if isinstance(code, Refusal):
        return code
    if code.shop_tag != shop_tag_of(store.id):
        return Refusal("foreign-shop", f"the code was made for another shop than {store.id}")
    key = state.keys.get(code.key_id)
    if key is None:
        return Refusal("unknown", "nobody is enrolled with the key of this code")
    member = state.members[key.subject]
    if member.revoked:
        return _revoked(key.subject)
    if member.key_id != code.key_id:
        return Refusal("revoked", "another key has taken the place of this one", key.subject)
    if not is_signed(code, store.id, key.public_key):
        return Refusal("forged", "the signature is not of the key that the code names")
    if code.nonce_key in state.used:
        again = waiting_for(state, store.policy, record.gate, code.nonce_key)
        return again or Refusal("replayed", "this code was used already: show the next one", key.subject)
    skew = Skew(code.key_id, record.received_s, code.issued_s - record.received_s)
    late = out_of_time(state.skews, skew)
    state.skews = noted(state.skews, skew)
    if late is not None:
        return Refusal(late.reason, late.detail, key.subject)
    if shut and member.role != "staff":
        return Refusal(shut, "", key.subject)
    shown = Half(record.gate, key.subject, CREDENTIAL, 1.0, code.party, record.received_s, code.nonce_key)
    answer = weigh(state, store.policy, shown)
    if not isinstance(answer, Refusal):
        remember_used(state, code.nonce_key)
    return answer


def _revoked(subject: str) -> Refusal:
    return Refusal("revoked", f"{subject} may not come in any more", subject)
