"""Trainings as processes of their own, as somebody at a terminal would run and end them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from typer.testing import CliRunner

from models.__main__ import app

SHIPPED = Path(__file__).parents[2] / "models" / "ceiling.pt"
PATIENCE_S = 300.0
"""For a PC that is busy with a training of its own."""


@contextmanager
def training(*arguments: object, most_kb: int = 0) -> Iterator[subprocess.Popen[str]]:
    """`python -m models …` in a process group of its own, whose files may have so many kB."""
    command = [sys.executable, "-m", "models", *map(str, arguments), "--minutes", "10"]
    if most_kb:
        command = ["bash", "-c", f'ulimit -f {most_kb}; exec "$@"', "bash", *command]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def signal_after(words: str, process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal as soon as words are said: (exit status, the last line)."""
    assert process.stderr
    last = ""
    for line in process.stderr:
        last = line.strip()
        if words in line:
            process.send_signal(number)
    return process.wait(PATIENCE_S), last


def nobody_left(group: int) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def refused(*arguments: object) -> str:
    """The one line that a command says when it refuses."""
    said = CliRunner().invoke(app, [str(a) for a in arguments])
    assert (said.exit_code, said.stdout) == (2, "")
    (line,) = said.stderr.splitlines()
    return line
