"""Entry points of installed packages, read where pip writes them down.

Enters: the folders in which Python looks for packages. Leaves: what they registered in one group, as
https://packaging.python.org/en/latest/specifications/entry-points/ has it. `importlib.metadata` can do more (packages
in archives, what they require) and loads a mail parser for it: every command would start a tenth later.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

METADATA = (".dist-info", ".egg-info")
"""How the folders end in which packages are described; `name-version` stands before it."""


class Registered(NamedTuple):
    """``dist``: the package that registered it, as its folder calls it; ``value``: ``module:attribute``."""

    name: str
    value: str
    dist: str
    version: str

    @property
    def module(self) -> str:
        return self.value.partition(":")[0].strip()

    def load(self) -> Any:
        """What it names. Raises whatever importing it does."""
        found = import_module(self.module)
        for attribute in filter(None, self.value.partition(":")[2].strip().split(".")):
            found = getattr(found, attribute)
        return found


def registered(group: str) -> list[Registered]:
    """All of a group; of a package that is there twice, what is found first, as an import does."""
    found: dict[str, list[Registered]] = {}
    for dist, version, text in _texts():
        found.setdefault(dist, [Registered(n, v, dist, version) for n, v in _pairs(text, group)])
    return [one for ones in found.values() for one in ones]


def _texts() -> Iterator[tuple[str, str, str]]:
    """The name, the version and the ``entry_points.txt`` of each package that has one."""
    for folder in dict.fromkeys(sys.path):
        with suppress(OSError):
            for name in sorted(n for n in os.listdir(folder or ".") if n.endswith(METADATA)):
                with suppress(OSError, UnicodeDecodeError):
                    text = Path(folder, name, "entry_points.txt").read_text(encoding="utf-8")
                    dist, _, version = name.rpartition(".")[0].partition("-")
                    yield dist, version, text


def _pairs(text: str, group: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.partition("[")[0].strip()
