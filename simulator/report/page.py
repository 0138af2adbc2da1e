"""The page itself: one file, nothing loaded from anywhere, legible without a script; a script moves the people.

`page.css` and `page.js` stand beside this file and are put into the page as they are.
"""

from __future__ import annotations

import json
from datetime import datetime
from importlib.resources import files

from edge import __version__
from edge.drawing.markup import Markup, tag
from edge.drawing.plan import shelf_spot
from simulator.report.events import DOUBTFUL_BELOW, event_cards
from simulator.report.floorplan import floor_plan, walks_data
from simulator.report.material import Material
from simulator.report.timeline import timeline, verdict
from simulator.report.visits import visit_cards
from simulator.report.words import clock, happened, short

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""The page says itself that it loads nothing: a browser would refuse."""

SPEEDS = (1, 4, 8, 30)
SPEED = 8
"""How much faster than the shop the page plays; the script begins with the button that is pressed."""


def page(material: Material) -> str:
    """The whole report as HTML."""
    title = f"{material.recording} · Tebura"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(_asset("page.css"))),
    )
    body = tag(
        "body",
        _masthead(material),
        tag("main", _shop(material), _visits(material), _events(material), _unseen(material)),
        tag("footer", f"Made by Tebura {__version__} from {material.recording}. Everything on this page is in it."),
        tag("script", Markup(_data(material)), type="application/json", id="data"),
        tag("script", Markup(_asset("page.js"))),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _masthead(material: Material) -> Markup:
    began = datetime.fromtimestamp(material.began_s, material.store.timezone)
    minutes, seconds = divmod(round(material.ended_s - material.began_s), 60)
    when = f"{began:%A, %-d %B %Y}, {clock(material, material.began_s)} – {clock(material, material.ended_s)}"
    return tag(
        "header",
        tag(
            "div",
            tag("span", "手ぶら", class_="mark"),
            tag("span", "Tebura", class_="word"),
            tag("button", "◐", id="theme", type="button", title="light or dark", aria_label="Switch light and dark"),
            class_="brand",
        ),
        tag("h1", material.recording),
        tag("p", f"{material.store.name} · {when} · {minutes} min {seconds:02d} s", class_="lead"),
        tag("dl", *(_figure(what, much) for what, much in _figures(material)), class_="figures"),
        *(tag("p", note, class_="note") for note in material.notes),
        class_="masthead",
    )


def _figures(material: Material) -> list[tuple[str, str]]:
    """What stands in large type at the head of the page."""
    known = [v for v in material.visits if v.right is not None]
    told = [("visits", str(len(material.visits)))]
    if known:
        told.append(("receipts exactly right", f"{sum(bool(v.right) for v in known)} of {len(known)}"))
    review = sum(v.state == "review" for v in material.visits)
    return [
        *told,
        ("need a person", str(review)),
        ("shelf events", str(len(material.events))),
        ("touches", str(len(material.touches))),
        *material.figures,
    ]


def _figure(what: str, much: str) -> Markup:
    return tag("div", tag("dd", much), tag("dt", what))


def _shop(material: Material) -> Markup:
    speeds = [tag("button", f"{n}×", type="button", data_speed=n, aria_pressed=str(n == SPEED).lower()) for n in SPEEDS]
    return tag(
        "section",
        tag("h2", "The shop, as it happened"),
        tag(
            "div",
            tag("div", floor_plan(material), class_="stage"),
            tag(
                "div",
                tag("button", "▶", id="play", type="button", aria_label="Play"),
                tag(
                    "input", id="now", type="range", min=0, step=0.1, value=0, aria_label="Time",
                    max=f"{material.ended_s - material.began_s:.1f}",
                ),
                tag("output", clock(material, material.began_s), id="clock"),
                tag("span", *speeds, class_="speeds"),
                class_="player",
            ),
            timeline(material),
            tag(
                "p",
                tag("i", class_="dot"), " took ", tag("i", class_="dot hollow"), " put back ",
                tag("i", class_="exit-key"), " exit. Click the time line to jump there.",
                class_="legend quiet",
            ),
            class_="panel",
        ),
        id="shop",
    )  # fmt: skip


def _visits(material: Material) -> Markup:
    return tag("section", tag("h2", "Visits"), visit_cards(material), id="visits")


def _events(material: Material) -> Markup:
    wrong = sum(e.right is False for e in material.events)
    best = [e.explained.explanations[0].probability for e in material.events if e.explained.explanations]
    doubtful = sum(p < DOUBTFUL_BELOW for p in best)
    chips = [("all", len(material.events)), ("doubtful", doubtful)]
    chips += [("put back", sum(e.explained.event.change_g.sum() > 0 for e in material.events))]
    chips += [("wrong", wrong)] if any(e.right is not None for e in material.events) else []
    buttons = [
        tag("button", f"{name} ", tag("b", count), type="button", data_filter=name, aria_pressed=str(not i).lower())
        for i, (name, count) in enumerate(chips)
    ]
    fold = tag("button", "open all", type="button", id="fold")
    return tag(
        "section",
        tag("h2", "Shelf events"),
        tag("div", *buttons, tag("span", class_="space"), fold, class_="filters"),
        event_cards(material) if material.events else tag("p", "No shelf moved.", class_="quiet"),
        id="events",
    )


def _unseen(material: Material) -> Markup | None:
    """What really happened and no shelf event tells."""
    if not material.unseen:
        return None
    rows = []
    for h in material.unseen:
        where = f"{h.shelf}:{'+'.join(map(str, h.plates))} "
        rows.append(tag("li", tag("time", clock(material, h.at_s)), where, happened(material, (h,))))
    head = tag("h2", verdict(False), " Happened, but no shelf event tells")
    return tag("section", head, tag("ul", *rows, class_="unseen"))


def _data(material: Material) -> str:
    """What the script needs, as JSON that cannot end the element it stands in."""
    events = []
    for shown in material.events:
        best = shown.explained.explanations[0] if shown.explained.explanations else None
        event = shown.explained.event
        x, y = shelf_spot(material.store.layout, event.shelf, event.plates)
        events.append(
            {
                "t": round(shown.at_s - material.began_s, 2),
                "x": round(x),
                "y": round(y),
                "shares": [[s.visit, s.quantity, material.product(s.sku)] for s in best.shares] if best else [],
            }
        )
    data = {
        "beganS": material.began_s,
        "zone": str(material.store.timezone),
        "walks": walks_data(material),
        "events": events,
        "visits": [
            {
                "id": v.id,
                "name": short(v.subject),
                "hue": v.hue,
                "in": round(v.entered_s - material.began_s, 2),
                "out": None if v.left_s is None else round(v.left_s - material.began_s, 2),
            }
            for v in material.visits
        ],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
