"""What happened in the shop, as events, and what follows from many of them.

Enters: what an observer of the driver gets (where people stand, touches, what sold out), and the book (who came, what
was taken, put back, bought, taken back again). Leaves: events with names that a rebuild gives again, and figures, each
with its count and how sure it is. A projection: it can be deleted and rebuilt, and nothing in the core waits for it.
"""

from edge.insight.events import FILE, Event, Kind
from edge.insight.floor import Floor, Noticed
from edge.insight.keeping import Insight, UnusableInsight
from edge.insight.measures import figures

__all__ = [
    "FILE",
    "Event",
    "Floor",
    "Insight",
    "Kind",
    "Noticed",
    "UnusableInsight",
    "figures",
]
