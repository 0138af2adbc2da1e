"""The report: one page that loads nothing, says what happened, and cannot be broken by what a shop is called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from edge.drawing.markup import Markup, join, number, tag
from edge.drawing.plan import corners_of
from edge.drawing.scale import percent
from edge.evidence.traces import KEEP_S, RecentWeights
from edge.records import Explained, Explanation, Reach, Share, ShelfEvent, WeightBatch
from edge.store import load_store, read_store
from edge.wire import open_recording
from simulator.commands import DEMO
from simulator.replay import replay
from simulator.report import Collector, page, read_truth
from simulator.report.floorplan import floor_plan
from simulator.report.material import Happened, Material
from simulator.report.truth import EventTruth, Truth, assign, judge
from simulator.report.words import odds, why
from tests.core.mornings import story_of
from tests.corner import FILES, OPENS_S, TWO_ONIGIRI, Pick, errand

VOID = {"meta", "input", "br", "circle", "line", "path", "polygon", "polyline", "rect"}
LOADING = ("src", "srcset", "action", "data", "poster", "xlink:href")


class Elements(HTMLParser):
    """Every element with its attributes; remembers whether tags close in the order in which they open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)


def material_of(path: Path) -> Material:
    recording = open_recording(path)
    truth = read_truth(recording.attachments.get("truth.json"))
    collector = Collector(read_store(recording.store_files()), recording.name, truth)
    replay(recording, observers=[collector])
    return collector.material((("more", "1"),), ("Something has to be known.",))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    back = (*TWO_ONIGIRI, Pick(8.5, 1, -110.0, "onigiri-salmon"))
    return material_of(errand(tmp_path_factory.mktemp("r") / "ana.mcap", back, truth={"onigiri-salmon": 1}))


@pytest.fixture(scope="module")
def html(material: Material) -> str:
    return page(material)


def attributes(html: str, name: str) -> Iterator[str]:
    return (a[name] or "" for _, a in Elements(html).found if name in a)


def test_the_page_loads_nothing(html: str) -> None:
    for _, given in Elements(html).found:
        assert not [a for a in LOADING if a in given]
    assert all(link.startswith("#") for link in attributes(html, "href"))
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", html)
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in html
    assert any(policy.startswith("default-src 'none'") for policy in attributes(html, "content"))
    assert len(html) < 1_000_000


def test_the_page_is_whole(html: str) -> None:
    elements = Elements(html)
    assert html.startswith("<!doctype html>")
    assert not elements.crossed
    assert not elements.open


def test_every_link_leads_somewhere_and_every_place_has_one_name(html: str) -> None:
    names = list(attributes(html, "id"))
    assert len(names) == len(set(names))
    assert {link[1:] for link in attributes(html, "href")} <= set(names)


def test_the_page_tells_the_visit_its_receipt_and_both_events(html: str, material: Material) -> None:
    assert [(v.subject, v.total, v.right) for v in material.visits] == [("ana", "¥178", True)]
    assert [e.right for e in material.events] == [True, True]
    assert "1 of 1" in html
    assert "takes 2 × Salmon onigiri" in html
    assert "puts back 1 × Salmon onigiri" in html
    assert "exactly what really happened" in html
    assert "no money was moved" in html
    assert html.count('class="trace"') == 2
    assert "Something has to be known." in html


def test_what_a_shop_is_called_cannot_break_the_page(tmp_path: Path) -> None:
    tea = (Pick(7.0, 3, 625.0, "green-tea"),)
    files = {**FILES, "store.toml": FILES["store.toml"].replace(b"Corner", b"</script><b>&")}
    html = page(material_of(errand(tmp_path / "<i>.mcap", tea, files, truth={"green-tea": 1})))
    assert "Green tea &lt;600 ml&gt; &amp; lemon" in html
    assert "</script><b>" not in html
    assert "<i>" not in html
    assert not Elements(html).crossed
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert data
    assert json.loads(data[1])["events"][0]["shares"][0][2] == "Green tea <600 ml> & lemon"


def test_a_wrong_receipt_is_marked_with_what_is_wrong(tmp_path: Path) -> None:
    html = page(material_of(errand(tmp_path / "x.mcap", truth={"onigiri-salmon": 1, "green-tea": 1})))
    assert "not what really happened" in html
    assert "Salmon onigiri: really 1, charged 2" in html
    assert "0 of 1" in html


