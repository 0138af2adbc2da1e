"""A card a shelf event: its trace, every explanation that was weighed, why one won, and who was near."""

from __future__ import annotations

import math

from edge.drawing.markup import Markup, join, number, tag
from edge.drawing.scale import grams_shown
from edge.records import Explained, Explanation
from simulator.report.charts import certainty_bar, weight_trace
from simulator.report.material import EventShown, Material
from simulator.report.timeline import verdict
from simulator.report.words import (
    FACTORS,
    TELLING_NATS,
    clock,
    deeds,
    distance,
    happened,
    name_of,
    nats_of,
    odds,
    why,
)

SHOWN_EXPLANATIONS = 6
DOUBTFUL_BELOW = 0.9
"""An event whose best explanation is less probable than this counts as doubtful."""

OPEN_BELOW = 0.75
"""... and below this it opens by itself, as does one that is known to be wrong."""

FAR_M = 1.5
"""The far end of the bars that show how near a hand was."""


def event_cards(material: Material) -> Markup:
    """All cards, in order of time."""
    return join(*(_card(material, shown) for shown in material.events))


def _card(material: Material, shown: EventShown) -> Markup:
    event, explanations = shown.explained.event, shown.explained.explanations
    best = explanations[0] if explanations else None
    doubtful = best is None or best.probability < DOUBTFUL_BELOW
    hue = next((v.hue for v in material.visits if best and best.shares and v.id == best.shares[0].visit), None)
    change = sum(float(event.change_g[p - 1]) for p in event.plates)
    return tag(
        "details",
        tag(
            "summary",
            tag("i", class_="dot" if change < 0 else "dot hollow"),
            tag("time", clock(material, event.step_s, tenths=True)),
            tag("span", deeds(material, best) if best else "unexplained", class_="what"),
            tag("span", f"{event.shelf}:{'+'.join(map(str, event.plates))}", class_="where"),
            tag("span", grams_shown(change), class_="mass"),
            certainty_bar(best.probability if best else None, "doubt" if doubtful else ""),
            verdict(shown.right) or tag("span"),
        ),
        tag(
            "div",
            weight_trace(shown, _levels(material, shown.explained)),
            tag("div", _reasons(material, shown), class_="reasons"),
            class_="inside",
        ),
        class_="card event v",
        id=f"e-{shown.id}",
        style=None if hue is None else f"--h:{hue}",
        open=best is None or best.probability < OPEN_BELOW or shown.right is False,
        data_doubtful=doubtful,
        data_wrong=shown.right is False,
        data_back=change > 0,
    )


def _reasons(material: Material, shown: EventShown) -> Markup:
    explained = shown.explained
    truth = None
    if shown.happened is not None:
        truth = tag("p", verdict(shown.right), " Really: ", happened(material, shown.happened), ".", class_="truth")
    blind = tag("p", "Plates could not be read meanwhile.", class_="doubt") if explained.event.blind else None
    return join(
        tag("p", why(material, explained), class_="why"),
        truth,
        blind,
        _explanations(material, explained),
        _near(material, explained),
    )


def _explanations(material: Material, explained: Explained) -> Markup | None:
    """What was weighed. The stacked bar is what speaks *against* each: the shortest won."""
    considered = explained.explanations[:SHOWN_EXPLANATIONS]
    if not considered:
        return None
    best_of = {f: max(nats_of(e, f) for e in considered) for f, _ in FACTORS}
    costs = [{f: best_of[f] - nats_of(e, f) for f, _ in FACTORS} for e in considered]
    longest = max(4.0, min(25.0, max(sum(c.values()) for c in costs)))
    rows = [
        _explanation(material, explanation, cost, longest, explanation is considered[0])
        for explanation, cost in zip(considered, costs, strict=True)
    ]
    more = len(explained.explanations) - len(considered)
    return join(
        tag(
            "table",
            tag(
                "thead",
                tag("tr", tag("th", "Explanation"), tag("th", "Probability"), tag("th", "What speaks against it")),
            ),
            tag("tbody", *rows),
            class_="explanations",
        ),
        tag("p", *(join(tag("i", class_=f"key {f}"), f"{called} ") for f, called in FACTORS), class_="keys"),
        tag("p", f"{more} more were weighed.", class_="quiet") if more > 0 else None,
    )


def _explanation(
    material: Material, explanation: Explanation, cost: dict[str, float], longest: float, chosen: bool
) -> Markup:
    against = [f"{called} {odds(cost[f])}" for f, called in FACTORS if cost[f] > TELLING_NATS]
    room = 1.0 / max(longest, sum(cost.values()))
    parts = [tag("i", class_=f, style=f"--p:{number(cost[f] * room, 4)}") for f, _ in FACTORS if cost[f] * room > 0.004]
    return tag(
        "tr",
        tag("td", deeds(material, explanation)),
        tag("td", certainty_bar(explanation.probability)),
        tag(
            "td",
            tag("span", *parts, class_="stack"),
            tag("small", odds(sum(cost.values())) if against else "nothing"),
            title=", ".join(against) or None,
        ),
        class_="chosen" if chosen else None,
    )


def _near(material: Material, explained: Explained) -> Markup | None:
    """Who could reach, nearest hand first."""
    if not explained.reaches:
        return tag("p", "Nobody was seen near it.", class_="quiet")
    ranked = sorted(explained.reaches, key=lambda r: (min(r[1].hand_gap_m, r[1].head_gap_m + 1.0), r[1].track))
    items = []
    for visit, reach in ranked[:5]:
        if math.isinf(reach.hand_gap_m) and math.isinf(reach.head_gap_m):
            continue
        near = 0.0 if math.isinf(reach.hand_gap_m) else max(0.0, 1.0 - reach.hand_gap_m / FAR_M)
        hand = distance(reach.hand_gap_m)
        head = "" if math.isinf(reach.head_gap_m) else f", head {distance(reach.head_gap_m)}"
        items.append(
            tag(
                "li",
                name_of(material, visit),
                tag("span", tag("i", style=f"--p:{near:.3f}"), class_="nearness"),
                tag("span", f"hand {hand}{head}", class_="quiet"),
                title=f"track {reach.track}, {reach.sightings} sightings",
            )
        )
    return tag("ul", *items, class_="near", aria_label="Who was near")


def _levels(material: Material, explained: Explained) -> list[tuple[str, float, bool]]:
    """What the change should have been by the explanations that differ in mass: (what, grams, chosen)."""
    found: list[tuple[str, float, bool]] = []
    for i, explanation in enumerate(explained.explanations[:SHOWN_EXPLANATIONS]):
        weights = [(s.quantity, material.store.catalogue.get(s.sku)) for s in explanation.shares]
        if not weights or any(product is None for _, product in weights):
            continue
        grams = -sum(n * product.weight_g for n, product in weights if product)
        if all(abs(grams - g) > 0.5 for _, g, _ in found):
            what = ", ".join(f"{abs(n)} × {material.product(p.sku)}" for n, p in weights if p)
            found.append((f"{what}: {grams_shown(grams)}", grams, i == 0))
    return found
