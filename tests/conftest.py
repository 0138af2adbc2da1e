"""What holds for every test, wherever they are started from."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from tests.long import LONG

# A shell ignores Ctrl-C on behalf of what it starts in the background, and children inherit that. Tests that stop a
# command as somebody at a terminal would are run from scripts, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Books, journals and registers are flushed to the disk after whatever they say is done. A shop waits for that to
# survive a power cut, which no test can cause: files in memory survive kills as well, and most tests of a shop took
# three quarters of their time waiting for the disk. Somebody's own TMPDIR, or --basetemp, is left alone.
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
"""A container may have 64 MB of it; all tests want some hundred MB, and a shop warns when its disk becomes full."""

if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones are marked (`tests.long`); the month is begun first, so that nobody waits for it alone in the end."""
    for item in items:
        if item.nodeid.startswith(LONG):
            item.add_marker("long")
    items.sort(key=lambda item: not item.nodeid.startswith("tests/soak/"))
