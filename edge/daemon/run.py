"""`tebura run`: everything started in the order in which it is needed, and stopped in the other.

The embedded broker starts beside the recovery, sensors are heard when the shop is open, and systemd hears that it is
ready when the first message could be used. SIGTERM and SIGINT stop it within two seconds; visits in progress are
kept, not settled.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from edge.adapters.broker.embedded import EmbeddedBroker
from edge.adapters.cameras import Cameras
from edge.adapters.mqtt.line import BrokerLine
from edge.adapters.mqtt.plain import Plains
from edge.adapters.plates import Plates
from edge.adapters.serial import open_ports
from edge.daemon.clock import Clock, RehearsalClock
from edge.daemon.desk import Answer, Desk, refused
from edge.daemon.nightly import Nightly
from edge.daemon.onlooker import Onlooker
from edge.daemon.orders import obey
from edge.daemon.recovery import Recovered
from edge.daemon.screen import News, Screen, speak_plainly
from edge.daemon.shop import LEDGER, Shop
from edge.daemon.systemd import notify, watchdog_s
from edge.daemon.watch import Watch, WatchPage
from edge.driver import Observer
from edge.evidence import DIARY, Diary
from edge.insight.hooks import Hooks
from edge.insight.live import Keeper
from edge.journal.housekeeping import DAY_S
from edge.records import Publish
from edge.site import Site
from edge.store import Store
from edge.uplink.child import Uplink

SWITCH_S = 0.0005
"""Threads take turns so often: the broker's line must not wait five milliseconds for the core, nor the core for it."""

ALERTS = 100
"""So many alerts wait for the broker; the book has them all."""

log = structlog.get_logger("tebura")


