"""`tebura …` as somebody types it, in this process: what is proven is what it does and says, not that Python starts."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

from typer.testing import CliRunner

from edge.cli import app


def typed(
    *words: object, environment: Mapping[str, str | None] | None = None, folder: Path | None = None
) -> CompletedProcess[str]:
    """What a process would have said and ended with. ``environment``: what differs from ours, None for what is not set.

    ``folder``: the one in which it is typed. Whatever would have been a traceback is raised.
    """
    arguments = [str(word) for word in words]
    handlers = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with contextlib.chdir(folder or Path.cwd()):
            done = CliRunner().invoke(app, arguments, env=environment, catch_exceptions=False)
    finally:
        for sign, handler in handlers.items():
            signal.signal(sign, handler)
    return CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
