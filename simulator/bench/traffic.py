"""What a large shop's devices say, sent to a broker as they would: one connection a device, each message in its time.

Enters: a plan: which recordings, how many copies of their shop under one roof, where the broker listens. Leaves:
PUBLISH packets of MQTT 3.1.1, QoS 0 for sensors and 1 for gates, and how many of each kind. Runs in a process of its
own (``python -m simulator.bench.traffic PLAN``), which says ``ready``, waits for a line, and plays. Payloads are the
recordings' own bytes; only their time is written anew, and ``sent`` joins it, which the wire contract allows. Packets
are framed by hand: a client library would need more of a core than the shop that is measured.
"""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.adapters.broker.passwords import Passwords
from edge.store import Store, read_store
from edge.wire import Heard, open_recording
from simulator.roof import roof, under_one_roof, width_of
from simulator.shops import random_shop

SHELVES = (5, 4, 4, 4, 4)
"""Of the hall's gondolas."""
PLATES = 40
PLATE_M = 0.12
GONDOLAS = ((0.9, 6.5, 0), (0.9, 2.2, 0), (5.7, 3.0, 180), (0.9, 4.4, 0), (5.7, 5.2, 180))
"""x, y, yaw: one against the back wall, and two islands with two faces each."""
CAMERAS = ((1.65, 1.75), (4.95, 1.75), (1.65, 5.25), (4.95, 5.25))

SLACK_S = 0.0005
"""What is due so soon is sent together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``first`` is heard in the first copy of the recorded shop, ``others`` in the others, each ``apart_s`` later."""

    first: str
    others: str
    copies: int
    apart_s: float
    inhabited: bool
    """Whether the other copies have people, cameras and gates as well, or only shelves."""
    for_s: float
    port: int
    passwords: str = ""
    """The embedded broker's file; empty: the broker asks nobody."""


def hall() -> Store:
    """A twelfth of a large shop: 21 shelves of 40 plates, four cameras, two gates, on 46 square metres."""
    lines = [
        "[store]", 'id = "hall"', 'name = "Hall"', 'timezone = "Europe/Vienna"', 'currency = "EUR"',
        "prices_include_tax = true", "[floor]", "polygon = [[0.0, 0.0], [6.6, 0.0], [6.6, 7.0], [0.0, 7.0]]",
        "[[tax]]", 'class = "standard"', "percent = 20",
        "[[gate]]", 'id = "entry"', 'kind = "entry"', "position = [0.9, 0.1]", "trusted_reader = true",
        "[[gate]]", 'id = "exit"', 'kind = "exit"', "position = [5.7, 0.1]",
    ]  # fmt: skip
    for i, (x, y) in enumerate(CAMERAS, 1):
        lines += ["[[camera]]", f'id = "c{i}"', f"position = [{x}, {y}, 2.7]"]
    for i, ((x, y, yaw), shelves) in enumerate(zip(GONDOLAS, SHELVES, strict=True), 1):
        lines += ["[[gondola]]", f'id = "g{i}"', f"origin = [{x}, {y}, 0.0]", f"yaw_deg = {yaw}"]
        for j in range(shelves):
            lines += ["[[gondola.shelf]]", f'id = "g{i}-s{j + 1}"', f"height = {0.3 + 0.32 * j:.2f}", "depth = 0.4"]
            lines += [f"plates = {PLATES}", f"plate_width = {PLATE_M}"]
    files = {
        "store.toml": "\n".join(lines).encode(),
        "catalogue.csv": b"sku,gtin,name,price,tax_class,weight_g,weight_sd_g\nx,,x,1,standard,100,1\n",
        "planogram.csv": b"shelf,plates,sku\n",
    }
    return random_shop(1, like=read_store(files))


def whole(plan: Plan) -> Store:
    """The shop that all of a plan's messages come from."""
    return roof(_recorded(plan), plan.copies, inhabited=plan.inhabited)


def traffic(plan: Plan) -> Iterator[Heard]:
    """Every message in the order of its time, which is still the recordings'."""
    first = list(open_recording(Path(plan.first)))
    others = first if plan.others == plan.first else list(open_recording(Path(plan.others)))
    if not plan.inhabited:
        others = [heard for heard in others if heard.topic.startswith("shelf/")]
    return under_one_roof(first, others, plan.copies, width_of(_recorded(plan)), plan.apart_s)


def stamped(payload: bytes, shift_s: float, sent_s: float) -> bytes:
    """The same measurement ``shift_s`` later. The time stands first in everything that the simulator says."""
    end = payload.index(b",")
    return b'{"sent":%.5f,"t":%.4f' % (sent_s, float(payload[5:end]) + shift_s) + payload[end:]


def sent_s(payload: bytes) -> float:
    """When a stamped payload was sent."""
    return float(payload[8 : payload.index(b",")])


