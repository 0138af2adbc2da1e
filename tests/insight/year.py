"""``python -m tests.insight.year [DAYS] [VISITS]``: a year of a busy shop, and how long its past takes to be told.

Enters: chance. Leaves: a book of so many days, as a shop would have written it (visits, shelf events, settlements,
payments), what its floor would have noticed, and figures on stdout: how long the projection is rebuilt from the book on
one core, how long each page takes, and how much memory that wants. Each is measured in a process of its own, in seconds
that it had a core: on a PC that does something else as well, the clock says more.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import numpy as np

from edge.insight import FILE, Event, Insight, Noticed, figures
from edge.insight.measures import heat_of
from edge.ledger import Book
from edge.records import LedgerEntry, Posting
from edge.store import Store, load_store

DAYS, VISITS = 365, 400
SHOP = Path(__file__).parents[2] / "config" / "demo"
MEMBERS = 600
LEDGER = "ledger.db"
PAGES = ("28", "91", "365")
EACH = 9
"""Times that a page is asked for; the median is told."""


def entries_of(store: Store, day: datetime, visits: int, rng: np.random.Generator) -> Iterator[LedgerEntry]:
    """One day's, in the order in which they are written."""
    places = store.planogram.facings
    popular = np.arange(1, len(places) + 1) ** -0.7
    came_s = np.sort(rng.uniform(8 * 3600.0, 21 * 3600.0, visits))
    for number, second in enumerate(came_s):
        at_s, visit = day.timestamp() + float(second), f"{day:%Y%m%d}-{number + 1:04d}"
        who = f"member-{int(MEMBERS * rng.beta(0.6, 1.8))}"
        yield LedgerEntry(
            f"visit:{visit}", at_s, "visit", visit, {"gate": "in", "method": "code", "party": 1, "subject": who}
        )
        lines, total = [], 0
        for pick in rng.choice(len(places), 1 + int(rng.poisson(1.6)), replace=False, p=popular / popular.sum()):
            place, at_s = places[pick], at_s + float(rng.uniform(5.0, 40.0))
            for units in (1, -1) if rng.random() < 0.1 else (1,):
                share = {"quantity": units, "sku": place.sku, "visit": visit}
                body = {
                    "began_s": at_s, "blind": False, "change_g": [-110.0 * units], "ended_s": at_s,
                    "explanations": [{"probability": 0.98, "shares": [share]}], "plates": [place.first],
                    "shelf": place.shelf,
                }  # fmt: skip
                yield LedgerEntry(f"shelf-event:{place.shelf}/{place.first}@{at_s}", at_s, "shelf-event", visit, body)
                at_s += 5.0
            if units > 0:
                price = store.catalogue[place.sku].price_minor
                total += price
                sure = {"certainty": 0.98, "what": 0.99, "who": 0.99, "rival": "", "events": []}
                line = {"amount_minor": price, "price_minor": price, "quantity": 1, "sku": place.sku}
                lines.append(line | sure | {"names": {"": place.sku}, "rate_bp": 800, "reduced": False})
        body = {"day": f"{day:%Y-%m-%d}", "decided_by": "", "lines": lines, "subject": who, "total_minor": total}
        legs = (Posting(f"receivable:{who}", total), Posting("sales", -total)) if total else ()
        yield LedgerEntry(f"settlement:{visit}", at_s + 30.0, "settlement", visit, body, legs, store.currency)
        if not total:
            continue
        legs = (Posting("provider:payments", total), Posting(f"receivable:{who}", -total))
        yield LedgerEntry(f"payment:{visit}:approved", at_s + 32.0, "payment-approved", visit, {"subject": who}, legs,
                          store.currency)  # fmt: skip


def make_book(store: Store, path: Path, days: int, visits: int) -> int:
    """The book; how many entries it has."""
    rng = np.random.default_rng((2026, days))
    first = datetime.now(store.timezone).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    with Book(path, durable=False) as book:
        book.append(
            LedgerEntry(f"consent:member-{n}", first.timestamp(), "consent", "",
                        {"subject": f"member-{n}", "purpose": "insight", "given": True, "by": "aki"})
            for n in range(0, MEMBERS, 2)
        )  # fmt: skip
        for number in range(days):
            book.append(entries_of(store, first + timedelta(days=number), visits, rng))
        return book.head()[0]


