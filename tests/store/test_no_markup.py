"""A product may be called [/b]: what somebody has written is shown as it is, and breaks no screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from calibration.planogram.report import find, print_found
from edge.cli.counting import _HAND
from edge.cli.places_on_shelves import table_of
from edge.daemon.orders import stock_of
from edge.daemon.screen import Screen
from edge.state import open_shop
from edge.store import Store, load_store
from tests.corner import CATALOGUE, PLANOGRAM, write_store
from tests.daemon.rehearsals import Rehearsal

ODD = "[/b] [red]=1=2"


def shop(folder: Path) -> Store:
    catalogue = CATALOGUE.replace("green-tea", ODD).replace("Green tea", "[/dim] tea")
    return load_store(write_store(folder, catalogue_csv=catalogue, planogram_csv=PLANOGRAM.replace("green-tea", ODD)))


def printed(*what: Any) -> str:
    console = Console(width=200, record=True)
    console.print(*what)
    return console.export_text()


def test_what_stands_on_the_shelves(tmp_path: Path) -> None:
    store = shop(tmp_path)
    told = printed(table_of(stock_of(open_shop(store), store)))
    assert ODD in told
    assert "[/dim] tea" in told


def test_a_count_by_hand_of_one_of_several_products() -> None:
    typed = _HAND.fullmatch(f"g1-s1:4-6:{ODD}=12")
    assert typed is not None
    assert (typed["sku"], typed["units"]) == (ODD, "12")


def test_what_the_planogram_check_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = shop(tmp_path)
    place = {"shelf": "g1-s1", "plates": [3, 3], "sku": ODD, "left_g": 5.0, "by_weight": 1, "mass_g": 9.0, "odd": True}
    print_found(find(store, (), [place], lambda: True), store)
    assert ODD in capsys.readouterr().out.replace("\n", " ")


def test_the_screen_of_the_running_shop(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.store = shop(tmp_path / "store")
    rehearsal.open()
    rehearsal.play(0.0, 2.0)
    serving: Sequence[str] = ()
    for visit in rehearsal.shop.driver.state.door.visits.values():
        visit.subject = ODD
    assert ODD in printed(Screen(rehearsal.shop, rehearsal.watch, serving)._draw())
    rehearsal.shop.close()
