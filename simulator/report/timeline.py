"""All visits on one time line: a swim lane each, from the gate to the exit, with what was taken and put back."""

from __future__ import annotations

from collections import defaultdict

from edge.drawing.markup import Markup, tag
from simulator.report.material import EventShown, Material, VisitShown
from simulator.report.words import clock, plain_deeds, short

TICKS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0)


def timeline(material: Material) -> Markup:
    """The lanes under one another and the clock under all of them."""
    by_visit = deeds_of(material)
    return tag(
        "div",
        *(_lane(material, visit, by_visit.get(visit.id, [])) for visit in material.visits),
        tag("div", tag("span"), tag("div", *_ticks(material), class_="track"), tag("span"), class_="lane clock"),
        class_="lanes",
        id="lanes",
    )


def deeds_of(material: Material) -> dict[str, list[tuple[EventShown, str, int]]]:
    """For each visit (event, sku, quantity) by the explanation that won, in order of time."""
    found: dict[str, list[tuple[EventShown, str, int]]] = defaultdict(list)
    for shown in material.events:
        for share in shown.explained.explanations[0].shares if shown.explained.explanations else ():
            found[share.visit].append((shown, share.sku, share.quantity))
    return {visit: sorted(deeds, key=lambda d: d[0].at_s) for visit, deeds in found.items()}


def verdict(right: bool | None) -> Markup | None:
    """A clear right or wrong, where the truth is known."""
    if right is None:
        return None
    return tag("span", "✓" if right else "✗", class_="right" if right else "wrong", title="right" if right else "wrong")


def _lane(material: Material, visit: VisitShown, deeds: list[tuple[EventShown, str, int]]) -> Markup:
    left_s = visit.left_s if visit.left_s is not None else material.ended_s
    start, width = _share(material, visit.entered_s), _share(material, left_s) - _share(material, visit.entered_s)
    marks = [
        tag(
            "a",
            href=f"#e-{shown.id}",
            class_="deed pick" if quantity > 0 else "deed back",
            style=f"left:{_share(material, shown.at_s):.2%}",
            title=f"{clock(material, shown.at_s)}  {plain_deeds(material, shown.explained.explanations[0])}",
        )
        for shown, _, quantity in deeds
    ]
    return tag(
        "div",
        tag("a", short(visit.subject), href=f"#v-{visit.id}", class_="name", title=visit.subject),
        tag(
            "div",
            tag("i", class_="stay", style=f"left:{start:.2%};width:{width:.2%}"),
            *marks,
            _exit(material, visit.left_s),
            class_="track",
        ),
        tag("span", visit.total if visit.state != "review" else "review", verdict(visit.right), class_="sum"),
        class_=f"lane v {visit.state}",
        style=f"--h:{visit.hue}",
        data_visit=visit.id,
    )


def _exit(material: Material, left_s: float | None) -> Markup | None:
    if left_s is None:
        return None
    where, when = f"left:{_share(material, left_s):.2%}", f"leaves {clock(material, left_s)}"
    return tag("i", class_="exit", style=where, title=when)


def _ticks(material: Material) -> list[Markup]:
    span = max(material.ended_s - material.began_s, 1.0)
    every = next((t for t in TICKS if span / t <= 7), TICKS[-1])
    first = (material.began_s // every + 1) * every
    moments = []
    while first < material.ended_s:
        moments.append(first)
        first += every
    return [tag("span", clock(material, t), style=f"left:{_share(material, t):.2%}") for t in moments]


def _share(material: Material, at_s: float) -> float:
    """Where a moment stands in the recording, 0…1."""
    span = max(material.ended_s - material.began_s, 1e-6)
    return min(1.0, max(0.0, (at_s - material.began_s) / span))
