"""A recording played into a real shop: real broker, real serial lines, real daemon, the recording's own time.

Enters: a recording, and a shop that runs with ``--rehearsal`` (or none: then one is started beside it, with a state
folder of its own). Leaves: the receipts that this shop wrote. Every message is published when it was received then,
divided by the speed; what the recorded runtime told itself (payments, ticks) is left out: this one does so too.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.adapters.broker.passwords import Passwords
from edge.adapters.broker.rights import REHEARSAL
from edge.checkout import Receipt
from edge.daemon.desk import NobodyThere, ask
from edge.daemon.shop import LEDGER, RECORDINGS, TICK_S
from edge.journal import Position, heard_since, segments
from edge.ledger import Book, receipt_of
from edge.records import LedgerEntry
from edge.site import Site, load_site
from edge.store import Store, load_store, read_store
from edge.wire import Recording, decode
from simulator.devices.rehearsal import Understudies

LEAD_S = 1.5
"""Recorded seconds before the first message: sensors are late for nobody."""

OWN = ("payment/", "shop/", "runtime/", "visit/")
"""Topics that the runtime writes itself."""

STEP_S = 0.2
"""Recorded seconds in which the shop's time goes on: nothing comes later than that by its clock."""

HELD_UP_S = 0.02
"""Real seconds by which the player may be late and still catch up."""

PATIENCE_S = 20.0
"""Real seconds for a shop to start, or to finish what is pending when the recording is over."""

SOON_S = 2.0
"""Real seconds beyond the shop's next tick, at which it writes down whatever it has heard."""

LOOK_S = 2.0
"""Real seconds: so often it is looked whether the shop is still there."""

DECIDED = ("settlement", "review")


NO_REHEARSAL = (
    "the shop in {0} is no rehearsal. Stop it, and start it with `tebura run --store DIR --rehearsal --state {0}`"
)


STOPPED = (
    "the shop in {0} stopped while the recording was played; what it had settled by then stands in its book. "
    "Look why (its log), start it again with --rehearsal, and play the recording anew"
)

LOG_BYTES = 2000
"""So much of the end of a log is shown."""


class CannotPlay(OSError):
    """The recording cannot be played into this shop; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the shop wrote meanwhile: the entries that ended visits, and their receipts, in their order.

    ``published``: how many messages went to the broker; ``unheard``: how many of them the shop never recorded.
    """

    decided: tuple[LedgerEntry, ...]
    receipts: tuple[Receipt, ...]
    published: int
    unheard: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A shop that takes part in a rehearsal: its folder, where it keeps what it must not lose, its broker.

    ``ended`` tells why it is not there any more, as far as that is known; empty while it is.
    """

    store: Store
    site: Site
    state_folder: Path
    ended: Callable[[], str] = str


class Pace:
    """How the shop's time goes on while something is played to it: with what is said, and by itself only afterwards.

    On a busy PC the player, the broker or the shop may be held up for a moment, which is ``speed`` times as long in the
    shop; what comes a second late is doubted there, as it should be, and was not late when it was recorded. ``forward``
    puts the shop's clock to a time and a speed.
    """

    def __init__(self, first_s: float, speed: float, forward: Callable[[float, float], None]) -> None:
        self._speed, self._forward = speed, forward
        self._at_s = self._until_s = first_s - LEAD_S
        self._began_s = time.monotonic()
        self._forward(self._at_s, 0.0)

    def reach(self, at_s: float) -> None:
        """Wait until it is so late. Who was held up makes nothing up for it."""
        ahead_s = (at_s - self._at_s) / self._speed - (time.monotonic() - self._began_s)
        if ahead_s > 0:
            time.sleep(ahead_s)
        elif ahead_s < -HELD_UP_S:
            self._at_s, self._began_s = at_s, time.monotonic()
        if at_s > self._until_s:
            self._until_s = at_s + STEP_S
            self._forward(self._until_s, 0.0)

    def end(self) -> None:
        """From here on its time runs by itself."""
        self._forward(self._until_s, self._speed)


def play_live(recording: Recording, stage: Stage, speed: float) -> Played:
    """Play it all, and wait until nothing is pending. `CannotPlay` where the shop goes meanwhile."""
    ask(stage.state_folder, {"do": "status"})
    before, recorded = _head(stage), _recorded(stage)
    try:
        with _line(stage) as client, Understudies(stage.site, stage.store) as doubles:
            published = _play(recording, stage, client, doubles, speed)
            unheard = _unheard(stage, recorded, published, SOON_S + TICK_S / speed)
            wait(lambda: ask(stage.state_folder, {"do": "pending"})["pending"] == 0)
    except NobodyThere as error:
        raise CannotPlay(stage.ended() or STOPPED.format(stage.state_folder)) from error
    with Book(stage.state_folder / LEDGER, read_only=True) as book:
        decided = tuple(w.entry for w in book.entries(since_seq=before) if w.entry.kind in DECIDED)
        found = [receipt_of(book, entry.visit) for entry in decided]
    receipts = tuple(receipt for receipt in found if receipt is not None)
    return Played(decided, receipts, published.total(), unheard)


def running_stage(folder: Path, state_folder: Path, recording: Recording) -> Stage:
    """The shop that runs in a state folder already; `CannotPlay` where it is another than the recording's."""
    store = load_store(folder)
    recorded = read_store(recording.store_files())
    if recorded.layout != store.layout or recorded.id != store.id:
        raise CannotPlay(
            f"{recording.path} was recorded in another shop ({recorded.id}) than {folder}. "
            "Leave --store out, and a shop is started for it"
        )
    return Stage(store, load_site(folder, store), state_folder)