def _recorded(plan: Plan) -> Store:
    return read_store(open_recording(Path(plan.first)).store_files())


# --- on the wire ---------------------------------------------------------------------------------------------------


class Device:
    """One device's connection: what is `put` goes out with `flush`. `OSError` where the broker does not let it in."""

    def __init__(self, port: int, name: str, password: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 5.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting: list[bytes] = []
        self._number = 0
        rights = 0xC0 if password else 0
        body = b"\x00\x04MQTT\x04" + bytes([rights | 2]) + b"\x00\x00" + _text(f"device-{name}")
        if password:
            body += _text(name) + _text(password)
        self._socket.sendall(b"\x10" + _length(len(body)) + body)
        answer = self._socket.recv(4)
        if len(answer) < 4 or answer[3]:
            raise ConnectionRefusedError(f"the broker at port {port} does not let {name} in")

    def put(self, topic: bytes, payload: bytes, confirmed: bool) -> None:
        if confirmed:
            self._number = self._number % 65535 + 1
        self._waiting.append(packet(topic, payload, self._number if confirmed else 0))

    def flush(self) -> None:
        self._socket.sendall(b"".join(self._waiting))
        self._waiting.clear()
        if self._number:
            self._hear()

    def _hear(self) -> None:
        """Confirmations, which nobody waits for."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._socket.recv(4096)
        self._socket.settimeout(5.0)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(b"\xe0\x00")
        self._socket.close()


def packet(topic: bytes, payload: bytes, number: int = 0) -> bytes:
    """A PUBLISH: QoS 1 with a packet's ``number``, QoS 0 without."""
    head = _text_of(topic) + (number.to_bytes(2, "big") if number else b"")
    return b"".join((b"\x32" if number else b"\x30", _length(len(head) + len(payload)), head, payload))


def _length(count: int) -> bytes:
    """MQTT's variable byte integer."""
    found = bytearray()
    while True:
        count, seven = count >> 7, count & 127
        found.append(seven | (128 if count else 0))
        if not count:
            return bytes(found)


def _text(words: str) -> bytes:
    return _text_of(words.encode())


def _text_of(words: bytes) -> bytes:
    return len(words).to_bytes(2, "big") + words


@dataclass(frozen=True, slots=True)
class Sent:
    """How many of each kind went out, how late the sender itself was at the worst, and what was added to times."""

    counts: dict[str, int]
    late_s: float
    shift_s: float


def connect(plan: Plan, store: Store) -> dict[str, Device]:
    """A connection for every device of the shop."""
    passwords = Passwords(Path(plan.passwords))
    if plan.passwords:
        passwords.read()
    layout = store.layout
    names = [*(s.id for s in layout.shelves), *(c.id for c in layout.cameras), *(g.id for g in layout.gates)]
    return {name: Device(plan.port, name, passwords.of(name) if plan.passwords else "") for name in names}


def send(plan: Plan, store: Store, devices: dict[str, Device], messages: Iterator[Heard]) -> Sent:
    """Say everything, from now on, for ``for_s``."""
    prefix = f"tebura/v1/{store.id}/".encode()
    counts: Counter[str] = Counter()
    talking: dict[str, Device] = {}
    shift_s, until_s, late_s = 0.0, 0.0, 0.0
    for heard in messages:
        if not until_s:
            shift_s = time.time() + 0.2 - heard.received_s
            until_s = heard.received_s + plan.for_s
        if heard.received_s > until_s:
            break
        due_s = heard.received_s + shift_s
        now_s = time.time()
        if due_s > now_s + SLACK_S:
            for device in talking.values():
                device.flush()
            talking.clear()
            now_s = time.time()
            if due_s > now_s:
                time.sleep(due_s - now_s)
                now_s = time.time()
        late_s = max(late_s, now_s - due_s)
        room, name, kind = heard.topic.split("/")
        device = talking[name] = devices[name]
        device.put(prefix + heard.topic.encode(), stamped(heard.payload, shift_s, now_s), room == "gate")
        counts[kind] += 1
    for device in talking.values():
        device.flush()
    return Sent(dict(counts), late_s, shift_s)


def main(plan: Plan) -> None:
    """The process: ``ready``, a line from whoever started it, the play, and what was sent as a line of JSON."""
    store, messages = whole(plan), traffic(plan)
    devices = connect(plan, store)
    gc.collect()
    gc.disable()
    print("ready", flush=True)
    sys.stdin.readline()
    sent = send(plan, store, devices, messages)
    print(json.dumps(asdict(sent)), flush=True)
    sys.stdin.readline()
    for device in devices.values():
        device.close()


if __name__ == "__main__":
    main(Plan(**json.loads(sys.argv[1])))
