"""Every story in this folder: played, recorded, replayed, and everything that it expects held against what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.records import CredentialScan, Effect, GateScan, LedgerEntry, Publish, Record
from edge.state import State
from edge.store import load_store
from edge.wire import open_recording
from simulator import simulate_story
from simulator.commands import DEMO
from simulator.expected import Expected
from simulator.replay import replay
from simulator.story import Story, read_story
from simulator.world import play

SHOP = load_store(DEMO)
STORIES = sorted(Path(__file__).parent.glob("*.story"))

Line = dict[str, object]
Receipts = dict[str, list[Line]]


@dataclass
class Watch:
    """An observer: what gates were told, what staff were told, how visits without a receipt ended, what is left."""

    answers: dict[float, str] = field(default_factory=dict)
    """When somebody showed something -> why the gate stays shut, empty where it opens."""
    alerts: Counter[str] = field(default_factory=Counter)
    """A kind, and the product where it is of one."""
    expired: list[object] = field(default_factory=list)
    stock: dict[object, tuple[object, object]] = field(default_factory=dict)
    """Product -> units in its places and astray, as the wire told them last."""

    def __call__(self, state: State, record: Record | None, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, LedgerEntry) and effect.kind == "expired":
                self.expired.append(effect.body["subject"])
            elif isinstance(effect, Publish) and effect.topic == "runtime/alert":
                of = f" of {effect.payload['sku']}" if "sku" in effect.payload else ""
                self.alerts[f"{effect.payload['kind']}{of}"] += 1
            elif isinstance(effect, Publish) and effect.topic.startswith("stock/"):
                self.stock[effect.payload["sku"]] = effect.payload["quantity"], effect.payload["astray"]
            elif isinstance(effect, Publish) and isinstance(record, GateScan | CredentialScan):
                opened = effect.payload.get("open")
                self.answers[round(record.at_s, 4)] = "" if opened else str(effect.payload["reason"])


def pays(expected: Expected, line: Line) -> bool:
    """Is this what the story says, or as little of it as the story allows?"""
    items, state = line["items"], line["state"]
    assert isinstance(items, dict)
    if state == "review":
        return expected.or_review
    if items == expected.items:
        return line["total"] == expected.total_minor
    return expected.or_less and all(n <= expected.items.get(sku, 0) for sku, n in items.items())


def wrong_receipts(story: Story, receipts: Receipts) -> list[str]:
    """Every line about money that did not come true, and every receipt that no line tells of."""
    wrong, left = [], {subject: list(lines) for subject, lines in receipts.items()}
    for expected in story.expected:
        lines = left.get(expected.subject, [])
        found = next((line for line in lines if pays(expected, line)), None)
        if found is None:
            wrong.append(f"line {expected.line}: {lines}")
        else:
            lines.remove(found)
    for reviewed in story.reviewed:
        lines = left.get(reviewed.subject, [])
        looks = [line for line in lines if line["state"] == "review" and reviewed.items in (None, line["items"])]
        if looks:
            lines.remove(looks[0])
        else:
            wrong.append(f"line {reviewed.line}: {lines}")
    if story.nobody_pays:
        lines = [line for lines in receipts.values() for line in lines]
        wrong += [f"somebody pays: {line}" for line in lines if line["total"] or line["state"] == "review"]
    else:
        wrong += [f"nothing is said of {line}" for lines in left.values() for line in lines]
    return wrong


def wrong_answers(story: Story, truth: dict[str, list[Line]], watch: Watch) -> list[str]:
    """Every line about gates that did not come true; each is about one time that somebody showed something."""
    left = [(scan["who"], watch.answers.get(float(str(scan["t"])))) for scan in truth.get("scans", [])]
    wrong = []
    for expected in story.gates:
        if (expected.who, expected.reason) in left:
            left.remove((expected.who, expected.reason))
        else:
            wrong.append(f"line {expected.line}: {left}")
    return wrong


def wrong_alerts(story: Story, watch: Watch) -> list[str]:
    """What staff were told and the story does not say, or the other way round."""
    expected = Counter([*story.told, *("review" for _ in story.reviewed)])
    heard = Counter(watch.alerts)
    if any(e.or_review for e in story.expected):
        del expected["review"], heard["review"]
    return [] if heard == expected else [f"staff are told {dict(heard)}, not {dict(expected)}"]


def wrong_stock(story: Story, watch: Watch) -> list[str]:
    """Every line about what is left that did not come true."""
    return [
        f"line {expected.line}: {expected.sku} is {watch.stock[expected.sku]}, in its places and astray"
        for expected in story.stock
        if watch.stock[expected.sku] != (expected.quantity, expected.astray)
    ]


@pytest.mark.parametrize("path", STORIES, ids=lambda p: p.stem)
def test_what_the_story_says_comes_true(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    story = read_story(text, SHOP, path.name)
    recording = tmp_path / "story.mcap"
    truth = simulate_story(SHOP, text, recording)
    watch = Watch()
    receipts: Receipts = {}
    for line in replay(open_recording(recording), observers=[watch]).lines():
        receipts.setdefault(str(line["subject"]), []).append(line)
    wrong = wrong_receipts(story, receipts) + wrong_answers(story, truth, watch) + wrong_alerts(story, watch)
    wrong += wrong_stock(story, watch)
    expired = sorted(e.subject for e in story.expired)
    if sorted(map(str, watch.expired)) != expired:
        wrong.append(f"scans expired of {watch.expired}, not {expired}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", STORIES, ids=lambda p: p.stem)
def test_a_story_expects_what_really_happens(path: Path) -> None:
    """Its receipts are what everybody took, with nothing left out and nothing made up; its stock is what is left."""
    story = read_story(path.read_text(encoding="utf-8"), SHOP, path.name)
    stage = play(SHOP, story, story.seed or 1).stage
    truth, left = stage.truth(), Counter[str]()
    for facing, units in stage.stock.standing().items():
        left[facing.sku] += units
    told = [(e.subject, e.items) for e in story.expected]
    told += [(r.subject, r.items) for r in story.reviewed if r.items is not None]
    silent = {r.subject for r in story.reviewed if r.items is None} | {e.subject for e in story.expired}
    really = [(str(v["subject"]), v["items"]) for v in truth["visits"] if v["subject"] not in silent]
    for stock in story.stock:
        assert left[stock.sku] == stock.really, f"line {stock.line}"
    if story.nobody_pays:
        assert not told
    else:
        assert sorted(really, key=str) == sorted(told, key=str)


def test_there_are_stories() -> None:
    assert len(STORIES) >= 40
