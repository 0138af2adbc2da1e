"""Whatever a spreadsheet writes: a store that is taken carries a shopper through, and one that is not says why."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from calibration.planogram.catalogue_file import rewritten
from edge.adapters.payment.local import LocalProvider
from edge.checkout import receipt_json, receipt_text
from edge.driver import Driver
from edge.ledger import receipts
from edge.ledger.mirror import open_mirrored
from edge.records import Effect, Publish, Record
from edge.state import State, freeze, thaw
from edge.store import BrokenStore, Facing, Store, load_store, read_store
from edge.store.oddities import oddities
from edge.store.rows import read_rows
from edge.store.tables import planogram_text
from edge.wire import Heard, encode_counted, open_recording
from tests.corner import CATALOGUE, OPENS_S, PLANOGRAM, STORE, errand, write_store
from tests.store.test_faults import only_fault

COLUMNS = ("sku", "gtin", "name", "price", "tax_class", "weight_g", "weight_sd_g", "shelf_life")
TOLD = (
    "a/b", "a+b", "#tea", "=1+1", '"', '""', 'a"b', "a,b", "a, b", "a'b", "a b", "onigiri 鮭", "x" * 200, "+", "-",
    "a|b*2", "a|'b'*2", "a:b", "a@1.000", "../x", "staff-", "20231115-0001", "$SYS", "%2F", "null", "0", "NaN", "{}",
    "[bold]", "<b>", "&amp;", "\\", "a\\,b", ";", "a;b", "\u00e9",
)  # fmt: skip
SKUS = st.one_of(st.sampled_from(TOLD), st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
NAMES = st.one_of(
    st.sampled_from(("Tea\n# and more", "#1 Tea", 'The "best"', "Tea, green", "[red]")), st.text(max_size=30)
)


def written(rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()


@st.composite
def shops(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """(onigiri's sku, tea's, catalogue.csv, planogram.csv): columns in any order, rows as csv.writer writes them."""
    rice, tea = draw(st.lists(SKUS, min_size=2, max_size=2, unique=True))
    columns = draw(st.permutations(COLUMNS))
    told = [
        {"sku": rice, "gtin": "", "name": draw(NAMES), "price": "178", "weight_g": "110", "weight_sd_g": "1"},
        {"sku": tea, "gtin": "1", "name": draw(NAMES), "price": "151", "weight_g": "625", "weight_sd_g": "2"},
    ]
    rows = [[{"tax_class": "food", "shelf_life": "# 3 days, cool", **row}[c] for c in columns] for row in told]
    places = draw(st.permutations(("shelf", "plates", "sku")))
    facings = [{"shelf": "g1-s1", "plates": plate, "sku": sku} for plate, sku in (("1", rice), ("3-4", tea))]
    planogram = written([places, *([facing[c] for c in places] for facing in facings)])
    return rice, tea, written([columns, *rows]), planogram


def has_a_comment(text: str) -> bool:
    """Whether a row that a spreadsheet wrote is a comment to us: it begins with ``#``, and nothing wanted quotes."""
    firsts = [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row]
    return any(first.startswith("#") and not any(sign in first for sign in ',"\r\n') for first in firsts)


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    return list(open_recording(errand(tmp_path_factory.mktemp("errand") / "errand.mcap")))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shop=shops())
def test_any_shop_that_check_takes_carries_a_shopper_through(
    shop: tuple[str, str, str, str], messages: list[Heard]
) -> None:
    """She comes in, takes two, sees her cart, leaves, pays; the book holds, prints, and comes back from its mirror."""
    rice, tea, catalogue, planogram = shop
    with tempfile.TemporaryDirectory() as at:
        try:
            store = load_store(write_store(Path(at) / "store", catalogue_csv=catalogue, planogram_csv=planogram))
        except BrokenStore as error:
            event(f"refused: {error.faults[0].what}")
            return
        if has_a_comment(catalogue) or has_a_comment(planogram):
            event("a row is a comment")
            return
        assert list(store.catalogue) == [rice.strip(), tea.strip()]
        assert all(fault.what and fault.remedy for fault in oddities(store, date(2026, 11, 30)))
        _story(store, rice.strip(), messages, Path(at))


