"""Members by how lately, how often and for how much they come (RFM), in words, and why each is where they are.

Enters: the projection, which has the names of those alone who allow it; a moment. Leaves: a segment for each of them,
and the counts. The segments are rules that a shopkeeper can check by hand, the first that fits; no model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from edge.insight.keeping import Insight
from edge.told import Sentence, phrase, told

DAY_S: Final = 86400.0
LATELY_DAYS: Final = 91
"""How often and for how much: within so many days, thirteen weeks."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member at a moment. ``ago_days``: since their last visit; ``known_days``: since their first; ``visits`` and
    ``amount_minor``: within `LATELY_DAYS`; ``gap_days``: what usually lies between two of their visits (0: unknown).
    """

    subject: str
    ago_days: float
    known_days: float
    visits: int
    amount_minor: int
    gap_days: float


Rule = tuple[str, str, Callable[[Member, int], bool]]
"""Its name, why in words, whether it fits; beside the member what half of the regular ones spend less than."""

RULES: Final[tuple[Rule, ...]] = (
    ("gone", phrase("has not come for {ago:d} days"), lambda m, _: m.ago_days > LATELY_DAYS),
    (
        "slipping", phrase("usually comes every {gap:.1f} days, and has not come for {ago:d}"),
        lambda m, _: m.gap_days > 0 and m.ago_days > max(14.0, 3 * m.gap_days),
    ),
    ("new", phrase("came for the first time {known:d} days ago"), lambda m, _: m.known_days <= 28.0 and m.visits <= 3),
    (
        "best", phrase("came {visits:d} times in {days:d} days, and buys more than half of the regular ones do"),
        lambda m, usual: m.visits >= 8 and m.amount_minor > usual,
    ),
    ("regular", phrase("came {visits:d} times in {days:d} days"), lambda m, _: m.visits >= 8),
    ("occasional", phrase("came {visits:d} times in {days:d} days, now and then"), lambda *_: True),
)  # fmt: skip
SEGMENTS: Final = tuple(name for name, *_ in RULES)


@dataclass(frozen=True, slots=True)
class Placed:
    """A member, their segment, and why."""

    member: Member
    segment: str
    why: Sentence


def members_at(insight: Insight, at_s: float) -> list[Placed]:
    """Everybody who allows it and was ever here before a moment, by name."""
    since_s = at_s - LATELY_DAYS * DAY_S
    query = (
        "SELECT subject, max(entered_s), min(entered_s), count(*), sum(entered_s >= ?) FROM visit WHERE subject <> '' "
        "AND NOT staff AND entered_s < ? GROUP BY subject ORDER BY subject"
    )
    paid = dict(insight.rows(
        "SELECT v.subject, sum(e.amount_minor) FROM event e JOIN visit v ON v.visit = e.visit WHERE e.kind = 'bought' "
        "AND e.at_s >= ? AND e.at_s < ? AND v.subject <> '' GROUP BY v.subject", [since_s, at_s],
    ))  # fmt: skip
    everybody = [
        Member(
            subject, (at_s - last) / DAY_S, (at_s - first) / DAY_S, lately, paid.get(subject) or 0,
            (last - first) / DAY_S / (count - 1) if count > 1 else 0.0,
        )
        for subject, last, first, count, lately in insight.rows(query, [since_s, at_s])
    ]  # fmt: skip
    regular = [m.amount_minor for m in everybody if m.visits >= 8]
    usual = round(median(regular)) if regular else 0
    return [_placed(member, usual) for member in everybody]


def segments(insight: Insight, at_s: float) -> list[dict[str, Any]]:
    """How many are in each, their visits and what they paid lately; nobody by name."""
    found = members_at(insight, at_s)
    rows = []
    for segment in SEGMENTS:
        mine = [one.member for one in found if one.segment == segment]
        rows.append({
            "segment": segment, "members": len(mine), "visits": sum(m.visits for m in mine),
            "amount_minor": sum(m.amount_minor for m in mine),
        })  # fmt: skip
    return rows if found else []


def _placed(member: Member, usual_minor: int) -> Placed:
    segment, why, _ = next(rule for rule in RULES if rule[2](member, usual_minor))
    return Placed(member, segment, told(
        why, ago=int(member.ago_days), gap=member.gap_days, known=int(member.known_days), visits=member.visits,
        days=LATELY_DAYS,
    ))  # fmt: skip
