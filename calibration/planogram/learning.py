"""`tebura planogram learn`: somebody with products in front of a shelf, and a catalogue that learns from them.

Enters: the live batches of one shelf, the numbers from a barcode reader. Leaves: rows of ``catalogue.csv`` with a
measured weight, how much units differ, and a GTIN where it had none. A product is written when it is weighed to its
end; who is interrupted before may keep what the units so far say.
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
from edge.journal.segments import FULL
from edge.site import Site
from edge.store import BrokenStore, Product, Store, load_store
from edge.store.gtin import forms

CATALOGUE: Final = "catalogue.csv"
SILENT_S: Final = 3.0
"""Nothing from the shelf for so long is said, with what is known about why."""

LEAST_KEPT: Final = 2
"""One unit says nothing about how much units differ."""

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
        self._begun: tuple[Product, str, UnitScale] | None = None
        """What is being weighed, its number, and the units so far."""

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
            if known and product not in known:
                raise Unlearnt(f"{gtin} is the number of {known[0].sku}, {known[0].name()}. Is it the right product?")
        self._weigh(product, gtin)

    def whatever_comes(self) -> None:
        """One product after another, as they are held under the reader; until somebody stops it."""
        while True:
            self._say("hold a product under the reader (Ctrl-C ends it)")
            gtin = self._number()
            found = self._by_number(gtin)
            if len(found) == 1:
                self._weigh(found[0], gtin)
            elif found:
                several = ", ".join(p.sku for p in found)
                self._say(f"{gtin} is the number of {several}: correct catalogue.csv, or name one of them (learn SKU)")
            else:
                self._say(
                    f"{gtin} is in no row of the catalogue. `tebura planogram learn SKU --reader …` writes it there"
                )

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Write what an interrupted weighing has found, where it is ``wanted``: that is asked with what would be."""
        if self._begun is None:
            self._say("nothing was being weighed")
            return
        product, gtin, scale = self._begun
        count = len(scale.masses_g)
        if count < LEAST_KEPT:
            told = f": one unit weighed {scale.masses_g[0]:.1f} g, and {LEAST_KEPT} are needed" if count else ""
            self._say(f"{product.sku} is as it was{told}")
            return
        weight = unit_weight(scale.masses_g, scale.errors_g)
        if wanted(f"{product.sku}: {weight.weight_g:.1f} g ±{weight.error_g:.2f} g from {count} units. Keep that?"):
            self._write(product, gtin, weight)
        else:
            self._say(f"{product.sku} is as it was")

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

    def _by_number(self, gtin: str) -> list[Product]:
        """Whose number it is; of one product, where nobody has copied a row. GTIN-12 and GTIN-13 of one product are the
        same, and so is UPC-E, short or written out.
        """
        wanted = forms(gtin)
        return [p for p in self._store.catalogue.values() if p.gtin and wanted & forms(p.gtin)]

    def _weigh(self, product: Product, gtin: str) -> None:
        self._say(f"{product.sku}, {product.name()}: hands off the shelf for a moment. Wait after each deed")
        scale = UnitScale(self._store.layout.shelf(self._shelf).plates, self._store.profiles.get(self._shelf))
        self._begun = (product, gtin, scale)
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
                    self._begun = None
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
                if gtin and now is not None and not now.gtin and not self._by_number(gtin):
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
