"""The report of a replay: one self-contained HTML page that shows every decision and what spoke for it.

Enters: a replay, watched by a `Collector`. Leaves: `page`, one file that loads nothing from anywhere: the floor plan
with everybody's way, a swim lane a visit, receipts beside what really happened, and for each shelf event its
weight trace, the explanations that were weighed, and why one won. Stands outside the core and decides nothing.
"""

from simulator.report.collect import Collector
from simulator.report.page import page
from simulator.report.truth import Truth, read_truth

__all__ = ["Collector", "Truth", "page", "read_truth"]