def notice(store: Store, folder: Path) -> None:
    """What the floor would have noticed meanwhile: stays, touches, seconds before places and on the map."""
    rng = np.random.default_rng(7)
    with Insight(folder / FILE) as kept:
        came = kept.rows("SELECT visit, entered_s FROM visit ORDER BY entered_s")
        gondolas, places = store.layout.gondolas, store.planogram.facings
        for start in range(0, len(came), 4000):
            noticed = Noticed()
            for visit, at_s in came[start : start + 4000]:
                day = datetime.fromtimestamp(at_s, store.timezone).date().isoformat()
                for i, gondola in enumerate(gondolas[:5]):
                    name, stop = f"floor/{at_s}/{visit}/{i}", at_s + 10.0 * i
                    kind = "dwelt" if rng.random() < 0.5 else "passed"
                    noticed.events.append(Event(name, "floor", stop, kind, stop, stop + 6.0, visit, shelf=gondola.id))  # type: ignore[arg-type]
                for pick in rng.choice(len(places), 8, replace=False):
                    place = places[pick]
                    noticed.before[visit, place.shelf, place.first, place.sku, day] = int(rng.integers(500, 9000))
                for x, y in rng.integers(0, 40, (12, 2)).tolist():
                    cell = (day, x, y)
                    noticed.heat[cell] = noticed.heat.get(cell, 0) + 500
            kept.note(noticed)


def rebuild(store: Store, folder: Path) -> None:
    """The projection from the book alone."""
    began_s = time.process_time()
    with Book(folder / LEDGER, read_only=True) as book, Insight(folder / FILE) as kept:
        count = kept.read(book, store)
    print(f"rebuilt from {count} entries in {time.process_time() - began_s:.1f} s of a core, {_peak_mib():.0f} MiB")


def count_days(store: Store, folder: Path) -> None:
    """What the night's work does for pages."""
    began_s = time.process_time()
    with Insight(folder / FILE) as kept:
        figures(kept, store)
        heat_of(kept, store)
    print(f"every day counted in {time.process_time() - began_s:.1f} s of a core, {_peak_mib():.0f} MiB")


def night(store: Store, folder: Path) -> None:
    """What will be wanted, learned anew, with a back-test of four weeks."""
    from edge.forecast.history import past_of
    from edge.forecast.kept import keep, learned
    from edge.forecast.orders import Supply

    began_s, today = time.process_time(), datetime.now(store.timezone).date()
    with Insight(folder / FILE) as kept:
        past = past_of(kept, store.timezone, today)
    goods = store.catalogue.values()
    supplies = {p.sku: Supply(p.price_minor * 0.4, p.price_minor * 0.5, 2) for p in goods}
    keep(folder, learned(store.id, past, today, supplies, time.time()))
    print(f"forecasts learned in {time.process_time() - began_s:.1f} s of a core, {_peak_mib():.0f} MiB")


def page(folder: Path, days: str) -> None:
    """Insight at the console, whole, while the day goes on: each time something has happened since."""
    from edge.site import Site
    from edge.web.shop import Screens
    from edge.web.staff import FILE as STAFF
    from tests.web.shops import Browser, hire

    store = load_store(folder / "store")
    if not (folder / STAFF).exists():
        hire(folder)
    took_s = []
    with Browser(Screens(store, Site(), folder, folder / "store")) as browser:
        browser.log_in("vera")
        for number in range(EACH):
            at_s = time.time() + number / 1000
            with Insight(folder / FILE) as kept:
                kept.note(Noticed(events=[Event(f"floor/{at_s}/{days}", "floor", at_s, "touched", at_s)]))
            began_s = time.process_time()
            answer = browser.get(f"/staff/insight?days={days}")
            took_s.append(time.process_time() - began_s)
            assert answer.status_code == 200
    print(f"page of {days} days: {sorted(took_s)[EACH // 2] * 1000:.0f} ms of a core, {_peak_mib():.0f} MiB")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(days: int, visits: int) -> None:
    """Everything, each measured in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copytree(SHOP, folder / "store")
        store = load_store(folder / "store")
        count = make_book(store, folder / LEDGER, days, visits)
        size = (folder / LEDGER).stat().st_size / 2**20
        print(f"{days} days of {visits} visits: {count} entries, {size:.0f} MiB", flush=True)
        for part in ("rebuild", "notice", "count", "night", *PAGES):
            subprocess.run([sys.executable, "-m", "tests.insight.year", "--part", part, name], check=True)


def one(part: str, folder: Path) -> None:
    """One of the parts."""
    store = load_store(folder / "store")
    if part in PAGES:
        page(folder, part)
    else:
        {"rebuild": rebuild, "notice": notice, "count": count_days, "night": night}[part](store, folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        asked = [int(word) for word in sys.argv[1:3]]
        main(*asked, *(DAYS, VISITS)[len(asked) :])
