"""Health of shelves without touching anything: from recordings, or from the live shop.

Enters: raw batches (`edge.records.WeightBatch`), from `calibration.listen` or a recording. Leaves: `ShelfHealth` with
figures and findings, a plot, and profiles whose noise and drift were measured. Refuses to say what it has too little
evidence for: a healthy shelf has no findings.
"""

from calibration.health.verdict import PlateHealth, ShelfHealth
from calibration.health.watch import Health

__all__ = ["Health", "PlateHealth", "ShelfHealth"]
