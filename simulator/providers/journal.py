"""What a double has done, on the disk before anybody hears of it: killed at any moment, it knows what it did.

Enters: lines of JSON. Leaves: the same lines, in their order, after a restart. A last one that breaks off was never
answered, and is cut away.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """An append-only file of JSON lines; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def lines(self) -> list[dict[str, Any]]:
        """Everything that was written down."""
        if self._path is None or not self._path.exists():
            return []
        whole, _, torn = self._path.read_bytes().rpartition(b"\n")
        if torn:
            os.truncate(self._path, len(whole) + 1 if whole else 0)
        return [json.loads(line) for line in whole.split(b"\n") if line]

    def write(self, line: dict[str, Any]) -> None:
        """On the disk when this returns."""
        if self._path is None:
            return
        with self._path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
