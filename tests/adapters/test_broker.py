"""The embedded broker: who gets in, who may do what, and that it comes and goes with the runtime."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.adapters.broker.embedded import SOURCE
from edge.adapters.broker.passwords import BrokenPasswords, Passwords
from edge.adapters.broker.rights import covers, may, rights_of
from tests.adapters.brokers import (
    BASE,
    PLAIN,
    READS,
    READS_NOT,
    ROOT,
    WRITES,
    WRITES_NOT,
    Device,
    Embedded,
    demo_store,
    unique,
    until,
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    broker = Embedded(tmp_path_factory.mktemp("state"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def witness(broker: Embedded) -> Iterator[Device]:
    with Device(broker.port, "runtime", broker.password("runtime"), client="witness") as witness:
        assert witness.listen(BASE + "#", PLAIN.topic) == [True, True]
        yield witness


def device(broker: Embedded, user: str) -> Device:
    return Device(broker.port, user, broker.password(user))


@pytest.mark.parametrize(("user", "topic"), [*WRITES, (PLAIN.shelf, PLAIN.topic)])
def test_may_say(broker: Embedded, witness: Device, user: str, topic: str) -> None:
    payload = unique()
    with device(broker, user) as sender:
        sender.say(topic, payload)
    until(lambda: witness.has(payload), f"{topic} by {user}")


@pytest.mark.parametrize(("user", "topic"), [*(w for w in WRITES_NOT if w[1].startswith(BASE)), ("g1-s1", PLAIN.topic)])
def test_may_not_say(broker: Embedded, witness: Device, user: str, topic: str) -> None:
    """What is allowed is said when the broker has decided about what is forbidden; only the former comes."""
    forbidden, allowed = unique(), unique()
    with device(broker, user) as sender, device(broker, "runtime") as runtime:
        sender.say(topic, forbidden, retain=True)
        until(lambda: f"{user} may not write {topic}" in broker.log(), "the broker's decision")
        runtime.say(BASE + "gate/entry/command", allowed)
        until(lambda: witness.has(allowed), "what the runtime may say")
    with device(broker, "console") as late:
        late.listen(BASE + "#")
        late.catch_up()
    assert not witness.has(forbidden)
    assert not late.has(forbidden)


@pytest.mark.parametrize(("user", "topic"), READS)
def test_may_hear(broker: Embedded, user: str, topic: str) -> None:
    payload = unique()
    with device(broker, user) as listener, device(broker, "runtime") as runtime:
        assert listener.listen(topic) == [True]
        runtime.say(topic, payload)
        until(lambda: listener.has(payload), f"{topic} by {user}")


@pytest.mark.parametrize(("user", "topic"), READS_NOT)
def test_may_not_hear(broker: Embedded, user: str, topic: str) -> None:
    with device(broker, user) as listener:
        assert listener.listen(topic, "#", "+/+/+/#", BASE + "#") == [False] * 4


@pytest.mark.parametrize(
    ("user", "password"), [("g1-s1", "wrong"), ("g1-s1", ""), ("stranger", "wrong"), (None, ""), ("runtime", "wrong")]
)
def test_is_not_let_in(broker: Embedded, user: str | None, password: str) -> None:
    assert not Device(broker.port, user, password).is_let_in()


def test_nobody_leaves_a_will_where_they_may_not_write(broker: Embedded) -> None:
    will = (BASE + "gate/entry/command", b"{}")
    assert not Device(broker.port, "g1-s1", broker.password("g1-s1"), will=will).is_let_in()


def test_nobody_takes_over_a_session_of_somebody_else(broker: Embedded) -> None:
    """Neither with a wrong password nor with one's own, and whatever one calls oneself."""
    payload = unique()
    with Device(broker.port, "runtime", broker.password("runtime"), client="tebura-demo-runtime") as runtime:
        runtime.listen(BASE + "shelf/+/weight")
        assert not Device(broker.port, "runtime", "wrong", client="tebura-demo-runtime").is_let_in()
        with Device(broker.port, "g1-s1", broker.password("g1-s1"), client="tebura-demo-runtime") as shelf:
            shelf.say(BASE + "shelf/g1-s1/weight", payload)
            until(lambda: runtime.has(payload), "the runtime still hears")


def test_nonsense_is_hung_up_on(broker: Embedded) -> None:
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\x7f", b"\x10\x02\x00\x04"):
        with socket.create_connection(("127.0.0.1", broker.port), 10.0) as stranger:
            stranger.sendall(nonsense)
            assert stranger.recv(10) == b""


def test_passwords_are_for_the_runtimes_user_only(broker: Embedded) -> None:
    file = broker.folder / "broker" / "passwords.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    passwords = tomllib.loads(file.read_text())
    layout = demo_store().layout
    shelves = {shelf.id for shelf in layout.shelves} | {gondola.id for gondola in layout.gondolas}
    others = {camera.id for camera in layout.cameras} | {gate.id for gate in layout.gates}
    assert set(passwords) == {"runtime", "console"} | shelves | others
    assert len(set(passwords.values())) == len(passwords)
    assert min(map(len, passwords.values())) >= 24


