"""A member is deleted, asked for at the desk: recorded, booked, and then taken out of the shop's own files.

Enters: the order ``delete-member``. Leaves: what was recorded, or why they stay and what to do. `forget` is what
follows; it is done again at each start, for a kill in between, or an older register that was put back.
"""

from __future__ import annotations

from typing import Any, Final

from edge.daemon.desk import Answer, refused
from edge.daemon.shop import Shop
from edge.payment.postings import tab
from edge.records import MemberDeleted
from edge.runtime.deleted import why_kept
from edge.told import phrase
from edge.wire import Heard, decode, encode_deleted

TOPIC: Final = "shop/members/deleted"


def delete_member(shop: Shop, wanted: dict[str, Any]) -> Answer:
    """On the shop's own thread."""
    subject, by = str(wanted["subject"]), str(wanted["by"])
    if shop.live_book.waiting:
        return refused("the book cannot be written to at the moment: nobody was deleted. `tebura status` says why")
    if all(enrolment.subject != subject for enrolment in shop.members.everybody()):
        return refused("{subject} is no member of this shop. `tebura member list` names those who are", subject=subject)
    why = why_kept(shop.driver.state, subject)
    if why is not None:
        return {"error": why}
    if shop.book.balance(tab(subject)):
        what = phrase("{subject} has something on their tab. Have it settled first: `tebura payment settle`")
        return refused(what, subject=subject)
    now_s = shop.clock.now_s()
    payload = encode_deleted(now_s, subject, by)
    if not isinstance(decode(shop.store, TOPIC, payload, now_s), MemberDeleted):
        return refused("who deletes a member has a name, of 200 letters at most")
    shop.take(Heard(TOPIC, payload, now_s))
    if shop.live_book.waiting:  # the disk has refused it just now: with the next start it is done
        return {"subject": subject, "written": False}
    shop.forget([subject])
    return {"subject": subject, "written": True}
