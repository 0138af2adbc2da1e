from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.shops import Browser, Clocked, Corner, hire, screens_of


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Corner]:
    with Corner(tmp_path) as found:
        hire(found.state)
        yield found


@pytest.fixture
def screens(corner: Corner) -> Clocked:
    return screens_of(corner)


@pytest.fixture
def browser(screens: Clocked) -> Iterator[Browser]:
    with Browser(screens) as found:
        yield found
