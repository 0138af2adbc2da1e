"""How cameras stand to one another while all is well: learned by command, dated, never changed.

Enters: what `calibration.camera.bumped` learned. Leaves: ``calibration/_cameras/<when>.toml``, one file for all
cameras, because it is about what they make of one another; the newest counts, and a recording carries it along like a
profile. Refuses (`UnusableAgreement`): one that cannot be read. What was learned with another profile of a camera is
void.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calibration.camera.bumped import Agreement
from calibration.history import ALL_CAMERAS, keep_dated
from edge.store import Store
from edge.store.profile import FOLDER

NAME: Final = f"{FOLDER}/{ALL_CAMERAS}.toml"
HEAD: Final = """What cameras make of the same heads while all is well, as `tebura calibrate check --learn` found it.
off: how each is off against the others, m and radians (place x y z, turn x y z). The newest file here counts.
"""


class UnusableAgreement(ValueError):
    """A file that cannot be read; the message names the remedy."""


class _Camera(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    id: str
    profile: str = ""
    off: Annotated[tuple[float, ...], Field(min_length=6, max_length=6)]
    heads: int = 0


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    camera: tuple[_Camera, ...] = ()


def agreements_of(store: Store) -> list[Agreement]:
    """What was learned last; nothing where nobody has."""
    data = store.sources.get(NAME)
    if data is None:
        return []
    try:
        told = _File(**tomllib.loads(data.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        what = str(error).splitlines()[0]
        remedy = f"Move the newest file of {FOLDER}/{ALL_CAMERAS} away, or learn anew with --learn"
        raise UnusableAgreement(f"{NAME}: cannot be read ({what}). {remedy}") from error
    return [Agreement(c.id, c.profile, c.off, c.heads) for c in told.camera]


def keep_agreements(folder: Path, known: Sequence[Agreement], made: datetime, by: str, of: str) -> Path:
    """Write them beside the older ones."""

    def text(dated: datetime) -> str:
        document = tomlkit.document()
        for line in HEAD.splitlines():
            document.add(tomlkit.comment(line))
        document.add(tomlkit.nl())
        document["made"], document["by"], document["learned"] = dated, by, of
        tables = tomlkit.aot()
        for one in known:
            table = tomlkit.table()
            table.update({"id": one.camera, "profile": one.profile, "heads": one.heads})
            table["off"] = [round(v, 6) for v in one.off]
            tables.append(table)
        document["camera"] = tables
        return tomlkit.dumps(document)

    return keep_dated(folder / FOLDER / ALL_CAMERAS, made, text)
