"""The store's files change while the shop runs: as a whole or not at all, and a replay knows."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.payment.local import LocalProvider
from edge.checkout import sale_of
from edge.daemon.orders import obey
from edge.daemon.shop import RECORDINGS
from edge.driver import Driver
from edge.journal import segments
from edge.ledger import Book
from edge.store import BrokenStore, load_store, read_store
from edge.store.reload import reloaded
from edge.wire import Heard, encode_store, open_recording
from tests.adapters.brokers import until
from tests.corner import FILES, OPENS_S, STORE, TWO_ONIGIRI, Pick, errand, later, write_store
from tests.daemon.rehearsals import Rehearsal
from tests.daemon.test_changes import CHEAPER, DEARER, NO_ONIGIRI, RECALLED, stop

TOLD = ("settlement", "review", "store-changed", "payment-approved")
MARKDOWN = "sku,price,from,until,why\nonigiri-salmon,150,,,Evening\n"


class Running(Rehearsal):
    """Ana's errand, while somebody edits the files and reloads."""

    @property
    def folder(self) -> Path:
        return self.state.parent / "store"

    def reload(self, **changed: str) -> dict[str, Any]:
        write_store(self.folder, **changed)
        if "prices_csv" in changed:
            (self.folder / "prices.csv").write_text(changed["prices_csv"])
        answers: list[dict[str, Any]] = []

        def ask() -> None:
            wanted = {"do": "reload", "by": "sato"}
            answers.append(obey(self.shop, self.watch, wanted, connected=True, store_folder=self.folder))

        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: self.worked() and bool(answers), "the desk answers")
        asking.join()
        return answers[0]

    def worked(self) -> bool:
        self.work()
        return True

    def again(self) -> None:
        """Ana comes once more, a minute later, and takes two of those that are left. Cameras were silent meanwhile, so
        a person would look before she pays; what it costs is known.
        """
        taken = Pick(-1.0, 1, 220.0, "onigiri-salmon", 2)
        for heard in open_recording(errand(self.state.parent / "again.mcap", (taken, *TWO_ONIGIRI))):
            moved = later(heard, 60.0)
            self.at_s = moved.received_s
            self.shop.ear.hear(moved.topic, moved.payload)
            self.work()
        self.settle()


@pytest.fixture
def shop(tmp_path: Path) -> Running:
    found = Running(tmp_path)
    found.open()
    return found


@pytest.mark.parametrize("catalogue", [DEARER, CHEAPER])
@pytest.mark.parametrize("killed", [None, False, True])
def test_who_is_inside_pays_what_was_promised_and_who_comes_after_the_new_price(
    shop: Running, catalogue: str, killed: bool | None
) -> None:
    shop.play(0.0, 9.0)
    told = shop.reload(catalogue_csv=catalogue)
    assert (told["changed"], told["promised"], told["written"]) == (["catalogue.csv"], 1, True)
    if killed is not None:
        shop.store = shop.shop.store
        stop(shop, killed)
        found = shop.open()
        assert (found.cold, found.lost) == ("", ())
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    if killed is None:
        shop.again()
        now = 500 if catalogue == DEARER else 100
        ends = shop.entries("settlement", "review")
        assert [sale_of(entry.body).lines[0].price_minor for entry in ends] == [178, now]
    (entry,) = shop.entries("store-changed")
    assert (entry.body["by"], list(entry.body["files"])) == ("sato", ["catalogue.csv"])  # type: ignore[call-overload]
    assert shop.shop.book.prove() == []
    shop.shop.close()


