"""``headquarters.toml``: where headquarters' database and NATS are, and where its page is served.

Enters: a folder that may hold the file (all of it has defaults), and the environment, which wins:
``TEBURA_HQ_DATABASE=…``. Leaves: `Headquarters`. Refuses: a file with any fault, every one at once. The folder also
holds the workers' seed, the users of NATS and the register of staff; it is its owner's alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from edge.site import Screens
from edge.store import BrokenStore, Fault
from edge.store.environment import EnvironmentFirst, Section
from edge.store.filed import read_settings

FILE: Final = "headquarters.toml"


class HeadquartersFile(Section):
    """``headquarters.toml``."""

    name: str = "Headquarters"
    database: str = "postgresql:///tebura"
    """As libpq takes it: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING."""
    nats: str = Field("nats://127.0.0.1:4222", pattern=r"^(tls|nats)://[^\s/@]+$")
    ca_file: Path | None = None
    seed_file: Path | None = None
    """The workers' own; ``worker.nk`` of the folder, where that is there."""
    timezone: str = "Asia/Tokyo"
    languages: tuple[str, ...] = ("en",)
    page: Screens = Screens(port=8330)
    """``[page]``: the keys of ``[screens]`` in a shop's site.toml."""


class Headquarters(EnvironmentFirst, HeadquartersFile):
    """The file and the environment together."""

    model_config = SettingsConfigDict(
        env_prefix="TEBURA_HQ_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )


def load(folder: Path) -> Headquarters:
    """`BrokenStore` with every fault."""
    if not folder.is_dir():
        raise BrokenStore([Fault(str(folder), "folder", "there is none", f"Name the one with {FILE} with --folder")])
    found, seed = read_settings(folder / FILE, Headquarters), folder / "worker.nk"
    return found.model_copy(update={"seed_file": seed}) if found.seed_file is None and seed.is_file() else found
