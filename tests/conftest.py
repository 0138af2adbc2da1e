"""What holds for every test, wherever they are started from."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.long import LONG

# A shell ignores Ctrl-C on behalf of what it starts in the background, and children inherit that. Tests that stop a
# command as somebody at a terminal would are run from scripts, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

FLUSHING = ("core", "daemon", "gate", "ledger", "live")
"""Rooms whose books, journals and registers are flushed to the disk after whatever they say is done. A shop waits for
that to survive a power cut, which no test can cause: files in memory survive kills as well, and tests of a shop flush
again and again, 8 ms each time on an ordinary disk."""

IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 1 << 30
"""A container may have 64 MB of it, and a shop deletes recordings when its disk becomes full."""


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own: in memory where files are flushed and there is room, and then gone after the test.

    Others keep pytest's: what lies below /dev is taken for a device where cameras are.
    """
    flushes = Path(__file__).parent in request.path.parents and request.path.parent.name in FLUSHING
    if flushes and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES:
        with tempfile.TemporaryDirectory(prefix="tebura-test-", dir=IN_MEMORY, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    else:
        yield tmp_path


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones are marked (`tests.long`) and begun first, the month before all: nobody waits for one in the end."""
    for item in items:
        if item.nodeid.startswith(LONG):
            item.add_marker("long")
    items.sort(key=lambda item: (not item.nodeid.startswith("tests/soak/"), not item.nodeid.startswith(LONG)))
