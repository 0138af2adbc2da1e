"""`tebura planogram check`: what cannot be told apart, what that costs, what would be better, what lies elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calibration.planogram.arrange import arrange
from calibration.planogram.outlook import outlook, wrongly_per_thousand
from edge.cli import app
from edge.store import Store, read_store
from simulator.commands import DEMO
from tests.corner import CATALOGUE, FILES, errand, write_store

HEADER = "sku,gtin,name,price,tax_class,weight_g,weight_sd_g\n"


def shop(products: str, places: str) -> Store:
    """The corner shop with other products and another planogram."""
    table = {"catalogue.csv": (HEADER + products).encode(), "planogram.csv": f"shelf,plates,sku\n{places}".encode()}
    return read_store({**FILES, **table})


def row(sku: str, mass_g: float) -> str:
    return f"{sku},,{sku},100,food,{mass_g},1\n"


def bad(store: Store) -> tuple[float, float]:
    """Of a thousand picks of the first place: charged wrongly, withheld."""
    place = outlook(store, "g1-s1").places[0]
    return place.wrongly, place.withheld


def test_products_that_stand_apart_and_weigh_differently_are_charged_as_what_they_are() -> None:
    wrong, withheld = bad(shop(row("tea", 500) + row("rice", 110), "g1-s1,1,tea\ng1-s1,4,rice\n"))
    assert wrong == 0
    assert withheld < 1


def test_two_that_weigh_the_same_on_the_same_plate_are_never_charged() -> None:
    wrong, withheld = bad(shop(row("tea", 500) + row("cola", 500), "g1-s1,1-2,tea\ng1-s1,1-2,cola\n"))
    assert wrong < 10
    assert withheld > 950


def test_two_that_weigh_nearly_the_same_on_the_same_plate_are_charged_wrongly_now_and_then() -> None:
    near, far = (
        bad(shop(row("tea", 500) + row("cola", 500 + apart), "g1-s1,1-2,tea\ng1-s1,1-2,cola\n")) for apart in (5, 40)
    )
    assert near[0] > 5
    assert near[0] + near[1] > far[0] + far[1]
    assert far[0] < 5


def test_the_arrangement_that_is_proposed_is_better_and_of_the_same_things() -> None:
    products = row("tea", 500) + row("cola", 501) + row("rice", 110) + row("cake", 70)
    store = shop(products, "g1-s1,1,tea\ng1-s1,2,cola\ng1-s1,3,rice\ng1-s1,4,cake\n")
    swaps, planogram = arrange(store, [outlook(store, "g1-s1")])
    assert swaps
    assert swaps[-1].wrong_after + swaps[-1].withheld_after < swaps[0].wrong_before + swaps[0].withheld_before
    assert sorted(f.sku for f in planogram.facings) == ["cake", "cola", "rice", "tea"]
    better = read_store({**store.sources, "planogram.csv": _csv(planogram.facings)})
    assert wrongly_per_thousand([outlook(better, "g1-s1")]) == pytest.approx(swaps[-1].wrong_after)


def _csv(facings: object) -> bytes:
    rows = [f"{f.shelf},{f.first}-{f.last},{f.sku}" for f in facings]  # type: ignore[attr-defined]
    return "\n".join(["shelf,plates,sku", *rows]).encode()


def test_a_place_from_which_something_else_is_taken_is_named_with_what_it_weighs_like(tmp_path: Path) -> None:
    """Tea stands where the planogram has rice balls; three errands show it, one would not."""
    recordings = []
    swapped = b"shelf,plates,sku\ng1-s1,1,green-tea\ng1-s1,3,onigiri-salmon\n"
    for seed in (1, 2, 3):
        files = {**FILES, "planogram.csv": swapped}
        recordings.append(str(errand(tmp_path / f"{seed}.mcap", files=files, seed=seed)))
    folder = write_store(tmp_path / "shop", planogram_csv=swapped.decode())
    said = CliRunner().invoke(app, ["planogram", "check", *recordings, "--store", str(folder), "--json"])
    found = json.loads(said.stdout)
    assert said.exit_code == 1
    assert [(c["facing"]["first"], c["events"], c["against"]) for c in found["contradictions"]] == [(1, 3, 3)]
    alone = CliRunner().invoke(app, ["planogram", "check", recordings[0], "--store", str(folder), "--json"])
    assert alone.exit_code == 0
    assert json.loads(alone.stdout)["contradictions"] == []


def test_the_demo_shop_is_judged_in_words_and_its_proposal_is_a_planogram(tmp_path: Path) -> None:
    file = tmp_path / "better.csv"
    said = CliRunner().invoke(app, ["planogram", "check", "--store", str(DEMO), "--propose", str(file)])
    assert said.exit_code == 0, said.output
    assert "Of a thousand picks" in said.output
    assert "change places" in " ".join(said.output.split())
    files = {n: (DEMO / n).read_bytes() for n in ("store.toml", "catalogue.csv")}
    assert read_store({**files, "planogram.csv": file.read_bytes()}).planogram.facings
    again = CliRunner().invoke(app, ["planogram", "check", "--store", str(DEMO), "--propose", str(file)])
    assert again.exit_code == 2


def test_a_product_without_a_place_is_named(tmp_path: Path) -> None:
    more = CATALOGUE + "umbrella,,Umbrella,700,food,362,3\n"
    said = CliRunner().invoke(
        app, ["planogram", "check", "--store", str(write_store(tmp_path / "shop", catalogue_csv=more))]
    )
    assert "in no place: umbrella" in said.output
