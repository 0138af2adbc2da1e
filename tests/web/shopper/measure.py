"""How fast the phone's page is, and how soon phones see a change: ``python -m tests.web.shopper.measure``.

Prints, for a cold and a warm start on a throttled Chromium (1.6 Mbit/s, 150 ms, a CPU four times slower), when a thing
is first painted, when the code is there, and how many bytes came; and of 300 phones that listen and fetch when they are
told, how long after a change they have seen it. Nothing of it is a test: machines differ.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import CDPSession

from edge.adapters.members import FILE, Members
from edge.ledger import Book
from edge.records import LedgerEntry
from edge.web.shopper.enrol import Enrolments
from tests.adapters.brokers import free_port, until
from tests.corner import write_store
from tests.web.browsers import chromium, phone
from tests.web.served import Served
from tests.web.shopper.phones import Phone

PHONES = 300
EACH_S = 4.0
ROUNDS = 5
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def throttled(client: CDPSession) -> None:
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", SLOW)
    client.send("Emulation.setCPUThrottlingRate", {"rate": 4})


def paints(served: Served, state: Path) -> None:
    url = served.url.replace("127.0.0.1", "localhost")
    with chromium() as browser:
        context = phone(browser)
        page = context.new_page()
        client = context.new_cdp_session(page)
        throttled(client)
        came = [0]
        client.on("Network.loadingFinished", lambda said: came.__setitem__(0, came[0] + int(said["encodedDataLength"])))
        page.goto(f"{url}/m/", wait_until="networkidle")
        print(f"cold: first paint {page.evaluate(PAINTED):.0f} ms, {came[0] / 1024:.1f} KiB")
        code = Enrolments(state).invite("ana", "member", "aki", time.time())
        page.goto(f"{url}/m/#join={code}")
        page.reload()
        page.locator("#join button").click()
        page.locator("#qr[data-party]").wait_for()
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_timeout(2000)
        page.goto("about:blank")
        page.goto(f"{url}/m/")
        page.locator("#qr[data-party]").wait_for()
        code_ms = page.evaluate("performance.now()")
        print(f"warm: first paint {page.evaluate(PAINTED):.0f} ms, the code after {code_ms:.0f} ms")


class Listening:
    """A phone with its stream, and one connection more for what it fetches, as browsers have it."""

    def __init__(self, port: int, phone: Phone, visit: str) -> None:
        self._port, self._phone, self.visit = port, phone, visit
        self.changed_s = 0.0
        self.took_s: list[float] = []

    async def open(self) -> None:
        self._stream, self._up = await asyncio.open_connection("127.0.0.1", self._port)
        self._asks, self._out = await asyncio.open_connection("127.0.0.1", self._port)
        await self._send(self._up, "/api/m/events")
        await self._stream.readuntil(b"retry: 2000")

    async def listen(self) -> None:
        while line := await self._stream.readline():
            if line.startswith(b"data: visit/"):
                since_s = self.changed_s
                await self._send(self._out, "/api/m/me")
                head = await self._asks.readuntil(b"\r\n\r\n")
                assert b" 200 " in head.split(b"\r\n")[0], head
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await self._asks.readexactly(int(length.split(b":")[1]))
                self.took_s.append(time.monotonic() - since_s)

    async def _send(self, writer: asyncio.StreamWriter, path: str) -> None:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self._phone.headers("GET", path, time.time()).items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await writer.drain()


async def listening(port: int, phones: dict[str, Phone], say: Callable[[str], None]) -> list[float]:
    """Everybody's cart changes again and again; seconds from each change to the phone that has fetched it."""
    all_ = [Listening(port, phone, visit) for visit, phone in phones.items()]
    for one in all_:
        await one.open()
    tasks = [asyncio.create_task(one.listen()) for one in all_]
    for _ in range(ROUNDS):
        for one in all_:
            one.changed_s = time.monotonic()
            say(one.visit)
            await asyncio.sleep(EACH_S / len(all_))
    await asyncio.sleep(3.0)
    for task in tasks:
        task.cancel()
    return [took for one in all_ for took in one.took_s]


def crowd(folder: Path) -> None:
    """300 phones, each of whose carts changes every `EACH_S`."""
    store, state, port = write_store(folder / "store"), folder / "state", free_port()
    state.mkdir()
    (store / "site.toml").write_text(f'[broker]\nkind = "mqtt"\nport = {port}\n', encoding="utf-8")
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin") or "mosquitto"
    phones = {f"20260512-{i:04d}": Phone("corner") for i in range(PHONES)}
    with Members(state / FILE) as members:
        for visit, phone in phones.items():
            members.add(f"m-{visit}", phone.public_key, "member", time.time())
    with Book(state / "ledger.db") as book:
        facts: list[dict[str, object]] = [{"subject": f"m-{visit}", "gate": "in", "party": 1} for visit in phones]
        times = [time.time()] * len(phones)
        book.append(LedgerEntry(f"visit:{v}", s, "visit", v, b) for v, s, b in zip(phones, times, facts, strict=True))
    cart = {"lines": [{"sku": "green-tea", "quantity": 1, "certainty": 0.99}], "total": 151, "currency": "JPY"}
    with subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL) as broker:
        try:
            client = Client(CallbackAPIVersion.VERSION2, client_id="runtime")
            client.connect_async("127.0.0.1", port)
            client.reconnect_delay_set(1, 1)
            client.loop_start()
            until(client.is_connected, "the broker is there", 10.0)
            with Served(store, state) as served:

                def say(visit: str) -> None:
                    payload = json.dumps(cart | {"t": time.time()})
                    client.publish(f"tebura/v1/corner/visit/{visit}/cart", payload, retain=True)

                took_s = asyncio.run(listening(served.port, phones, say))
        finally:
            broker.terminate()
    cuts = statistics.quantiles(took_s, n=100)
    print(f"{PHONES} phones, a change each {EACH_S:g} s: {len(took_s)} of {PHONES * ROUNDS} fetched (some together), "
          f"p50 {cuts[49] * 1e3:.0f} ms, p95 {cuts[94] * 1e3:.0f} ms, most {max(took_s) * 1e3:.0f} ms")  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, state = write_store(Path(folder) / "store"), Path(folder) / "state"
        state.mkdir()
        with Served(store, state) as served:
            paints(served, state)
    with tempfile.TemporaryDirectory() as folder:
        crowd(Path(folder))


if __name__ == "__main__":
    main()
