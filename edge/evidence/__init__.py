"""What shows how a visit came to its cart: who stood where, what plates said, what was believed about it *then*.

Enters: what an observer of the driver gets. Leaves: a diary beside the recordings, and out of it all that happened
around one visit. A recording could be stepped once more instead, but only from its beginning, by tomorrow's core, and
nobody could tell what the shop knew when it decided. Nothing here takes part in a decision.
"""

from edge.evidence.diary import Diary, tidy_diary
from edge.evidence.pages import DIARY
from edge.evidence.people import Seen, where_people_are
from edge.evidence.reading import Evidence, Guess, Happened, Part, evidence_of
from edge.evidence.traces import RecentWeights, Trace

__all__ = [
    "DIARY",
    "Diary",
    "Evidence",
    "Guess",
    "Happened",
    "Part",
    "RecentWeights",
    "Seen",
    "Trace",
    "evidence_of",
    "tidy_diary",
    "where_people_are",
]
