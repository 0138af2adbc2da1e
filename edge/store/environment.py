"""Settings of a live shop: any key can also be set from the environment, which wins over the file.

``TEBURA_POLICY__CHARGE_AT=0.9`` sets ``charge_at`` of ``[policy]`` in ``store.toml``.
"""

from __future__ import annotations

import tomllib
from codecs import BOM_UTF8
from typing import Any

import tomlkit
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge.store.settings import StoreFile


class Section(BaseModel):
    """A table of ``site.toml``: keys that nobody knows are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class EnvironmentFirst(BaseSettings):
    """Settings whose file is given, and whose environment wins over it."""

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


class LiveStore(EnvironmentFirst, StoreFile):
    """The settings of a shop on its own machine."""

    model_config = SettingsConfigDict(
        env_prefix="TEBURA_", env_nested_delimiter="__", extra="allow", frozen=True, env_ignore_empty=True
    )


def as_used(store_toml: bytes) -> bytes:
    """``store.toml`` as this shop goes by it: as it is, or with what the environment says in its place.

    A recording explains by itself what happened, so what decided there must stand in it. Settings that are none of the
    file's own (passwords of the site among them) stay out.
    """
    store_toml = store_toml.removeprefix(BOM_UTF8)
    told = tomllib.loads(store_toml.decode())
    live = LiveStore(**told).model_dump(by_alias=True, include=set(StoreFile.model_fields))
    try:
        if StoreFile(**told).model_dump(by_alias=True, include=set(StoreFile.model_fields)) == live:
            return store_toml
    except ValidationError:
        pass  # the environment completes it
    return tomlkit.dumps({key: _said(said) for key, said in live.items() if said not in ((), None)}).encode()


def _said(value: Any) -> Any:
    """Without keys that say nothing: TOML has no word for that."""
    if isinstance(value, dict):
        return {key: _said(said) for key, said in value.items() if said is not None}
    return [_said(each) for each in value] if isinstance(value, tuple | list) else value