def test_a_changed_password_counts_at_once(tmp_path: Path) -> None:
    broker = Embedded(tmp_path)
    broker.start()
    file = tmp_path / "broker" / "passwords.toml"
    before = broker.password("g1-s1")
    file.write_text(file.read_text().replace(before, "sesame").replace(broker.password("c1"), ""))
    assert Device(broker.port, "g1-s1", "sesame").is_let_in()
    assert not Device(broker.port, "g1-s1", before).is_let_in()
    assert not Device(broker.port, "c1", "").is_let_in(), "an empty password locks out"
    broker.stop()


def test_new_devices_get_passwords_and_old_ones_keep_theirs(tmp_path: Path) -> None:
    file = tmp_path / "broker" / "passwords.toml"
    passwords = Passwords(file)
    passwords.provide(["runtime", "g1.s1"])
    kept = passwords.of("g1.s1")
    file.write_text(file.read_text().rstrip("\n"))
    file.chmod(0o644)
    again = Passwords(file)
    again.provide(["runtime", "g1.s1", "g1.s2"])
    assert again.of("g1.s1") == kept
    assert again.accepts("g1.s2", again.of("g1.s2"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_passwords_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    file = tmp_path / "broker" / "passwords.toml"
    file.parent.mkdir()
    file.write_text("runtime = sesame")
    with pytest.raises(BrokenPasswords, match=r"passwords\.toml.*Correct it, or delete it"):
        Passwords(file).provide(["runtime"])


def test_it_is_quick(tmp_path: Path) -> None:
    broker = Embedded(tmp_path)
    began_s = time.monotonic()
    broker.start()
    assert Device(broker.port, "g1-s1", broker.password("g1-s1")).is_let_in()
    up_s = time.monotonic() - began_s
    broker.stop()
    assert broker.broker.pid is None
    assert up_s < 5.0, "1.5 s on a PC; this machine may be busy"
    assert time.monotonic() - began_s - up_s < 3.0


def test_a_broker_that_died_is_started_again(tmp_path: Path) -> None:
    broker = Embedded(tmp_path)
    broker.start()
    first = broker.broker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: broker.broker.pid not in (None, first), "another one")
    until(lambda: broker.ear.trouble_of(SOURCE) == "", "all is well again")
    assert "died" in broker.ear.troubles[-2][1]
    assert Device(broker.port, "g1-s1", broker.password("g1-s1")).is_let_in()
    broker.stop()


def test_a_port_that_is_taken_is_told_and_taken_when_free(tmp_path: Path) -> None:
    broker = Embedded(tmp_path)
    with socket.create_server(("127.0.0.1", broker.port)):
        broker.broker.start()
        assert "is taken by another program" in broker.ear.trouble_of(SOURCE)
        assert "[broker]" in broker.ear.trouble_of(SOURCE)
    until(lambda: broker.ear.trouble_of(SOURCE) == "", "the port is free")
    assert Device(broker.port, "runtime", broker.password("runtime")).is_let_in()
    broker.stop()


PARENT = """
import sys
from pathlib import Path
from tests.adapters.brokers import Embedded
broker = Embedded(Path(sys.argv[1]))
broker.start()
print(broker.broker.pid, flush=True)
sys.stdin.read()
"""


def test_it_dies_with_a_killed_runtime(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until(lambda: _is_gone(child), "the broker ends")


def _is_gone(pid: int) -> bool:
    """Ended; nobody may have asked for its status yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_nothing_reaches_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broker = Embedded(tmp_path)
    broker.start()
    assert not Device(broker.port, "stranger", "x").is_let_in()
    broker.stop()
    assert capfd.readouterr() == ("", "")
    assert "'stranger' is refused at the door" in broker.log()


@pytest.mark.parametrize(
    ("pattern", "asked", "covered"),
    [
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "a/+", True),
        ("a/+", "a/b", True),
        ("a/+", "a/+", True),
        ("a/+", "a/#", False),
        ("a/+", "a/b/c", False),
        ("a/+", "a", False),
        ("a/b", "a/+", False),
        ("a/b", "a/b", True),
        ("a/b/#", "a/#", False),
        ("+/b", "a/b", True),
        ("+/b", "#", False),
    ],
)
def test_what_a_pattern_covers(pattern: str, asked: str, covered: bool) -> None:
    assert covers(pattern, asked) is covered


def test_the_rest_of_the_world_is_nobodys() -> None:
    for rights in rights_of(demo_store(), [PLAIN]).values():
        for topic in ("home/lamp", "tebura/v1/elsewhere/shelf/g1-s1/weight", "tebura/v2/demo/runtime/status"):
            assert not may(rights.write, topic)
            assert not may(rights.read, topic)
        assert not any(may(rights.write, BASE + topic) for topic in ("payment/v1/reply", "shop/mode/set"))
