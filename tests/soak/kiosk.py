"""A shop small enough to be lived in for a month: six shelves along two walls, two cameras, sixteen products."""

from __future__ import annotations

from pathlib import Path

FLOOR = """\
[store]
id = "kiosk"
name = "Kiosk"
timezone = "Asia/Tokyo"
currency = "JPY"
prices_include_tax = true
languages = ["en", "ja"]

[floor]
polygon = [[0.0, 0.0], [4.6, 0.0], [4.6, 4.2], [0.0, 4.2]]

[[gate]]
id = "entry"
kind = "entry"
position = [0.8, 0.1]
trusted_reader = true

[[gate]]
id = "exit"
kind = "exit"
position = [3.8, 0.1]

[[camera]]
id = "c1"
position = [1.5, 1.6, 2.7]

[[camera]]
id = "c2"
position = [3.1, 2.6, 2.7]
"""
POLICY = """
[policy]
lost_after_s = 120
"""
"""Days are short here: whoever is missed is not waited for until the next one."""
TAX = """
[[tax]]
class = "food"
percent = 8
since = 2019-10-01

[[tax]]
class = "food"
percent = 5
since = 2026-05-15
"""
"""The rate falls in the middle of the month."""
WALLS = (("g1", (0.5, 1.2), 90.0), ("g2", (4.1, 3.2), -90.0))
HEIGHTS_M = (0.4, 0.9, 1.35)
PLATES = 8
KINDS = ("bar", "bun", "can", "cup", "jar", "pie", "tea", "wrap")
MASSES_G = (48, 83, 131, 176, 227, 290, 361, 437, 512, 604, 66, 104, 152, 201, 258, 325)


def products() -> list[tuple[str, int, float]]:
    """sku, price at the beginning of the month, mass of a unit."""
    names = [f"{kind}-{size}" for size in ("s", "l") for kind in KINDS]
    return [(name, 90 + 37 * n, float(mass)) for n, (name, mass) in enumerate(zip(names, MASSES_G, strict=True))]


def write_kiosk(folder: Path, raised: int = 0) -> Path:
    """The shop's folder; ``raised``: by how much everything costs more than at the beginning."""
    folder.mkdir(exist_ok=True)
    toml, facings = FLOOR + POLICY + TAX, []
    skus = [sku for sku, _, _ in products()]
    for wall, (gondola, (x, y), yaw) in enumerate(WALLS):
        toml += f'\n[[gondola]]\nid = "{gondola}"\norigin = [{x}, {y}, 0.0]\nyaw_deg = {yaw}\n'
        for level, height in enumerate(HEIGHTS_M):
            shelf = f"{gondola}-s{level + 1}"
            toml += f'\n  [[gondola.shelf]]\n  id = "{shelf}"\n  height = {height}\n  depth = 0.4\n'
            toml += f"  plates = {PLATES}\n  plate_width = 0.15\n"
            for place in range(3):
                sku = skus[(wall * 9 + level * 3 + place) % len(skus)]
                first = 1 + place * 3
                facings.append(f"{shelf},{first}-{min(PLATES, first + 2)},{sku}")
    rows = [f"{sku},,{sku},{price + raised},food,{mass},{0.004 * mass + 0.3:.2f}" for sku, price, mass in products()]
    (folder / "store.toml").write_text(toml, encoding="utf-8")
    catalogue = "\n".join(["sku,gtin,name,price,tax_class,weight_g,weight_sd_g", *rows])
    (folder / "catalogue.csv").write_text(catalogue + "\n", encoding="utf-8")
    (folder / "planogram.csv").write_text("\n".join(["shelf,plates,sku", *facings]) + "\n", encoding="utf-8")
    return folder
