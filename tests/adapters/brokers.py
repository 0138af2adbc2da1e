"""Real brokers for the tests of the adapters, and real clients that try what they may and what they may not."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.adapters.broker.embedded import EmbeddedBroker
from edge.site import Broker, PlainPlate, Site
from edge.store import Store, load_store

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ROOT / "config" / "mosquitto"
BASE = "tebura/v1/demo/"
PLAIN = PlainPlate(topic="tele/scale-7/SENSOR", shelf="g1-s2", plate=1)


def demo_store() -> Store:
    return load_store(ROOT / "config" / "demo")


def until(condition: Callable[[], bool], what: str, seconds: float = 15.0) -> None:
    """Wait for something; a failure says for what."""
    end_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end_s, f"not within {seconds:g} s: {what}"
        time.sleep(0.005)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Ear:
    """An inbox that remembers everything."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.refused: list[tuple[str, str, bytes]] = []
        self.troubles: list[tuple[str, str]] = []

    def now_s(self) -> float:
        return time.time()

    def hear(self, topic: str, payload: bytes, kept: Callable[[], None] | None = None) -> None:
        self.heard.append((topic, payload))

    def refuse(self, source: str, reason: str, sample: bytes = b"") -> None:
        self.refused.append((source, reason, sample))

    def trouble(self, source: str, what: str) -> None:
        if self.trouble_of(source) != what:
            self.troubles.append((source, what))

    def trouble_of(self, source: str) -> str:
        return next((what for where, what in reversed(self.troubles) if where == source), "")

    def payloads(self) -> list[bytes]:
        return [payload for _, payload in self.heard]

    def reasons(self) -> list[str]:
        return [reason for _, reason, _ in self.refused]


