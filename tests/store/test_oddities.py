"""What `tebura check` finds odd: told with its place and remedy, and the shop opens all the same."""

from __future__ import annotations

from codecs import BOM_UTF8
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from edge.cli import app
from edge.odd_site import odd_site
from edge.site import load_shop, load_site
from edge.store import Fault, load_store, read_store
from edge.store.gtin import is_gtin, wrong_gtin
from edge.store.oddities import oddities
from simulator.commands import DEMO
from simulator.shops import random_shop
from tests.corner import CATALOGUE, PLANOGRAM, STORE, write_store
from tests.store.test_faults import only_fault

TODAY = date(2026, 11, 30)
HEADS = {"catalogue_csv": CATALOGUE, "planogram_csv": PLANOGRAM}
SECOND = """
[[gondola]]
id = "g2"
origin = [{origin}]
yaw_deg = {yaw}

[[gondola.shelf]]
id = "g2-s1"
height = 1.0
depth = 0.4
plates = 4
plate_width = 0.25
"""


def odd(folder: Path, **changed: str) -> list[Fault]:
    return oddities(load_store(write_store(folder, **changed)), TODAY)


def only_oddity(folder: Path, **changed: str) -> Fault:
    found = odd(folder, **changed)
    assert len(found) == 1, [str(f) for f in found]
    assert found[0].remedy
    return found[0]


def test_shops_as_they_are_have_nothing_odd(tmp_path: Path) -> None:
    assert odd(tmp_path) == []
    assert oddities(load_store(DEMO), TODAY) == []
    assert [o for seed in range(20) for o in oddities(random_shop(seed), TODAY)] == []


def test_what_is_left_of_the_example_in_somebodys_own_shop_is_told(tmp_path: Path) -> None:
    files = {p.name: p.read_bytes() for p in DEMO.iterdir() if p.is_file()}
    theirs = files["store.toml"].replace('name = "かどマート"'.encode(), b'name = "Aki"')
    assert theirs != files["store.toml"]
    told = oddities(read_store(files | {"store.toml": theirs}), TODAY)
    assert [(f.where, f.what) for f in told] == [
        ("store.id", "it is still the example's, 'demo'"),
        ("store.registration", "it is still the example's, 'T4010001000007'"),
        ("store.address", "it is still the example's, '東京都架空区かど町1-2-3'"),
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "where", "what"),
    [
        ("yaw_deg = 0", "yaw_deg = 180", "gondola[1].yaw_deg", "m of free floor before g1: the floor ends there"),
        ("origin = [1, 2, 0]", "origin = [1, 22, 0]", "gondola[1].origin", "g1 stands 20.0 m outside of the floor"),
        ("origin = [1, 2, 0]", "origin = [100, 200, 0]", "gondola[1].origin", "outside of the floor"),
        ("origin = [1, 2, 0]", "origin = [1, 2, 1]", "gondola[1].origin", "g1 begins 1 m above the floor"),
        ("yaw_deg = 0", "yaw_deg = 1.5708", "gondola[1].yaw_deg", "turned by 1.5708 degrees"),
        ("position = [2, 1, 2.6]", "position = [2, 1, 260]", "camera[1].position", "cam hangs 260 m above the floor"),
        ("position = [2, 1, 2.6]", "position = [2, 1, -2.6]", "camera[1].position", "cam hangs -2.6 m above"),
        ("position = [2, 1, 2.6]", "position = [200, 1, 2.6]", "camera[1].position", "hangs 196.0 m beside the floor"),
        ("position = [3.8, 0.8]", "position = [30.8, 0.8]", "gate[2].position", "out is at [30.8, 0.8], 26.8 m from"),
        ("position = [3.8, 0.8]", "position = [1.5, 2.2]", "gate[2].position", "where gondola g1 stands"),
        ("height = 1.0", "height = 3.1", "gondola[1].shelf[1].height", "3.1 m high, where nobody reaches"),
        ("depth = 0.4", "depth = 4", "gondola[1].shelf[1].depth", "g1-s1 is 4 m deep"),
        ("plate_width = 0.25", "plate_width = 0.005", "gondola[1].shelf[1].plate_width", "is 0.005 m wide"),
        ("percent = 8", "percent = 8\nsince = 2030-01-01", "tax", "class 'food' begins on 2030-01-01"),
        ("percent = 8", "percent = 0.08", "tax[1].percent", "0.08 % is an unusual tax"),
        ("percent = 8", "percent = 80", "tax[1].percent", "80 % is an unusual tax"),
        ('[[tax]]\nclass = "food"\npercent = 8\n', "", "tax", "everything is sold with 0 % tax"),
        ("plate_width = 0.25", 'plate_width = 0.25\nsays = "raw"', "gondola[1].shelf[1].says", "is not calibrated"),
        ("[store]", "[polcy]\ncharge_at = 0.9\n[store]", "polcy", "is nothing that is known here"),
        ("percent = 8", "percent = 8\nredused = true", "tax[1].redused", "is nothing that is known here"),
        (
            "plate_width = 0.25",
            'plate_width = 0.25\nsay = "raw"',
            "gondola[1].shelf[1].say",
            "is nothing that is known",
        ),
    ],
)
def test_a_slip_in_store_toml_is_told_with_its_key(
    tmp_path: Path, was: str, becomes: str, where: str, what: str
) -> None:
    oddity = only_oddity(tmp_path, store_toml=STORE.replace(was, becomes))
    assert (oddity.file, oddity.where) == ("store.toml", where)
    assert what in oddity.what


