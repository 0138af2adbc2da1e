"""Whatever goes wrong in whatever order: no visit's money moves twice, and both sides' books agree in the end.

Whoever asks here is as careful as the contract wants, and no more: what nobody knows is looked up until somebody does,
and is sent again only where it is absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.adapters.payment.provider import Contrary
from edge.adapters.payment.stripe import StripeProvider
from edge.records import PaymentReply, PaymentRequest
from simulator.providers import KEY, StripeDouble
from simulator.providers.misdeeds import DEEDS

NOW_S = 1_780_000_000.0
ROUNDS = 25

Fate = tuple[str, int, bool]
"""A misdeed, how many requests later it is due, and whether all keys are forgotten right behind it."""

ELSEWHERE = ("die", "hang", "mute", "slow")
"""Of a test of its own; and which only take time: `drop` and `lost` are the same to whoever waits."""

FATES = st.lists(
    st.tuples(st.sampled_from([d for d in DEEDS if d not in ELSEWHERE]), st.sampled_from((0, 0, 1, 2)), st.booleans()),
    max_size=8,
)


@dataclass
class Visit:
    """What one visit asks for, in order: a hold of 2000 that is captured or let go of, or a charge; maybe a refund."""

    name: str
    hold: bool
    total: int
    refund: int


class Careful:
    """Asks until it knows, with ``fates`` in between."""

    def __init__(self, double: StripeDouble, fates: list[Fate]) -> None:
        wallet = ":".join(double.customer())
        self.double, self.fates, self.forgets = double, list(fates), False
        self.provider = StripeProvider(KEY, "corner", lambda _: (wallet,), url=double.url, pay_within_s=20.0)

    def ask(self, visit: Visit, operation: Any, amount: int, of: str = "", reference: str = "") -> PaymentReply:
        key, look_up, asked_s = f"{visit.name}/{operation}", False, self.double.now_s
        for _ in range(ROUNDS):
            self._suffer()
            asked = PaymentRequest(
                visit.name, key, "ana", amount, "JPY", operation=operation, look_up=look_up, of=of,
                reference=reference, asked_s=asked_s,
            )  # fmt: skip
            (reply,) = self.provider.answer(asked, NOW_S)
            if reply.outcome not in ("unknown", "absent"):
                return reply
            look_up = reply.outcome == "unknown"
        raise AssertionError(f"{key} never became known")

    def _suffer(self) -> None:
        if self.forgets:
            self.forgets = False
            self.double.pass_s(86_400.0)
            self.double.forget_keys()
        if not self.fates:
            return
        deed, after, forgotten = self.fates[0]
        if after:
            self.fates[0] = (deed, after - 1, forgotten)
            return
        self.fates.pop(0)
        self.double.behave(deed)
        self.forgets = forgotten


VISITS = st.builds(
    Visit, st.just("v"), st.booleans(), st.integers(0, 2500).map(lambda n: n if n >= 50 else 0), st.integers(0, 3000)
)


@settings(max_examples=40, deadline=None)
@given(FATES, st.lists(VISITS, min_size=1, max_size=3))
def test_no_money_moves_twice_and_the_books_agree(fates: list[Fate], visits: list[Visit]) -> None:
    with StripeDouble(now_s=lambda: NOW_S) as double:
        careful = Careful(double, fates)
        expected = 0
        for number, visit in enumerate(visits):
            visit.name = f"v{number}"
            expected += lived(careful, visit)
        assert double.kept_minor() == expected
        assert {i["status"] for i in double.of("payment_intent")} <= {"succeeded", "canceled"}
        names = [i["metadata"]["tebura"] for i in double.of("payment_intent")]
        assert len(names) == len(set(names)), "a key stands for one payment, remembered or not"


def lived(careful: Careful, visit: Visit) -> int:
    """A visit from the entry to the refund; what the shop should have of it in the end."""
    held = careful.ask(visit, "hold", 2000) if visit.hold else None
    paid, taken = held, 0
    if held is not None and (visit.total == 0 or visit.total > 2000):
        assert careful.ask(visit, "release", 2000, f"{visit.name}/hold", held.reference).outcome == "approved"
        paid = None
    elif held is not None:
        paid = careful.ask(visit, "capture", visit.total, f"{visit.name}/hold", held.reference)
        taken = visit.total
    if paid is None and visit.total:
        paid = careful.ask(visit, "charge", visit.total)
        taken = visit.total
    if paid is None or not taken or not visit.refund:
        return taken
    back = careful.ask(visit, "refund", visit.refund, paid.key, paid.reference)
    if visit.refund > taken:
        assert (back.outcome, back.why) == ("declined", "above-most")
        return taken
    assert back.outcome == "approved"
    return taken - visit.refund


def test_a_capture_of_two_minds_is_nobodys_guess() -> None:
    with StripeDouble(now_s=lambda: NOW_S) as double:
        careful = Careful(double, [])
        visit = Visit("v", True, 700, 0)
        held = careful.ask(visit, "hold", 2000)
        double.bank(lambda books, at_s: books.capture(held.reference, {"amount_to_capture": "900"}, at_s))
        with pytest.raises(Contrary, match="900, not 700"):
            careful.ask(visit, "capture", 700, "v/hold", held.reference)
        assert double.kept_minor() == 900
