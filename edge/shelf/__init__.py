"""Weight readings -> shelf events.

Enters: `WeightBatch` records of one shelf, in any order a network makes of them. Leaves: `ShelfEvent` where
plates went from one settled level to another, `Touch` where they stirred and came back, `Restarted` where scales
started anew, and which plates are blind or spit. Refuses (counts, never raises): batches that are late or doubled.

Plates drift and are never zeroed, so only changes count. Windows of a fixed length fail on slow, held, rapid and
simultaneous picks; here each plate keeps its own quiet level and noise, a plate that leaves its level is
followed until it is calm again, however long that takes, and only then the two levels are compared.
"""

from edge.shelf.events import Told
from edge.shelf.plates import ShelfState, begin_anew, open_shelf
from edge.shelf.sense import sense, still_stirring

__all__ = ["ShelfState", "Told", "begin_anew", "open_shelf", "sense", "still_stirring"]
