"""Whose each track is, asked of everybody at once, is what is answered one by one."""

from __future__ import annotations

import math

import pytest

from edge.attribution import left_together, tracks_of, whose_track, whose_tracks
from edge.attribution.belief import TOGETHER
from edge.attribution.hypotheses import Belief, Cluster, Holding, Hypothesis, Person

ANA, BEN, SOMEBODY = Person("v1", 1), Person("v2", 1), Person("", 1)


def test_all_at_once_is_one_by_one() -> None:
    """Two who may have been exchanged, seven to three; beside them somebody about whom there is no doubt."""
    both: dict[str, Holding] = {"v1": {}, "v2": {}}
    exchanged = Cluster([
        Hypothesis(math.log(0.7), {1: ANA, 2: BEN}, both),
        Hypothesis(math.log(0.2), {1: BEN, 2: ANA}, both),
        Hypothesis(math.log(0.1), {1: BEN, 2: SOMEBODY}, both),
    ])  # fmt: skip
    alone = Cluster([Hypothesis(-3.0, {7: Person("v3", 1), 8: Person("v3", 2)}, {"v3": {}})])
    belief = Belief([exchanged, alone])
    found = whose_tracks(belief)
    assert found[1] == pytest.approx({"v1": 0.7, "v2": 0.3})
    assert found[2] == pytest.approx({"v2": 0.7, "v1": 0.2, "": 0.1})
    assert found[7] == found[8] == {"v3": 1.0}
    for track, shares in found.items():
        assert shares == pytest.approx(whose_track(belief, track))
    for visit in ("v1", "v2", "v3"):
        mine = {track: shares[visit] for track, shares in found.items() if visit in shares}
        assert mine == pytest.approx(tracks_of(belief, visit))
    assert whose_tracks(Belief()) == {}


def test_whoever_goes_out_on_the_heels_of_a_party_is_likelier_of_it() -> None:
    """One of a party of two and somebody else may have been exchanged; the other of the party has just gone out."""

    def party_then(track: int) -> float:
        both: dict[str, Holding] = {"party": {}, "ben": {}}
        second, ben = Person("party", 2), Person("ben", 1)
        belief = Belief([Cluster([
            Hypothesis(math.log(0.3), {1: second, 2: ben}, dict(both)),
            Hypothesis(math.log(0.7), {1: ben, 2: second}, dict(both)),
        ])])  # fmt: skip
        left_together(belief, {track: 1.0}, {"party"})
        return whose_track(belief, 1).get("party", 0.0)

    assert party_then(1) == pytest.approx(0.3 * math.exp(TOGETHER) / (0.3 * math.exp(TOGETHER) + 0.7))
    assert party_then(2) == pytest.approx(0.3 / (0.3 + 0.7 * math.exp(TOGETHER)))
    assert party_then(9) == pytest.approx(0.3), "somebody of whom nobody knows anything"