@contextmanager
def own_stage(recording: Recording) -> Iterator[Stage]:
    """A shop started for this recording alone, in a temporary folder, and stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="tebura-rehearsal-") as name:
        folder = Path(name)
        for file, data in recording.store_files().items():
            # Of a profile a recording has the one that counted, without the date in its name.
            at = folder / file if "/" not in file else (folder / file).with_suffix("") / "20000101T000000Z.toml"
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_bytes(data)
        with started(folder, folder / "state") as stage:
            yield stage


@contextmanager
def started(folder: Path, state_folder: Path) -> Iterator[Stage]:
    """A shop started for a rehearsal, with a broker of its own on a free port. It ends with us, whatever ends us but
    SIGKILL; on the main thread, where signals come.
    """
    site = f'[broker]\nport = {free_port()}\n[web]\nlisten = ""\n[screens]\nport = {free_port()}\n'
    (folder / "site.toml").write_text(site, encoding="utf-8")
    store = load_store(folder)
    stage, path = Stage(store, load_site(folder, store), state_folder), folder / "log.txt"
    with path.open("wb") as log:
        command = ["run", "--store", str(folder), "--state", str(state_folder), "--rehearsal"]
        with _interrupted_by(signal.SIGTERM, signal.SIGHUP, signal.SIGINT) as from_now_on:
            shop = subprocess.Popen([sys.executable, "-m", "edge.cli", *command], stdout=log, stderr=log)
            try:
                from_now_on()
                wait(lambda: _is_open(stage, shop, path), path)
                yield replace(stage, ended=lambda: _ended(shop, path))
            finally:
                shop.terminate()
                shop.wait(10)


@contextmanager
def _interrupted_by(*signs: signal.Signals) -> Iterator[Callable[[], None]]:
    """These end us as Ctrl-C does: what was begun is ended in good order. They wait until what is yielded is called:
    one that comes while a process is being started would leave it to nobody.
    """
    came: list[int] = []
    waits = True

    def interrupt(sign: int, frame: FrameType | None) -> None:
        if not waits:
            signal.default_int_handler(sign, frame)
        came.append(sign)

    def from_now_on() -> None:
        nonlocal waits
        waits = False
        if came:
            raise KeyboardInterrupt

    before = {sign: signal.signal(sign, interrupt) for sign in signs}
    try:
        yield from_now_on
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _ended(shop: subprocess.Popen[bytes], log: Path) -> str:
    """Why the shop that was started for a recording is not there any more."""
    with contextlib.suppress(subprocess.TimeoutExpired):  # its socket is gone a moment before it is
        status = shop.wait(1.0)
        how = f"was killed ({signal.Signals(-status).name})" if status < 0 else f"ended with status {status}"
        what = f"the shop that was started for this recording {how} before all was played; there are no receipts"
        return f"{what}. Play it again. The end of its log:\n{log.read_text(encoding='utf-8')[-LOG_BYTES:]}"
    return ""


def _is_open(stage: Stage, shop: subprocess.Popen[bytes], log: Path) -> bool:
    if shop.poll() is not None:
        raise CannotPlay(f"the shop did not start: {log.read_text(encoding='utf-8')[-LOG_BYTES:]}")
    with contextlib.suppress(NobodyThere):
        return bool(ask(stage.state_folder, {"do": "status"}).get("connected"))
    return False


def _play(recording: Recording, stage: Stage, client: Client, doubles: Understudies, speed: float) -> Counter[str]:
    """How many messages of each topic were published."""
    published = Counter[str]()
    prefix = f"tebura/v1/{stage.store.id}/"
    pace, looked_s = None, time.monotonic()

    def put_forward(at_s: float, running: float) -> None:
        with contextlib.suppress(RuntimeError):  # the broker is gone; so is the shop, which is told below
            client.publish("player/step", qos=1).wait_for_publish(PATIENCE_S)  # it has taken all before this
        ask(stage.state_folder, {"do": "rehearse", "at": at_s, "speed": running})

    for heard in recording:
        if heard.topic.startswith(OWN):
            continue
        pace = pace or Pace(heard.received_s, speed, put_forward)
        pace.reach(heard.received_s)
        if stage.site.serial and doubles.say(decode(stage.store, heard.topic, heard.payload, heard.received_s)):
            continue
        if time.monotonic() > looked_s + LOOK_S:  # a broker of its own goes on without the shop
            looked_s = time.monotonic()
            ask(stage.state_folder, {"do": "status"})
        client.publish(prefix + heard.topic, heard.payload, qos=1 if heard.topic.startswith("gate/") else 0)
        published[heard.topic] += 1
    if pace is not None:
        pace.end()
    return published


def _recorded(stage: Stage) -> Position | None:
    """Behind what the shop's own recordings hold so far."""
    folder = stage.state_folder / RECORDINGS
    kept = segments(folder)
    if not kept:
        return None
    newest = kept[-1].name
    return Position(newest, sum(1 for _ in heard_since(folder, Position(newest, 0))))


