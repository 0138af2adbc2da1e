"""A store as a picture: everything that the folder says is on it, once, where it stands, and nothing breaks it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.drawing import sheet
from edge.store import Store, load_store

DEMO = Path(__file__).parents[2] / "config" / "demo"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(store: Store, language: str = "") -> ElementTree.Element:
    return ElementTree.fromstring(sheet(store, language))


def titles(picture: ElementTree.Element) -> list[str]:
    return [found.text or "" for found in picture.iter(f"{SVG}title")]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_place_is_drawn_with_its_product(language: str) -> None:
    shop = load_store(DEMO)
    told = titles(drawn(shop, language))
    for facing in shop.planogram.facings:
        span = str(facing.first) if facing.first == facing.last else f"{facing.first}-{facing.last}"
        name = shop.catalogue[facing.sku].name(language)
        assert told.count(f"{name} ({facing.sku}): {facing.shelf}, {span}") == 1


def test_gates_cameras_and_shelves_are_there() -> None:
    shop = load_store(DEMO)
    told = "\n".join(titles(drawn(shop)))
    wanted = [g.id for g in shop.layout.gates] + [c.id for c in shop.layout.cameras]
    assert all(re.search(rf"^{re.escape(name)}\b", told, re.MULTILINE) for name in wanted)
    assert all(f"{shelf.id}: {shelf.plates} plates" in told for shelf in shop.layout.shelves)


def test_no_goods_lie_over_each_other_or_beside_their_board() -> None:
    shop = load_store(DEMO)
    for group in drawn(shop).iter(f"{SVG}g"):
        rooms = [r for r in group.findall(f"{SVG}rect") if r.get("class") == "room"]
        boxes = [r for g in group.findall(f"{SVG}g") for r in g.findall(f"{SVG}rect") if r.get("class") == "goods"]
        if not rooms:
            continue
        spans = sorted((float(b.get("x", "")), float(b.get("x", "")) + float(b.get("width", ""))) for b in boxes)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert spans[0][0] >= 0
        assert spans[-1][1] <= float(rooms[0].get("width", ""))


def test_all_of_it_lies_on_the_sheet() -> None:
    picture = drawn(load_store(DEMO))
    _, _, wide, high = map(float, picture.get("viewBox", "").split())
    placed = [g for g in picture.findall(f"{SVG}g") if "translate" in g.get("transform", "")]
    for group in placed:
        x, y = map(float, re.findall(r"[-\d.]+", group.get("transform", "")))
        assert 0 <= x < wide
        assert 0 <= y < high
    assert math.isfinite(high)


def test_names_cannot_break_it() -> None:
    """A shop may be called anything that a receipt can say."""
    shop = replace(load_store(DEMO), name='Tom & "Jerry" <shop>')
    picture = drawn(shop)
    assert any(t.text == 'Tom & "Jerry" <shop>' for t in picture.iter(f"{SVG}text"))


def test_a_broken_folder_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"
    result = CliRunner().invoke(app, ["plan", "--store", str(tmp_path), "-o", str(picture)])
    assert result.exit_code == 2
    assert "store.toml" in result.stderr
    assert not picture.exists()


def test_the_command_writes_a_file_or_says_it(tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"
    result = CliRunner().invoke(app, ["plan", "--store", str(DEMO), "-o", str(picture)])
    assert result.exit_code == 0, result.output
    said = CliRunner().invoke(app, ["plan", "--store", str(DEMO)])
    assert said.stdout == picture.read_text(encoding="utf-8")
