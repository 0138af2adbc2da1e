"""The line to the shop's MQTT broker: what sensors and gates say comes in, what the runtime says goes out.

Enters: messages of the topics in `HEARD` and of the ``[[plain]]`` plates; `Publish` from the runtime. Leaves:
`Inbox.hear` with the topic as in a recording and the payload's bytes; what `Outbox` holds, as QoS 1. Refuses: payloads
over a mebibyte, and what a broker had retained, because nobody knows how old that is. It never listens to ``payment/#``
and ``shop/#``: those the runtime writes itself, and a broker must not be able to. It hears what it says itself, and
tells staff when that does not come back (`edge.adapters.mqtt.echo`).

One thread drives paho through its interface for outside loops. That way there is one place where the connection is
made, so that its errors can be told for what they are; packets are read many at a time; and only that thread writes to
the socket. Every connection is a new paho client, so that nothing of the last one leaks into the next: paho would
repeat unconfirmed gate commands whenever the broker is back.

What gates say is confirmed to the broker only when it is recorded, and the session is a persistent one: whoever goes
through a gate while the runtime restarts is heard afterwards. That may be twice, and it may be late; the core takes
each word once and refuses what is too old. Weights and people have QoS 0 and are not kept for anybody.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.adapters.broker.rights import SAYS
from edge.adapters.inbox import Inbox
from edge.adapters.mqtt.echo import Echo
from edge.adapters.mqtt.outbox import Letter, Outbox
from edge.adapters.mqtt.words import Stranger, explain, hung_up, lost, refused, silent, unreadable
from edge.records import Publish
from edge.site import Broker, PlainPlate
from edge.told import NOTHING, Sentence, phrase, told

SOURCE: Final = "broker"

HEARD: Final = (
    ("shelf/+/weight", 0), ("camera/+/people", 0), ("camera/+/health", 0), ("gate/+/scan", 1), ("gate/+/passage", 1),
)  # fmt: skip
"""(topic pattern, QoS). The next batch of weights comes anyway; the next passage does not."""

WILL: Final = Publish("runtime/status", {"state": "closed", "why": "the runtime is gone"}, retain=True)

LARGEST: Final = 1 << 20
"""Bytes of a payload: 1000 plates with a second's samples are far below."""

KEEPALIVE_S: Final = 10
ANSWER_S: Final = 5.0
"""A broker that has not let us in and confirmed the subscriptions by then is none."""
CONNECT_S: Final = 3.0
UNCONFIRMED_MS: Final = 5000
"""TCP_USER_TIMEOUT: a connection that does not deliver is lost after so long, with the commands that wait in it."""
RECEIVE_BUFFER: Final = 1 << 20
"""Bytes: half a second of a large shop, should the interpreter be busy."""
AT_ONCE: Final = 64
"""So many packets are read before looking at what is to be sent."""
BACKOFF_S: Final = (0.2, 10.0)
GRACE_S: Final = 1.0
"""The broker may be starting beside us: staff hear of it only when it is not there after so long."""
STEADY_S: Final = 5.0
"""A connection that held for so long lets the next attempt begin at the shortest wait again."""


def ignore(plate: PlainPlate, payload: bytes) -> None:
    """For shops without plain plates."""


