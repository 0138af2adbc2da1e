"""What people read is short: plates as a planogram writes them."""

from __future__ import annotations

import pytest

from edge.shown import named_plates


@pytest.mark.parametrize(
    ("plates", "told"),
    [((3,), "plate 3"), (tuple(range(1, 15)), "plates 1-14"), ((1, 4, 5, 6), "plates 1, 4-6"), ((2, 4), "plates 2, 4")],
)
def test_plates_in_a_row_are_told_as_one(plates: tuple[int, ...], told: str) -> None:
    assert named_plates(plates) == told
