"""The shape of ``store.toml``: validation at the border, every error at once.

The settings that travel inside a recording are taken as they are: a replay must not depend on the machine that it
runs on. A live shop's may be overridden from its environment (`edge.store.environment`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from edge.store.policy import Policy

Metres = Annotated[float, Field(ge=-10_000.0, le=10_000.0)]
"""In the store frame: no shop is larger."""
Length = Annotated[float, Field(gt=0.0, le=10.0)]
Line = Annotated[str, Field(max_length=200)]
"""What stands on a receipt."""
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


class Section(BaseModel):
    """Extra keys are welcome: the file belongs to the shop, and later versions add fields."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class StoreSection(Section):
    """``[store]``: what the shop is called, and by which money, clock and languages it goes."""

    id: Id
    name: Line
    timezone: Line
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    prices_include_tax: bool
    languages: tuple[Line, ...] = ("en",)
    registration: Line = ""
    address: Line = ""
    gln: Annotated[str, Field(pattern=r"^([0-9]{13})?$")] = ""
    tax_rounding: Literal["down", "half-up", "up"] = "down"


class FloorSection(Section):
    """``[floor]``: its outline, metres."""

    polygon: Annotated[tuple[tuple[Metres, Metres], ...], Field(min_length=3, max_length=1000)]


class GateSection(Section):
    """A ``[[gate]]``: a way in or out."""

    id: Id
    kind: Literal["entry", "exit"]
    position: tuple[Metres, Metres]
    trusted_reader: bool = False


class CameraSection(Section):
    """A ``[[camera]]``: where its lens is, metres."""

    id: Id
    position: tuple[Metres, Metres, Metres]


class ShelfSection(Section):
    """A ``[[gondola.shelf]]``: a board with plates side by side, metres."""

    id: Id
    height: Annotated[float, Field(ge=0.0, le=5.0)]
    depth: Length
    plates: Annotated[int, Field(ge=1, le=500)]
    plate_width: Length
    says: Literal["grams", "raw"] = "grams"


class GondolaSection(Section):
    """A ``[[gondola]]``: its front-left corner on the floor, how it is turned, its shelves."""

    id: Id
    origin: tuple[Metres, Metres, Metres]
    yaw_deg: Annotated[float, Field(ge=-360.0, le=360.0)]
    shelf: Annotated[tuple[ShelfSection, ...], Field(min_length=1)]


class TaxSection(Section):
    """A ``[[tax]]``: what a class of goods bears from a day on."""

    tax_class: Annotated[str, Field(alias="class", max_length=200)]
    percent: Annotated[float, Field(ge=0.0, le=100.0)]
    since: date = date.min
    reduced: bool = False


Written = Annotated[str, BeforeValidator(str)]
"""A day or a moment, as TOML has it or as text."""
Skus = Annotated[tuple[str, ...], Field(min_length=1, max_length=1000)]


class PromotionSection(Section):
    """Something cheaper: any ``units`` of the ``skus`` together, one out of ``each`` list, or the whole basket."""

    id: Id
    name: Line
    skus: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    units: Annotated[int, Field(ge=1, le=20)] = 1
    each: Annotated[tuple[Skus, ...], Field(max_length=20)] = ()
    price: Annotated[float, Field(ge=0.0)] | None = None
    percent: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    off: Annotated[float, Field(gt=0.0)] | None = None
    least: Annotated[float, Field(ge=0.0)] | None = None
    most: Annotated[int, Field(ge=1, le=1000)] | None = None
    to: str | tuple[str, ...] = "everyone"
    since: Annotated[Written, Field(alias="from")] = ""
    until: Written = ""
    daily: str = ""
    coupon: bool = False
    stacks: bool | None = None
    per_member: Annotated[int, Field(ge=1, le=10_000)] | None = None
    in_all: Annotated[int, Field(ge=1, le=10**7)] | None = None
    issued_from: Annotated[float, Field(gt=0.0)] | None = None
    days: Annotated[int, Field(ge=1, le=36_500)] | None = None


class PointsSection(BaseModel):
    """What members earn: ``earn`` points for every full ``per``; see `edge.store.points`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    earn: Annotated[int, Field(ge=0, le=10_000)]
    per: Annotated[float, Field(gt=0.0)] | None = None
    on: Literal["gross", "net"] = "gross"
    spend: Literal["always", "never"] = "never"
    least_paid: Annotated[float, Field(gt=0.0)] | None = None
    days: Annotated[int, Field(ge=0, le=36_500)] = 365


class StoreFile(Section):
    """``store.toml``, the file alone: as a recording carries it."""

    store: StoreSection
    floor: FloorSection
    gate: Annotated[tuple[GateSection, ...], Field(min_length=1)]
    camera: tuple[CameraSection, ...] = ()
    gondola: Annotated[tuple[GondolaSection, ...], Field(min_length=1)]
    tax: tuple[TaxSection, ...] = ()
    promotion: tuple[PromotionSection, ...] = ()
    points: PointsSection | None = None
    policy: Policy = Policy()
