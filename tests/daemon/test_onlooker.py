"""Who only watches stops nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.daemon.onlooker import Onlooker
from edge.records import Effect, PeopleFrame, Record
from edge.state import State
from tests.corner import OPENS_S
from tests.daemon.rehearsals import Rehearsal


def breaks(state: State, record: Record | None, effects: Sequence[Effect]) -> None:
    """As a fault of ours would, in the middle of a visit."""
    if isinstance(record, PeopleFrame) and record.received_s > OPENS_S + 5.0:
        raise ZeroDivisionError("of nothing")


def test_a_shop_sells_on_while_somebody_who_only_watches_breaks(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.observers = (Onlooker("diary", breaks, lambda source, what: shop.shop.ear.trouble(source, what)),)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.is_untouched()
    assert "of nothing" in shop.shop.ear.troubles["diary"]
    assert "Sales go on" in shop.shop.ear.troubles["diary"]
    shop.shop.close()
