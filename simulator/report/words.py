"""What the page says in words: who took what, and why the runtime believes it.

An explanation's parts are natural logarithms of likelihoods; people understand odds. What is told is always the
difference to the next best explanation, because nothing else decided.
"""

from __future__ import annotations

import math
from datetime import datetime

from edge.drawing.markup import Markup, join, tag
from edge.drawing.scale import percent
from edge.records import Explained, Explanation, Share
from simulator.report.material import Happened, Material

FACTORS = (
    ("weight", "the weight"),
    ("place", "the place on the shelf"),
    ("who", "who was near"),
    ("prior", "what usually happens"),
)
"""Every part of an explanation: field name without ``_nats``, and how it is called in a sentence."""

TELLING_NATS = 0.15
"""A difference below this (odds of 1.2 : 1) is not worth a word."""


def nats_of(explanation: Explanation, factor: str) -> float:
    """One part of an explanation, by the name in `FACTORS`."""
    found = {
        "weight": explanation.weight_nats,
        "place": explanation.place_nats,
        "who": explanation.who_nats,
        "prior": explanation.prior_nats,
    }
    return found[factor]


def clock(material: Material, at_s: float, tenths: bool = False) -> str:
    """Local time in the shop."""
    local = datetime.fromtimestamp(at_s, material.store.timezone)
    return local.strftime("%H:%M:%S") + (f".{local.microsecond // 100_000}" if tenths else "")


def short(subject: str) -> str:
    """A subject as a label; the long numbers that readers give are cut in the middle."""
    return subject if len(subject) <= 14 else f"{subject[:4]}…{subject[-5:]}"


def name_of(material: Material, visit: str) -> Markup:
    """A visit's subject in its colour; a stranger where there is none."""
    found = material.visit(visit)
    if found is None:
        return tag("span", "a stranger" if not visit else f"visit {visit}", class_="stranger")
    return tag(
        "a",
        short(found.subject),
        class_="v name",
        style=f"--h:{found.hue}",
        href=f"#v-{found.id}",
        title=found.subject,
    )


def deed(material: Material, share: Share) -> Markup:
    """``ana took 2 × Salmon rice ball``."""
    if not share.sku or not share.quantity:
        return join(name_of(material, share.visit), " moved something unknown")
    verb = "took" if share.quantity > 0 else "put back"
    times = tag("b", f"{abs(share.quantity)} × ") if abs(share.quantity) != 1 else None
    return join(name_of(material, share.visit), f" {verb} ", times, material.product(share.sku))


def deeds(material: Material, explanation: Explanation) -> Markup:
    """Everything that an explanation says."""
    if not explanation.shares:
        return Markup("nothing was taken or put back")
    parts: list[Markup] = []
    for i, share in enumerate(explanation.shares):
        parts.append(join(" and " if i else "", deed(material, share)))
    return join(*parts)


def plain_deeds(material: Material, explanation: Explanation) -> str:
    """The same without markup, for labels on the plan and tooltips."""
    told = []
    for share in explanation.shares:
        visit = material.visit(share.visit)
        who = short(visit.subject) if visit else "somebody"
        told.append(f"{who} {share.quantity:+d} {material.product(share.sku)}".replace("-", "−", 1))
    return ", ".join(told) or "nothing"


def happened(material: Material, truth: tuple[Happened, ...]) -> str:
    """What the truth says about an event."""
    if not truth:
        return "nothing was taken or put back"
    told = []
    for h in truth:
        verb = "took" if h.quantity > 0 else "put back"
        told.append(f"{short(h.subject)} {verb} {abs(h.quantity)} × {material.product(h.sku)}")
    return "; ".join(told)


def odds(nats: float) -> str:
    """``e**nats`` to one, rounded as people say it."""
    if nats > math.log(1e6):
        return "over a million to one"
    ratio = math.exp(nats)
    shown = f"{ratio:.1f}" if ratio < 10 else f"{round(ratio, 1 - math.floor(math.log10(ratio))):,.0f}"
    return f"{shown.removesuffix('.0')} to 1"


def why(material: Material, explained: Explained) -> Markup:
    """Why the most probable explanation won over the next one."""
    if not explained.explanations:
        return Markup("Nothing in the catalogue explains this change.")
    best, *others = explained.explanations
    if not others:
        return Markup("Nothing else came into question.")
    other = others[0]
    gains = {called: nats_of(best, f) - nats_of(other, f) for f, called in FACTORS}
    speaks_for = sorted(((g, c) for c, g in gains.items() if g > TELLING_NATS), reverse=True)
    against = sorted((g, c) for c, g in gains.items() if g < -TELLING_NATS)
    rival = join("“", deeds(material, other), "” (", percent(other.probability), ")")
    if sum(gains.values()) <= 0.0:
        head = join("By itself this event speaks as much for ", rival, ": who is who and what the carts hold decided.")
    elif not speaks_for:
        head = join("It can hardly be told from ", rival, ".")
    else:
        head = join("Against ", rival, " speaks ", _listed([f"{c} ({odds(g)})" for g, c in speaks_for]), ".")
    tail = f" For it speaks {_listed([f'{c} ({odds(-g)})' for g, c in against])}." if against else ""
    return join(head, tail, " ", _nearness(material, explained, best, other))


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _nearness(material: Material, explained: Explained, best: Explanation, other: Explanation) -> Markup:
    """Whose hand was how near, where the two explanations name different people."""
    mine, theirs = ({s.visit for s in e.shares} for e in (best, other))
    if mine == theirs:
        return Markup("")
    told = []
    for visit in (*sorted(mine - theirs), *sorted(theirs - mine)):
        gaps = [r.hand_gap_m for v, r in explained.reaches if v == visit]
        gap = min(gaps, default=math.inf)
        where = "was never seen there" if math.isinf(gap) else f"had a hand {distance(gap)}"
        told.append(join(name_of(material, visit), f" {where}"))
    return join(*(join(" and " if i else "", t) for i, t in enumerate(told)), ".")


def distance(gap_m: float) -> str:
    """How far a wrist was from the plates."""
    if math.isinf(gap_m):
        return "never seen"
    if gap_m < 0.005:
        return "at the plates"
    return f"{gap_m * 100:.0f} cm away" if gap_m < 1.0 else f"{gap_m:.1f} m away"