class BrokerLine:
    """Keeps the shop connected to its broker, from `start` to `stop`; troubles are told as source ``broker``.

    ``plain`` is called for what a ``[[plain]]`` plate said, on the line's own thread: it returns at once, never raises.
    ``password`` wins over the settings; the embedded broker's is known only at run time. ``guest``: somebody else than
    a runtime, who listens to these topics (or to none), with a session that the broker forgets, and with no last will
    but ``will``. A guest with a will has the same client id at every connection: where the broker has not noticed yet
    that the last one is lost, it ends it, will included, before the new one speaks. Other guests may be several.
    """

    def __init__(
        self,
        store: str,
        settings: Broker,
        inbox: Inbox,
        *,
        plates: Iterable[PlainPlate] = (),
        plain: Callable[[PlainPlate, bytes], None] = ignore,
        password: str | None = None,
        guest: Iterable[str] | None = None,
        will: Publish | None = None,
    ) -> None:
        self.store = store
        self.prefix = f"tebura/v1/{store}/"
        self.settings = settings
        self.inbox = inbox
        self.plain = plain
        self.plates: dict[str, tuple[PlainPlate, ...]] = {}
        for plate in plates:
            self.plates[plate.topic] = (*self.plates.get(plate.topic, ()), plate)
        self.guest = guest is not None
        self.heard = HEARD if guest is None else tuple((topic, 0) for topic in guest)
        self.will = WILL if guest is None else will
        called = "runtime" if guest is None else settings.user if will else f"guest-{os.urandom(4).hex()}"
        self.client_id = f"tebura-{store}-{called}"
        self.outbox = Outbox()
        self.ready = threading.Event()
        """Set while connected and subscribed."""
        self.stopping_at_s: float | None = None
        self._password = password
        self._quit = threading.Event()
        self._thread = threading.Thread(target=self._live, name="broker-line", daemon=True)
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        weakref.finalize(self, os.close, self._bell)

    def start(self) -> None:
        """Connect, now and whenever the connection is lost; returns at once."""
        self._thread.start()

    def publish(self, publish: Publish) -> None:
        """Say something, from any thread; returns at once. A command is dropped, and counted, without a broker."""
        dropped = self.outbox.put(publish, time.monotonic())
        if dropped is not None:
            self.tell("too many retained topics" if dropped.retain else "not said, no broker is there", [dropped])
        self.ring()

    def stop(self, closing: Publish | None = None, timeout_s: float = 2.0) -> None:
        """Say ``closing`` (the shop's last status) and everything that waits, and hang up in good order."""
        if closing is not None:
            self.outbox.put(closing, time.monotonic())
        self.stopping_at_s = time.monotonic() + timeout_s
        self._quit.set()
        self.ring()
        if self._thread.is_alive():
            self._thread.join(timeout_s + 0.5)

    def secret(self) -> str:
        """The password, read anew each time: a corrected file needs no restart. `OSError` where it cannot be read."""
        if self._password is not None:
            return self._password
        if self.settings.password_file is not None:
            return self.settings.password_file.read_text(encoding="utf-8").strip()
        return self.settings.password

    @property
    def bell(self) -> int:
        """A descriptor that becomes readable when there is something to send, until `quiet`."""
        return self._bell

    def quiet(self) -> None:
        os.eventfd_read(self._bell)

    def tell(self, reason: str, letters: Iterable[Letter]) -> None:
        """These letters will never be sent."""
        for letter in letters:
            self.inbox.refuse(SOURCE, reason, f"{letter.topic} ".encode() + letter.payload)

    def ring(self) -> None:
        """There is something to send."""
        os.eventfd_write(self._bell, 1)

    def _live(self) -> None:
        wait_s = BACKOFF_S[0]
        grace_until_s = time.monotonic() + GRACE_S
        while not self._quit.is_set():
            began_s = time.monotonic()
            try:
                why = Call(self).hold()
            except Exception as error:
                what = phrase("the line to the broker broke ({kind}: {error}). Report this; it tries again")
                why = told(what, kind=type(error).__name__, error=error)
            if self.ready.is_set():
                grace_until_s = 0.0
                self.ready.clear()
            self.tell("unconfirmed, the connection is lost", self.outbox.closed())
            if self._quit.is_set():
                break
            if time.monotonic() > grace_until_s:
                self.inbox.trouble(SOURCE, why)
            if time.monotonic() - began_s > STEADY_S:
                wait_s = BACKOFF_S[0]
            self._quit.wait(wait_s)
            wait_s = min(wait_s * 2, BACKOFF_S[1])


