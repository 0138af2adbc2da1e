"""The server itself: what it refuses of anybody, what every answer says, how it stops."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from edge.site import load_shop
from edge.web.app import app_of
from edge.web.pages import Pages
from edge.web.shop import Screens
from tests.adapters.brokers import free_port
from tests.web.served import Served

DEMO = Path("config/demo")


def part(_screens: Screens, _pages: Pages) -> list[Route]:
    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def breaks(_request: Request) -> Response:
        raise RuntimeError("/secret/path")

    return [Route("/echo", echo, methods=["GET", "POST"]), Route("/breaks", breaks)]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    store, site = load_shop(DEMO)
    app = app_of(Screens(store, site, tmp_path, DEMO), [part])
    with TestClient(app, base_url="http://127.0.0.1:8322", raise_server_exceptions=False) as client:
        yield client


def test_no_answer_lets_a_browser_run_anything_of_others(client: TestClient) -> None:
    for path in ("/echo", "/nowhere", "/static/base.css", "/breaks"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_a_fault_is_told_without_how(client: TestClient) -> None:
    answer = client.get("/breaks", headers={"accept-language": "ja"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "エラーが起きました" in answer.text


@pytest.mark.parametrize("length", [1 << 16, (1 << 16) + 1])
def test_bodies_end_somewhere(client: TestClient, length: int) -> None:
    answer = client.post("/echo", content=b"x" * length)
    assert answer.status_code == (200 if length == 1 << 16 else 413)

    def drips() -> Iterator[bytes]:
        yield from (b"x" * 1024 for _ in range(length // 1024))
        yield b"x" * (length % 1024)

    answer = client.post("/echo", content=drips())
    assert answer.status_code == (200 if length == 1 << 16 else 413)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]:8322", "localhost:1", "kado.local", "192.168.1.7:80"])
def test_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/echo", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "", "[::1", "127.0.0.1.x"]
)
def test_other_names(client: TestClient, host: str) -> None:
    assert client.get("/echo", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:8322"}, 200),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:8322"}, 403),
    ],
)
def test_other_sites_pages_change_nothing(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/echo", headers=headers).status_code == status
    assert client.get("/echo", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["../shop.py", "%2e%2e/shop.py", "..%2fshop.py", "/etc/passwd"])
def test_nothing_beside_the_files(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_a_language_is_chosen_once(client: TestClient) -> None:
    assert "There is no such page." in client.get("/x", headers={"accept-language": "de, en;q=0.8, ja;q=0.1"}).text
    assert "このページはありません。" in client.get("/x?lang=ja").text
    assert "このページはありません。" in client.get("/x", headers={"accept-language": "en"}).text


def test_it_stops_though_somebody_listens(tmp_path: Path) -> None:
    """As with a shop's screens: a tablet at the gate listens day and night."""
    with Served(DEMO, tmp_path / "state") as served:
        line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        line.request("GET", "/events")
        answer = line.getresponse()
        assert answer.status == 200
        assert answer.readline().startswith(b"retry")
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(10) == 0, "left to itself uvicorn waits for ever for whoever listens"


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with Served(DEMO, tmp_path / "state") as served:
        folders = ["--store", str(DEMO), "--state", str(tmp_path / "state")]
        command = [sys.executable, "-m", "edge.cli", "web", *folders, "--port", str(served.port)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert second.returncode != 0
    assert "Set another port in [screens] of site.toml, or with --port" in second.stderr
    assert "Traceback" not in second.stderr
    assert free_port() != served.port


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "words"),
    [
        ("POST", "/echo", {"content-length": "70000"}, 413, "大きすぎます"),
        ("GET", "/nowhere", {}, 404, "ページはありません"),
        ("DELETE", "/echo", {}, 405, "この方法では使えません"),
        ("POST", "/echo", {"origin": "http://evil.example"}, 403, "できません"),
        ("GET", "/echo", {"host": "evil.example"}, 421, "アドレスが違います"),
    ],
)
def test_whatever_is_refused_is_told_in_the_readers_words(
    client: TestClient, method: str, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    content = b"x" * 70000 if status == 413 else None
    answer = client.request(method, path, headers={"accept-language": "ja", **headers}, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="ja">' in answer.text
    assert words in answer.text
    api = client.request(method, f"/api{path}", headers={"accept-language": "ja", **headers}, content=content)
    assert api.headers["content-type"] == "application/json"
    assert set(api.json()) == {"error", "text"}


def test_what_drips_and_is_too_much_is_told_as_well(client: TestClient) -> None:
    def drips() -> Iterator[bytes]:
        yield from (b"x" * 1024 for _ in range(80))

    answer = client.post("/echo", content=drips(), headers={"accept-language": "ja"})
    assert answer.status_code == 413
    assert '<html lang="ja">' in answer.text
