"""The shape of ``store.toml``: validation at the border, every error at once.

pydantic-settings reads it, so that a key can also be set from the environment of a live shop
(``TEBURA_POLICY__CHARGE_AT=0.9``). The settings that travel inside a recording are taken as they are: a
replay must not depend on the machine that it runs on.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge.store.policy import Policy

Metres = float
Length = Annotated[float, Field(gt=0.0, le=10.0)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


class Section(BaseModel):
    """Extra keys are welcome: the file belongs to the shop, and later versions add fields."""

    model_config = ConfigDict(frozen=True, extra="allow")


class StoreSection(Section):
    id: Id
    name: str
    timezone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    prices_include_tax: bool
    languages: tuple[str, ...] = ("en",)
    registration: str = ""
    address: str = ""
    tax_rounding: Literal["down", "half-up", "up"] = "down"


class FloorSection(Section):
    polygon: Annotated[tuple[tuple[Metres, Metres], ...], Field(min_length=3)]


class GateSection(Section):
    id: Id
    kind: Literal["entry", "exit"]
    position: tuple[Metres, Metres]
    trusted_reader: bool = False


class CameraSection(Section):
    id: Id
    position: tuple[Metres, Metres, Metres]


class ShelfSection(Section):
    id: Id
    height: Annotated[float, Field(ge=0.0, le=5.0)]
    depth: Length
    plates: Annotated[int, Field(ge=1, le=500)]
    plate_width: Length


class GondolaSection(Section):
    id: Id
    origin: tuple[Metres, Metres, Metres]
    yaw_deg: float
    shelf: Annotated[tuple[ShelfSection, ...], Field(min_length=1)]


class TaxSection(Section):
    tax_class: Annotated[str, Field(alias="class")]
    percent: Annotated[float, Field(ge=0.0, le=100.0)]
    since: date = date.min
    reduced: bool = False


class StoreSettings(BaseSettings):
    """``store.toml`` as a shop's own machine reads it: the environment wins over the file."""

    model_config = SettingsConfigDict(env_prefix="TEBURA_", env_nested_delimiter="__", extra="ignore", frozen=True)

    store: StoreSection
    floor: FloorSection
    gate: Annotated[tuple[GateSection, ...], Field(min_length=1)]
    camera: tuple[CameraSection, ...] = ()
    gondola: Annotated[tuple[GondolaSection, ...], Field(min_length=1)]
    tax: tuple[TaxSection, ...] = ()
    policy: Policy = Policy()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


class RecordedSettings(StoreSettings):
    """``store.toml`` as a recording carries it: the file alone."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