def _story(store: Store, rice: str, messages: list[Heard], folder: Path) -> None:
    told: list[Publish] = []
    book, mirror, _ = open_mirrored(folder / "ledger.db")
    driver = Driver(store, book=book, provider=LocalProvider(), publish=told.append, observers=[_thawed])
    counted = encode_counted(OPENS_S, Facing("g1-s1", 1, 1, rice), 10, "aki")
    for heard in (Heard("shop/stock/counted", counted, OPENS_S), *messages):
        driver.hear(heard)
    driver.finish()
    carts = [p.payload["lines"] for p in told if p.topic.endswith("/cart") and p.payload]
    assert carts == [[{"sku": rice, "quantity": 2, "certainty": carts[0][0]["certainty"]}]]  # type: ignore[index]
    stock = [p.payload["quantity"] for p in told if p.topic == f"stock/{quote(rice, safe='')}"]
    assert stock == [10, 8]
    assert not any(sign in p.topic for p in told for sign in "+#")
    json.dumps([p.payload for p in told])
    assert book.prove() == []
    (receipt,) = receipts(book)
    assert receipt.state == "paid"
    assert [(line["sku"], line["quantity"]) for line in receipt_json(receipt)["lines"]] == [(rice, 2)]  # type: ignore[attr-defined]
    for language in ("en", "ja"):
        assert "356" in receipt_text(receipt, language)
    mirror.follow(book)
    entries = [w.hash for w in book.entries()]
    book.close()
    os.unlink(folder / "ledger.db")
    again, _, _ = open_mirrored(folder / "ledger.db")
    assert [w.hash for w in again.entries()] == entries
    again.close()


def _thawed(state: State, record: Record | None, effects: Sequence[Effect]) -> None:
    if effects:
        frozen = freeze(state)
        assert freeze(thaw(frozen)) == frozen


@given(sku=SKUS, other=SKUS, weight=st.floats(0.1, 9999))
def test_a_weight_that_is_learnt_is_written_into_its_own_row_and_nothing_else_changes(
    sku: str, other: str, weight: float
) -> None:
    if other.strip() == sku.strip():
        return
    before = "# ours\n" + written([("name", "sku", "weight_g"), ("Tea\n# x", other, "1"), ("Rice, 2", sku, "2")]) + "\n"
    after = rewritten(before, sku.strip(), {"weight_g": f"{weight:.1f}"})
    was, now = list(read_rows(before)), list(read_rows(after))
    assert [row.fields for row in now[:2]] == [row.fields for row in was[:2]]
    assert now[2].fields == (*was[2].fields[:2], f"{weight:.1f}")
    assert after[: now[2].start] == before[: was[2].start]


@given(skus=st.lists(SKUS, max_size=5))
def test_a_planogram_that_is_written_is_read_back(skus: list[str]) -> None:
    facings = [Facing("g1-s1", i, i + 1, sku) for i, sku in enumerate(skus, 1)]
    rows = list(read_rows(planogram_text(facings)))
    assert [row.fields for row in rows[1:]] == [("g1-s1", f"{f.first}-{f.last}", f.sku) for f in facings]


COMMENTED = CATALOGUE.replace("green-tea", "#green-tea")
FIRST_IS_NAME = "name,sku,gtin,price,tax_class,weight_g,weight_sd_g\nSalmon,onigiri-salmon,,178,food,110,1\n"
MULTILINE = CATALOGUE.replace("Salmon onigiri", '"Salmon\ngreen-tea,onigiri"').replace("green-tea,2", "#green-tea,2")


@pytest.mark.parametrize(
    ("catalogue", "sku"),
    [
        (COMMENTED, "#green-tea"),
        (COMMENTED, "green-tea"),
        (FIRST_IS_NAME, "Salmon"),
        (MULTILINE, "green-tea"),
    ],
)
def test_a_sku_that_only_looks_as_if_it_were_in_the_catalogue_is_none(tmp_path: Path, catalogue: str, sku: str) -> None:
    planogram = f"shelf,plates,sku\ng1-s1,1,onigiri-salmon\ng1-s1,3,{sku}\n"
    fault = only_fault(tmp_path, catalogue_csv=catalogue, planogram_csv=planogram)
    assert (fault.file, fault.where, fault.what) == ("planogram.csv", "line 3", f"sku {sku!r} is not in the catalogue")
    assert ('between "quotes"' in fault.remedy) == sku.startswith("#")


