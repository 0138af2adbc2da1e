"""Staff take back what was charged, at the keyboard of a shop that runs for real."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.brokers import until
from tests.live.faults import Show
from tests.live.test_reviews import VISIT, tebura


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    show = Show(tmp_path / "shop")
    with contextlib.closing(show):
        yield show


def test_a_line_and_then_the_rest_is_given_back(show: Show) -> None:
    show.start()
    show.part(0.0, 18.0)
    show.settle()
    assert tebura(show, "payment", "list").stdout == "Every payment is over.\n"
    assert VISIT in tebura(show, "payment", "list", "--all").stdout
    done = tebura(show, "payment", "refund", VISIT, "--reason", "return", "--line", "onigiri-salmon=1", "--by", "aki")
    assert done.stdout == f"{VISIT}: 178 JPY go back to ana.\n"
    until(lambda: _payment(show)["refunded_minor"] == 178, "it is given back")
    again = tebura(show, "payment", "refund", VISIT, "--reason", "return", "--line", "onigiri-salmon=2")
    assert (again.returncode, "1 are left of it" in again.stderr) == (2, True)
    told = json.loads(tebura(show, "payment", "refund", VISIT, "--reason", "correction", "--json").stdout)
    assert (told["state"], told["total_minor"]) == ("paid", 356)
    until(lambda: _payment(show)["refunded_minor"] == 356, "all of it is")
    assert "onigiri" in tebura(show, "ledger", "receipt", VISIT).stdout
    nothing = tebura(show, "payment", "refund", VISIT, "--reason", "return")
    assert (nothing.returncode, "waits for nobody" in nothing.stderr) == (2, True)
    refused = tebura(show, "payment", "release", VISIT)
    assert (refused.returncode, "is paid" in refused.stderr) == (2, True)
    assert show.prove() == []


def _payment(show: Show) -> dict[str, object]:
    return dict(json.loads(tebura(show, "payment", "show", VISIT, "--json").stdout))
