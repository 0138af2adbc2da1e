"""What stands on the shelves: counted by staff, followed from event to event.

Enters: `StockCounted` records, and shelf events as they were explained. Leaves: how many units stand in each place, how
many of each product there are and whether that is low, how many at most somebody can have taken. Refuses nothing: a
place that was never counted has no number, and says so.

Units are counted, not weighed: weights of units differ, and their sum over a day of picks would drift away from any
whole number. What a plate carries is a second opinion (`edge.stock.weighed`), which people compare with the first.
"""

from edge.stock.counts import Count, Level, Stock, count, follow, level_of, most_on, open_stock, place_of
from edge.stock.weighed import Weighed, weighed

__all__ = [
    "Count",
    "Level",
    "Stock",
    "Weighed",
    "count",
    "follow",
    "level_of",
    "most_on",
    "open_stock",
    "place_of",
    "weighed",
]