def test_comments_stand_between_rows_and_nowhere_else(tmp_path: Path) -> None:
    catalogue = (
        "# what we sell\n\n" + CATALOGUE.replace("Salmon onigiri", '"Salmon\n# onigiri, ""big"""') + '# "the end'
    )
    planogram = "\ufeff#plan\r\n" + PLANOGRAM.replace("\n", "\r\n") + "#g1-s1,9,nothing\r\n"
    store = load_store(write_store(tmp_path, catalogue_csv=catalogue, planogram_csv=planogram))
    assert store.catalogue["onigiri-salmon"].name() == 'Salmon # onigiri, "big"'
    assert len(store.planogram.facings) == 2


def test_a_row_that_stands_twice_is_one_place(tmp_path: Path) -> None:
    store = load_store(write_store(tmp_path, planogram_csv=PLANOGRAM + "g1-s1,3,green-tea\n"))
    assert len(store.planogram.of("green-tea")) == 1


@pytest.mark.parametrize(
    ("sku", "what"),
    [
        ("", "the sku is empty"),
        ("x" * 201, "the sku has 201 characters"),
        ("a\tb", "sku 'a\\tb' has a sign that cannot be printed"),
        ('"a\nb"', "sku 'a\\nb' has a sign that cannot be printed"),
        ("a\x1b[2J", "sku 'a\\x1b[2J' has a sign that cannot be printed"),
    ],
)
def test_a_sku_that_nothing_can_be_called_is_refused(tmp_path: Path, sku: str, what: str) -> None:
    fault = only_fault(tmp_path, catalogue_csv=CATALOGUE.replace("green-tea", sku), planogram_csv="shelf,plates,sku\n")
    assert (fault.where, fault.what) == ("line 3", what)


@pytest.mark.parametrize(
    ("was", "becomes", "what"),
    [
        (",178,", ",1e20,", "price '1e20' cannot be charged"),
        (",178,", ",99999999999999999999,", "price '99999999999999999999' cannot be charged"),
        (",178,", ",1000000000001,", "price '1000000000001' cannot be charged"),
        (",178,", ",1e999999999,", "price '1e999999999' cannot be charged"),
        (",178,", ",inf,", "price 'inf' cannot be charged"),
        (",178,", ",1_000,", "price '1_000' cannot be charged"),
        (",110,1", ",nan,1", "weight_g 'nan' is not a mass"),
        (",110,1", ",1e5,1", "weight_g '1e5' is not a mass"),
        (",110,1", ",1e-310,1", "weight_g '1e-310' is not a mass"),
        (",110,1", ",110,1e-310", "weight_sd_g '1e-310' is not a mass"),
        ("2000000000015", "９" * 8, f"gtin '{'９' * 8}' is not a number"),
        ("Salmon onigiri", "Salmon \x1b[31monigiri", "the name has a sign that no printer knows"),
        ("sku,gtin", "sku,sku,gtin", "column sku stands twice"),
    ],
)
def test_numbers_and_signs_that_no_shop_can_use_are_refused(tmp_path: Path, was: str, becomes: str, what: str) -> None:
    assert only_fault(tmp_path, catalogue_csv=CATALOGUE.replace(was, becomes)).what == what


