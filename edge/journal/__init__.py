"""What the shop heard, kept: recordings in segments, checkpoints, and the way back after a stop.

Enters: every message, in the order in which it is stepped, before anything that follows from it leaves the process; now
and then the runtime's whole state. Leaves: segments that are recordings like any other; after a stop, of whatever
kind, the last whole checkpoint and every message since. Refuses: nothing. A disk that takes no more is a trouble that
staff see; the shop goes on, and what was not kept is counted.

A segment's bytes reach the operating system whenever something follows from a message (a killed process loses nothing
that mattered), and the disk before the book is written (nor does a power cut).
"""

from edge.journal.checkpoints import Checkpoint, Position, last_checkpoint, save_checkpoint
from edge.journal.retention import Span, due_to_go
from edge.journal.segments import Recorder, heard_since, segments, segments_between, segments_since

__all__ = [
    "Checkpoint",
    "Position",
    "Recorder",
    "Span",
    "due_to_go",
    "heard_since",
    "last_checkpoint",
    "save_checkpoint",
    "segments",
    "segments_between",
    "segments_since",
]
