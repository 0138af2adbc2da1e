"""How a shelf weighs: what its controller's numbers mean in grams, and how far they can be trusted.

Enters: ``calibration/<shelf>/<when>.toml`` of a store folder, written by ``tebura calibrate``; the newest counts, and
no file is ever changed. Leaves: one `ShelfProfile` a shelf. A shelf without one is taken at its word: its numbers are
grams, in plate order.

Only what the runtime needs is read here. A file also holds the evidence (what was put where, and what was left over):
that is for people, and for ``tebura calibrate show``.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = "calibration"
STAMP = "%Y%m%dT%H%M%SZ"
"""A profile's file is named by when it was made, UTC: names sort as times do."""
_NAMED = re.compile(r"\d{8}T\d{6}Z")

DRIFT_G = 0.15
"""g/√s: how far a level wanders by itself where nobody has measured it: load cell creep and temperature."""
SPAN_ERROR = 0.003
"""Plates that nobody has measured are taken to be calibrated to about this share of what they weigh."""

LEAST_G_PER_UNIT = 1e-9
"""No converter counts finer than that."""

Dated = TypeVar("Dated", bound=BaseModel)


class PlateProfile(BaseModel):
    """One plate. ``grams = (said - zero) * g_per_unit``, where ``said`` is row ``channel`` of the controller's batch.

    ``g_per_unit`` is negative where the cell is wired the wrong way round. ``zero`` is what an empty plate says; absent
    where nobody has seen it empty: then only changes can be weighed. ``noise_g``: standard deviation of one sample at
    rest. ``drift_g``: how far the level wanders by itself, g/√s. ``span_error``: what is left of span, linearity and
    place on the plate, as a share of the load.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    plate: Annotated[int, Field(ge=1, le=1000)]
    channel: Annotated[int, Field(ge=1, le=1000)]
    zero: Annotated[float, Field(ge=-1e12, le=1e12)] | None = None
    g_per_unit: Annotated[float, Field(ge=-1e9, le=1e9)]
    noise_g: Annotated[float, Field(ge=0.0, le=1e4)]
    drift_g: Annotated[float, Field(ge=0.0, le=1e3)] = DRIFT_G
    span_error: Annotated[float, Field(ge=0.0, le=0.5)] = SPAN_ERROR

    @model_validator(mode="after")
    def _weighs(self) -> PlateProfile:
        if abs(self.g_per_unit) < LEAST_G_PER_UNIT:
            raise ValueError(f"g_per_unit is {self.g_per_unit:g}: such a plate weighs nothing")
        return self


class ShelfProfile(BaseModel):
    """All plates of one shelf, in plate order; ``made``: when, ``by``: whom, ``why``: what it came from."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    shelf: str
    made: AwareDatetime
    by: str = ""
    why: str = ""
    plate: Annotated[tuple[PlateProfile, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> ShelfProfile:
        plates = [p.plate for p in self.plate]
        if plates != list(range(1, len(plates) + 1)):
            raise ValueError(f"[[plate]] tables are not 1, 2, 3 … in this order, but {plates}")
        if sorted(p.channel for p in self.plate) != plates:
            raise ValueError("every channel must belong to one plate")
        return self

    @property
    def name(self) -> str:
        """The name of its file, without the suffix: ``20261122T011405Z``."""
        return stamp_of(self.made)

    @property
    def mark(self) -> str:
        """Another for every other way of weighing, whatever date stands in it."""
        return f"{self.name}-{zlib.crc32(repr(self.plate).encode()):08x}"


@dataclass(frozen=True, eq=False)
class Conversion:
    """A profile as arrays of shape (plates,), ready to be used on every batch; ``in_order``: channels are plates."""

    profile: ShelfProfile
    channel: NDArray[np.intp] = field(init=False)
    """0-based."""
    in_order: bool = field(init=False)
    zero: NDArray[np.float64] = field(init=False)
    g_per_unit: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        plates = self.profile.plate
        channel = np.array([p.channel - 1 for p in plates])
        object.__setattr__(self, "channel", channel)
        object.__setattr__(self, "in_order", bool((channel == np.arange(len(plates))).all()))
        object.__setattr__(self, "zero", np.array([p.zero or 0.0 for p in plates]))
        object.__setattr__(self, "g_per_unit", np.array([p.g_per_unit for p in plates]))

    def grams(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """Grams (plates, samples) in plate order, of what the controller said (channels, samples)."""
        rows = said if self.in_order else said[self.channel]
        weighed: NDArray[np.float64] = (rows - self.zero[:, None]) * self.g_per_unit[:, None]
        return weighed


Profiles: TypeAlias = Mapping[str, Conversion]
"""Shelf -> how it weighs; shelves that nobody has calibrated are missing."""


class UnusableProfile(ValueError):
    """A profile that cannot be used; the message says why."""


def stamp_of(made: datetime) -> str:
    """How a profile's file is named, without the suffix."""
    return made.astimezone(UTC).strftime(STAMP)


def read_profile(text: str) -> ShelfProfile:
    """A profile out of its file's text; `UnusableProfile`."""
    return read_as(ShelfProfile, text)


def read_as(kind: type[Dated], text: str) -> Dated:
    """A profile of this kind out of its file's text; `UnusableProfile`."""
    try:
        return kind(**tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UnusableProfile(f"is not TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p + 1) if isinstance(p, int) else p for p in first["loc"])
        what = first["msg"].lower().removeprefix("value error, ")
        raise UnusableProfile(f"{key}: {what}" if key else what) from error


def newest(names: Iterable[str]) -> str | None:
    """Which of a shelf's profiles counts: names (without suffix) sort as times do. Whatever has another name
    (``old``, ``20261122T091530Z (copy)``) is somebody's own business and never counts.
    """
    return max(filter(_NAMED.fullmatch, names), default=None)
