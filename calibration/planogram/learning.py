"""`tebura planogram learn`: somebody with products in front of a shelf, and a catalogue that learns from them.

Enters: the live batches of one shelf, the numbers from a barcode reader. Leaves: rows of ``catalogue.csv`` with a
measured weight, how much units differ, and a GTIN where it had none. A product is written when it is weighed to its
end, or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from calibration.listen import Listening, listen
from calibration.planogram.barcodes import NoNumber, Reader
from calibration.planogram.catalogue_file import NoSuchCell, alone_with, rewritten, write_whole
from calibration.planogram.units import UnitScale, UnitWeight, enough, unit_weight
from edge.adapters.serial.goods import forms
from edge.journal.segments import FULL
from edge.site import Site
from edge.store import BrokenStore, Product, Store, load_store

CATALOGUE: Final = "catalogue.csv"
SILENT_S: Final = 3.0
"""Nothing from the shelf for so long is said, with what is known about why."""

Say = Callable[[str], None]


class Unlearnt(ValueError):
    """The product cannot be learned; the message says why and what to do."""


class Learning:
    """``say`` tells the person what to do, ``done`` what was written. Inside `at_work`: `one`, or `whatever_comes`."""

    def __init__(
        self, folder: Path, store: Store, shelf: str, units: int, *, say: Say, done: Say, dry: bool = False
    ) -> None:
        self._path, self._store, self._shelf, self._units = folder / CATALOGUE, store, shelf, units
        self._folder = folder
        self._say, self._done, self._dry = say, done, dry
        self._listening: Listening
        self._reader: Reader | None = None

    @contextmanager
    def at_work(self, site: Site, state_folder: Path, reader: str, baud: int) -> Iterator[None]:
        """The shelf and the reader are there."""
        with listen(self._store, site, state_folder, [self._shelf]) as self._listening:
            self._say(f"listening to {self._shelf} at {self._listening.where}")
            if not reader:
                yield
                return
            with Reader(reader, baud) as self._reader:
                yield

    def one(self, sku: str) -> None:
        """Weigh one product; with a reader its number is read first."""
        product = self._store.catalogue[sku]
        gtin = product.gtin
        if self._reader is not None:
            self._say(f"hold {product.name()} under the reader")
            gtin = self._number()
            known = self._by_number(gtin)
            if known is not None and known.sku != sku:
                raise Unlearnt(f"{gtin} is the number of {known.sku}, {known.name()}. Is it the right product?")
        self._weigh(product, gtin)

    def whatever_comes(self) -> None:
        """One product after another, as they are held under the reader; until somebody stops it."""
        while True:
            self._say("hold a product under the reader (Ctrl-C ends it)")
            gtin = self._number()
            product = self._by_number(gtin)
            if product is None:
                self._say(
                    f"{gtin} is in no row of the catalogue. `tebura planogram learn SKU --reader …` writes it there"
                )
                continue
            self._weigh(product, gtin)

    def _number(self) -> str:
        assert self._reader is not None
        while True:
            self._listening.next(0.05)  # what the shelf says meanwhile is not wanted
            try:
                number = self._reader.number()
            except NoNumber as error:
                self._say(str(error))
                continue
            if number is not None:
                return number

    def _by_number(self, gtin: str) -> Product | None:
        """GTIN-12 and GTIN-13 of one product are the same, and so is UPC-E, short or written out."""
        wanted = forms(gtin)
        return next((p for p in self._store.catalogue.values() if p.gtin and wanted & forms(p.gtin)), None)

    def _weigh(self, product: Product, gtin: str) -> None:
        self._say(f"{product.sku}, {product.name()}: hands off the shelf for a moment. Wait after each deed")
        scale = UnitScale(self._store.layout.shelf(self._shelf).plates, self._store.profiles.get(self._shelf))
        heard_s, told = time.monotonic(), False
        while True:
            batch = self._listening.next(0.5)
            if batch is None:
                if time.monotonic() - heard_s > SILENT_S and not told:
                    why = "; ".join(self._listening.troubles.values()) or "look at its power and cable"
                    self._say(f"{self._shelf} says nothing: {why}")
                    told = True
                continue
            heard_s, told = time.monotonic(), False
            for felt in scale.hear(batch):
                self._say(felt.text)
                if felt.kind == "weighed" and enough(scale, self._units):
                    self._write(product, gtin, unit_weight(scale.masses_g, scale.errors_g))
                    return
                if felt.kind == "weighed":
                    self._say("Put the next unit down; another one, not the same.")

    def _write(self, product: Product, gtin: str, weight: UnitWeight) -> None:
        """Into the file as it is now: somebody may have edited it meanwhile."""
        sure = f"±{weight.error_g:.2f} g from {weight.units} units, which differ by {weight.weight_sd_g:.2f} g"
        told = f"{product.sku}: {product.weight_g:g} g → {weight.weight_g:.1f} g ({sure})"
        if not weight.good:
            self._say("it is known less well than to half a gram or half a percent: this shelf is noisy for it")
        if self._dry:
            self._done(f"{told}; nothing was written")
            return
        cells = {"weight_g": f"{weight.weight_g:.1f}", "weight_sd_g": f"{max(0.1, weight.weight_sd_g):.1f}"}
        try:
            with alone_with(self._path):
                self._store = load_store(self._folder)
                now = self._store.catalogue.get(product.sku)
                if gtin and now is not None and not now.gtin and self._by_number(gtin) is None:
                    cells["gtin"] = gtin
                text = self._path.read_bytes().decode("utf-8")
                write_whole(self._path, rewritten(text, product.sku, cells))
                self._store = load_store(self._folder)
        except BrokenStore as error:
            raise Unlearnt(f"somebody has edited the store meanwhile. Correct it, and begin again:\n{error}") from error
        except (NoSuchCell, UnicodeDecodeError) as error:
            raise Unlearnt(f"{self._path}: {error}") from error
        except OSError as error:
            what = error.strerror or str(error)
            remedy = "Free some space on its disk" if error.errno in FULL else "Let this user write it"
            raise Unlearnt(f"{self._path}: {what}. {remedy}, and begin again") from error
        self._done(told)