@pytest.mark.parametrize(
    ("gondola", "was", "becomes"),
    [
        ("fridge", "yaw_deg = 0.0", "yaw_deg = 180.0"),
        ("g1", "yaw_deg = 90.0", "yaw_deg = -90.0"),
        ("g2", "origin = [2.60, 3.20, 0.0]\nyaw_deg = -90.0", "origin = [2.98, 2.00, 0.0]\nyaw_deg = 90.0"),
    ],
)
def test_a_gondola_that_is_turned_to_its_wall_or_its_neighbour_is_told(
    tmp_path: Path, gondola: str, was: str, becomes: str
) -> None:
    """Also where there is a gap behind it, into which nobody goes shopping."""
    head, tail = (DEMO / "store.toml").read_text(encoding="utf-8").split(f'id = "{gondola}"\n', 1)
    for name in ("catalogue.csv", "planogram.csv"):
        (tmp_path / name).write_bytes((DEMO / name).read_bytes())
    (tmp_path / "store.toml").write_text(f'{head}id = "{gondola}"\n{tail.replace(was, becomes, 1)}', encoding="utf-8")
    found = [o.what for o in oddities(load_store(tmp_path), TODAY)]
    assert found[0].startswith(f"there are not 0.8 m of free floor before {gondola}")


def test_a_floor_in_centimetres_is_told(tmp_path: Path) -> None:
    toml = STORE.replace("[[0, 0], [4, 0], [4, 2], [0, 2]]", "[[0, 0], [400, 0], [400, 200], [0, 200]]")
    oddity = odd(tmp_path, store_toml=toml)[0]
    assert (oddity.where, oddity.what) == ("floor.polygon", "it encloses 80,000 m²")


def test_a_shop_without_cameras_is_told(tmp_path: Path) -> None:
    toml = STORE.replace('[[camera]]\nid = "cam"\nposition = [2, 1, 2.6]\n', "")
    assert only_oddity(tmp_path, store_toml=toml).where == "camera"


@pytest.mark.parametrize(
    ("origin", "yaw", "told"),
    [
        ("2, 2.4, 0", 180, ["m of free floor before g2: the floor ends there", "0.40 m in one another"]),
        ("1.5, 2, 0", 0, ["0.40 m in one another"]),
        ("1, 1.5, 0", 0, ["m of free floor before g1: gondola g2 stands there"]),
        ("3, 0, 0", 180, []),
        ("2.01, 2, 0", 0, []),
    ],
)
def test_gondolas_that_stand_in_one_another_s_way_are_told(
    tmp_path: Path, origin: str, yaw: float, told: list[str]
) -> None:
    planogram = PLANOGRAM + "g2-s1,1,green-tea\n"
    found = odd(tmp_path, store_toml=STORE + SECOND.format(origin=origin, yaw=yaw), planogram_csv=planogram)
    whats = [o.what for o in found]
    assert all(any(what in w for w in whats) for what in told), whats
    assert bool(whats) == bool(told)