def _unheard(stage: Stage, since: Position | None, published: Counter[str], within_s: float) -> int:
    """How many of the published messages are not in the shop's recordings, when it has had so long to write them."""
    deadline_s = time.monotonic() + within_s
    while True:
        in_time = time.monotonic() < deadline_s
        recorded = Counter(heard.topic for heard in heard_since(stage.state_folder / RECORDINGS, since))
        missing = (published - recorded).total()
        if not missing or not in_time:
            return missing
        time.sleep(0.1)


@contextmanager
def _line(stage: Stage) -> Iterator[Client]:
    """A connection to the shop's broker, as somebody who may publish everything."""
    broker, user = stage.site.broker, stage.site.broker.user
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"tebura-{stage.store.id}-rehearsal")
    if broker.kind == "embedded":
        passwords = Passwords(stage.state_folder / "broker" / "passwords.toml")
        passwords.read()
        try:
            user, password = REHEARSAL, passwords.of(REHEARSAL)
        except KeyError as error:
            raise CannotPlay(NO_REHEARSAL.format(stage.state_folder)) from error
    else:
        password = broker.password_file.read_text(encoding="utf-8").strip() if broker.password_file else broker.password
    client.username_pw_set(user, password)
    if broker.tls:
        client.tls_set(ca_certs=str(broker.ca_file) if broker.ca_file else None)
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        wait(client.is_connected)
    except OSError as error:
        raise CannotPlay(f"no broker at {broker.host}:{broker.port} ({error}). Start the shop first") from error
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _head(stage: Stage) -> int:
    with Book(stage.state_folder / LEDGER, read_only=True) as book:
        return book.head()[0]


def wait(until: Callable[[], bool], log: Path | None = None) -> None:
    """Look every fiftieth of a second until it is so; `CannotPlay` when patience is over."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not until():
        if time.monotonic() > deadline_s:
            said = f". The end of its log:\n{log.read_text(encoding='utf-8')[-2000:]}" if log else ""
            raise CannotPlay(f"the shop did not get ready within {PATIENCE_S:.0f} s{said}")
        time.sleep(0.02)


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
