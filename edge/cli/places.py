"""Where a shop keeps what it must not lose: its state folder."""

from __future__ import annotations

import os
from pathlib import Path


def named_state_folder(option: Path | None) -> Path | None:
    """The state folder that somebody named: ``--state``, or systemd by ``StateDirectory=``; None: nobody did."""
    if option is not None:
        return option
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]  # systemd separates several by colons
    return Path(given) if given else None


def state_folder(option: Path | None, store_id: str) -> Path:
    """``--state``, else systemd's folder, else the user's own (XDG Base Directory Specification), one a shop."""
    named = named_state_folder(option)
    if named is not None:
        return named
    home = os.environ.get("XDG_STATE_HOME", "")
    # A relative path is to be ignored, says the specification.
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "state"
    return base / "tebura" / store_id
