"""What a command prints, as a picture.

Enters: a command, and the folder in which it runs; or a console on which something was printed. Leaves: one SVG.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 92

_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich's pictures fetch their font from elsewhere; any fixed-width one will do."""


def picture(path: Path, command: str, at: Path) -> None:
    """Run a command as it is, in a folder, and draw what it said."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    arguments = [sys.executable, "-m", "edge.cli", *command.split()]
    done = subprocess.run(arguments, cwd=at, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise RuntimeError(done.stderr)
    console = recording()
    console.print(Text.from_ansi(done.stdout.rstrip(), no_wrap=False, overflow="fold"))
    write(console, path, f"tebura {command}")


def recording() -> Console:
    """A console that keeps what is printed on it."""
    return Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor")


def write(console: Console, path: Path, title: str) -> None:
    """What a console has printed, as an SVG."""
    drawn = console.export_svg(title=title, unique_id=path.stem)
    path.write_text(_FONTS.sub("", drawn), encoding="utf-8")