@pytest.mark.parametrize("plates", ["1-999999999", "9" * 5000, "0", "-1", "1-", "١"])
def test_plates_beyond_the_shelf_are_refused_and_cost_nothing(tmp_path: Path, plates: str) -> None:
    fault = only_fault(tmp_path, planogram_csv=f"shelf,plates,sku\ng1-s1,{plates},green-tea\n")
    assert (fault.file, fault.where) == ("planogram.csv", "line 2")


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ("position = [0.2, 0.8]", "position = [nan, 0.8]", "gate[1].position[1]"),
        ("position = [3.8, 0.8]", "position = [3.8, inf]", "gate[2].position[2]"),
        ("position = [2, 1, 2.6]", "position = [2, 1, nan]", "camera[1].position[3]"),
        ("origin = [1, 2, 0]", "origin = [1e20, 2, 0]", "gondola[1].origin[1]"),
        ("yaw_deg = 0", "yaw_deg = nan", "gondola[1].yaw_deg"),
        ("yaw_deg = 0", "yaw_deg = -inf", "gondola[1].yaw_deg"),
        ("yaw_deg = 0", "yaw_deg = 1e18", "gondola[1].yaw_deg"),
        ("height = 1.0", "height = nan", "gondola[1].shelf[1].height"),
        ("plate_width = 0.25", "plate_width = nan", "gondola[1].shelf[1].plate_width"),
        ("plates = 4", "plates = 1000000000", "gondola[1].shelf[1].plates"),
        ("plates = 4", "plates = 99999999999999999999999", "gondola[1].shelf[1].plates"),
        ("[4, 0], [4, 2], [0, 2]", "[4, 0]", "floor.polygon"),
        ("[4, 0], [4, 2], [0, 2]", "[4, 2], [4, 0], [0, 2]", "floor.polygon"),
        ("[4, 0], [4, 2], [0, 2]", "[4, 0], [2, 0], [3, 0]", "floor.polygon"),
        ("percent = 8", "percent = nan", "tax[1].percent"),
        ("percent = 8", "percent = 8.87512", "tax[1].percent"),
        ('"JPY"', '"XAU"', "store.currency"),
    ],
)
def test_numbers_that_are_none_are_refused_with_their_key(tmp_path: Path, was: str, becomes: str, where: str) -> None:
    fault = only_fault(tmp_path, store_toml=STORE.replace(was, becomes))
    assert (fault.file, fault.where) == ("store.toml", where)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("charge_at", 0.985, "above 0.98 nothing is ever charged"),
        ("charge_at", 0.0, "what was more likely not taken"),
        ("review_identity_at", 1.0, "nobody is surer than 0.99"),
        ("review_identity_at", 0.5, "seen by nobody is 0.5 sure"),
        ("settle_within_s", 0.001, "a shelf takes a second"),
        ("pass_within_s", 0.5, "a few seconds to walk in"),
        ("lost_after_s", 0.1, "out of sight for seconds"),
        ("pay_within_s", 0.001, "a provider takes about a second"),
        ("pair_within_s", 0.001, "two readers need a second"),
    ],
)
def test_a_policy_that_would_silently_do_nothing_is_refused_where_a_shop_opens(
    tmp_path: Path, key: str, value: float, why: str
) -> None:
    toml = f"{STORE}\n[policy]\n{key} = {value}\n"
    fault = only_fault(tmp_path, store_toml=toml)
    assert fault.where == f"policy.{key}"
    assert why.removeprefix("a few ") in fault.what
    assert fault.remedy.startswith("Write a number from ")


PIECES = (
    *COLUMNS,
    *'#,,,,\n\n\r""a1 é',
    "\r\n",
    "\x00",
    "\ufeff",
    "\u2028",
    "g1-s1",
    "plates",
    "food",
    "178",
    "9" * 50,
)
TEXT = st.lists(st.sampled_from(PIECES), max_size=80).map("".join)


@settings(deadline=None, max_examples=200)
@given(catalogue=st.one_of(TEXT, TEXT.map(CATALOGUE.__add__)), planogram=st.one_of(TEXT, TEXT.map(PLANOGRAM.__add__)))
def test_any_text_is_a_store_or_tells_what_is_wrong_with_it(catalogue: str, planogram: str) -> None:
    files = {"store.toml": STORE, "catalogue.csv": catalogue, "planogram.csv": planogram}
    try:
        store = read_store({name: text.encode() for name, text in files.items()})
    except BrokenStore as error:
        wrong = any(not (fault.what and fault.remedy) for fault in error.faults)
    else:
        wrong = any(facing.sku not in store.catalogue for facing in store.planogram.facings)
    assert not wrong
