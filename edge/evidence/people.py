"""Where everybody is, and whose track is how surely whose: the one place that asks the core for people to be shown."""

from __future__ import annotations

from edge.attribution import whose_track
from edge.floor import positions
from edge.state import State

Seen = tuple[int, float, float, dict[str, float]]
"""Track, x and y (m), visit -> how likely it is theirs ("": a stranger's)."""


def where_people_are(state: State) -> list[Seen]:
    """Everybody on the floor who is surely there."""
    return [(track, x, y, whose_track(state.belief, track)) for track, x, y in positions(state.floor)]