def test_copied_places_are_told(tmp_path: Path) -> None:
    camera = '[[camera]]\nid = "cam2"\nposition = [2, 1, 2.6]\n'
    gate = '[[gate]]\nid = "out2"\nkind = "exit"\nposition = [3.8, 0.8]\n'
    shelf = '[[gondola.shelf]]\nid = "g1-s2"\nheight = 1.0\ndepth = 0.4\nplates = 4\nplate_width = 0.25\n'
    toml = STORE.replace("[[camera]]", gate + camera + "[[camera]]").replace("[[tax]]", shelf + "[[tax]]")
    found = [(o.where, o.what) for o in odd(tmp_path, store_toml=toml, planogram_csv=f"{PLANOGRAM}g1-s2,1,green-tea\n")]
    assert found == [
        ("gate[3].position", "out2 is where out is, and both are of kind exit"),
        ("camera[2].position", "cam hangs where cam2 hangs"),
        ("gondola[1].shelf[2].height", "g1-s2 is as high as g1-s1, and in the same place"),
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "line", "what"),
    [
        ("2000000000015", "20000000015", "line 2", "gtin 20000000015 has 11 digits"),
        ("2000000000015", "1", "line 2", "gtin 1 has 1 digit"),
        ("2000000000015", "2000000000016", "line 2", "the last digit of gtin 2000000000016 does not fit"),
        ("2000000000022", "2000000000015", "line 3", "gtin 2000000000015 is that of onigiri-salmon, too"),
        ("2000000000022", "02000000000015", "line 3", "gtin 02000000000015 is that of onigiri-salmon, too"),
        (",178,", ",0,", "line 2", "it costs nothing"),
        (",110,1", ",0.11,0.01", "line 2", "weight_g 0.11"),
        (",110,1", ",99000,1", "line 2", "weight_g 99000"),
        (",110,1", ",110,110", "line 2", "they cannot be counted"),
    ],
)
def test_a_slip_in_the_catalogue_is_told_with_its_line(
    tmp_path: Path, was: str, becomes: str, line: str, what: str
) -> None:
    oddity = only_oddity(tmp_path, catalogue_csv=CATALOGUE.replace(was, becomes))
    assert (oddity.file, oddity.where) == ("catalogue.csv", line)
    assert what in oddity.what


def test_a_price_without_its_point_stands_out_of_the_others(tmp_path: Path) -> None:
    more = "".join(f"candy-{i},,Candy {i},{90 + i},food,20,1\n" for i in range(8))
    facings = "".join(f"g1-s1,2,candy-{i}\n" for i in range(8))
    catalogue = CATALOGUE.replace(",151,", ",15100,") + more
    oddity = only_oddity(tmp_path, catalogue_csv=catalogue, planogram_csv=PLANOGRAM + facings)
    assert "green-tea: it costs 159 times what is usual here" in oddity.what


def test_what_has_no_place_is_told(tmp_path: Path) -> None:
    assert "no product stands anywhere" in only_oddity(tmp_path / "a", planogram_csv="shelf,plates,sku\n").what
    oddity = only_oddity(tmp_path / "b", planogram_csv="shelf,plates,sku\ng1-s1,1,onigiri-salmon\n")
    assert (oddity.file, oddity.where, oddity.what) == (
        "catalogue.csv", "line 3", "there is no place for green-tea in planogram.csv",
    )  # fmt: skip
    oddity = only_oddity(tmp_path / "c", store_toml=STORE + SECOND.format(origin="3, 0, 0", yaw=180))
    assert oddity.what == "there is nothing on g2-s1 in planogram.csv"


def test_two_rates_of_one_class_from_one_day_cannot_be(tmp_path: Path) -> None:
    toml = STORE + '[[tax]]\nclass = "food"\npercent = 10\n'
    fault = only_fault(tmp_path, store_toml=toml)
    assert (fault.where, fault.what) == ("tax[2]", "class 'food' has another rate already")


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "upright bars")])
@pytest.mark.parametrize("file", ["catalogue_csv", "planogram_csv"])
@pytest.mark.parametrize("header", [True, False])
def test_another_separator_is_one_fault(tmp_path: Path, sign: str, name: str, file: str, header: bool) -> None:
    """Also where the first line was copied from somewhere, and has commas."""
    head, *rows = HEADS[file].splitlines()
    text = "\n".join([head.replace(",", sign) if header else head, *(row.replace(",", sign) for row in rows)])
    fault = only_fault(tmp_path, **{file: f"{text}\n"})
    assert f"{name} stand between" in fault.what
    assert "with commas between the columns" in fault.remedy


def test_rows_that_are_empty_in_a_spreadsheet_are_none(tmp_path: Path) -> None:
    catalogue = CATALOGUE.replace("\n", "\n,,,,,,\n", 1) + " , ,,,,,\n  \n,,,,,,\n"
    assert odd(tmp_path, catalogue_csv=catalogue, planogram_csv=PLANOGRAM + ",,\n") == []
    fault = only_fault(tmp_path, catalogue_csv=catalogue, planogram_csv=PLANOGRAM + "g1-s1,2,\n")
    assert fault.what == "sku '' is not in the catalogue"


