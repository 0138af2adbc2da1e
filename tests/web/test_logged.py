"""Nobody writes lines of their own into the log by what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from edge.daemon.screen import speak_plainly
from edge.site import load_shop
from edge.web.app import app_of
from edge.web.pages import Pages
from edge.web.shop import Screens

DEMO = Path("config/demo")


@pytest.fixture
def _plain() -> Iterator[None]:
    speak_plainly()
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_plain")
def test_what_is_asked_for_stays_in_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def breaks(request: Request) -> Response:
        raise RuntimeError(f"no {request.path_params['what']}")

    def part(_screens: Screens, _pages: Pages) -> list[Route]:
        return [Route("/breaks/{what}", breaks)]

    store, site = load_shop(DEMO)
    app = app_of(Screens(store, site, tmp_path, DEMO), [part])
    with TestClient(app, base_url="http://127.0.0.1:8322", raise_server_exceptions=False) as client:
        answer = client.get("/breaks/x%0atimestamp='2026'%20level='info'%20event='all%20is%20well'%1b[2J")
    assert answer.status_code == 500
    told = [line for line in capsys.readouterr().err.splitlines() if line]
    (line,) = [line for line in told if "a page could not be made" in line]
    assert "all is well" in line
    assert "\x1b" not in line
    assert not any(line.startswith("timestamp='2026'") for line in told)
