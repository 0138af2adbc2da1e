"""People seen by cameras -> tracks on the floor.

Enters: `PeopleFrame` records, anonymous heads and wrists in the store frame. Leaves: tracks that survive missed
seconds, how near each came to some plates (`Reach`), where two of them may have been taken for each other
(`IdentitySwitch`), and what may tell them apart later (`Portrait`). Refuses: ghosts (a track counts once it was seen
often enough).
"""

from edge.floor.gate import went_through
from edge.floor.partings import doubts_now
from edge.floor.reach import reaches
from edge.floor.state import (
    DuplicateTrack,
    FloorState,
    IdentitySwitch,
    Portrait,
    Track,
    arrive,
    forget,
    keep,
    open_floor,
    positions,
    vanished_in_exit,
    was_blind,
)
from edge.floor.tracks import update_tracks

__all__ = [
    "DuplicateTrack",
    "FloorState",
    "IdentitySwitch",
    "Portrait",
    "Track",
    "arrive",
    "doubts_now",
    "forget",
    "keep",
    "open_floor",
    "positions",
    "reaches",
    "update_tracks",
    "vanished_in_exit",
    "was_blind",
    "went_through",
]