class Device:
    """A client like a shelf's controller, on paho: it subscribes, publishes, and can be sure of having heard all."""

    def __init__(self, port: int, user: str | None, password: str = "", *, ca: Path | None = None, client: str = "",
                 will: tuple[str, bytes] | None = None, retained: bool = False,
                 protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311) -> None:  # fmt: skip
        self.heard: list[tuple[str, bytes, bool]] = []
        self.answer: ReasonCode | None = None
        self._answered = threading.Event()
        self._granted: dict[int, list[ReasonCode]] = {}
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=client, protocol=protocol, reconnect_on_failure=False
        )
        if user is not None:
            self._client.username_pw_set(user, password)
        if ca is not None:
            self._client.tls_set_context(ssl.create_default_context(cafile=ca))
        if will is not None:
            self._client.will_set(will[0], will[1], qos=1, retain=retained)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self) -> Device:
        assert self.is_let_in(), f"refused: {self.answer}"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def is_let_in(self) -> bool:
        """Whether the broker took us; False also where it just hung up."""
        assert self._answered.wait(10.0), "the broker says nothing"
        return self.answer is not None and not self.answer.is_failure

    def say(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Publish with QoS 1, and be sure that the broker has dealt with it: it confirms what it drops, too."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        info.wait_for_publish(10.0)

    def say_at_once(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 0, and wait for nobody."""
        self._client.publish(topic, payload)

    def ask_for(self, pattern: str) -> None:
        """Subscribe, and wait for nobody."""
        self._client.subscribe(pattern)

    def say_and_go(self, *messages: tuple[str, bytes]) -> None:
        """As a device that wakes up, says what it has, and sleeps: QoS 0, and DISCONNECT right behind it."""
        for topic, payload in messages:
            self._client.publish(topic, payload)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def is_hung_up_on(self) -> bool:
        """The broker has ended the connection."""
        return not self._client.is_connected()

    def listen(self, *patterns: str) -> list[bool]:
        """Subscribe; which were granted."""
        _, mid = self._client.subscribe([(pattern, 1) for pattern in patterns])
        assert mid is not None
        until(lambda: mid in self._granted, f"SUBACK for {patterns}")
        return [not reason.is_failure for reason in self._granted[mid]]

    def catch_up(self) -> None:
        """Whatever the broker has sent before this is heard after it: its answers come in order."""
        self.listen(BASE + "nothing/at-all")

    def has(self, payload: bytes) -> bool:
        return any(heard == payload for _, heard, _ in self.heard)

    def vanish(self) -> None:
        """End without a word: the broker has to say our last will."""
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)

    def _on_connect(self, _c: Client, _d: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        self.answer = reason
        self._answered.set()

    def _on_disconnect(self, _c: Client, _d: Any, _f: Any, _r: ReasonCode, _p: Any) -> None:
        self._answered.set()

    def _on_subscribe(self, _c: Client, _d: Any, mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        self._granted[mid] = reasons

    def _on_message(self, _c: Client, _d: Any, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))


class Cable:
    """The network between clients and a broker. It can be pulled so that the broker does not notice, as when a switch
    loses power: the clients' ends are gone, and the broker's stay until it gets tired of waiting.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[tuple[socket.socket, socket.socket]] = []
        self._lost: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """And put it back at once."""
        ends, self._ends = self._ends, []
        for client, broker in ends:
            self._lost.append(broker)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def give_up(self) -> None:
        """The broker has waited long enough for who was lost."""
        for broker in self._lost:
            with contextlib.suppress(OSError):
                broker.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.pull()
        self.give_up()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                broker = socket.create_connection(("127.0.0.1", self._to))
                self._ends.append((client, broker))
                threading.Thread(target=self._carry, args=(client, broker), daemon=True).start()
                threading.Thread(target=self._carry, args=(broker, client), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
            if one not in self._lost and other not in self._lost:
                other.shutdown(socket.SHUT_RDWR)


class AnyBroker(Protocol):
    """What the tests of the line need of a broker, whichever."""

    port: int

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def password(self, user: str) -> str: ...


class Embedded:
    """The broker that comes with the runtime."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.ear = Ear()
        self.folder = folder
        self.broker = self._made()

    def _made(self) -> EmbeddedBroker:
        site = Site(broker=Broker(port=self.port), plain=(PLAIN,))
        return EmbeddedBroker(demo_store(), site, self.folder, self.ear)

    def start(self) -> None:
        self.broker = self._made()
        self.broker.start()
        assert self.broker.pid is not None, self.ear.troubles

    def stop(self) -> None:
        self.broker.stop()

    def password(self, user: str) -> str:
        return self.broker.password(user)

    def log(self) -> str:
        return (self.folder / "broker" / "log.txt").read_text(encoding="utf-8")


USERS = ("runtime", "console", "g1-s1", "g1-s2", "c1", "entry", "exit", "g1", "scale-7", "witness", "intruder")
TEST_USERS = f"""
user g1
topic write {BASE}shelf/g1-s1/weight
topic write {BASE}shelf/g1-s2/weight
user scale-7
topic write {PLAIN.topic}
user runtime
topic read {PLAIN.topic}
user witness
topic read #
user intruder
topic readwrite #
"""
"""What the comments of the shipped list propose, and somebody who sees what really got through."""


class Mosquitto:
    """Mosquitto with the shipped files: only paths, ports and the store's name are put in."""

    def __init__(self, folder: Path, *, forbid: str = "", allow: str = "") -> None:
        """``forbid``: a rule that was forgotten in the access list; ``allow``: lines more of it."""
        program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
        if program is None:
            pytest.skip("mosquitto is not installed")
        self._program = program
        self._folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.ca, self.other_ca = folder / "ca.crt", folder / "other-ca.crt"
        folder.mkdir(exist_ok=True)
        self._certify()
        text = (SHIPPED / "tebura.conf").read_text(encoding="utf-8")
        for before, after in (
            ("listener 8883", f"listener {self.tls_port} 127.0.0.1"),
            ("listener 1883", f"listener {self.port}"),
            ("/etc/mosquitto/tebura/", f"{folder}/"),
        ):
            assert before in text
            text = text.replace(before, after)
        debian = (
            f"pid_file {folder}/pid\npersistence true\npersistence_location {folder}/\nlog_dest file {folder}/log\n"
        )
        (folder / "mosquitto.conf").write_text(f"user root\n{debian}{text}", encoding="utf-8")
        rules = (SHIPPED / "acl").read_text(encoding="utf-8").replace("@STORE@", "demo")
        assert forbid in rules + TEST_USERS
        (folder / "acl").write_text((rules + TEST_USERS).replace(forbid, "", 1) + allow, encoding="utf-8")
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{user}:{self.password(user)}\n" for user in USERS), encoding="utf-8")
        passwords.chmod(0o600)
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self._program, "-c", str(self._folder / "mosquitto.conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in (self.port, self.tls_port):
            until(lambda port=port: listens(port), f"mosquitto on port {port}: {self._process.poll()}")  # type: ignore[misc]

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10.0)

    def password(self, user: str) -> str:
        return f"the password of {user}"

    def _certify(self) -> None:
        key, certificate = make_certificate("the shop's CA")
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        server_key, server = make_certificate("127.0.0.1", key, certificate)
        (self._folder / "server.crt").write_bytes(server.public_bytes(serialization.Encoding.PEM))
        (self._folder / "server.key").write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.other_ca.write_bytes(make_certificate("another CA")[1].public_bytes(serialization.Encoding.PEM))


def make_certificate(
    name: str, issuer_key: ec.EllipticCurvePrivateKey | None = None, issuer: x509.Certificate | None = None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A CA's certificate, or one that it signs for 127.0.0.1; as the README makes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, False, False, False, False, issuer is None, issuer is None, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    if issuer is not None:
        places: list[x509.GeneralName] = [x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(places), critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def unique() -> bytes:
    """A payload that nobody else has sent."""
    return os.urandom(8).hex().encode()


# --- what each user may and may not, of both brokers -----------------------------------------------

WRITES = [
    ("g1-s1", BASE + "shelf/g1-s1/weight"),
    ("g1", BASE + "shelf/g1-s1/weight"),
    ("g1", BASE + "shelf/g1-s2/weight"),
    ("c1", BASE + "camera/c1/people"),
    ("c1", BASE + "camera/c1/health"),
    ("entry", BASE + "gate/entry/scan"),
    ("entry", BASE + "gate/entry/passage"),
    ("exit", BASE + "gate/exit/passage"),
    ("runtime", BASE + "gate/entry/command"),
    ("runtime", BASE + "visit/v1/cart"),
    ("runtime", BASE + "runtime/status"),
    ("runtime", BASE + "runtime/alert"),
]

WRITES_NOT = [
    ("g1-s1", BASE + "shelf/g1-s2/weight"),
    ("g1-s1", BASE + "shelf/g1-s1/level"),
    ("g1-s1", BASE + "gate/entry/scan"),
    ("g1-s1", BASE + "gate/entry/command"),
    ("g1-s1", BASE + "runtime/status"),
    ("g1-s1", BASE + "visit/v1/cart"),
    ("g1-s1", BASE + "payment/v1/reply"),
    ("g1-s1", BASE + "shop/mode/set"),
    ("g1-s1", "tebura/v1/elsewhere/shelf/g1-s1/weight"),
    ("g1-s1", "home/lamp"),
    ("g1", BASE + "shelf/g2-s1/weight"),
    ("c1", BASE + "shelf/c1/level"),
    ("c1", BASE + "shelf/g1-s1/weight"),
    ("c1", BASE + "camera/c2/people"),
    ("c1", BASE + "camera/c2/health"),
    ("c1", BASE + "gate/entry/passage"),
    ("entry", BASE + "gate/exit/scan"),
    ("entry", BASE + "gate/exit/passage"),
    ("entry", BASE + "gate/entry/command"),
    ("entry", BASE + "runtime/status"),
    ("console", BASE + "runtime/status"),
    ("console", BASE + "gate/entry/command"),
    ("console", BASE + "shop/mode/set"),
    ("console", BASE + "shelf/g1-s1/weight"),
    ("runtime", BASE + "payment/v1/reply"),
    ("runtime", BASE + "shop/mode/set"),
    ("runtime", BASE + "shelf/g1-s1/weight"),
]

READS = [
    ("entry", BASE + "gate/entry/command"),
    ("console", BASE + "visit/v1/cart"),
    ("console", BASE + "runtime/status"),
]

READS_NOT = [
    ("g1-s1", BASE + "visit/v1/cart"),
    ("g1-s1", BASE + "runtime/status"),
    ("g1-s1", BASE + "gate/entry/command"),
    ("c1", BASE + "visit/v1/cart"),
    ("entry", BASE + "visit/v1/cart"),
    ("exit", BASE + "gate/entry/command"),
]
"""Of what the runtime says."""
