"""A first shop, from a few measures: the store folder that somebody begins with.

Enters: what was asked (`Wanted`) and a spreadsheet of goods. Leaves: the texts of a store folder, which `tebura check`
takes without a word. Refuses (`CannotStand`, `UnreadableGoods`) what does not fit on the floor or cannot be sold.

`wanted` is what a first shop is made of, `lands` what a country brings along, `stands` finds everything its place on
the floor, `goods` reads the spreadsheet, `places` puts products on plates, `files` writes it all down.
"""

from calibration.founding.files import files_of
from calibration.founding.goods import Goods, UnreadableGoods, example_goods, read_goods
from calibration.founding.lands import Land, land_of
from calibration.founding.stands import CannotStand, stands
from calibration.founding.wanted import Run, Tax, Wanted, read_run

__all__ = [
    "CannotStand",
    "Goods",
    "Land",
    "Run",
    "Tax",
    "UnreadableGoods",
    "Wanted",
    "example_goods",
    "files_of",
    "land_of",
    "read_goods",
    "read_run",
    "stands",
]
