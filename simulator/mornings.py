"""Many mornings of the demo: of so many visits, how many receipts are right?

Enters: so many seeds from a first one on. Leaves: on stdout a line a morning, what that is in all, and for each thing
that a settled visit was charged and did not take, who took it; or the same for programs. Each morning is the one that
`tebura demo --seed` shows. The same seeds give the same, however many processes work on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from edge.checkout import Sale, sale_of
from edge.records import Effect, Explained, LedgerEntry, Record, ShelfEvent
from edge.state import State
from edge.store import load_store
from edge.wire import open_recording
from simulator.commands import DEMO, simulate_busy
from simulator.demo import VISITS
from simulator.fleet.crew import Hands, Told, all_cores
from simulator.fleet.task import spread
from simulator.judged import charged, verdict_of
from simulator.replay import replay
from simulator.report.material import Happened
from simulator.report.truth import Truth, assign, read_truth


@dataclass(frozen=True, slots=True)
class TooMuch:
    """A settled visit was charged so many units that it did not leave with. ``taken_by``: who took them; the subject
    itself where it put them back, empty where nobody took any.
    """

    seed: int
    visit: str
    subject: str
    sku: str
    quantity: int
    taken_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Morning:
    """Visits by what became of them. ``exact`` receipts are those in review, too, that would be right; who was not seen
    to leave has none. ``overcharged`` and ``undercharged`` are settled.
    """

    visits: int = 0
    settled: int = 0
    exact: int = 0
    overcharged: int = 0
    undercharged: int = 0
    review: int = 0
    unsettled: int = 0
    """Without a receipt: nobody saw them leave."""

    def __add__(self, other: Morning) -> Morning:
        ours, theirs = asdict(self), asdict(other)
        return Morning(**{name: ours[name] + theirs[name] for name in ours})


Judged = tuple[Morning, tuple[TooMuch, ...]]


class _Events:
    """An observer: every shelf event that was explained."""

    def __init__(self) -> None:
        self.seen: list[ShelfEvent] = []

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        self.seen += [effect.event for effect in effects if isinstance(effect, Explained)]


def mornings(
    seeds: int, first: int, *, looks: bool = True, hands: Hands | None = None, told: Told | None = None
) -> dict[int, Judged]:
    """Play so many mornings, as many at a time as there are ``hands``: seed -> what came of it."""
    numbers = range(first, first + seeds)
    found = spread(morning, [(number, looks) for number in numbers], hands or all_cores(), told)
    return dict(zip(numbers, found, strict=True))


def morning(seed: int, looks: bool = True) -> Judged:
    """One morning: what became of its visits, and what was charged too much."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "demo.mcap"
        simulate_busy(load_store(DEMO), VISITS, path, seed, looks=looks)
        recording = open_recording(path)
        truth = read_truth(recording.attachments["truth.json"]) or Truth()
        events = _Events()
        done = replay(recording, observers=[events])
    return audit(seed, done.decided, truth, events.seen)


def audit(seed: int, decided: Sequence[LedgerEntry], truth: Truth, events: Sequence[ShelfEvent]) -> Judged:
    """What ended the visits of a morning against what really happened."""
    items, counts = truth.items(), Counter[str](visits=len(truth.items()))
    happened, _ = assign(truth, events)
    sales = [sale_of(entry.body) for entry in decided]
    much: list[TooMuch] = []
    for entry, sale in zip(decided, sales, strict=True):
        really = items.get(sale.subject, {})
        verdict = verdict_of(sale, really)
        counts["exact"] += verdict == "exact"
        if entry.kind == "review":
            counts["review"] += 1
            continue
        counts["settled"] += 1
        if verdict != "exact":
            counts[verdict] += 1
        excess = charged(sale) - Counter(really)
        for sku in sorted(excess):
            takers = _takers(sale, sku, happened, items)
            much.append(TooMuch(seed, entry.visit, sale.subject, sku, excess[sku], takers))
    counts["unsettled"] = len(items.keys() - {sale.subject for sale in sales})
    return Morning(**counts), tuple(much)


def _takers(
    sale: Sale, sku: str, happened: Mapping[str, Sequence[Happened]], items: Mapping[str, Mapping[str, int]]
) -> tuple[str, ...]:
    """Who else took a product in the shelf events behind a line; where nobody else did, the subject itself if it took
    some and put it back.
    """
    line = next(line for line in sale.lines if line.sku == sku)
    picks = [h for event in line.events for h in happened.get(event, ()) if h.sku == sku and h.quantity > 0]
    others = sorted({h.subject for h in picks} - {sale.subject})
    own = sum(h.quantity for h in picks if h.subject == sale.subject)
    if others:
        return tuple(others)
    return (sale.subject,) if own > items.get(sale.subject, {}).get(sku, 0) else ()


# --- what it says --------------------------------------------------------------------------------------------------


def show(found: Mapping[int, Judged], *, looks: bool = True) -> None:
    """A line a morning, what they are in all, and who took what others were charged."""
    console = Console(highlight=False, soft_wrap=True)
    blind = "" if looks else ", cameras do not say what anybody looks like"
    console.print(f"{len(found)} mornings of {VISITS} visits, seeds {min(found)} to {max(found)}{blind}\n")
    console.print(_table(found))
    console.print(_summary(_in_all(found)))
    much = [each for _, more in found.values() for each in more]
    console.print("charged for what they did not take:" if much else "nobody was charged for what they did not take")
    for each in much:
        console.print(f"  {_sentence(each)}", markup=False)


def told(found: Mapping[int, Judged]) -> dict[str, object]:
    """The same for programs, JSON-ready."""
    return {
        "mornings": [{"seed": seed, **asdict(counts)} for seed, (counts, _) in found.items()],
        "in_all": asdict(_in_all(found)),
        "charged_too_much": [asdict(each) for _, much in found.values() for each in much],
    }


def _in_all(found: Mapping[int, Judged]) -> Morning:
    return sum((counts for counts, _ in found.values()), Morning())


def _table(found: Mapping[int, Judged]) -> Table:
    heads = ("settled", "exact", "overcharged", "undercharged", "review", "no receipt")
    table = Table("seed", *heads, box=None, padding=(0, 1))
    for column in table.columns[1:]:
        column.justify = "right"
    for seed, (counts, _) in found.items():
        table.add_row(str(seed), *_row(counts))
    table.add_section()
    table.add_row("all", *_row(_in_all(found)))
    return table


def _row(n: Morning) -> tuple[str, ...]:
    counts = (n.settled, n.exact, n.overcharged, n.undercharged, n.review, n.unsettled)
    return tuple(str(count) for count in counts)


def _summary(n: Morning) -> str:
    def of(count: int, whole: int) -> str:
        return f"{count}/{whole} ({count / max(1, whole):.1%})"

    return (
        f"\nexact receipts {of(n.exact, n.visits)}   review {of(n.review, n.visits)}"
        f"   no receipt {of(n.unsettled, n.visits)}\n"
        f"settled visits overcharged {of(n.overcharged, n.settled)}   undercharged {of(n.undercharged, n.settled)}\n"
    )


def _sentence(much: TooMuch) -> str:
    if not much.taken_by:
        who = "nobody took it"
    elif much.taken_by == (much.subject,):
        who = "put back by then"
    else:
        who = f"{' and '.join(much.taken_by)} took it"
    return f"seed {much.seed}, {much.visit} ({much.subject}): {much.quantity} × {much.sku}, {who}"
