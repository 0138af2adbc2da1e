"""Why a profile may be trusted, as tables that stand in its file.

Enters: a walk's progress and verdict. Leaves: what was put where and what the plate then said, what is left over, and
what was found and put right.
"""

from __future__ import annotations

import math
from typing import Any

from calibration.shelf.progress import Progress
from calibration.shelf.verdict import PlateResult, Verdict

PERCENT = 100.0


def evidence(progress: Progress, verdict: Verdict, where: str) -> dict[str, Any]:
    """For `calibration.history.keep`."""
    diagnosis = progress.diagnosis
    assert diagnosis is not None
    tables: dict[str, Any] = {
        "walk": {
            "weights_g": [*progress.weights_g],
            "plates": [*progress.plates],
            "listened": where,
            "hz": round(diagnosis.controller.real_hz, 2),
            "lost": round(progress.line.missing / max(1.0, progress.line.samples + progress.line.missing), 5),
        },
        "residual": [_residual(result) | {"readings": _readings(progress, result.plate)} for result in verdict.plates],
    }
    if verdict.findings:
        tables["finding"] = [{"fault": f.fault, "plates": [*f.plates], "what": f.what} for f in verdict.findings]
    return tables


def _residual(result: PlateResult) -> dict[str, Any]:
    """In per cent of the load, ± one standard error."""
    fitted = result.fit
    assert fitted is not None
    row: dict[str, Any] = {"plate": result.plate, "span_error_percent": round(PERCENT * fitted.error, 4)}
    for name, (value, error) in (
        ("front_left", fitted.left),
        ("front_right", fitted.right),
        ("on_a_load", fitted.load),
        ("on_the_way_down", fitted.back),
        ("creep", fitted.creep),
    ):
        if math.isfinite(error):
            row[f"{name}_percent"] = [round(PERCENT * value, 3), round(PERCENT * error, 3)]
    row["repeatability_g"] = round(fitted.rest_g, 3)
    row["hum_g"] = round(result.hum_g, 3)
    if result.heard:
        row["neighbours_percent"] = [[near, round(PERCENT * share, 2)] for near, share in result.heard]
    return row


def _readings(progress: Progress, plate: int) -> list[dict[str, Any]]:
    channel = progress.order[plate] - 1
    return [
        {
            "put_g": reading.mass_g,
            "place": reading.place,
            "product": reading.product,
            "said": float(f"{reading.said[channel].mean:.9g}"),
            "error": float(f"{reading.said[channel].error:.3g}"),
            "for_s": round(reading.said[channel].for_s, 1),
        }
        for reading in progress.readings.get(plate, ())
    ]
