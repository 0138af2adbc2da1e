"""A broken store folder: everything that is wrong is told in one run, with where it is and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store import BrokenStore, Fault, Store, load_store, read_store
from tests.corner import CATALOGUE, FILES, PLANOGRAM, STORE, write_store


def faults_of(folder: Path, **changed: str) -> list[Fault]:
    with pytest.raises(BrokenStore) as caught:
        load_store(write_store(folder, **changed))
    return list(caught.value.faults)


def only_fault(folder: Path, **changed: str) -> Fault:
    faults = faults_of(folder, **changed)
    assert len(faults) == 1, [str(f) for f in faults]
    assert faults[0].remedy
    return faults[0]


def test_a_sound_folder_becomes_a_store(tmp_path: Path) -> None:
    shop = load_store(write_store(tmp_path))
    assert isinstance(shop, Store)
    assert (shop.id, shop.currency_digits, len(shop.catalogue)) == ("corner", 0, 2)
    assert shop.layout.shelf("g1-s1").plates == 4
    assert dict(shop.sources) == FILES


def test_the_same_files_in_a_recording_become_the_same_store(tmp_path: Path) -> None:
    folder, recorded = load_store(write_store(tmp_path)), read_store(FILES)
    assert folder.catalogue == recorded.catalogue
    assert folder.planogram.facings == recorded.planogram.facings
    assert folder.policy == recorded.policy


def test_every_fault_of_all_three_files_is_told_at_once(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        store_toml=STORE.replace('"Asia/Tokyo"', '"Asia/Tokio"').replace("plates = 4", "plates = 0"),
        catalogue_csv=CATALOGUE.replace(",110,", ",heavy,").replace(",151,", ",¥151,"),
        planogram_csv=PLANOGRAM.replace("green-tea", "red-tea"),
    )
    told = "\n".join(str(f) for f in faults)
    assert {f.file for f in faults} == {"store.toml", "catalogue.csv", "planogram.csv"}
    assert "line 2" in told
    assert "line 3" in told
    assert "'heavy'" in told
    assert "'¥151'" in told
    assert "'red-tea'" in told
    assert "gondola[1].shelf[1].plates" in told
    assert all(f.where and f.what and f.remedy for f in faults)


def test_missing_files_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenStore) as caught:
        load_store(tmp_path)
    named = [f.file for f in caught.value.faults]
    assert [Path(f).name for f in named] == ["store.toml", "catalogue.csv", "planogram.csv"]


def test_a_folder_that_is_none_is_told_once_and_not_once_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("milk, eggs")
    for name, what in (("nowhere", "there is none"), ("notes", "is a file")):
        with pytest.raises(BrokenStore) as caught:
            load_store(tmp_path / name)
        (fault,) = caught.value.faults
        assert str(fault).startswith(f"{tmp_path / name}: folder: {what}. Run it with --store FOLDER")


@pytest.mark.parametrize(
    ("was", "becomes", "where", "what"),
    [
        ('id = "corner"', "", "store.id", "is missing"),
        ('currency = "JPY"', 'currency = "QQQ"', "store.currency", "there is no currency 'QQQ'"),
        ('timezone = "Asia/Tokyo"', 'timezone = "Mars"', "store.timezone", "there is no time zone 'Mars'"),
        (
            "plate_width = 0.25",
            "plate_width = -1",
            "gondola[1].shelf[1].plate_width",
            "must be more than 0 (it says -1)",
        ),
        ('kind = "exit"', 'kind = "door"', "gate[2].kind", "must be 'entry' or 'exit'"),
        ("yaw_deg = 0", 'yaw_deg = "left"', "gondola[1].yaw_deg", "is not a number (it says 'left')"),
        ("plates = 4", "plates = 4.5", "gondola[1].shelf[1].plates", "is not a whole number"),
        ("include_tax = true", 'include_tax = "so"', "store.prices_include_tax", "is neither true nor false"),
        ('id = "corner"', 'id = "the corner"', "store.id", "has signs that cannot stand there"),
        ("[4, 0], [4, 2], [0, 2]", "", "floor.polygon", "has 1, and at least 3 must be there"),
        ("percent = 8", "percent = 8\nsince = 'May'", "tax[1].since", "is not a day"),
        ('id = "out"', 'id = "in"', "gate", "'in' stands 2 times"),
    ],
)
def test_a_fault_in_store_toml_names_its_key(tmp_path: Path, was: str, becomes: str, where: str, what: str) -> None:
    fault = only_fault(tmp_path, store_toml=STORE.replace(was, becomes))
    assert (fault.file, fault.where) == ("store.toml", where)
    assert what in fault.what


@pytest.mark.parametrize(
    ("policy", "where", "what"),
    [
        ('hold = "fixed"', "policy.hold_minor", "reserves nothing"),
        ("offline_limit_minor = 500", "policy.offline_limit_minor", "nothing is reserved at the entry"),
        ("debt_limit_minor = 500", "policy.debt_limit_minor", "nobody is kept outside"),
        ('hold = "much"', "policy.hold", "must be 'none', 'fixed' or 'usual'"),
        ("retry_after_days = 400", "policy.retry_after_days", "must be at most 365"),
    ],
)
def test_a_policy_about_money_that_does_nothing_is_told(tmp_path: Path, policy: str, where: str, what: str) -> None:
    fault = only_fault(tmp_path, store_toml=f"{STORE}\n[policy]\n{policy}\n")
    assert fault.where == where
    assert what in fault.what


@pytest.mark.parametrize(
    ("was", "becomes", "where", "remedy"),
    [
        ("[floor]", "[flor]", "floor", "It says flor: write floor if that is meant"),
        ("plate_width = 0.25", "platewidth = 0.25", "gondola[1].shelf[1].plate_width",
         "It says platewidth: write plate_width if that is meant"),
        ('id = "corner"', 'ident = "corner"', "store.id", "Add it"),
        ('class = "food"', 'klass = "food"', "tax[1].class", "It says klass: write class if that is meant"),
    ],
)  # fmt: skip
def test_what_is_missing_because_it_is_misspelt_is_told_so(
    tmp_path: Path, was: str, becomes: str, where: str, remedy: str
) -> None:
    assert was in STORE
    fault = only_fault(tmp_path, store_toml=STORE.replace(was, becomes))
    assert (fault.where, fault.what, fault.remedy) == (where, "is missing", remedy)


def test_a_misspelt_column_is_told_so(tmp_path: Path) -> None:
    fault = only_fault(tmp_path, catalogue_csv=CATALOGUE.replace("weight_g", "weight_gr", 1))
    assert fault.what == "no column weight_g"
    assert fault.remedy.endswith("; write weight_g for weight_gr, if that is meant")


@pytest.mark.parametrize(
    ("was", "becomes", "line", "what"),
    [
        (",178,", ",17.8,", "line 2", "price '17.8' cannot be charged"),
        (",178,", ",-1,", "line 2", "price '-1' cannot be charged"),
        (",178,", ",NaN,", "line 2", "price 'NaN' cannot be charged"),
        (",110,1", ",0,1", "line 2", "weight_g '0' is not a mass"),
        ("food,625", "tobacco,625", "line 3", "tax class 'tobacco' has no rate"),
        ("2000000000022", "20-22", "line 3", "gtin '20-22' is not a number"),
        ("Salmon onigiri", "", "line 2", "the product has no name"),
        ("Salmon onigiri", '"Salmon onigiri', "line 2", 'a field begins with " and never ends'),
        ("Salmon onigiri", "Salmon, onigiri", "line 2", "the row has 8 fields, and the first line names 7"),
    ],
)
def test_a_fault_in_the_catalogue_names_its_line(tmp_path: Path, was: str, becomes: str, line: str, what: str) -> None:
    fault = only_fault(tmp_path, catalogue_csv=CATALOGUE.replace(was, becomes))
    assert (fault.file, fault.where, fault.what) == ("catalogue.csv", line, what)


def test_a_sku_stands_once(tmp_path: Path) -> None:
    row = CATALOGUE.splitlines()[1]
    fault = only_fault(tmp_path, catalogue_csv=f"{CATALOGUE}{row}\n")
    assert (fault.where, fault.what) == ("line 4", "sku onigiri-salmon stands twice")


def test_a_missing_column_is_told_once(tmp_path: Path) -> None:
    fault = only_fault(tmp_path, catalogue_csv=CATALOGUE.replace("weight_g,", "mass,"))
    assert (fault.where, fault.what) == ("line 1", "no column weight_g")


@pytest.mark.parametrize(
    ("was", "becomes", "what"),
    [
        ("g1-s1,3", "g9-s9,3", "there is no shelf 'g9-s9'"),
        ("g1-s1,3", "g1-s1,5", "plates 5 are not on g1-s1"),
        ("g1-s1,3", "g1-s1,4-3", "plates 4-3 are not on g1-s1"),
        ("g1-s1,3", "g1-s1,third", "plates 'third' are none"),
    ],
)
def test_a_fault_in_the_planogram_names_its_line(tmp_path: Path, was: str, becomes: str, what: str) -> None:
    fault = only_fault(tmp_path, planogram_csv=PLANOGRAM.replace(was, becomes))
    assert (fault.file, fault.where, fault.what) == ("planogram.csv", "line 3", what)


def test_a_product_that_is_broken_in_the_catalogue_is_not_told_again_in_the_planogram(tmp_path: Path) -> None:
    assert only_fault(tmp_path, catalogue_csv=CATALOGUE.replace(",178,", ",free,")).file == "catalogue.csv"


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    write_store(tmp_path)
    (tmp_path / "catalogue.csv").write_bytes(CATALOGUE.replace("Salmon", "鮭").encode("shift-jis"))
    with pytest.raises(BrokenStore) as caught:
        load_store(tmp_path)
    first = caught.value.faults[0]
    assert (first.file, first.where) == ("catalogue.csv", "line 2")


def test_toml_that_is_none_is_told_with_its_place(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, store_toml=STORE + "\nplates =\n")
    assert (faults[0].file, faults[0].where) == ("store.toml", "syntax")
    assert "line" in faults[0].what


def test_an_environment_changes_a_live_shop_and_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEBURA_POLICY__CHARGE_AT", "0.97")
    assert load_store(write_store(tmp_path)).policy.charge_at == 0.97
    assert read_store(FILES).policy.charge_at != 0.97
