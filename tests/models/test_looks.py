"""Telling people apart: what is learned is what tells them apart, and what is printed is what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from edge.camera.appearance import REGIONS
from models.__main__ import app
from models.looks import Sightings, auc, fit, load, measure, save, table
from models.render.again import is_sober, watches

NUMBERS = 4 * len(REGIONS)
TELLING = 6
"""So many of these features, the first, tell people apart; the others are noise."""


def crowd(shops: int, seed: int = 1) -> Sightings:
    """Ten people a shop, six sightings each by two cameras."""
    rng = np.random.default_rng(seed)
    shop, person, camera = (v.ravel() for v in np.mgrid[0:shops, 0:10, 0:6])
    told = rng.normal(0.0, 1.0, (len(shop), NUMBERS))
    told[:, :TELLING] = rng.normal(0.0, 1.0, (shops * 10, TELLING))[shop * 10 + person] + 0.3 * told[:, :TELLING]
    return Sightings(told, shop, camera % 2, person)


def test_what_tells_people_apart_is_learned_from_others() -> None:
    middle, weights = fit(crowd(20))
    strength = np.linalg.norm(weights, axis=1)
    assert strength[:TELLING].min() > 3 * strength[TELLING:].max()
    figures = measure(crowd(10, seed=2), middle, weights)
    assert min(figures.here, figures.there) > 0.9
    assert figures.one_here.mean() > 0.8 > 0.3 > figures.two_here.mean()
    assert figures.share == 1.0


def test_people_of_two_shops_are_never_compared() -> None:
    seen = crowd(3)
    figures = measure(seen, *fit(seen))
    pairs = sum(len(c) for c in (figures.one_here, figures.one_there, figures.two_here, figures.two_there))
    assert pairs == 3 * 60 * 59 // 2


def test_whoever_has_no_vector_is_told_as_share(tmp_path: Path) -> None:
    seen = crowd(20)
    weighed = fit(seen)
    seen.told[seen.person == 0, :4] = np.nan
    save(tmp_path / "looks.npz", *weighed)
    assert "| 90% |" in table(seen, *load(tmp_path / "looks.npz"))


@pytest.mark.parametrize(
    ("higher", "lower", "share"), [([3, 4], [1, 2], 1.0), ([1, 2], [3, 4], 0.0), ([1, 4], [2, 3], 0.5)]
)
def test_auc_is_the_share_of_pairs_in_order(higher: list[float], lower: list[float], share: float) -> None:
    assert auc(np.array(higher, float), np.array(lower, float)) == share


def test_a_shop_is_drawn_the_same_again_and_another_is_another() -> None:
    one, again, other = (list(watches("test", n, 5, cameras=2, shots=3, size=(160, 120))) for n in (1, 1, 3))
    shown = [[shot.picture for watch in shop for shot in watch.shots] for shop in (one, again, other)]
    assert np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[0], shown[2])
    who = [number for watch in one for shot in watch.shots for number, _ in shot.people]
    assert len(set(who)) < len(who), "somebody is in two pictures"
    assert {is_sober(n) for n in (1, 2)} == {False, True}


def test_a_file_that_is_none_is_refused_with_what_to_do(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["looks", str(tmp_path / "nothing.npz")])
    assert said.exit_code == 2
    assert "Write one with --learn" in said.stderr
    assert CliRunner().invoke(app, ["looks", "--learn", "4"]).exit_code == 2
