from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.web.staff import FILE
from tests.web.shops import Browser, Clocked, Corner, hire, screens_of


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corner]:
    """One shop for a module's tests: a start and a stop of it take a second."""
    with Corner(tmp_path_factory.mktemp("corner")) as found:
        hire(found.state)
        yield found


@pytest.fixture(scope="module")
def screens(corner: Corner) -> Clocked:
    return screens_of(corner)


@pytest.fixture(scope="module")
def browser(screens: Clocked) -> Iterator[Browser]:
    with Browser(screens) as found:
        yield found


@pytest.fixture
def fresh(corner: Corner, screens: Clocked, browser: Browser) -> None:
    """Nobody has logged in or failed yet."""
    for path in corner.state.glob(f"{FILE}*"):
        path.unlink()
    hire(corner.state)
    screens.ahead_s = 0.0
    browser.client.cookies.clear()
