"""What holds for every test, wherever they are started from."""

from __future__ import annotations

import signal

import pytest

# A shell ignores Ctrl-C on behalf of what it starts in the background, and children inherit that. Tests that stop a
# command as somebody at a terminal would are run from scripts, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest is begun first, so that nobody waits for it alone in the end."""
    items.sort(key=lambda item: item.get_closest_marker("soak") is None)
