"""A shop at work for tests of its screens: the corner shop with Ana's errand, its desk open, on a thread of its own."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx2
from starlette.testclient import TestClient

from edge.daemon.desk import Desk
from edge.daemon.orders import obey
from edge.daemon.shop import LEDGER, RECORDINGS
from edge.insight.rebuild import rebuilt
from edge.journal import segments
from edge.ledger import Book
from edge.site import Site
from edge.web.app import app_of
from edge.web.shop import Screens
from edge.web.staff import FILE, Staff
from tests.adapters.brokers import free_port
from tests.corner import OPENS_S
from tests.daemon.test_changes import edit
from tests.daemon.test_reload import Running

T = TypeVar("T")

PASSWORD = "four words in a row"
ROLES = {"vera": ["viewer"], "sato": ["staff"], "mika": ["manager"], "oda": ["owner"]}
ADDRESS = "http://127.0.0.1:8322"


class Corner:
    """``visit``: Ana's, who pays 356 JPY when `errand` is over."""

    visit = "20231115-0001"

    def __init__(
        self, folder: Path, conducts: Mapping[str, str] | None = None, *, site: Site | None = None, **files: str
    ) -> None:
        """``conducts``: how the payment provider treats whom; ``site``: another than the usual;
        ``catalogue_csv="…"``: another file of the store.
        """
        self.folder = folder / "store"
        self.state = folder / "state"
        self._made: queue.SimpleQueue[Running] = queue.SimpleQueue()
        self._wanted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(folder, conducts, site or Site(), files))
        self._thread.start()
        self.running = self._made.get(timeout=30.0)
        self._desk = Desk(self.state, lambda said: obey(
            self.running.shop, self.running.watch, said, connected=True, store_folder=self.folder))  # fmt: skip
        self._desk.open()

    def _work(self, folder: Path, conducts: Mapping[str, str] | None, site: Site, files: Mapping[str, str]) -> None:
        running = Running(folder)
        running.site = site
        if files:
            edit(running, **files)
        running.open(conducts)
        self._made.put(running)
        while not self._stop.wait(0.002):
            while not self._wanted.empty():
                self._wanted.get()()
            running.work()
        running.shop.close()

    def do(self, what: Callable[[Running], T]) -> T:
        """Something on the shop's own thread."""
        answers: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._wanted.put(lambda: answers.put(what(self.running)))
        return answers.get(timeout=60.0)

    def errand(self, until_s: float = 60.0) -> None:
        """Ana's errand, or the beginning of it."""
        self.do(lambda running: running.play(0.0, until_s))
        if until_s >= 60.0:
            self.do(lambda running: running.settle())

    def __enter__(self) -> Corner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._desk.close()
        self._stop.set()
        self._thread.join()


class Clocked(Screens):
    """Screens whose clock a test sets on."""

    ahead_s = 0.0

    def now_s(self) -> float:
        return OPENS_S + 3600.0 + self.ahead_s


def insight_of(corner: Corner) -> None:
    """What happened there, as `tebura run` would have kept it by now."""
    corner.do(lambda running: running.shop.recorder.flush())
    with Book(corner.state / LEDGER, read_only=True) as book:
        rebuilt(corner.state, segments(corner.state / RECORDINGS), book, corner.running.store)


def screens_of(corner: Corner) -> Clocked:
    """Its screens, without a broker: nobody listens on that port."""
    site = Site().model_copy(update={"broker": Site().broker.model_copy(update={"port": free_port()})})
    return Clocked(corner.running.store, site, corner.state, corner.folder)


def hire(state: Path) -> None:
    """One of each role; all have one password, which is quick."""
    with Staff(state / FILE) as staff:
        for name, roles in ROLES.items():
            staff.add(name, PASSWORD, roles, OPENS_S)


class Browser:
    """Somebody at the console: keeps cookies, and sends the mark of the form that they saw."""

    def __init__(self, screens: Screens) -> None:
        self.client = TestClient(app_of(screens), base_url=ADDRESS, follow_redirects=False)

    def __enter__(self) -> Browser:
        self.client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.__exit__(kind, error, trace)

    def log_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        self.client.cookies.clear()
        return self.client.post("/staff/login", data={"name": name, "password": password})

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.client.get(path, headers=headers)

    def post(self, path: str, **fields: str) -> httpx2.Response:
        """As a form of one's own page would."""
        return self.client.post(path, data={"csrf": self.mark(), **fields})

    def mark(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/staff/me").text)
        return found[1] if found else ""

    def told(self, path: str = "/staff/me") -> str:
        """What the next page tells."""
        return " ".join(re.findall(r'role="status">(.*?)</p>', self.get(path).text, re.DOTALL))
