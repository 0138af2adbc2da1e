"""A first shop from a few measures: whatever is accepted is a shop that the checks take without a word."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from calibration.founding import (
    CannotStand,
    Run,
    Tax,
    UnreadableGoods,
    Wanted,
    example_goods,
    files_of,
    read_goods,
    read_run,
)
from edge.checkout.words import WORDS
from edge.cli import app
from edge.store import Store, load_store
from edge.store.oddities import oddities

TAXES = (Tax("standard", 10.0), Tax("reduced", 8.0, reduced=True))
TODAY = date(2026, 11, 30)
ANSWER_S = 60


def init(folder: Path, *options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["init", str(folder), "--yes", *options])
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path, texts: dict[str, str]) -> Store:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_store(folder)


@settings(deadline=None, max_examples=60)
@given(
    width_m=st.floats(2.0, 30.0),
    depth_m=st.floats(2.0, 30.0),
    runs=st.lists(
        st.builds(Run, st.sampled_from(["left", "right", "back", "island"]), st.floats(0.3, 8.0), st.integers(1, 6)),
        min_size=1, max_size=6,
    ),
    ceiling_m=st.floats(2.0, 6.0),
)  # fmt: skip
def test_what_can_stand_is_a_shop_without_a_fault(
    tmp_path_factory: pytest.TempPathFactory, width_m: float, depth_m: float, runs: list[Run], ceiling_m: float
) -> None:
    wanted = Wanted("shop", "Shop", "JPY", "Asia/Tokyo", ("ja",), TAXES, width_m, depth_m, tuple(runs), ceiling_m)
    try:
        texts = files_of(wanted, example_goods(TAXES, 0))
    except CannotStand:
        assume(False)
    shop = written(tmp_path_factory.mktemp("shop"), texts)
    assert [str(o) for o in oddities(shop, TODAY, WORDS)] == []
    assert {facing.sku for facing in shop.planogram.facings} == set(shop.catalogue)
    assert all(shop.planogram.on(shelf.id) for shelf in shop.layout.shelves)


def test_the_usual_answers_make_a_shop(tmp_path: Path) -> None:
    code, said, odd = init(tmp_path / "corner", "--name", "角の店")
    assert (code, odd) == (0, "")
    assert "tebura check --store" in said
    shop = load_store(tmp_path / "corner")
    assert (shop.id, shop.name, shop.currency, shop.timezone.key) == ("corner", "角の店", "JPY", "Asia/Tokyo")
    assert "<svg" in (tmp_path / "corner" / "plan.svg").read_text(encoding="utf-8")


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    code, _, told = init(tmp_path)
    assert code == 2
    assert "nothing in it is overwritten" in told
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--shelves", "left:9"), "do not fit at the left wall"),
        (("--shelves", "island:1.2, island:1.2, island:1.2, island:1.2"), "people need 0.9"),
        (("--shelves", "cellar:2"), "is no run of shelves"),
        (("--shelves", "left:2:9"), "from 1 to 6"),
        (("--floor", "large"), "like 6x5"),
        (("--floor", "1x1"), "too small"),
        (("--ceiling", "20"), "from 2 to 8"),
        (("--country", "USA"), "two letters"),
        (("--country", "DE", "--timezone", "Europe/Berlin"), "--tax"),
        (("--country", "US", "--tax", "8.875"), "--timezone"),
        (("--currency", "yen"), "three letters"),
        (("--products", "none.csv"), "No such file"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_written(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    code, _, told = init(tmp_path / "shop", *options)
    assert code == 2
    assert says in told
    assert not (tmp_path / "shop").exists()


def test_a_country_brings_its_money_and_its_taxes_are_asked(tmp_path: Path) -> None:
    assert init(tmp_path / "laden", "--country", "de", "--tax", "19,7", "--timezone", "Europe/Berlin")[0] == 0
    shop = load_store(tmp_path / "laden")
    assert (shop.currency, shop.currency_digits) == ("EUR", 2)
    assert shop.tax.rate("reduced", TODAY).rate_ppm == 70_000
    assert {p.price_minor for p in shop.catalogue.values()} >= {150, 590}


@pytest.mark.parametrize("text", ["left:1.5:4", "left 1.5 4", "LEFT: 1.5 m : 4 boards", "left:1.5"])
def test_a_run_may_be_written_as_people_write_it(text: str) -> None:
    assert read_run(text) == Run("left", 1.5, 4)


# --- goods -----------------------------------------------------------------------------------------------------------

JAPANESE = (
    '商品名,JANコード,売価,重量,税率\n鮭おにぎり,4901234567894,178円,112g,8%\n"緑茶 500ml",,"1,280",0.527kg,標準\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("sign", [",", "\t"])
def test_a_list_is_read_as_spreadsheets_save_it(encoding: str, sign: str) -> None:
    text = JAPANESE if sign == "," else JAPANESE.replace('"1,280"', "1280").replace(",", "\t")
    goods = read_goods(text.encode(encoding), TAXES, 0)
    assert [(r["sku"], r["name"], r["price"], r["tax_class"], r["weight_g"]) for r in goods.rows] == [
        ("4901234567894", "鮭おにぎり", "178", "reduced", "112"),
        ("p002", "緑茶 500ml", "1280", "standard", "527"),
    ]


def test_european_commas_are_understood() -> None:
    text = "Name;Price;Weight\nBrötchen;1.234,50 €;58,5\nSaft;0,99;356\n"
    goods = read_goods(text.encode("cp1252"), TAXES, 2, japanese=False)
    assert [(r["name"], r["price"], r["weight_g"]) for r in goods.rows] == [
        ("Brötchen", "1234.50", "58.5"), ("Saft", "0.99", "356"),
    ]  # fmt: skip


def test_no_weight_is_ever_made_up() -> None:
    goods = read_goods(b"name,price,weight_g\nTea,150,\nCake,200,80\n", TAXES, 0)
    assert goods.unweighed == ("Tea",)
    assert [row["name"] for row in goods.rows] == ["Cake"]
    with pytest.raises(UnreadableGoods, match="kitchen scale"):
        read_goods(b"name,price\nTea,150\n", TAXES, 0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04workbook", "save the sheet as CSV"),
        (b"artikel,preis\nTea,1\n", "no column name and no column price"),
        (b"name,price,weight_g\nTea,cheap,80\n", "line 2: Tea costs 'cheap'"),
        (b"name,price,weight_g\nTea,150,heavy\n", "line 2: Tea weighs 'heavy'"),
        (b"name,price,weight_g,tax\nTea,150,80,luxury\n", "standard (10 %), reduced (8 %)"),
        (b"name,price,weight_g\n,150,80\n", "line 2: the product has no name"),
        (b'name,price,weight_g\n"Tea,150,80\n', "line 2"),
    ],
)
def test_what_cannot_be_sold_is_told_with_its_line(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableGoods) as told:
        read_goods(data, TAXES, 0)
    assert says in str(told.value)


# --- at a terminal ----------------------------------------------------------------------------------------------------


def test_two_minutes_of_questions(tmp_path: Path) -> None:
    """A wrong answer is told and asked again; Enter takes what is usual."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "edge.cli", "init", str(tmp_path / "shop"), "--language", "ja"]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, close_fds=True) as asked:
        os.close(follower)
        os.write(leader, "山田商店\n\nhuge\n5x5\n\nright:1.2:3\n\n".encode())
        said = b""
        while True:
            try:
                more = os.read(leader, 4096)
            except OSError:  # as Linux tells that the other end was closed
                break
            said += more
        assert asked.wait(ANSWER_S) == 0, said.decode()
    os.close(leader)
    text = said.decode()
    assert text.count("店の広さは?") == 2
    assert "like 6x5" in text
    shop = load_store(tmp_path / "shop")
    assert shop.name == "山田商店"
    assert [len(g.shelves) for g in shop.layout.gondolas] == [3]