class Daemon:
    """A shop and all that it is connected to."""

    def __init__(
        self, store: Store, site: Site, state_folder: Path, *, store_folder: Path | None = None, rehearsal: bool = False
    ) -> None:
        if rehearsal:
            site = site.model_copy(update={"payment": site.payment.in_rehearsal})
        self.store, self.site, self.folder, self._store_folder = store, site, state_folder, store_folder
        self.watch = Watch()
        self._line: BrokerLine | None = None
        self._early: dict[str, Publish] = {}
        self._alerts: deque[Publish] = deque(maxlen=ALERTS)
        clock: Clock = RehearsalClock() if rehearsal else Clock()
        keep_s = max(site.recorder.keep_days, site.recorder.review_days) * DAY_S
        self._diary = Diary(state_folder / DIARY, store, keep_s)
        self._insight = Keeper(state_folder, store, LEDGER, lambda told: self.shop.ear.trouble("insight", told))
        self.shop = Shop(
            store, site, state_folder, publish=self._publish,
            observers=(self.watch, News(), self._onlooker("diary", self._diary),
                       self._onlooker("insight", self._insight.floor)),
            timed=self.watch.timed, clock=clock, frozen=self._insight.frozen,
        )  # fmt: skip
        self._open = False
        self._rehearsal = rehearsal
        self._stopping = threading.Event()
        self.serving: list[str] = []

    def _onlooker(self, name: str, observer: Observer) -> Onlooker:
        return Onlooker(name, observer, lambda source, what: self.shop.ear.trouble(source, what))

    def stop(self) -> None:
        """Let `run` come to its end; from any thread or signal."""
        self._stopping.set()
        self.shop.ear.wake()

    def run(self) -> None:
        """Open, work, close. `OSError` and its kin where something that is needed cannot be used."""
        with suppress(OSError):  # the desk says what is wrong with the folder
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        desk = Desk(self.folder, self._do)
        with ExitStack() as stack:
            desk.open()
            stack.callback(desk.close)
            stack.callback(self._diary.close)
            self._insight.open()
            stack.callback(self._insight.close)
            if not self._rehearsal:
                hooks = Hooks(
                    self.folder, self.store.id, self.shop.clock.now_s, lambda told: self.shop.ear.trouble("hooks", told)
                )
                hooks.open()
                stack.callback(hooks.close)
            if not self._rehearsal and self._store_folder is not None:
                nightly = Nightly(
                    self.store, self._store_folder, self.folder, self.shop.clock.now_s,
                    lambda told: self.shop.ear.trouble("nightly", told),
                )  # fmt: skip
                nightly.open()
                stack.callback(nightly.close)
            broker = self._embedded(stack)
            found = self.shop.open()
            self._open = True
            stack.callback(self._close)
            self._connect(broker, stack)
            self._serve(stack)
            _tell(found)
            notify("READY=1", f"STATUS=serving {self.store.id}")
            log.info("serving", store=self.store.id, state_folder=str(self.folder), **_where(self.serving))
            with _rare_collections(), self._screen():
                self.shop.work(self._enough())
            notify("STOPPING=1")
            log.info("stopping", inside=len(self.shop.driver.state.door.visits))

    # --- starting, in this order ------------------------------------------------------------------------------------

    def _embedded(self, stack: ExitStack) -> EmbeddedBroker | None:
        if self.site.broker.kind != "embedded":
            return None
        broker = EmbeddedBroker(self.store, self.site, self.folder, self.shop.ear, rehearsal=self._rehearsal)
        broker.start(timeout_s=0.0)
        stack.callback(broker.stop)
        return broker

    def _connect(self, broker: EmbeddedBroker | None, stack: ExitStack) -> None:
        plates = Plates(self.store, self.site, self.shop.ear)
        password = None
        if broker is not None:
            password = broker.password()
        settings = self.site.broker
        plain = Plains(plates, self.shop.ear, self.site.slow.stale_s)
        self._line = BrokerLine(
            self.store.id, settings, self.shop.ear, plates=self.site.plain, plain=plain, password=password
        )
        for publish in self._early.values():
            self._line.publish(publish)
        self._line.start()
        plates.start()
        stack.callback(plates.stop)
        for port in open_ports(self.site, self.store, self.shop.ear, plates):
            port.start()
            stack.callback(port.stop)
        if self._store_folder is not None and self.site.camera and self.site.eyes.with_shop and not self._rehearsal:
            cameras = Cameras(self.site, self._store_folder, self.folder, self.shop.ear)
            cameras.start()
            stack.callback(cameras.stop)
        if self.site.headquarters.address and not self._rehearsal:
            uplink = Uplink(
                self.site.headquarters, self.store.id, self.folder / LEDGER, self._store_folder, self.shop.ear,
                lambda: self.watch.health(self.shop),
            )  # fmt: skip
            uplink.start()
            stack.callback(uplink.stop)
        self.serving.append(f"mqtt://{settings.host}:{settings.port}")

    def _serve(self, stack: ExitStack) -> None:
        web = self.site.web
        if web.listen:
            try:
                page = WatchPage(web, self.watch, self.shop)
            except OSError as error:
                what = f"/healthz cannot be served on {web.listen}:{web.port} ({error.strerror})"
                raise OSError(f'{what}. Set another port in [web] of site.toml, or listen = ""') from error
            page.open()
            stack.callback(page.close)
            self.serving.append(f"{page.url}/healthz")

    @contextmanager
    def _screen(self) -> Iterator[None]:
        if not sys.stdout.isatty():
            yield
            return
        with Screen(self.shop, self.watch, self.serving):
            yield

    def _close(self) -> None:
        closing = self.shop.close()
        if self._line is not None:
            self._line.stop(closing, timeout_s=0.5)

    # --- at work --------------------------------------------------------------------------------------------------

    def _enough(self) -> Any:
        """Whether it is time to stop; meanwhile systemd gets its signs of life, from the thread that does the work."""
        period_s = watchdog_s()
        alive_s = 0.0

        def enough() -> bool:
            nonlocal alive_s
            now_s = time.monotonic()
            while self._alerts and self._connected:
                self._publish(self._alerts.popleft())
            if now_s > alive_s + period_s:
                alive_s = now_s
                notify("WATCHDOG=1")
            return self._stopping.is_set()

        return enough

    @property
    def _connected(self) -> bool:
        return self._line is not None and self._line.ready.is_set()

    def _publish(self, publish: Publish) -> None:
        """Say it to the broker. Staff's alerts wait for one; gates' commands must not (`edge.adapters.mqtt.outbox`)."""
        if publish.topic == "runtime/status":
            self.watch.status = publish.payload
        if publish.topic == "runtime/alert" and not self._connected:
            self._alerts.append(publish)
        elif self._line is not None:
            self._line.publish(publish)
        elif publish.retain:
            self._early[publish.topic] = publish

    def _do(self, wanted: dict[str, Any]) -> Answer:
        """A command that came over the desk."""
        if not self._open and wanted["do"] != "status":
            return refused("the shop is opening. Ask again in a moment")
        if not self._open:
            return {"state": "opening", "heard": 0, "uptime_s": self.shop.uptime_s, "connected": False}
        return obey(self.shop, self.watch, wanted, connected=self._connected, store_folder=self._store_folder)


def run(
    store: Store, site: Site, state_folder: Path, *, store_folder: Path | None = None, rehearsal: bool = False
) -> None:
    """The command. Returns when it was told to stop. ``store_folder``: for the cameras' own process."""
    speak_plainly()
    sys.setswitchinterval(SWITCH_S)
    daemon = Daemon(store, site, state_folder, store_folder=store_folder, rehearsal=rehearsal)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        daemon.stop()

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, stop)
    daemon.run()


def _tell(found: Recovered) -> None:
    """What the way back brought."""
    if found.cold:
        log.warning("not everything is remembered", why=found.cold)
    if found.heard:
        log.info("stepped once more what was recorded behind the checkpoint", messages=found.heard)
    for visit in found.lost:
        log.warning("only the book knew of this visit; it waits for review", visit=visit)


def _where(serving: list[str]) -> dict[str, str]:
    return {"broker": serving[0], **({"health": serving[1]} if len(serving) > 1 else {})}


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Messages make much that dies at once and hardly anything cyclic; a full collection would take its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 1000)
    try:
        yield
    finally:
        gc.unfreeze()