def test_without_truth_nothing_is_judged(tmp_path: Path) -> None:
    html = page(material_of(errand(tmp_path / "x.mcap")))
    assert "✓" not in html.partition("<script")[0]
    assert "really" not in html.partition("<script")[0]


def test_an_empty_recording_makes_a_page_too(tmp_path: Path) -> None:
    html = page(material_of(errand(tmp_path / "x.mcap", ())))
    assert "No shelf moved." in html


# --- parts ---


def event(at_s: float = 10.0, change_g: float = -220.0, plate: int = 1, name: str = "e1") -> ShelfEvent:
    change = np.zeros(4)
    change[plate - 1] = change_g
    return ShelfEvent(
        name, "g1-s1", at_s - 0.2, at_s, at_s + 0.2, at_s + 0.5, (plate,), change, np.full(4, 0.5)
    )  # fmt: skip


def test_weights_are_remembered_for_a_minute_only() -> None:
    weights = RecentWeights()
    for i in range(2000):
        weights.heard(WeightBatch(i * 0.2, i * 0.2, "g1-s1", 60.0, np.full((4, 12), 5.0)))
    assert len(weights._batches["g1-s1"]) <= KEEP_S / 0.2 + 1
    assert weights.cut(event(at_s=100.0)) is None
    trace = weights.cut(event(at_s=390.0))
    assert trace is not None
    assert trace.change_g.shape == (1, trace.at_s.size)
    np.testing.assert_allclose(trace.change_g, 0.0)
    assert 2.0 < trace.at_s[-1] - trace.at_s[0] < 5.0


def test_a_trace_keeps_its_gaps() -> None:
    weights = RecentWeights()
    for i in range(100):
        mass_g = np.full((4, 12), 300.0 if i < 50 else 80.0)
        mass_g[0, 6] = np.nan
        weights.heard(WeightBatch(i * 0.2, i * 0.2, "g1-s1", 60.0, mass_g))
    trace = weights.cut(event())
    assert trace is not None
    assert np.isnan(trace.change_g).any()
    assert np.nanmax(trace.change_g) == 0.0
    assert np.nanmin(trace.change_g) == -220.0


def test_truth_finds_its_event_or_is_told_apart() -> None:
    truth = Truth(
        events=[
            _truth(10.1, 2, "pick"),
            _truth(10.1, 1, "pick", plates=[4]),
            _truth(40.0, 1, "pick"),
            _truth(10.0, 1, "touch"),
        ]
    )
    happened, unseen = assign(truth, [event()])
    assert [h.quantity for h in happened["e1"]] == [2]
    assert sorted(h.at_s for h in unseen) == [10.1, 40.0]


@pytest.mark.parametrize(
    ("visit", "sku", "quantity", "right"),
    [
        ("v1", "onigiri-salmon", 2, True),
        ("v1", "onigiri-salmon", 1, False),
        ("v1", "green-tea", 2, False),
        ("v2", "onigiri-salmon", 2, False),
    ],
)
def test_an_explanation_is_right_when_it_says_exactly_what_happened(
    visit: str, sku: str, quantity: int, right: bool
) -> None:
    explained = Explained(event(), (Explanation((Share(visit, sku, quantity),), 0, 0, 0, 0, 1.0),), ())
    real = (Happened(10.0, "ana", "onigiri-salmon", 2, "g1-s1", (1,)),)
    assert judge(explained, real, {"v1": "ana", "v2": "bo"}) is right


def _truth(t: float, count: int, action: str, plates: list[int] | None = None) -> EventTruth:
    return EventTruth(t, "ana", "onigiri-salmon", count, action, "g1-s1", [1] if plates is None else plates)


def test_the_reason_names_what_decided(material: Material) -> None:
    visit = material.visits[0].id
    best = Explanation((Share(visit, "onigiri-salmon", 2),), -1.0, -1.0, -1.0, -2.0, 0.97)
    other = Explanation((Share("", "green-tea", 1),), -1.0, -1.0, -7.0, -1.0, 0.03)
    reaches = ((visit, Reach(1, 0.04, 0.5, 9)), ("", Reach(2, 1.6, 1.2, 4)))
    told = re.sub("<[^>]+>", "", why(material, Explained(event(), (best, other), reaches)))
    assert "who was near (400 to 1)" in told
    assert "For it speaks what usually happens (2.7 to 1)" in told
    assert "ana had a hand 4 cm away" in told
    assert "a stranger had a hand 1.6 m away" in told
    assert odds(20.0) == "over a million to one"


