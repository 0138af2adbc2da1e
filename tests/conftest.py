"""What holds for every test, wherever they are started from."""

from __future__ import annotations

import signal

import pytest

from tests.long import LONG

# A shell ignores Ctrl-C on behalf of what it starts in the background, and children inherit that. Tests that stop a
# command as somebody at a terminal would are run from scripts, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones are marked (`tests.long`); the month is begun first, so that nobody waits for it alone in the end."""
    for item in items:
        if item.nodeid.startswith(LONG):
            item.add_marker("long")
    items.sort(key=lambda item: not item.nodeid.startswith("tests/soak/"))