def test_a_replay_of_the_recordings_writes_the_same_book(shop: Running) -> None:
    shop.play(0.0, 9.0)
    shop.reload(catalogue_csv=DEARER, prices_csv=MARKDOWN)
    shop.play(9.0, 18.0)
    shop.settle()
    shop.again()
    shop.shop.close()
    paths = segments(shop.state / RECORDINGS)
    first, second = (read_store(open_recording(path).store_files()) for path in paths)
    assert (first.catalogue["onigiri-salmon"].price_minor, second.catalogue["onigiri-salmon"].price_minor) == (178, 500)
    assert [row.price_minor for row in second.offers.dated["onigiri-salmon"]] == [150]
    with Book() as book:
        driver = Driver(first, book=book)
        for path in paths:
            for heard in open_recording(path):
                driver.hear(heard)
        assert driver.store.price_mark == second.price_mark
        replayed = [w.entry for w in book.entries() if w.entry.kind in TOLD]
    assert [entry.kind for entry in replayed] == ["store-changed", "settlement", "payment-approved", "review"]
    assert replayed == shop.entries_of_closed(*TOLD)


@pytest.mark.parametrize("killed", [False, True])
def test_a_markdown_that_was_promised_outlives_its_row_and_a_stop(shop: Running, killed: bool) -> None:
    shop.reload(prices_csv=MARKDOWN)
    shop.play(0.0, 9.0)
    stop(shop, killed)
    (shop.folder / "prices.csv").unlink()
    shop.store = load_store(shop.folder)
    found = shop.open()
    assert (found.cold, found.lost) == ("", ())
    (cart,) = [p.payload for p in shop.said if p.topic.endswith("/cart") and p.payload][-1:]
    assert (cart["total"], cart["saved"]) == (300, 56)
    shop.play(9.0, 18.0)
    shop.settle()
    (line,) = sale_of(shop.entries("settlement")[0].body).lines
    assert (line.price_minor, line.amount_minor) == (178, 300)
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"catalogue_csv": DEARER.replace(",151,", ",x,")}, ["catalogue.csv: line 3: price 'x' cannot be charged"]),
        ({"catalogue_csv": RECALLED}, ["planogram.csv: line 2: sku 'onigiri-salmon' is not in the catalogue"]),
        ({"planogram_csv": NO_ONIGIRI}, ["planogram.csv: file: cannot change while the shop runs"]),
        ({"store_toml": STORE.replace("[3.8, 0.8]", "[3.7, 0.8]").replace('"JPY"', '"USD"')},
         ["store.toml: store.currency: cannot change while the shop runs",
          "store.toml: floor, gate, camera, gondola: cannot change while the shop runs"]),
        ({"store_toml": STORE + "[policy]\nrecord_appearance = false\n", "catalogue_csv": DEARER},
         ["store.toml: policy.record_appearance: cannot change while the shop runs"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_as_a_whole(shop: Running, changed: dict[str, str], told: list[str]) -> None:
    before = shop.shop.store
    faults = shop.reload(**changed)["faults"]
    assert ["{file}: {where}: {what}".format(**fault) for fault in faults] == told
    assert shop.shop.store is before
    shop.play(0.0, 18.0)
    shop.settle()
    shop.is_untouched()
    assert shop.entries("store-changed") == []
    shop.shop.close()


def test_nothing_has_changed(shop: Running) -> None:
    assert shop.reload() == {"changed": [], "promised": 0, "written": True}
    assert shop.entries("store-changed") == []
    shop.shop.close()


def test_policy_numbers_and_names_change_too(shop: Running) -> None:
    toml = STORE.replace("角の店 Corner", "Corner two") + "[policy]\npay_attempts = 1\n"
    assert shop.reload(store_toml=toml)["changed"] == ["store.toml"]
    assert (shop.shop.store.name, shop.shop.store.policy.pay_attempts) == ("Corner two", 1)
    shop.shop.close()


def test_files_that_a_later_version_cannot_read_change_nothing(tmp_path: Path) -> None:
    """A record of them is refused, and the shop goes on."""
    driver = Driver(read_store(FILES), provider=LocalProvider())
    payload = encode_store(OPENS_S, {"catalogue.csv": b"nonsense"}, "sato")
    driver.hear(Heard("shop/store/changed", payload, OPENS_S))
    assert driver.state.refused == {"store that cannot be used": 1}
    assert driver.store.sources == FILES
    with pytest.raises(BrokenStore):
        reloaded(driver.store, {"catalogue.csv": b"nonsense"})
