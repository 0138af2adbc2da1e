"""A walk feels what is done, tells what was done wrong, and goes on where it was stopped."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from msgspec import structs
from rich.console import Console

from calibration.shelf.asks import Ask
from calibration.shelf.goods import Goods
from calibration.shelf.progress import save, take_up, unfinished
from calibration.shelf.screen import Screen
from calibration.shelf.walk import Walk, begin
from edge.records import WeightBatch
from simulator.rig import Rig, spoil
from simulator.rig.technician import Mistake
from simulator.rig.trial import walk_along
from simulator.rig.wires import on_a_line
from tests.calibration.rooms import PLATES, Stand, quiet

HARMLESS = [m for m in get_args(Mistake) if m != "wrong-weight"]


@pytest.mark.parametrize("mistake", HARMLESS)
@pytest.mark.parametrize("unit", ["counts", "grams"])
def test_a_mistake_costs_time_and_nothing_else(mistake: Mistake, unit: str) -> None:
    walked = walk_along(quiet(3, unit), {}, 3, mistakes=[mistake])
    assert walked.verdict is not None
    assert walked.verdict.accepted, [str(f) for f in walked.verdict.findings]
    assert not walked.found
    assert walked.ordered
    assert max(map(abs, walked.span.values())) <= 1e-3


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("wrong-plate", "both once more"),
        ("bump-during-tare", "Something moved"),
        ("pulled-cable", "Nothing came for"),
        ("lifts-early", "too short"),
    ],
)
def test_a_mistake_is_told(mistake: Mistake, told: str) -> None:
    stand = Stand(quiet(), mistakes=[mistake])
    stand.lead(stand.begin())
    assert any(told in text for text in stand.texts()), stand.texts()


def test_the_weight_on_another_plate_is_felt_and_told() -> None:
    class Careless(Stand):
        def do(self, ask: Ask) -> None:
            wrong = ask.deed == "put" and ask.plate == 2 and not any("That was" in t for t in self.texts())
            super().do(replace(ask, plate=4) if wrong else ask)

    stand = Careless(quiet())
    walk = stand.lead(stand.begin())
    assert sum(text.startswith("That was plate 4.") for text in stand.texts()) == 1
    assert max(map(abs, stand.spans(stand.verdict(walk.progress)))) <= 1e-3


def test_plates_touched_in_exchange_are_found_by_the_weight() -> None:
    class Muddled(Stand):
        """Takes plate 2 for plate 3 and 3 for 2 while touching, and sees it right afterwards."""

        def do(self, ask: Ask) -> None:
            super().do(replace(ask, plate={2: 3, 3: 2}.get(ask.plate, ask.plate)) if ask.deed == "touch" else ask)

    stand = Muddled(quiet())
    walk = stand.lead(stand.begin())
    assert any("the wrong way round" in text for text in stand.texts())
    verdict = stand.verdict(walk.progress)
    assert tuple(p.channel for p in verdict.plates) == stand.rig.hardware.order
    assert not verdict.findings
    assert max(map(abs, stand.spans(verdict))) <= 1e-3


def test_goods_that_were_still_on_the_shelf_are_no_zero() -> None:
    stand = Stand(quiet())
    left = stand.rig.put(3, 700.0)
    walk = stand.begin()
    stand.lead(walk, until=lambda said: said.ask is not None and said.ask.deed == "touch" and said.ask.plate == 2)
    stand.rig.lift(left)
    stand.lead(walk)
    assert any("measured again" in text for text in stand.texts())
    profile = stand.verdict(walk.progress).profile
    assert profile is not None
    for plate in profile.plate:
        cell = stand.rig.hardware.under(plate.plate)
        assert plate.zero is not None
        assert abs(plate.zero - cell.zero) / abs(cell.units_per_g) < 15.0, "what drifts in ten minutes, not 700 g"


def test_a_weight_that_is_not_what_was_typed() -> None:
    stand = Stand(quiet(unit="grams"), weight_g=435.0)
    walk = stand.lead(stand.begin())
    verdict = stand.verdict(walk.progress, grams=True)
    assert [f.fault for f in verdict.findings] == ["weight"]
    assert "435 g" in verdict.findings[0].what
    assert verdict.profile is None
    assert stand.verdict(walk.progress, grams=True, trusted=True).accepted


class Baskets(Stand):
    """Whose products weigh what the catalogue says; a second weight is there too."""

    product_g = 480.0
    others: dict[float, float] = {}  # noqa: RUF012

    def do(self, ask: Ask) -> None:
        at_s = self.rig.now_s + 2.0
        if ask.deed == "product" or (ask.deed == "put" and ask.mass_g in self.others):
            mass_g = self.product_g if ask.deed == "product" else self.others[ask.mass_g]
            self.load = self.rig.put(ask.plate, mass_g, at_s=at_s)
        elif ask.deed == "lift" and not self.technician._placed:
            self.rig.lift(self.load, at_s=at_s)
        else:
            super().do(ask)


GOODS = {plate: Goods("tea", "Tea", 3, 480.0, 2.0) for plate in range(1, PLATES + 1)}


def test_the_catalogue_has_a_say_on_the_weight() -> None:
    honest, wrong = (Baskets(quiet(), weight_g=g) for g in (500.0, 470.0))
    for stand in (honest, wrong):
        walk = stand.lead(stand.begin(goods=GOODS))
        assert any("3 Tea (tea, 480 g together)" in ask.text for ask in stand.asks("product"))
        found = [f.fault for f in stand.verdict(walk.progress, goods=GOODS).findings]
        assert found == ([] if stand is honest else ["weight"])


def test_the_screen_ends_with_what_is_to_be_done_now() -> None:
    stand = Baskets(quiet())
    console = Console(file=io.StringIO(), width=80, height=24)
    screen = Screen(console)
    walk = stand.begin(goods=GOODS)
    screen.begin(walk, "here")
    stand.lead(walk)
    for said in stand.said[-3:]:
        screen.say(said)
    screen.close()
    with console.capture() as drawn:
        console.print(screen.picture())
    box = drawn.get().splitlines()[2]
    assert "Everything is measured. Take your weight and the products away." in box


def test_two_of_three_name_the_third() -> None:
    light = Baskets(quiet(unit="grams"), weight_g=470.0)
    verdict = light.verdict(light.lead(light.begin(goods=GOODS)).progress, grams=True, goods=GOODS)
    assert [f.fault for f in verdict.findings] == ["weight"]
    assert "470 g, not 500 g" in verdict.findings[0].what
    heavy = Baskets(quiet(unit="grams"))
    heavy.product_g = 520.0
    verdict = heavy.verdict(heavy.lead(heavy.begin(goods=GOODS)).progress, grams=True, goods=GOODS)
    assert [f.fault for f in verdict.findings] == ["catalogue"]
    assert verdict.accepted


@pytest.mark.parametrize(("really_g", "faults"), [(1000.0, []), (940.0, ["weight"])])
def test_two_weights_must_agree(really_g: float, faults: list[str]) -> None:
    stand = Baskets(quiet())
    stand.others = {1000.0: really_g}
    verdict = stand.verdict(stand.lead(stand.begin((500.0, 1000.0))).progress)
    assert [f.fault for f in verdict.findings] == faults
    if not faults:
        assert max(map(abs, stand.spans(verdict))) <= 1e-3


@pytest.mark.parametrize("stop", ["empty", "touch", "put", "product"])
def test_a_walk_that_was_stopped_goes_on(tmp_path: Path, stop: str) -> None:
    """At the second plate where there is one; the weight is left where it stands."""
    hardware, _ = spoil(quiet(), "order", 1, (1, 2, 3))
    stand = Stand(hardware)
    walk = stand.begin()
    here = {"empty": 0}.get(stop, 2)
    stand.lead(walk, until=lambda said: said.ask is not None and said.ask.deed == stop and said.ask.plate == here)
    save(tmp_path, walk.progress)
    for _ in range(200):
        stand.rig.batch()
    kept = take_up(tmp_path, stand.shelf.id)
    assert kept == walk.progress
    done = len(kept.done)
    stand.said.clear()
    verdict = stand.verdict(stand.lead(Walk(PLATES, kept)).progress)
    assert not list(stand.asks("hands-off")), "what is measured is measured"
    assert len({ask.plate for ask in stand.asks("product")}) == PLATES - done
    assert tuple(p.channel for p in verdict.plates) == hardware.order
    assert max(map(abs, stand.spans(verdict))) <= 1e-3


def test_a_dead_plate_stops_no_walk_and_survives_a_stop(tmp_path: Path) -> None:
    hardware, _ = spoil(quiet(), "dead", 1, (2,))
    stand = Stand(hardware)
    walk = stand.begin()
    stand.lead(walk, until=lambda said: said.ask is not None and said.ask.deed == "put" and said.ask.plate == 3)
    save(tmp_path, walk.progress)
    kept = take_up(tmp_path, stand.shelf.id)
    assert kept is not None
    verdict = stand.verdict(stand.lead(Walk(PLATES, kept)).progress)
    assert [(f.fault, f.plates) for f in verdict.findings] == [("dead", (2,))]
    assert [p.fit is None for p in verdict.plates] == [False, True, False, False]


@pytest.mark.parametrize("digit_g", [0.1, 1.0])
def test_scales_that_stand_quite_still_are_not_stuck(digit_g: float) -> None:
    """A shop's scale says whole grams, and at rest always the same."""
    hardware = quiet(unit="grams")
    calm = tuple(replace(c, noise_g=0.02, drift_g=0.0, hum_g=0.0, warmth_g=0.0) for c in hardware.cells)

    class Rounded(Rig):
        def batch(self) -> WeightBatch | None:
            said = super().batch()
            assert said is not None
            return structs.replace(said, mass_g=np.round(said.mass_g / digit_g) * digit_g)

    stand = Stand(on_a_line(replace(hardware, cells=calm)))
    stand.rig = stand.technician._rig = Rounded(stand.shelf, stand.rig.hardware)
    verdict = stand.verdict(stand.lead(stand.begin()).progress, grams=True)
    assert not verdict.findings
    assert verdict.profile is not None
    for off, plate in zip(stand.spans(verdict), verdict.profile.plate, strict=True):
        assert abs(off) <= max(1e-3, digit_g / 500.0), "half a digit up and half a digit down"
        assert abs(off) <= 4 * plate.span_error, "it says itself how coarse it is"


def test_some_plates_only_and_the_others_stay() -> None:
    stand = Stand(quiet())
    whole = stand.verdict(stand.lead(stand.begin()).progress).profile
    assert whole is not None
    stand.said.clear()
    part = Walk(PLATES, begin(stand.shelf.id, PLATES, [500.0], [2, 3], whole))
    verdict = stand.verdict(stand.lead(part).progress, before=whole)
    assert {ask.plate for ask in stand.asks("put")} == {2, 3}
    assert verdict.profile is not None
    assert [p == q for p, q in zip(verdict.profile.plate, whole.plate, strict=True)] == [True, False, False, True]
    assert max(map(abs, stand.spans(verdict))) <= 1e-3


def test_what_was_kept_can_be_torn(tmp_path: Path) -> None:
    path = unfinished(tmp_path, "g1-s1")
    path.parent.mkdir(parents=True)
    for text in ('{"shelf": "g1-s1"', "[]", '{"shelf": 3}', "\x00"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="is not the progress of a walk"):
            take_up(tmp_path, "g1-s1")