def test_what_a_spreadsheet_does_besides_is_told_once(tmp_path: Path) -> None:
    assert "is what Excel writes" in only_fault(tmp_path, catalogue_csv=f"sep=,\n{CATALOGUE}").what
    ragged = CATALOGUE + "".join(f"x{i},,X,1,food,1,1,,\n" for i in range(30))
    fault = only_fault(tmp_path, catalogue_csv=ragged)
    assert (fault.where, fault.what) == (
        "line 4", "the row has 9 fields, and the first line names 7; so it is in 29 more rows",
    )  # fmt: skip
    fault = only_fault(tmp_path, catalogue_csv=CATALOGUE.replace("2000000000015", "2.00E+12"))
    assert "A spreadsheet has rounded it: format the column as text" in fault.remedy


@given(digits=st.text("0123456789", min_size=1, max_size=16))
def test_a_number_of_goods_is_one_with_exactly_one_last_digit(digits: str) -> None:
    found = [last for last in "0123456789" if is_gtin(digits + last)]
    assert len(found) == (1 if len(digits) + 1 in (8, 12, 13, 14) else 0)
    assert all(wrong_gtin(digits + last) is None for last in found)


def test_numbers_of_goods_as_they_are_printed() -> None:
    assert all(map(is_gtin, ("2010470104076", "96385074", "036000291452", "10036000291459")))
    assert not any(map(is_gtin, ("2010470104075", "12345", "TB1:ABC", "", "٩٦٣٨٥٠٧٤")))
    told = wrong_gtin("36000291452")
    assert told is not None
    assert "is it 036000291452? Format the column as text" in told[1]


SITE = """
[broker]
ca_file = "{folder}/ca.crt"
password = "hush"
password_file = "{folder}/secret"

[[serial]]
device = "/dev/ttyUSB0"
protocol = "lines"
shelf = "g1-s1"
gate = "in"

[[camera]]
id = "cam"
source = 0
hz = 60
lag_s = 5

[recorder]
keep_days = 0.1
disk_share = 0.01
"""


def test_a_slip_in_site_toml_is_told_with_its_key_and_without_the_password(tmp_path: Path) -> None:
    for name in ("ca.crt", "secret"):
        (tmp_path / name).write_text("x")
    folder = write_store(tmp_path / "shop")
    (folder / "site.toml").write_text(SITE.format(folder=tmp_path))
    shop, site = load_shop(folder)
    found = odd_site(site, shop)
    assert [o.where for o in found] == [
        "broker.ca_file", "broker.password", "serial[1].device", "serial[1].gate", "camera[1].source", "camera[1].id",
        "camera[1].hz", "camera[1].lag_s", "recorder.keep_days", "recorder.disk_share",
    ]  # fmt: skip
    assert "hush" not in " ".join(map(str, found))


def test_a_language_that_no_receipt_is_written_in_is_told(tmp_path: Path) -> None:
    """Else the shop's Japanese customers get English ones, for "jp" is no language."""
    folder = write_store(tmp_path, store_toml=STORE.replace('["en", "ja"]', '["jp"]').replace("角の店 Corner", " "))
    found = CliRunner().invoke(app, ["check", "--store", str(folder)])
    assert "odd: store.toml: store.name: it is empty" in found.stderr
    assert "odd: store.toml: store.languages: no receipt can be written in jp. Use en and ja" in found.stderr


def test_check_tells_what_is_odd_and_that_the_shop_runs_with_it(tmp_path: Path) -> None:
    folder = write_store(tmp_path, store_toml=STORE.replace("yaw_deg = 0", "yaw_deg = 180"))
    found = CliRunner().invoke(app, ["check", "--store", str(folder)])
    assert found.exit_code == 0
    assert "odd: store.toml: gondola[1].yaw_deg: there are not 0.8 m of free floor before g1" in found.stderr
    assert "1 thing is odd, see above" in found.stdout
    assert "All is well" not in found.output


def test_keys_of_the_shop_s_own_are_nobody_s_slip(tmp_path: Path) -> None:
    own = STORE.replace("[store]", '[inventory]\nsince = 2020\n[store]\nphone = "+43 1 234"\nname_de = "Eckladen"')
    assert [o for o in odd(tmp_path, store_toml=own) if "known" in o.what] == []


def test_files_that_begin_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    folder = write_store(tmp_path)
    for name in ("store.toml", "catalogue.csv", "planogram.csv"):
        (folder / name).write_bytes(BOM_UTF8 + (folder / name).read_bytes())
    (folder / "site.toml").write_bytes(BOM_UTF8 + b"[broker]\nport = 1884\n")
    store = load_store(folder)
    assert read_store(store.sources).id == store.id
    assert load_site(folder, store).broker.port == 1884
