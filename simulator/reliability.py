"""Reliability: of the lines that were said to be so certain, how many are right?

Enters: how many shops to simulate and a seed. Leaves: a table on stdout, the same one for the same seed; with ``fit``
also the constants that `edge.attribution.certainty` should have; with ``learned`` the shops first listen to themselves
for a quiet while, and go by each plate's own noise and drift instead of what plates usually have; with ``counted``
staff have counted every place before the first visit, and what is believed to be left in the end is compared as well;
without ``looks`` cameras do not say what anybody looks like.
Every other shop is the demo shop, the others nobody ever built; sensors are better than usual, as usual, or worse, and
people come seldom or often.

A line says "at least so many of this product": it is right when the visit really left with at least as many. Lines of
visits in review count like the others; lines of visits that never settled were never said, but their goods are missing
in F1 and in the exact receipts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

import numpy as np
from rich.console import Console
from rich.table import Table

from calibration.health.learn import learned as profile_of
from calibration.health.watch import Health
from edge import stock
from edge.attribution.certainty import SHARPNESS
from edge.checkout import SoldLine, WithheldLine, sale_of
from edge.records import Effect, LedgerEntry, Record, WeightBatch
from edge.state import State
from edge.store import Conversion, Facing, Store, load_store
from edge.store.policy import MOST_SURE
from edge.wire import decode, open_recording
from simulator.busy import OPENING_S, Habits, busy_story, clock
from simulator.commands import DEMO, Truth, simulate_story
from simulator.fleet.crew import Hands, Told, all_cores
from simulator.fleet.task import spread
from simulator.goods import Stock
from simulator.replay import replay
from simulator.shops import random_shop

SHOPS = 24
VISITS = 10
ROUGHNESSES = (0.6, 1.0, 1.5)
GAPS_S = (14.0, 9.0, 7.0, 11.0)
EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Bins of certainty: each from its lower edge up to, not including, its upper one; the last one with it."""
SURELY = math.log((1 - 1e-6) / 1e-6)
"""Log-odds of stories that all agree: what a line that is said to be `MOST_SURE` is taken for."""


Fault: TypeAlias = Literal["", "another's", "too many", "nobody's"]
"""The visit left with none of it and somebody else did; it left with fewer; nobody left with any."""
TAKEN: tuple[Fault, ...] = ("", "another's")
"""Somebody did take what these lines say."""
SURE = 0.95

QUIET = "09:00:00  ana enters\n09:08:00  ana leaves\n"
"""What a shop listens to when it learns its plates' noise: eight minutes, and somebody who takes nothing."""

COUNTED = f"{clock(OPENING_S)}  aki counts everything\n"
"""Stands at the end of a story, so that all its other lines keep their numbers, and their chances."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was said: how certain, and what is wrong with it; empty where at least so many were really taken.
    ``what`` and ``who``: how certain of each half.
    """

    certainty: float
    fault: Fault = ""
    what: float = 1.0
    who: float = 1.0

    @property
    def right(self) -> bool:
        return not self.fault


@dataclass(slots=True)
class Tally:
    """What came out of some shops. Units are ``hits`` (charged and taken), ``wrong`` (charged only), ``missed``."""

    lines: list[Line] = field(default_factory=list)
    visits: int = 0
    exact: int = 0
    settled: int = 0
    overcharged: int = 0
    review: int = 0
    hits: int = 0
    wrong: int = 0
    missed: int = 0
    withheld: int = 0
    places: int = 0
    """Counted places in which something was taken or put back …"""
    places_right: int = 0
    """… of which so many are believed to hold what they hold."""
    units_off: float = 0.0
    """By so many units believed and true stock differ, over all those places."""
    units_moved: int = 0
    """… and by so many they would, had nobody followed the events."""
    unmoved_off: float = 0.0
    """So many units are believed to have come or gone where nothing did."""

    def add(self, other: Tally) -> None:
        self.lines += other.lines
        for name in Tally.__slots__:
            if name != "lines":
                setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, 2 * self.hits + self.wrong + self.missed)


def reliability(
    shops: int = SHOPS,
    seed: int = 1,
    *,
    visits: int = VISITS,
    fit: bool = False,
    learned: bool = False,
    counted: bool = False,
    looks: bool = True,
    hands: Hands | None = None,
    told: Told | None = None,
) -> Tally:
    """Simulate so many shops, replay them, compare with what really happened, and print it."""
    console = Console(highlight=False)
    tally = Tally()
    calls = [(number, seed, visits, learned, counted, looks) for number in range(shops)]
    for one in spread(measure, calls, hands or all_cores(), told):
        tally.add(one)
    by = ", each plate's noise and drift learned" * learned + ", every place counted before" * counted
    by += ", cameras do not say what anybody looks like" * (not looks)
    console.print(f"{shops} shops, {tally.visits} visits, seed {seed}{by}\n")
    console.print(table_of(tally.lines))
    console.print(summary_of(tally))
    if fit:
        console.print(advice_of(tally.lines))
    return tally


