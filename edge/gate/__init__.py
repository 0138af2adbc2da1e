"""Who may come in: codes that phones show, and what trusted readers say.

Enters: standings of members, codes and readers' scans. Leaves: admissions, refusals with a fixed reason and a detail in
words, or what is still missing. Refuses: whatever is not signed by a member's key for this shop, in time, for the first
time. ``docs/gate.md`` is the page for whoever writes an app or a reader.
"""

from edge.gate.answers import WAITING, Admission, Answer, Reason, Refusal, Shut, Waiting
from edge.gate.clocks import LIFE_S, SKEW_S
from edge.gate.credential import Credential, issue, read
from edge.gate.identify import identify
from edge.gate.state import GateState, forget_member, learn, open_gate, remember_used, shop_skew_s

__all__ = [
    "LIFE_S",
    "SKEW_S",
    "WAITING",
    "Admission",
    "Answer",
    "Credential",
    "GateState",
    "Reason",
    "Refusal",
    "Shut",
    "Waiting",
    "forget_member",
    "identify",
    "issue",
    "learn",
    "open_gate",
    "read",
    "remember_used",
    "shop_skew_s",
]
