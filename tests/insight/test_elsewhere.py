"""What happened, as others load it: a folder a day, GA4, Segment, EPCIS."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.insight import FILE, Insight
from edge.insight.elsewhere import ga4, happenings, segment
from edge.insight.epcis import NoPlace, document
from edge.insight.folders import CSV, EPCIS, FOLDER, KEPT_DAYS, PARQUET, write_days
from edge.insight.rebuild import from_recordings
from edge.ledger import Book
from edge.store import Store, load_store
from tests.corner import CATALOGUE, OPENS_S, STORE, TWO_ONIGIRI, Pick, errand, write_store
from tests.insight.cbv import faults

DAY = date(2023, 11, 15)
NUMBERED = CATALOGUE.replace("2000000000015", "4901234567894")
PLACED = STORE.replace('name = "角の店 Corner"', 'name = "角の店 Corner"\ngln = "4912345000002"')
ADDRESS = "https://shop.example.jp"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana took two onigiri and a tea."""
    folder = tmp_path_factory.mktemp("kept")
    tea = Pick(8.5, 3, 625.0, "green-tea")
    with Insight(folder / FILE) as insight:
        from_recordings([errand(folder / "ana.mcap", (*TWO_ONIGIRI, tea))], insight)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return load_store(write_store(tmp_path / "store", store_toml=PLACED, catalogue_csv=NUMBERED))


def test_what_was_sold_holds_by_the_form_and_by_the_words(kept: Path, store: Store) -> None:
    with Insight(kept / FILE) as insight:
        found = document(insight, store, ADDRESS, OPENS_S)
    assert faults(found) == []
    (event,) = found["epcisBody"]["eventList"]
    assert (event["action"], event["bizStep"], event["disposition"]) == ("DELETE", "retail_selling", "retail_sold")
    assert {goods["epcClass"]: goods["quantity"] for goods in event["quantityList"]} == {
        "https://id.gs1.org/01/04901234567894": 2,
        f"{ADDRESS}/p/green-tea": 1,
    }
    assert event["bizLocation"]["id"] == "https://id.gs1.org/414/4912345000002"
    assert event["readPoint"]["id"] == "https://id.gs1.org/414/4912345000002/254/out"
    assert event["eventTimeZoneOffset"] == "+09:00"
    assert "ana" not in json.dumps(found)
    misspelt = json.loads(json.dumps(found).replace("retail_selling", "retail_sellin"))
    assert faults(misspelt) == ["'retail_sellin' is no bizStep of the vocabulary"], "which the form lets pass"
    del event["action"]
    assert faults(found)


def test_a_shop_without_a_place_says_what_to_write(kept: Path, tmp_path: Path) -> None:
    with Insight(kept / FILE) as insight, pytest.raises(NoPlace, match="Write gln of"):
        document(insight, load_store(write_store(tmp_path / "store")), "", OPENS_S)


def test_an_order_is_one_purchase_with_its_items(kept: Path, store: Store) -> None:
    with Insight(kept / FILE) as insight:
        told = list(happenings(insight, store))
    theirs = [ga4(store, one) for one in told]
    (paid,) = [one for one in theirs if one["events"][0]["name"] == "purchase"]
    params = paid["events"][0]["params"]
    assert (params["value"], params["currency"]) == (507.0, "JPY")
    assert {item["item_id"]: (item["quantity"], item["price"]) for item in params["items"]} == {
        "onigiri-salmon": (2, 178.0),
        "green-tea": (1, 151.0),
    }
    tracks = [segment(store, one) for one in told]
    assert len({track["messageId"] for track in tracks}) == len(tracks)
    (order,) = [track for track in tracks if track["event"] == "Order Completed"]
    assert order["properties"]["total"] == 507.0
    assert {"Product Added", "shelf_dwelt"} <= {track["event"] for track in tracks}
    assert not any("userId" in track for track in tracks), "Ana has not consented"


def test_a_day_is_a_folder_whole_or_not_at_all(kept: Path, store: Store, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with Insight(kept / FILE) as insight:
        assert write_days(state, insight, store, "", DAY) == [], "the day is not over"
        assert write_days(state, insight, store, "", DAY + timedelta(days=2)) == ["2023-11-15", "2023-11-16"]
        assert write_days(state, insight, store, "", DAY + timedelta(days=2)) == []
        there = state / FOLDER / "2023-11-15"
        assert {path.name for path in there.iterdir()} == {CSV, PARQUET, EPCIS}
        rows = list(csv.DictReader((there / CSV).open(encoding="utf-8")))
        told = (
            duckdb.connect()
            .execute(f"SELECT id, epoch(time), count, home FROM '{there / PARQUET}' ORDER BY time, id")
            .fetchall()
        )
        assert [row["id"] for row in rows] == [row[0] for row in told]
        assert OPENS_S < told[0][1] < OPENS_S + 60
        assert [int(row["count"]) for row in rows] == [row[2] for row in told]
        (state / FOLDER / ".2023-11-16").mkdir()
        assert write_days(state, insight, store, "", DAY + timedelta(days=KEPT_DAYS + 1))[-1] == "2023-12-20"
        names = sorted(path.name for path in (state / FOLDER).iterdir())
        assert (names[0], len(names)) == ("2023-11-16", KEPT_DAYS), "none is half written, and the oldest is gone"


def test_who_takes_their_consent_back_is_in_no_folder(kept: Path, store: Store, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with Insight(kept / FILE) as insight:
        with insight._writing():
            insight._db.execute("UPDATE visit SET subject = 'ana'")
            insight._db.execute("INSERT INTO consent VALUES ('ana')")
        write_days(state, insight, store, "", DAY + timedelta(days=1))
        table = state / FOLDER / "2023-11-15" / CSV
        assert ",ana," in table.read_text(encoding="utf-8")
        with insight._writing():
            insight._forget(["ana"])
        assert write_days(state, insight, store, "", DAY + timedelta(days=1)) == ["2023-11-15"]
        assert "ana" not in table.read_text(encoding="utf-8")


def test_the_command_writes_each_form_and_tells_what_is_none(kept: Path, store: Store, tmp_path: Path) -> None:
    Book(kept / "ledger.db").close()
    out = tmp_path / "out.json"

    def ask(form: str, *more: str) -> tuple[int, str]:
        where = ("--store", str(tmp_path / "store"), "--state", str(kept))
        result = CliRunner().invoke(app, ["feed", "write", str(out), *where, "--as", form, *more])
        return result.exit_code, result.stderr

    for form in ("ga4", "segment"):
        assert ask(form)[0] == 0
        assert len([json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]) > 4
    assert ask("epcis", "--since", "2023-11-15")[0] == 0
    assert faults(json.loads(out.read_text(encoding="utf-8"))) == []
    assert ask("xml") == (2, "tebura: 'xml' is no form of events. Use ga4, segment or epcis\n")


def test_a_wrong_number_of_a_place_is_a_fault(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "store", store_toml=PLACED.replace("4912345000002", "4912345000003"))
    with pytest.raises(ValueError, match="gln 4912345000003 is no number of a place"):
        load_store(folder)