class Believed:
    """An observer: the shop's state, for what it believes to stand where in the end."""

    state: State

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        self.state = state


def measure(
    number: int, seed: int, visits: int, learned: bool = False, counted: bool = False, looks: bool = True
) -> Tally:
    """One shop: the ``number`` decides what shop, how rough and how busy."""
    chance = seed * 10_000 + number
    shop = random_shop(chance) if number % 2 else load_store(DEMO)
    habits = Habits(gap_s=GAPS_S[number // 2 % len(GAPS_S)])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "busy.mcap"
        rough = ROUGHNESSES[number // 2 % len(ROUGHNESSES)]
        text = busy_story(shop, visits, chance, habits) + COUNTED * counted
        truth = simulate_story(shop, text, path, chance, roughness=rough, looks=looks)
        believed = Believed()
        store = _learned(shop, chance, rough, Path(folder)) if learned else shop
        done = replay(open_recording(path), store=store, observers=[believed])
    tally = tally_of(done.decided, truth)
    if counted:
        _compare_stock(tally, Stock(shop, chance).standing(), truth["stock"], believed.state.stock)
    return tally


def tally_of(decided: Iterable[LedgerEntry], truth: Truth) -> Tally:
    """What ended the visits of one recording against what people really left with."""
    took = {str(v["subject"]): Counter(_units(v["items"])) for v in truth["visits"]}
    tally, missing = Tally(visits=len(took)), dict(took)
    for entry in decided:
        sale = sale_of(entry.body)
        really = missing.pop(sale.subject, Counter[str]())
        charged = Counter({line.sku: line.quantity for line in sale.lines})
        said: list[tuple[int, SoldLine | WithheldLine]] = [(line.quantity, line) for line in sale.lines]
        said += [(charged[w.sku] + w.quantity, w) for w in sale.withheld if w.names]
        tally.lines += [
            Line(line.certainty, _fault(line.sku, count, sale.subject, took), line.what, line.who)
            for count, line in said
        ]
        tally.withheld += sum(line.quantity for line in sale.withheld)
        _compare(tally, charged, really)
        tally.exact += charged == really
        if entry.kind == "review":
            tally.review += 1
        else:
            tally.settled += 1
            tally.overcharged += bool(charged - really)
    for really in missing.values():
        _compare(tally, Counter(), really)
        tally.exact += not really
    return tally


def _learned(shop: Store, chance: int, rough: float, folder: Path) -> Store:
    """The shop, with what its plates said of themselves while hardly anybody was there."""
    path = folder / "quiet.mcap"
    simulate_story(shop, QUIET, path, chance, roughness=rough)
    health = Health(shop)
    for heard in open_recording(path):
        record = decode(shop, heard.topic, heard.payload, heard.received_s)
        if isinstance(record, WeightBatch):
            health.hear(record)
    made = datetime(2026, 1, 1, tzinfo=UTC)
    profiles = {s.shelf: Conversion(profile_of(shop, s, made, "", "a quiet while")) for s in health.verdict()}
    return replace(shop, profiles=profiles)


def _fault(sku: str, count: int, subject: str, took: Mapping[str, Counter[str]]) -> Fault:
    really = took.get(subject, Counter[str]())[sku]
    if really >= count:
        return ""
    others = any(units[sku] for who, units in took.items() if who != subject)
    return "too many" if really else "another's" if others else "nobody's"


def _units(items: object) -> dict[str, int]:
    if not isinstance(items, dict):
        raise TypeError("the truth names items as sku -> units")
    return {str(sku): int(count) for sku, count in items.items()}


def _compare(tally: Tally, charged: Counter[str], really: Counter[str]) -> None:
    tally.hits += (charged & really).total()
    tally.wrong += (charged - really).total()
    tally.missed += (really - charged).total()


def _compare_stock(
    tally: Tally, before: Mapping[Facing, int], truth: Iterable[Mapping[str, object]], believed: stock.Stock
) -> None:
    """Place by place: what was counted, what is really left, what is believed."""
    after = {(x["shelf"], str(x["plates"]), x["sku"]): int(str(x["quantity"])) for x in truth}
    for facing, units in before.items():
        really = after[facing.shelf, str([facing.first, facing.last]), facing.sku]
        off = abs(believed.counts[stock.place_of(facing)].quantity - really)
        if really == units:
            tally.unmoved_off += off
        else:
            tally.places += 1
            tally.places_right += off < 0.5
            tally.units_off += off
            tally.units_moved += abs(really - units)


# --- what it says --------------------------------------------------------------------------------------------------


def table_of(lines: Sequence[Line]) -> Table:
    """Bins of certainty against the share that was right, with Wilson's 95 % interval."""
    table = Table("said", "lines", "mean said", "right", "95 % interval", box=None, padding=(0, 2))
    for column in table.columns[1:]:
        column.justify = "right"
    for low, high, inside in bins(lines):
        if not inside:
            continue
        said = sum(line.certainty for line in inside) / len(inside)
        right = sum(line.right for line in inside)
        least, most = wilson(right, len(inside))
        name = "under 50 %" if low == 0.0 else "99 % and more" if high == 1.0 else f"{low * 100:.0f}–{high * 100:.0f} %"
        table.add_row(name, f"{len(inside)}", f"{said:.1%}", f"{right / len(inside):.1%}", f"{least:.1%} – {most:.1%}")
    return table


def bins(lines: Iterable[Line]) -> list[tuple[float, float, list[Line]]]:
    """(lower edge, upper edge, the lines whose certainty lies between)."""
    found: list[tuple[float, float, list[Line]]] = [(a, b, []) for a, b in pairwise(EDGES)]
    for line in lines:
        next(b for low, high, b in found if low <= line.certainty < high or high == 1.0).append(line)
    return found


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share: honest for few lines and for shares near one, where the textbook's is not."""
    share, spread = right / count, z * z / count
    middle = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def expected_error(lines: Sequence[Line]) -> float:
    """Expected calibration error: how far, on the mean of all lines, what is said lies from what is right."""
    off = sum(abs(sum(x.certainty - x.right for x in inside)) for _, _, inside in bins(lines))
    return off / max(1, len(lines))


def halves(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The lines as they say *what* somebody took, and as they say *who* did, where that was taken by somebody."""
    what = [Line(x.what, "" if x.fault in TAKEN else x.fault) for x in lines]
    return what, [Line(x.who, x.fault) for x in lines if x.fault in TAKEN]


def summary_of(tally: Tally) -> str:
    """What stands below the table."""
    surely = Counter(line.fault for line in tally.lines if line.certainty >= SURE and line.fault)
    faults = ", ".join(f"{count} {fault}" for fault, count in surely.most_common())
    return (
        f"\nsaid to be at least {SURE:.0%} sure, and wrong: {faults or 'none'}"
        f"\nexpected calibration error {expected_error(tally.lines):.1%} over {len(tally.lines)} lines: "
        f"of what {expected_error(halves(tally.lines)[0]):.1%}, of who {expected_error(halves(tally.lines)[1]):.1%}\n"
        f"F1 {tally.f1:.3f}   exact receipts {tally.exact}/{tally.visits} ({tally.exact / max(1, tally.visits):.1%})\n"
        f"settled visits overcharged {tally.overcharged}/{tally.settled}"
        f" ({tally.overcharged / max(1, tally.settled):.1%})   "
        f"review {tally.review}/{tally.visits}   withheld units {tally.withheld}" + _stock_of(tally)
    )


def _stock_of(tally: Tally) -> str:
    """What is believed to be left; empty where nobody counted."""
    if not tally.places:
        return ""
    return (
        f"\nstock of {tally.places} places that changed: {tally.places_right / tally.places:.1%} right, "
        f"{tally.units_off / tally.places:.2f} units off a place ({tally.units_moved / tally.places:.2f} by the count "
        f"alone); {tally.unmoved_off:.1f} units where nothing changed"
    )


# --- the fit -------------------------------------------------------------------------------------------------------


def fit_certainty(lines: Sequence[Line]) -> tuple[float, float]:
    """(`SHARPNESS`, `MOST_SURE`) under which what was seen is most probable.

    The present map is inverted first, so it does not matter with which constants the lines were said. Both values are
    searched on a grid; `MOST_SURE` never exceeds what so many lines can show (the rule of three).
    """
    odds = np.array([odds_of(line.certainty) for line in lines])
    right = np.array([line.right for line in lines])
    top = max(0.9, 1 - 3 / max(30, len(lines)))
    best = (-math.inf, SHARPNESS, MOST_SURE)
    for sharpness in np.arange(0.1, 2.01, 0.02):
        share = 1 / (1 + np.exp(-odds * sharpness))
        for sure in 1 - np.geomspace(1 - top, 0.1, 60):
            said = np.minimum(share, sure)
            nats = float(np.log(np.where(right, said, 1 - said)).sum())
            best = max(best, (nats, float(sharpness), float(sure)))
    return best[1], best[2]


def odds_of(certainty: float) -> float:
    """Log-odds of the stories behind a certainty: the inverse of `edge.attribution.certainty.calibrated`."""
    if certainty >= MOST_SURE:
        return SURELY
    p = min(max(certainty, 1e-6), 1 - 1e-6)
    return max(-SURELY, min(SURELY, math.log(p / (1 - p)) / SHARPNESS))


def advice_of(lines: Sequence[Line]) -> str:
    """What the constants of certainty are, and which would make these lines most probable."""
    sharpness, sure = fit_certainty(lines)
    return (
        f"\nedge/attribution/certainty.py says  SHARPNESS = {SHARPNESS:.2f}   MOST_SURE = {MOST_SURE:.4f}\n"
        f"these lines would choose            SHARPNESS = {sharpness:.2f}   MOST_SURE = {sure:.4f}"
    )
