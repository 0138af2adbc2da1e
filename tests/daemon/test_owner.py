"""A book is one shop's: another's is refused by whoever would open it, and nobody replays into it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.daemon.recovery import OtherShop
from edge.daemon.shop import LEDGER, RECORDINGS
from edge.ledger import Book, UnusableLedger
from edge.store import load_store
from tests.corner import CATALOGUE, STORE, errand, write_store
from tests.daemon.rehearsals import Rehearsal

OTHER = STORE.replace('id = "corner"', 'id = "harbour"')


@pytest.fixture
def shop(tmp_path: Path) -> Rehearsal:
    """A shop whose day is over."""
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.close()
    return shop


def edit(shop: Rehearsal, **changed: str) -> None:
    shop.store = load_store(write_store(shop.state.parent / "store", **changed))


def unmark(ledger: Path) -> None:
    """As an older version has left it."""
    with Book(ledger) as book:
        book._db.execute("DROP TABLE shop")


@pytest.mark.parametrize("marked", [True, False])
def test_the_book_of_another_shop_is_refused(shop: Rehearsal, marked: bool) -> None:
    if not marked:
        unmark(shop.state / LEDGER)
    before = (shop.state / LEDGER).read_bytes()
    edit(shop, store_toml=OTHER)
    with pytest.raises(UnusableLedger, match=r"the book of the shop 'corner', and this is 'harbour'. .*--state"):
        shop.open()
    assert (shop.state / LEDGER).read_bytes() == before


def test_a_shop_that_has_sold_nothing_yet_has_a_book_of_its_own_too(tmp_path: Path) -> None:
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.shop.close()
    edit(shop, store_toml=OTHER)
    with pytest.raises(UnusableLedger, match="the book of the shop 'corner'"):
        shop.open()


def test_a_book_of_an_older_version_is_taken_over(shop: Rehearsal) -> None:
    unmark(shop.state / LEDGER)
    shop.open()
    assert shop.shop.book.kept_for == "corner"
    shop.is_untouched()
    shop.shop.close()


def test_a_mirror_of_another_shop_makes_no_book_of_ours(shop: Rehearsal, tmp_path: Path) -> None:
    """Also where ours is there already, and empty."""
    (tmp_path / "two").mkdir()
    other = Rehearsal(tmp_path / "two")
    edit(other, store_toml=OTHER)
    other.open()
    other.shop.close()
    for ledger in other.state.glob("ledger.jsonl"):
        ledger.unlink()
    shutil.copy(shop.state / "ledger.jsonl", other.state / "ledger.jsonl")
    with pytest.raises(UnusableLedger, match="the book of the shop 'corner', and this is 'harbour'"):
        other.open()


@pytest.mark.parametrize("mirror", [True, False])
def test_a_currency_does_not_change_after_the_first_sale(shop: Rehearsal, mirror: bool) -> None:
    if not mirror:
        (shop.state / "ledger.jsonl").unlink()
    edit(shop, store_toml=STORE.replace("JPY", "EUR"))
    with pytest.raises(UnusableLedger, match=r"is kept in JPY, and store\.toml says EUR\. Put the currency back"):
        shop.open()


def test_check_says_so_too_and_with_another_folder_all_is_well(shop: Rehearsal, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    write_store(folder, store_toml=STORE.replace("JPY", "EUR"))
    there = ["--state", str(shop.state)]
    found = CliRunner().invoke(app, ["check", "--store", str(folder), *there])
    assert found.exit_code == 2
    assert "is kept in JPY, and store.toml says EUR" in found.output
    found = CliRunner().invoke(app, ["check", "--store", str(folder), "--state", str(tmp_path / "new")])
    assert (found.exit_code, found.output.strip()[-12:]) == (0, "All is well.")
    write_store(folder)
    assert CliRunner().invoke(app, ["check", "--store", str(folder), *there]).exit_code == 0


@pytest.mark.parametrize("how", ["marked", "older", "only its mirror"])
def test_nobody_replays_into_the_book_of_a_shop(shop: Rehearsal, tmp_path: Path, how: str) -> None:
    ledger = shop.state / LEDGER
    if how == "older":
        unmark(ledger)
    elif how == "marked":
        (shop.state / "ledger.jsonl").unlink()
    else:
        ledger.unlink()
    before = ledger.read_bytes() if ledger.exists() else None
    recording = errand(tmp_path / "again.mcap")
    found = CliRunner().invoke(app, ["replay", str(recording), "--ledger", str(ledger), "--continue"])
    assert found.exit_code == 2
    assert "is the book of a shop that is run with it. Name another file" in found.output
    assert (ledger.read_bytes() if ledger.exists() else None) == before


def test_a_replay_does_not_go_on_in_the_ledger_of_another_shop(tmp_path: Path) -> None:
    ledger, other = tmp_path / "day.db", {"store.toml": OTHER.encode(), "catalogue.csv": CATALOGUE.encode()}
    run = CliRunner()
    assert run.invoke(app, ["replay", str(errand(tmp_path / "a.mcap")), "--ledger", str(ledger)]).exit_code == 0
    files = {**other, "planogram.csv": b"shelf,plates,sku\n"}
    recording = errand(tmp_path / "b.mcap", files=files)
    found = run.invoke(app, ["replay", str(recording), "--ledger", str(ledger), "--continue"])
    assert found.exit_code == 2
    assert "is the book of the shop 'corner', and this is 'harbour'" in found.output


def test_recordings_of_another_shop_bring_no_visits_into_this_ones_book(tmp_path: Path) -> None:
    """Two shops' backups, and one of them put back in the wrong place."""
    (tmp_path / "two").mkdir()
    ours, theirs = Rehearsal(tmp_path), Rehearsal(tmp_path / "two")
    edit(theirs, store_toml=OTHER)
    for shop in (ours, theirs):
        shop.open()
        shop.play(0.0, 9.0)
        shop.leave_as_killed()
    shutil.move(ours.state / RECORDINGS, tmp_path / "ours-recordings")
    shutil.copytree(theirs.state / RECORDINGS, ours.state / RECORDINGS)
    with pytest.raises(OtherShop, match=r"was recorded in the shop 'harbour', and this is 'corner'\. Move"):
        ours.open()
    ours.shop.book.close()
    ours.shop.members.close()
    shutil.rmtree(ours.state / RECORDINGS)
    shutil.copytree(tmp_path / "ours-recordings", ours.state / RECORDINGS)
    ours.open()
    ours.play(9.0, 18.0)
    ours.settle()
    ours.is_untouched()
    ours.shop.close()
