"""Shops that nobody ever built: a random layout, random products and a random planogram, seeded.

What is tuned on one shop fits that shop. Enters: a seed, and a store where only its layout is to be kept. Leaves: a
`Store`, read from files that were made here, so it passes the same border as every other and travels in recordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tomlkit

from edge.store import Shelf, Store, read_store
from simulator.chance import stream

AISLE_M = 1.3
WALL_M = 0.05
TWINS = 0.2
"""So many products have a twin of nearly the same weight."""
MANY_PLATES = 0.15
"""A facing is that often as long as five plates."""
KINDS = ("bar", "bottle", "box", "can", "cup", "jar", "pack", "roll", "tray", "tube")
TASTES = ("apple", "azuki", "cocoa", "curry", "lemon", "matcha", "mint", "plain", "plum", "sesame", "soy", "yuzu")


@dataclass(frozen=True, slots=True)
class _Stand:
    """A gondola to be: its front-left corner, which way it is turned, how many plates of what width."""

    x: float
    y: float
    yaw_deg: int
    plates: int
    plate_width: float
    depth: float


def random_shop(seed: int, like: Store | None = None, products: int = 0) -> Store:
    """A shop of its own for each seed; ``like`` keeps that store's layout; ``products`` 0: as many as fit well."""
    rng = stream(seed, "shop")
    toml = _without_promotions(like.sources["store.toml"]) if like else _layout(rng, seed).encode()
    shelves = like.layout.shelves if like else _shelves_of(toml)
    digits = like.currency_digits if like else 2
    classes = sorted(like.tax.classes) if like else ["reduced", "standard"]
    wanted = products or int(sum(s.plates for s in shelves) / rng.uniform(3.0, 5.0))
    catalogue, skus = _catalogue(rng, max(4, wanted), digits, classes)
    planogram = _planogram(rng, shelves, skus)
    return read_store({"store.toml": toml, "catalogue.csv": catalogue.encode(), "planogram.csv": planogram.encode()})


def _without_promotions(toml: bytes) -> bytes:
    """A store.toml without what is about its own products."""
    told = tomlkit.parse(toml.decode())
    told.pop("promotion", None)
    return tomlkit.dumps(told).encode()


def _shelves_of(toml: bytes) -> tuple[Shelf, ...]:
    """The shelves of a store.toml that has no products yet."""
    catalogue = b"sku,gtin,name,price,tax_class,weight_g,weight_sd_g\nx,,x,1,standard,1,1\n"
    files = {"store.toml": toml, "catalogue.csv": catalogue, "planogram.csv": b"shelf,plates,sku\n"}
    return read_store(files).layout.shelves


# --- the layout ----------------------------------------------------------------------------------------------------


def _layout(rng: np.random.Generator, seed: int) -> str:
    """store.toml of a rectangle with wall gondolas, islands in the middle, gates in front and cameras above."""
    stands, wide, deep = _stands(rng)
    head = [
        "[store]", f'id = "shop-{seed}"', f'name = "Shop {seed}"', 'timezone = "Europe/Vienna"', 'currency = "EUR"',
        "prices_include_tax = true", "[floor]",
        f"polygon = [[0.0, 0.0], [{wide:.2f}, 0.0], [{wide:.2f}, {deep:.2f}], [0.0, {deep:.2f}]]",
    ]  # fmt: skip
    for name, percent in (("reduced", 10), ("standard", 20)):
        head += ["[[tax]]", f'class = "{name}"', f"percent = {percent}"]
    entry, out = (0.8, wide - 0.8) if rng.random() < 0.5 else (wide - 0.8, 0.8)
    for name, x in (("entry", entry), ("exit", out)):
        head += ["[[gate]]", f'id = "{name}"', f'kind = "{name}"', f"position = [{x:.2f}, 0.10]"]
        head += ["trusted_reader = true"] if name == "entry" else []
    across, along = max(2, round(wide / 2.3)), max(2, round(deep / 2.6))
    spots = [((i + 0.5) * wide / across, (j + 0.5) * deep / along) for j in range(along) for i in range(across)]
    for i, (x, y) in enumerate(spots, 1):
        head += ["[[camera]]", f'id = "c{i}"', f"position = [{x:.2f}, {y:.2f}, {rng.uniform(2.5, 3.0):.2f}]"]
    for i, stand in enumerate(stands, 1):
        head += _gondola(rng, f"g{i}", stand)
    return "\n".join(head) + "\n"


