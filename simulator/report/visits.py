"""A card a visit: what they did, what they are charged for and how sure the runtime is, the receipt, and the truth.

A visit in review is charged for nothing yet, and its card says so; so it does of people who may have been exchanged.
"""

from __future__ import annotations

from dataclasses import replace

from edge.checkout import in_words
from edge.drawing.markup import Markup, join, tag
from edge.drawing.scale import percent
from simulator.report.charts import certainty_bar
from simulator.report.material import EventShown, LineShown, Material, Mixed, VisitShown
from simulator.report.timeline import deeds_of, verdict
from simulator.report.words import clock, name_of, short

STATES = {"settled": "settled", "review": "needs a person", "open": "still inside"}
CHARGED = {
    "settled": "What they are charged for",
    "review": "What a person decides about: nothing is charged yet",
    "open": "Nothing is settled yet",
}
WITHHELD = "Nothing: the runtime is not sure enough of what they may have taken."


def visit_cards(material: Material) -> Markup:
    """All cards, in the order in which people came in."""
    deeds = deeds_of(material)
    return join(*(_card(material, visit, deeds.get(visit.id, [])) for visit in material.visits))


def _card(material: Material, visit: VisitShown, deeds: list[tuple[EventShown, str, int]]) -> Markup:
    stay = "" if visit.left_s is None else f" – {clock(material, visit.left_s)}"
    return tag(
        "article",
        tag(
            "header",
            tag("i", class_="dot"),
            tag("h3", short(visit.subject), title=visit.subject),
            tag("span", STATES.get(visit.state, visit.state), class_=f"badge {visit.state}"),
            tag("span", f"{clock(material, visit.entered_s)}{stay}", class_="quiet stay-time"),
            tag(
                "span",
                tag("strong", f"{visit.total} if charged" if visit.state == "review" else visit.total),
                verdict(visit.right),
                class_="due",
            ),
        ),
        tag(
            "div",
            tag("div", tag("h4", "What they did"), _story(material, visit, deeds), class_="story"),
            tag(
                "div",
                tag("h4", CHARGED[visit.state]),
                _why(material, visit),
                _lines(material, visit),
                _mixed(material, visit),
                _truth(material, visit),
            ),
            tag("div", tag("pre", visit.receipt, class_="receipt"), class_="paper") if visit.receipt else None,
            class_="columns",
        ),
        class_="card visit v",
        id=f"v-{visit.id}",
        style=f"--h:{visit.hue}",
        data_right=None if visit.right is None else str(visit.right).lower(),
    )


def _story(material: Material, visit: VisitShown, deeds: list[tuple[EventShown, str, int]]) -> Markup:
    """Line by line, as shop stories are written."""
    rows = [tag("li", tag("time", clock(material, visit.entered_s)), tag("span", "enters"))]
    for shown, sku, quantity in deeds:
        event = shown.explained.event
        what = f"{'takes' if quantity > 0 else 'puts back'} {abs(quantity)} × {material.product(sku)}"
        best = shown.explained.explanations[0].probability
        rows.append(
            tag(
                "li",
                tag("time", clock(material, shown.at_s)),
                tag(
                    "span",
                    tag("a", what, href=f"#e-{shown.id}", class_="pick" if quantity > 0 else "back"),
                    tag("span", f" {event.shelf}:{'+'.join(map(str, event.plates))}", class_="quiet"),
                    tag("span", f" · {percent(best)} sure", class_="doubt quiet") if best < 0.9 else None,
                ),
            )
        )
    if visit.left_s is not None:
        rows.append(tag("li", tag("time", clock(material, visit.left_s)), tag("span", "leaves")))
    return tag("ol", *rows)


def _why(material: Material, visit: VisitShown) -> Markup | None:
    """Why a person looks, with whom this one may have been exchanged, and what hangs on that."""
    if not visit.reason:
        return None
    people = {other.id: short(other.subject) for other in material.visits}
    exchanged = [replace(e, visit=people.get(e.visit, e.visit)) for e in visit.exchanged]
    told = "; ".join(part for part in (visit.reason, in_words(exchanged, "en", material.product)) if part)
    return tag("p", f"Why: {told}.", class_="doubt why")


def _mixed(material: Material, visit: VisitShown) -> Markup | None:
    """With whom this one may have been exchanged, between when and when, and how likely that was at worst."""
    spans: dict[str, list[Mixed]] = {}
    for mixed in (m for m in material.mixed if visit.id in m.visits):
        spans.setdefault(mixed.other(visit.id), []).append(mixed)
    if not spans:
        return None
    told = []
    for other, doubts in spans.items():
        since, until = clock(material, doubts[0].since_s), clock(material, max(m.until_s for m in doubts))
        worst = percent(max(m.share for m in doubts))
        what = ("may have been ", name_of(material, other), f", {worst} at worst")
        told.append(tag("li", tag("time", since if since == until else f"{since} – {until}"), tag("span", *what)))
    head = tag("p", "Perhaps exchanged with somebody: what one took may stand on the other's receipt.", class_="doubt")
    return tag("div", head, tag("ol", *told), class_="mixed")


def _lines(material: Material, visit: VisitShown) -> Markup | None:
    if not visit.lines:
        return tag("p", "Nothing.", class_="quiet") if visit.state != "open" else None
    nothing = None if any(line.charged for line in visit.lines) else tag("p", WITHHELD, class_="quiet")
    return join(nothing, tag("table", tag("tbody", *(_line(material, line) for line in visit.lines)), class_="lines"))


def _line(material: Material, line: LineShown) -> Markup:
    links = []
    for event in line.events:
        shown = next((e for e in material.events if e.id == event), None)
        if shown is not None:
            links.append(tag("a", clock(material, shown.at_s), href=f"#e-{event}", class_="chip"))
    return tag(
        "tr",
        tag("td", f"{line.quantity} ×", class_="quantity"),
        tag("td", line.name, tag("div", *links, class_="chips") if links else None),
        tag(
            "td",
            certainty_bar(line.certainty, "" if line.charged else "doubt"),
            None if line.charged else tag("div", "withheld", _doubt(material, line), class_="doubt"),
        ),
    )


def _doubt(material: Material, line: LineShown) -> Markup:
    """Of what the runtime was not sure enough: what it was, or whose."""
    rival = join(", or ", name_of(material, line.rival)) if line.rival else None
    return join(f": what {percent(line.what)}, who {percent(line.who)}", rival)


def _truth(material: Material, visit: VisitShown) -> Markup | None:
    """What the subject really left with, told where it is not what it is charged for."""
    if visit.truth is None:
        return None
    if visit.right:
        return tag("p", verdict(True), " exactly what really happened", class_="truth")
    withheld: dict[str, int] = {}
    asked_for = "would be charged" if visit.state == "review" else "charged"
    charged: dict[str, int] = {}
    for line in visit.lines:
        counted = charged if line.charged else withheld
        counted[line.sku] = counted.get(line.sku, 0) + line.quantity
    wrong = []
    for sku in sorted({*visit.truth, *charged}):
        real, asked = visit.truth.get(sku, 0), charged.get(sku, 0)
        if real != asked:
            kept_back = f", withheld {withheld[sku]}" if sku in withheld else ""
            wrong.append(tag("li", f"{material.product(sku)}: really {real}, {asked_for} {asked}{kept_back}"))
    return tag("div", tag("p", verdict(False), " not what really happened"), tag("ul", *wrong), class_="truth")
