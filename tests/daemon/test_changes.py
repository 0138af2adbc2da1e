"""The store's files change while somebody is inside: what was promised holds, and the shop opens again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.checkout import sale_of
from edge.daemon.orders import DECIDED
from edge.daemon.shop import RECORDINGS
from edge.store import Facing, load_store
from edge.wire import encode_counted, encode_decided, open_recording
from tests.corner import CATALOGUE, OPENS_S, PLANOGRAM, STORE, TWO_ONIGIRI, Pick, errand, write_store
from tests.daemon.rehearsals import Rehearsal

VISIT = "20231115-0001"
DEARER = CATALOGUE.replace(",178,", ",500,")
CHEAPER = CATALOGUE.replace(",178,", ",100,")
RECALLED = "".join(line for line in CATALOGUE.splitlines(keepends=True) if not line.startswith("onigiri"))
NO_ONIGIRI = "".join(line for line in PLANOGRAM.splitlines(keepends=True) if "onigiri" not in line)


@pytest.fixture
def shop(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)


def edit(shop: Rehearsal, **changed: str) -> None:
    """Somebody edits the store's files while the shop is stopped."""
    shop.store = load_store(write_store(shop.state.parent / "store", **changed))


def stop(shop: Rehearsal, killed: bool) -> None:
    if killed:
        shop.leave_as_killed()
    else:
        shop.shop.close()


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("catalogue", [DEARER, CHEAPER])
@pytest.mark.parametrize("at_s", [0.7, 1.3, 5.0, 9.0, 13.05])
def test_the_price_at_which_somebody_came_in_holds(shop: Rehearsal, at_s: float, catalogue: str, killed: bool) -> None:
    """Scanned, come in, shopping, with two in the hand, in the exit gate: she pays what stood on the shelf."""
    shop.open()
    shop.play(0.0, at_s)
    stop(shop, killed)
    edit(shop, catalogue_csv=catalogue)
    found = shop.open()
    assert (found.cold, found.lost, found.recalled) == ("", (), ())
    shop.play(at_s, 18.0)
    shop.settle()
    shop.is_untouched()
    assert shop.shop.driver.state.prices == {}, "nobody needs the old list any more"
    shop.shop.close()


