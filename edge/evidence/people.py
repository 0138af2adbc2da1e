"""Where everybody is, and whose track is how surely whose: the one place that asks the core for people to be shown."""

from __future__ import annotations

from edge.attribution import whose_tracks
from edge.floor import positions
from edge.state import State

Seen = tuple[int, float, float, dict[str, float]]
"""Track, x and y (m), visit -> how likely it is theirs ("": a stranger's)."""


def where_people_are(state: State) -> list[Seen]:
    """Everybody on the floor who is surely there."""
    seen = positions(state.floor)
    whose = whose_tracks(state.belief) if seen else {}
    return [(track, x, y, whose.get(track, {"": 1.0})) for track, x, y in seen]
