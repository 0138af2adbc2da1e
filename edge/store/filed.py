"""Settings in a TOML file of their own: a shop's ``site.toml``, and headquarters'.

Enters: a file that may be missing, and the environment, which wins (`edge.store.environment.EnvironmentFirst`). Leaves:
the settings. Refuses (`BrokenStore`): whatever is wrong with the file, every fault at once.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from edge.store.load import BrokenStore, told_faults
from edge.store.tables import Fault

Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(path: Path, model: type[Settings]) -> Settings:
    """What a file and the environment say together."""
    try:
        return model(**tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {})
    except OSError as error:
        raise BrokenStore([Fault(str(path), "file", error.strerror or str(error), "Make it readable")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        remedy = "See https://toml.io for how TOML is written"
        raise BrokenStore([Fault(path.name, "syntax", str(error), remedy)]) from error
    except ValidationError as error:
        raise BrokenStore(told_faults(path.name, error, model)) from error
