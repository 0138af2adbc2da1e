"""The files of a first shop, with comments for whoever goes on from there."""

from __future__ import annotations

from collections.abc import Sequence

from calibration.founding.goods import Goods
from calibration.founding.places import placed, shelf_id
from calibration.founding.stands import Stand, stands
from calibration.founding.wanted import Wanted
from edge.store.rows import cell
from edge.store.tables import planogram_text

CATALOGUE = ("sku", "gtin", "name", "price", "tax_class", "weight_g", "weight_sd_g", "name_ja", "name_en")


def files_of(wanted: Wanted, goods: Goods) -> dict[str, str]:
    """File name -> text. `CannotStand` where something does not fit."""
    standing = stands(wanted)
    facings = placed([row["sku"] for row in goods.rows], standing.gondolas)
    toml = [*_head(wanted), *_taxes(wanted)]
    for name, kind, (x, y) in zip(("entry", "exit"), ("entry", "exit"), standing.gates, strict=True):
        toml += ["[[gate]]", f'id = "{name}"', f'kind = "{kind}"', f"position = [{x:.2f}, {y:.2f}]", ""]
    toml.append("# Where each lens hangs. `tebura calibrate camera` finds out how it sees.")
    for n, (x, y, z) in enumerate(standing.cameras, start=1):
        toml += ["[[camera]]", f'id = "c{n}"', f"position = [{x:.2f}, {y:.2f}, {z:.2f}]", ""]
    for stand in standing.gondolas:
        toml += _gondola(stand, wanted)
    return {
        "store.toml": "\n".join(toml).rstrip() + "\n",
        "catalogue.csv": _catalogue(goods),
        "planogram.csv": planogram_text(facings),
    }


def _head(wanted: Wanted) -> list[str]:
    includes = "true" if wanted.prices_include_tax else "false"
    languages = ", ".join(_quoted(language) for language in wanted.languages)
    width, depth = f"{wanted.width_m:.2f}", f"{wanted.depth_m:.2f}"
    return [
        "# A first draft, from a few measures. Metres; x to the right and y into the shop as seen from the door, z up.",
        "# Measure what was built, and correct it here: `tebura check` says what is odd, `tebura plan` draws it.",
        "",
        "[store]",
        f"id = {_quoted(wanted.id)}",
        f"name = {_quoted(wanted.name)}",
        f"timezone = {_quoted(wanted.timezone)}",
        f"currency = {_quoted(wanted.currency)}",
        f"prices_include_tax = {includes}",
        f"languages = [{languages}]",
        *([f"registration = {_quoted(wanted.registration)}"] if wanted.registration else []),
        *([f"address = {_quoted(wanted.address)}"] if wanted.address else []),
        "",
        "[floor]",
        f"polygon = [[0.0, 0.0], [{width}, 0.0], [{width}, {depth}], [0.0, {depth}]]",
        "",
    ]


def _taxes(wanted: Wanted) -> list[str]:
    told = ["# A rate that changes is one more [[tax]] with the day from which it holds: since = 2027-04-01"]
    for tax in wanted.taxes:
        told += ["[[tax]]", f"class = {_quoted(tax.tax_class)}", f"percent = {tax.percent:g}"]
        told += ["reduced = true", ""] if tax.reduced else [""]
    return told


def _gondola(stand: Stand, wanted: Wanted) -> list[str]:
    x, y = stand.origin_m
    told = [
        f"# {stand.told[0].upper()}{stand.told[1:]}.",
        "[[gondola]]",
        f'id = "{stand.id}"',
        f"origin = [{x:.2f}, {y:.2f}, 0.0]",
        f"yaw_deg = {stand.yaw_deg:.1f}",
        "",
    ]
    for n, height_m in enumerate(stand.boards_m, start=1):
        told += [
            "  [[gondola.shelf]]",
            f'  id = "{shelf_id(stand, n)}"',
            f"  height = {height_m:.2f}",
            f"  depth = {wanted.shelf_m:.2f}",
            f"  plates = {stand.plates}",
            f"  plate_width = {wanted.plate_m:.3f}",
            "",
        ]
    return told


def _catalogue(goods: Goods) -> str:
    used = [column for column in CATALOGUE if column in CATALOGUE[:7] or any(row.get(column) for row in goods.rows)]
    rows: list[Sequence[str]] = [used, *([row.get(column, "") for column in used] for row in goods.rows)]
    return "\n".join(",".join(cell(said) for said in row) for row in rows) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'