def test_markup_escapes_what_is_no_markup() -> None:
    assert tag("a", "<&", Markup("<b/>"), href='"x"') == '<a href="&quot;x&quot;">&lt;&amp;<b/></a>'
    assert tag("input", class_="c", disabled=True, title=None) == '<input class="c" disabled>'
    assert join("a", None, 1) == "a1"
    assert [number(v) for v in (1.0, 0.04, -2.50, 1e9)] == ["1", "0", "-2.5", "1000000000"]


def test_times_are_the_shops_own(html: str) -> None:
    assert OPENS_S == 1_700_000_000.0
    assert "07:13:20" in html


def test_a_visit_in_review_is_charged_for_nothing_yet(tmp_path: Path) -> None:
    story = (Path(__file__).parents[1] / "scenarios" / "left-unseen.story").read_text(encoding="utf-8")
    html = page(material_of(story_of(story, tmp_path / "unseen.mcap")))
    assert "What a person decides about: nothing is charged yet" in html
    assert "¥178 if charged" in html
    assert "charged for<" not in html


def test_a_review_says_why_with_whom_and_what_hangs_on_it(tmp_path: Path) -> None:
    story = (Path(__file__).parents[1] / "scenarios" / "blind-in-company.story").read_text(encoding="utf-8")
    cards = re.findall(r"<article.*?</article>", page(material_of(story_of(story, tmp_path / "blind.mcap"))), re.DOTALL)
    told = [re.sub(r"<[^>]*>", "", card) for card in cards]
    why = "Why: who left is only 50% sure; may have been exchanged with"
    assert f"{why} ben: Potato chips, salted ×1 hangs on it." in told[0]
    assert f"{why} ana: Potato chips, seaweed ×1 hangs on it." in told[1]


def test_a_visit_in_review_tells_why(material: Material) -> None:
    waiting = replace(material.visits[0], state="review", reason="nobody saw them leave")
    html = page(replace(material, visits=(waiting,)))
    assert "Why: nobody saw them leave" in html
    assert "Why:" not in page(material)


def test_a_withheld_line_tells_of_what_the_runtime_was_not_sure(material: Material) -> None:
    ana = material.visits[0]
    line = replace(ana.lines[0], charged=False, what=0.99, who=0.7, rival=ana.id)
    html = page(replace(material, visits=(replace(ana, lines=(line,)),)))
    assert f"withheld: what {percent(0.99)}, who {percent(0.7)}, or <a" in html


def test_no_mark_lies_over_a_gondolas_name(material: Material) -> None:
    shop = load_store(DEMO)
    plan = str(floor_plan(replace(material, store=shop, events=(), walks=())))
    names = re.findall(r'<text x="([-.\d]+)" y="([-.\d]+)" class="label">([^<]+)<', plan)
    assert sorted(name for *_, name in names) == sorted(g.id for g in shop.layout.gondolas)
    for x, y, name in names:
        spot = np.array([float(x), float(y)])
        for gondola in shop.layout.gondolas:
            corners = np.asarray(corners_of(gondola))
            apart_cm = np.maximum(corners.min(axis=0) - spot, spot - corners.max(axis=0)).max()
            assert apart_cm > 5.0, f"{name} stands on {gondola.id}"


def test_an_english_page_is_english_and_without_jargon(html: str) -> None:
    told = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", " ", told)
    assert "Thank you, see you soon" in words
    assert "レシート" not in words
    assert not re.search(r"\bnats\b|\bprior\b|\bit did\b", words + " ".join(attributes(told, "title")))
    assert "what usually happens" in words


@pytest.mark.parametrize("sure", [1.0, 0.6])
def test_people_who_may_have_been_exchanged_are_named_on_both_cards(tmp_path: Path, sure: float) -> None:
    story = (Path(__file__).parents[1] / "scenarios" / "crossing.story").read_text(encoding="utf-8")
    recording = open_recording(story_of(story, tmp_path / "crossing.mcap"))
    collector = Collector(read_store(recording.store_files()), recording.name)
    replay(recording, observers=[collector])
    began_s = collector.began_s or 0.0
    ana, ben = (v.id for v in collector.material().visits)
    for second in range(4):
        collector.doubt({ana: sure, ben: 1.0 - sure}, began_s + second)
    cards = re.findall(r"<article.*?</article>", page(collector.material()), re.DOTALL)
    assert len(cards) == 2
    for card, other in zip(cards, ("ben", "ana"), strict=True):
        told = re.sub(r"<[^>]*>", "", card)
        assert (f"may have been {other}, 40 % at worst" in told) is (sure < 1.0)