def test_the_cart_that_she_sees_shows_the_promised_prices(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    shop.shop.close()
    edit(shop, catalogue_csv=DEARER)
    shop.said.clear()
    shop.open()
    carts = [p.payload for p in shop.said if p.topic == f"visit/{VISIT}/cart"]
    assert [cart["total"] for cart in carts] == [356]
    shop.shop.close()


def test_two_changes_later_the_first_promise_holds(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    for catalogue in (DEARER, CHEAPER):
        shop.leave_as_killed()
        edit(shop, catalogue_csv=catalogue)
        shop.open()
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


@pytest.mark.parametrize("at_s", [13.9, 15.0, 18.0])
def test_a_sale_just_before_a_kill_is_what_the_book_says_whatever_the_catalogue_says_now(
    shop: Rehearsal, at_s: float
) -> None:
    """The recovery steps her exit once more, in the shop as it was then: nobody is asked for another sum."""
    shop.open()
    shop.play(0.0, at_s)
    shop.settle()
    shop.is_untouched()
    shop.leave_as_killed()
    edit(shop, catalogue_csv=DEARER)
    found = shop.open()
    assert found.cold == ""
    shop.pass_s(40)
    shop.settle()
    shop.is_untouched()
    assert shop.entries("payment-unanswered", "payment-asked") == []
    shop.shop.close()


def test_what_the_environment_said_belongs_to_the_recording(shop: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was charged, for it wanted to be surer than anybody is; after the kill it is less strict."""
    monkeypatch.setenv("TEBURA_POLICY__CHARGE_AT", "0.98")
    edit(shop)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    before = shop.outcome()
    shop.leave_as_killed()
    monkeypatch.delenv("TEBURA_POLICY__CHARGE_AT")
    edit(shop)
    assert shop.open().cold == ""
    shop.settle()
    assert shop.outcome() == before
    shop.shop.close()


def test_a_book_that_remembers_another_sum_is_right(shop: Rehearsal, tmp_path: Path) -> None:
    """Somebody has put back the recordings of another day: she has paid 356, and is not asked for what they tell."""
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.leave_as_killed()
    (tmp_path / "other").mkdir()
    other = Rehearsal(tmp_path / "other")
    edit(other, catalogue_csv=DEARER)
    other.open({"ana": "silent"})
    other.play(0.0, 18.0)
    other.leave_as_killed()
    shutil.rmtree(shop.state / RECORDINGS)
    shutil.copytree(other.state / RECORDINGS, shop.state / RECORDINGS)
    assert "the book says something else" in shop.open().cold
    shop.pass_s(40)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


@pytest.mark.parametrize("killed", [False, True])
def test_a_recall_does_not_keep_the_shop_shut(shop: Rehearsal, killed: bool) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    stop(shop, killed)
    edit(shop, catalogue_csv=RECALLED, planogram_csv=NO_ONIGIRI)
    found = shop.open()
    assert found.recalled == ("onigiri-salmon",)
    assert "onigiri-salmon is in no row of the catalogue any more" in shop.status["troubles"]["repair"]
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_of_a_recalled_product_the_broker_forgets_how_much_there_is(shop: Rehearsal) -> None:
    shop.open()
    counted = encode_counted(shop.at_s, Facing("g1-s1", 1, 1, "onigiri-salmon"), 9, "aki")
    shop.shop.ear.hear("shop/stock/counted", counted)
    shop.work()
    assert shop.shop.driver.state.stock.counts
    shop.shop.close()
    edit(shop, catalogue_csv=RECALLED, planogram_csv=NO_ONIGIRI)
    shop.open()
    assert [p.payload for p in shop.said if p.topic == "stock/onigiri-salmon"][-1] == {}
    assert not shop.shop.driver.state.stock.counts
    shop.shop.close()


def test_a_recalled_thing_that_is_put_back_is_not_paid_and_harms_nobody(shop: Rehearsal, tmp_path: Path) -> None:
    """It lies there as something that is no product any more when the next shopper takes tea beside it."""
    story = errand(tmp_path / "back.mcap", [*TWO_ONIGIRI, Pick(10.5, 1, -220.0, "onigiri-salmon", 2)])
    messages = list(open_recording(story))
    shop.open()
    shop.play(0.0, 9.0, messages)
    shop.shop.close()
    edit(shop, catalogue_csv=RECALLED, planogram_csv=NO_ONIGIRI)
    shop.open()
    shop.play(9.0, 18.0, messages)
    shop.settle()
    (line,) = shop.outcome()
    assert (line["state"], line["items"], line["total"]) == ("settled", {}, 0)
    state = shop.shop.driver.state
    assert state.prices == {}
    shop.shop.close()
    assert shop.open().recalled == (), "nobody holds it any more"
    shop.shop.close()


def test_prices_of_another_currency_wait_until_everybody_has_left(shop: Rehearsal) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    shop.shop.close()
    whole = shop.store
    edit(shop, store_toml=STORE.replace("JPY", "USD"))
    with pytest.raises(OSError, match=r"JPY were promised, not in USD. Put the currency in store.toml back"):
        shop.open()
    shop.shop.book.close()
    shop.shop.members.close()
    shop.store = whole
    shop.open()
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


SECOND_SHELF = """
[[gondola]]
id = "g2"
origin = [3, 2, 0]
yaw_deg = 0

[[gondola.shelf]]
id = "g2-s1"
height = 1.0
depth = 0.4
plates = 2
plate_width = 0.25
"""

EDITS: dict[str, dict[str, str]] = {
    "nothing": {},
    "another tax class": {
        "store_toml": STORE.replace('"food"', '"groceries"'),
        "catalogue_csv": CATALOGUE.replace(",food,", ",groceries,"),
    },
    "more tax from tomorrow": {
        "store_toml": STORE + "\n[[tax]]\nclass = 'food'\npercent = 10\nsince = 2023-11-16\n",
    },
    "tax on top": {"store_toml": STORE.replace("include_tax = true", "include_tax = false")},
    "another policy": {"store_toml": STORE + "\n[policy]\npass_within_s = 5.0\nlow_stock = 9\n"},
    "another time zone": {"store_toml": STORE.replace("Asia/Tokyo", "America/New_York")},
    "another name": {"store_toml": STORE.replace("角の店", "街角")},
    "a camera more": {"store_toml": STORE + "\n[[camera]]\nid = 'cam2'\nposition = [1, 1, 2.6]\n"},
    "a gate more": {"store_toml": STORE + "\n[[gate]]\nid = 'in2'\nkind = 'entry'\nposition = [1, 0.1]\n"},
    "another entry": {"store_toml": STORE.replace('id = "in"', 'id = "door"')},
    "an empty planogram": {"planogram_csv": "shelf,plates,sku\n"},
    "products that change places": {
        "planogram_csv": "shelf,plates,sku\ng1-s1,3,onigiri-salmon\ng1-s1,1,green-tea\n"
    },
    "a heavier onigiri": {"catalogue_csv": CATALOGUE.replace(",110,1", ",140,1")},
    "a product more": {"catalogue_csv": CATALOGUE + "gum,,Gum,90,food,12,0.2\n"},
    "a shelf more": {"store_toml": STORE + SECOND_SHELF},
    "more plates": {"store_toml": STORE.replace("plates = 4", "plates = 5")},
    "another shelf": {
        "store_toml": STORE.replace("g1-s1", "g1-s9"),
        "planogram_csv": PLANOGRAM.replace("g1-s1", "g1-s9"),
    },
}  # fmt: skip

IN_DOUBT = {"a shelf more", "more plates", "another shelf"}
"""Levels cannot be compared: she may have put it back meanwhile."""


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("edited", EDITS)
def test_whatever_is_edited_while_somebody_is_inside_the_shop_opens_and_charges_what_was_promised(
    shop: Rehearsal, edited: str, killed: bool
) -> None:
    shop.open()
    shop.play(0.0, 9.0)
    stop(shop, killed)
    edit(shop, **EDITS[edited])
    found = shop.open()
    assert found.cold == ""
    shop.play(9.0, 18.0)
    shop.settle()
    (line,) = shop.outcome()
    assert (line["items"], line["total"]) == ({"onigiri-salmon": 2}, 356)
    assert line["state"] == ("review" if edited in IN_DOUBT else "settled")
    assert shop.charges() == ([] if edited in IN_DOUBT else [356])
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize("killed", [False, True])
def test_who_comes_in_after_the_change_pays_the_new_price(shop: Rehearsal, killed: bool) -> None:
    shop.at_s = OPENS_S - 2.0  # or the second that passes would set the PC's clock back
    shop.open()
    shop.pass_s(1)
    stop(shop, killed)
    edit(shop, catalogue_csv=DEARER)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    assert [line["total"] for line in shop.outcome()] == [1000]
    shop.shop.close()


UNTAXED = f'{STORE}\n[[tax]]\nclass = "drink"\npercent = 10\nsince = 2030-01-01\n'
DRINK = CATALOGUE.replace(",151,food,", ",151,drink,")
TEA = (Pick(7.0, 1, 220.0, "onigiri-salmon", 2), Pick(8.0, 3, 625.0, "green-tea"))
NO_TEA = "".join(line for line in PLANOGRAM.splitlines(keepends=True) if "tea" not in line)


@pytest.mark.parametrize("lost", ["nothing", "a kill", "recordings"])
@pytest.mark.parametrize("recalled", [False, True])
def test_what_could_not_be_priced_costs_what_was_promised_once_its_tax_is_known(
    shop: Rehearsal, tmp_path: Path, recalled: bool, lost: str
) -> None:
    """A rate that the shop forgot is added, which takes a stop; prices have changed by then, or the row is gone."""
    edit(shop, store_toml=UNTAXED, catalogue_csv=DRINK)
    shop.messages = list(open_recording(errand(tmp_path / "tea.mcap", TEA)))
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    (line,) = shop.outcome()
    assert (line["state"], line["withheld"]) == ("review", {"onigiri-salmon": 2, "green-tea": 1})
    stop(shop, lost != "nothing")
    if lost == "recordings":
        shutil.rmtree(shop.state / RECORDINGS)
    dearer = DRINK.replace(",178,", ",999,").replace(",151,", ",888,")
    if recalled:
        dearer = "".join(line for line in dearer.splitlines(keepends=True) if not line.startswith("green-tea"))
    edit(
        shop, store_toml=UNTAXED.replace("since = 2030-01-01\n", ""), catalogue_csv=dearer,
        planogram_csv=NO_TEA if recalled else PLANOGRAM,
    )  # fmt: skip
    shop.open()
    lines = {"onigiri-salmon": 2, "green-tea": 1}
    shop.shop.ear.hear(DECIDED, encode_decided(shop.at_s, VISIT, "charge", "sato", lines))
    shop.settle()
    assert shop.charges() == [2 * 178 + 151]
    (entry,) = shop.entries("settlement")
    assert [x.names[""] for x in sale_of(entry.body).lines] == ["Green tea <600 ml> & lemon", "Salmon onigiri"]
    assert shop.shop.book.prove() == []
    shop.shop.close()