class Call:
    """One connection, from CONNECT until it ends."""

    def __init__(self, line: BrokerLine) -> None:
        self._line = line
        self._inbox = line.inbox
        self._hear = line.inbox.hear
        self._prefix, self._skip = line.prefix, len(line.prefix)
        self._heard = 0
        self._why = NOTHING
        self._let_in = False
        self._wanted = [(line.prefix + topic, qos) for topic, qos in line.heard] + [(topic, 0) for topic in line.plates]
        self._echo: Echo | None = None
        self._trouble = NOTHING
        if not line.guest:
            mine = [line.prefix + topic for topic in SAYS]
            self._echo = Echo(line.settings.user, mine, line.plates, time.monotonic())
            self._wanted += [(topic, 0) for topic in mine]
        self._kept: deque[tuple[int, int]] = deque()
        """(message id, QoS) of what may be confirmed."""
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=line.client_id,
            clean_session=line.guest,
            manual_ack=True,
        )

    def hold(self) -> Sentence:
        """Stay connected; why it ended, for staff to read."""
        settings, client = self._line.settings, self._client
        try:
            self._prepare()
        except Stranger as error:
            return Sentence(str(error))
        try:
            client.connect(settings.host, settings.port, KEEPALIVE_S)
            self._attend()
        except ConnectionResetError:
            return hung_up(settings)
        except (OSError, ValueError) as error:
            return explain(error, settings)
        finally:
            sock = client.socket()
            if sock is not None:
                sock.close()
        return self._why or (lost(settings) if self._let_in else hung_up(settings))

    def _prepare(self) -> None:
        settings, client = self._line.settings, self._client
        try:
            client.username_pw_set(settings.user, self._line.secret())
        except (OSError, UnicodeDecodeError) as error:
            raise Stranger(unreadable("password_file", settings.password_file, error)) from error
        if settings.tls:
            try:
                client.tls_set_context(ssl.create_default_context(cafile=settings.ca_file))
            except OSError as error:
                raise Stranger(unreadable("ca_file", settings.ca_file, error)) from error
        will = self._line.will
        if will is not None:
            client.will_set(self._prefix + will.topic, msgspec.json.encode(will.payload), qos=1, retain=will.retain)
        client.connect_timeout = CONNECT_S
        client.on_socket_open = _tune
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def _attend(self) -> None:
        """Read, send and keep alive until the connection is over."""
        client, line = self._client, self._line
        sock = client.socket()
        if sock is None:
            return
        fd, bell = sock.fileno(), line.bell
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.register(bell, select.POLLIN)
        patience_s = time.monotonic() + ANSWER_S
        looked_s = 0.0
        while client.socket() is not None and not self._is_over(patience_s):
            poll.modify(fd, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
            waiting = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            for ready, event in poll.poll(0 if waiting else 500):
                if ready == bell:
                    line.quiet()
                elif event & select.POLLOUT:
                    client.loop_write()
                waiting |= ready == fd and bool(event & ~select.POLLOUT)
            if waiting:
                self._read()
            self._send()
            now_s = time.monotonic()
            if now_s - looked_s > 0.5:
                looked_s = now_s
                client.loop_misc()
                self._listen_for_echo(now_s)

    def _is_over(self, patience_s: float) -> bool:
        line, now_s = self._line, time.monotonic()
        if not line.ready.is_set() and now_s > patience_s:
            self._why = self._why or silent(line.settings)
            return True
        if line.stopping_at_s is not None and (line.outbox.idle or now_s > line.stopping_at_s):
            self._client.disconnect()
            return True
        return False

    def _listen_for_echo(self, now_s: float) -> None:
        """Tell staff what should have come, until it does."""
        if self._echo is not None and self._line.ready.is_set():
            self._inbox.trouble(SOURCE, self._trouble or self._echo.missing(now_s))

    def _read(self) -> None:
        """Packets until none is left, or it is somebody else's turn."""
        for _ in range(AT_ONCE):
            before = self._heard
            if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS or self._heard == before:
                return

    def _send(self) -> None:
        line = self._line
        while self._kept:
            self._client.ack(*self._kept.popleft())
        while self._client.is_connected():
            letter, late = line.outbox.take(time.monotonic())
            line.tell("not said, it waited too long", late)
            if letter is None:
                return
            info = self._client.publish(self._prefix + letter.topic, letter.payload, qos=1, retain=letter.retain)
            line.outbox.sent(info.mid, letter)
            if self._echo is not None and letter.payload:  # brokers need not pass on what clears a topic
                self._echo.sent(info.mid, self._prefix + letter.topic)

    def _on_connect(
        self, client: Client, _data: Any, _flags: Any, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if reason.is_failure:
            self._why = refused(self._line.settings, str(reason))
            return
        self._let_in = True
        self._line.outbox.opened()
        if self._wanted:
            client.subscribe(self._wanted)
        else:
            self._begin(NOTHING)

    def _on_subscribe(self, _c: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _more: Any) -> None:
        denied = [topic for (topic, _), reason in zip(self._wanted, reasons, strict=False) if reason.is_failure]
        user = self._line.settings.user
        what = phrase("the broker does not let {user!r} read {topics}. Correct its access list")
        self._begin(told(what, user=user, topics=", ".join(denied)) if denied else NOTHING)

    def _begin(self, trouble: Sentence) -> None:
        """The line can be used, ``trouble`` or not."""
        self._trouble = trouble
        self._inbox.trouble(SOURCE, trouble)
        self._line.ready.set()

    def _on_publish(self, _c: Client, _data: Any, mid: int, _reason: ReasonCode, _more: Any) -> None:
        self._line.outbox.confirmed(mid)
        if self._echo is not None:
            self._echo.confirmed(mid, time.monotonic())

    def _on_message(self, _c: Client, _data: Any, message: MQTTMessage) -> None:
        self._heard += 1
        payload = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            self._inbox.refuse(SOURCE, "topic is not UTF-8", payload)
            self._kept.append((message.mid, message.qos))
            return
        if self._echo is not None and self._echo.came(topic, message.retain):
            pass
        elif len(payload) > LARGEST:
            self._inbox.refuse(SOURCE, "message too large", topic.encode())
        elif message.retain:
            self._inbox.refuse(SOURCE, "retained by a sensor, of unknown age", topic.encode())
        elif topic.startswith(self._prefix):
            if message.qos:
                self._hear(topic[self._skip :], payload, partial(self._keep, message.mid, message.qos))
                return
            self._hear(topic[self._skip :], payload)
        else:
            for plate in self._line.plates.get(topic, ()):
                self._line.plain(plate, payload)
        if message.qos:
            self._kept.append((message.mid, message.qos))

    def _keep(self, mid: int, qos: int) -> None:
        """A message is safe: its confirmation goes out from the line's own thread."""
        self._kept.append((mid, qos))
        self._line.ring()


def _tune(_client: Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNCONFIRMED_MS)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