def _stands(rng: np.random.Generator) -> tuple[list[_Stand], float, float]:
    """Gondolas along the back wall and islands with two faces each; (stands, width, depth of the shop)."""
    width = float(rng.choice([0.10, 0.12, 0.15]))
    depth = float(rng.uniform(0.35, 0.5))
    islands, run = int(rng.integers(0, 3)), int(rng.integers(7, 13))
    wall = int(rng.integers(1, 4))
    wide = max(wall * (run * width + 0.05) + 1.2, islands * (2 * depth + AISLE_M) + AISLE_M, 3.6)
    length = run * width
    deep = 2.2 + (length + AISLE_M if islands else 0.4) + depth
    stands = [_Stand(0.6 + i * (length + 0.05), deep - depth - WALL_M, 0, run, width, depth) for i in range(wall)]
    step = wide / (islands + 1)
    for i in range(islands):
        middle = step * (i + 1)
        stands.append(_Stand(middle - depth, 1.6 + length, -90, run, width, depth))
        stands.append(_Stand(middle + depth, 1.6, 90, run, width, depth))
    return stands, wide, deep


def _gondola(rng: np.random.Generator, name: str, stand: _Stand) -> list[str]:
    lines = ["[[gondola]]", f'id = "{name}"', f"origin = [{stand.x:.3f}, {stand.y:.3f}, 0.0]"]
    lines.append(f"yaw_deg = {stand.yaw_deg}")
    height = rng.uniform(0.25, 0.4)
    for i in range(int(rng.integers(3, 6))):
        lines += [
            "[[gondola.shelf]]", f'id = "{name}-s{i + 1}"', f"height = {height:.2f}", f"depth = {stand.depth:.2f}",
            f"plates = {stand.plates}", f"plate_width = {stand.plate_width}",
        ]  # fmt: skip
        height += rng.uniform(0.25, 0.38)
    return lines


# --- what it sells -------------------------------------------------------------------------------------------------


def _catalogue(
    rng: np.random.Generator, count: int, digits: int, classes: Sequence[str]
) -> tuple[str, list[tuple[str, float]]]:
    """(catalogue.csv, [(sku, weight in grams)])."""
    lines, made = ["sku,gtin,name,price,tax_class,weight_g,weight_sd_g"], list[tuple[str, float]]()
    for i in range(count):
        sku = f"{rng.choice(TASTES)}-{rng.choice(KINDS)}-{i + 1}"
        weight = float(np.clip(rng.lognormal(5.0, 0.9), 15.0, 2500.0))
        if made and rng.random() < TWINS:
            weight = made[int(rng.integers(len(made)))][1] * rng.uniform(0.985, 1.015)
        price = round(float(rng.lognormal(0.9, 0.5)) * 100) * (1 if digits == 0 else 10.0**-2)
        amount = f"{price:.{min(digits, 2)}f}"
        spread = max(1.0, 0.01 * weight)
        tax_class = classes[int(rng.integers(len(classes)))]
        lines.append(f"{sku},,{sku.replace('-', ' ')},{amount},{tax_class},{weight:.1f},{spread:.1f}")
        made.append((sku, weight))
    return "\n".join(lines) + "\n", made


def _planogram(rng: np.random.Generator, shelves: Sequence[Shelf], skus: list[tuple[str, float]]) -> str:
    """planogram.csv: shelf after shelf is filled from the left; every product stands somewhere, if there is room."""
    queue = _deal(rng, skus)
    lines = ["shelf,plates,sku"]
    for shelf in shelves:
        first = 1
        while first <= shelf.plates:
            sku, weight = next(queue)
            fits = 1 + int(weight > 250) + int(rng.integers(0, 3)) + (2 if rng.random() < MANY_PLATES else 0)
            last = min(shelf.plates, first + fits - 1)
            lines.append(f"{shelf.id},{first}-{last},{sku}" if last > first else f"{shelf.id},{first},{sku}")
            first = last + 1
    return "\n".join(lines) + "\n"


def _deal(rng: np.random.Generator, skus: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Products in a new random order again and again."""
    while True:
        for i in rng.permutation(len(skus)):
            yield skus[i]
