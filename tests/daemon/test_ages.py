"""Staff answer at the desk whether somebody is old enough; a stop meanwhile forgets neither question nor answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.test_ages import ADULTS, VISIT
from tests.daemon.test_changes import edit, stop
from tests.daemon.test_reviews import Reviewed


@pytest.mark.parametrize("killed", [None, False, True])
def test_staff_look_who_asks_and_say_what_they_saw(tmp_path: Path, killed: bool | None) -> None:
    shop = Reviewed(tmp_path)
    edit(shop, catalogue_csv=ADULTS)
    shop.open()
    shop.play(0.0, 9.5)
    if killed is not None:
        stop(shop, killed)
        shop.open()
    (row,) = shop.order(do="ages")["visits"]
    assert (row["visit"], row["state"], row["skus"]) == (VISIT, "asked", ["onigiri-salmon"])
    assert "nobody's age is asked there" in shop.order(do="age", visit="x", verdict="confirmed", by="sato")["error"]
    assert "confirmed or refused" in shop.order(do="age", visit=VISIT, verdict="maybe", by="sato")["error"]
    assert shop.order(do="age", visit=VISIT, verdict="confirmed", by="sato", how="licence")["written"]
    shop.play(9.5, 18.0)
    shop.settle()
    shop.is_untouched()
    assert [entry.kind for entry in shop.entries("age-asked", "age-confirmed")] == ["age-asked", "age-confirmed"]
    shop.shop.close()
