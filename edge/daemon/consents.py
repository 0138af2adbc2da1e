"""A member's consent, asked for at the desk: recorded where the register knows them, and answered when it is.

Enters: the order ``consent``. Leaves: what was recorded, or why not.
"""

from __future__ import annotations

from typing import Any, Final, cast, get_args

from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.records import ConsentSet, Purpose
from edge.wire import Heard, decode, encode_consent

TOPIC: Final = "shop/members/consent"


def consent(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """On the shop's own thread."""
    subject, purpose, by = str(wanted["subject"]), str(wanted["purpose"]), str(wanted["by"])
    known = get_args(Purpose)
    if purpose not in known:
        return refused("{purpose!r} is no purpose. Use {purposes}", purpose=purpose, purposes=", ".join(known))
    if all(enrolment.subject != subject for enrolment in shop.members.everybody()):
        return refused("{subject} is no member of this shop. `tebura member list` names those who are", subject=subject)
    now_s, given = shop.clock.now_s(), bool(wanted["given"])
    payload = encode_consent(now_s, subject, cast("Purpose", purpose), given, by)
    if not isinstance(decode(shop.store, TOPIC, payload, now_s), ConsentSet):
        return refused("who consents has a name, and so has whoever says so")
    shop.take(Heard(TOPIC, payload, now_s))
    return {"subject": subject, "purpose": purpose, "given": given, "written": not shop.live_book.waiting}
