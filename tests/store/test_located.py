"""A fault of store.toml or site.toml is told with line and column; the rest of the files does not move them."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.store.located import place_in

TEXT = '''\
# [[gate]] in a comment
[store]
id = "corner"   # id = "x"
note = """
[[gate]]
id = 5
"""

[floor]
polygon = [
  [0, 0],
  [4, 0],
]

[[gate]]
id = "in"
[[gate]]
  id = "out"
  position = [3.8, 0.8]

[[gondola]]
id = "g1"
[[gondola.shelf]]
height = 1.0
[[gondola.shelf]]
height = "tall"
[[gondola]]
id = "g2"
[[gondola.shelf]]
height = 2
[policy]
charge_at = 8
[[policy.accept]]
palm = 3
'''


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("store.id", (3, 6)),
        ("gate[1].id", (16, 6)),
        ("gate[2].position", (19, 14)),
        ("gate[2].position[1]", (19, 14)),
        ("gate[2].kind", (17, 1)),
        ("gate[2]", (17, 1)),
        ("gondola[1].shelf[2].height", (26, 10)),
        ("gondola[2].shelf[1].height", (30, 10)),
        ("floor.polygon[2]", (10, 11)),
        ("policy.charge_at", (32, 13)),
        ("policy.accept[1].palm", (34, 8)),
        ("camera[1].id", None),
        ("stores", None),
    ],
)
def test_a_key_is_found(where: str, place: tuple[int, int] | None) -> None:
    assert place_in(TEXT, where) == place


def keys(table: dict[str, Any], before: str = "") -> list[str]:
    found = []
    for key, value in table.items():
        here = f"{before}.{key}" if before else key
        if isinstance(value, dict):
            found += keys(value, here)
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for i, v in enumerate(value, start=1):
                found += keys(v, f"{here}[{i}]")
        else:
            found.append(here)
    return found


def test_every_key_of_the_demo_shop_is_found_where_it_stands() -> None:
    text = Path("config/demo/store.toml").read_text(encoding="utf-8")
    lines, places = text.splitlines(), []
    for key in keys(tomllib.loads(text)):
        place = place_in(text, key)
        assert place is not None, key
        line, column = place
        assert lines[line - 1].lstrip().startswith(key.rpartition(".")[2]), key
        assert "=" in lines[line - 1][: column - 1]
        places.append(place)
    assert len(set(places)) == len(places)


def test_check_tells_it(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree("config/demo", folder)
    text = (folder / "store.toml").read_text(encoding="utf-8").replace("charge_at = 0.80", "charge_at = 8")
    (folder / "store.toml").write_text(text, encoding="utf-8")
    line = next(i for i, row in enumerate(text.splitlines(), start=1) if row.startswith("charge_at = 8"))
    said = CliRunner().invoke(app, ["check", "--store", str(folder)]).stderr
    assert f"store.toml:{line}:13: policy.charge_at: must be at most 1" in said
