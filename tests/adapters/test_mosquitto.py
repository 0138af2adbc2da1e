"""The shipped files for mosquitto, in a real one: each permission and each denial, one by one.

A denial is proved by order. The broker has confirmed the forbidden message before an allowed one is sent; a witness who
may hear everything gets the second, and never the first.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from edge.adapters.broker.rights import SAYS
from edge.wire.payloads import SAID
from tests.adapters.brokers import (
    BASE,
    PLAIN,
    READS,
    READS_NOT,
    SHIPPED,
    WRITES,
    WRITES_NOT,
    Device,
    Mosquitto,
    demo_store,
    unique,
    until,
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def witness(broker: Mosquitto) -> Iterator[Device]:
    with Device(broker.port, "witness", broker.password("witness")) as witness:
        witness.listen("#")
        yield witness


@pytest.fixture(scope="module")
def runtime(broker: Mosquitto) -> Iterator[Device]:
    with Device(broker.port, "runtime", broker.password("runtime")) as runtime:
        yield runtime


def device(broker: Mosquitto, user: str) -> Device:
    return Device(broker.tls_port, user, broker.password(user), ca=broker.ca)


@pytest.mark.parametrize(("user", "topic"), [*WRITES, ("scale-7", PLAIN.topic)])
def test_may_say(broker: Mosquitto, witness: Device, user: str, topic: str) -> None:
    payload = unique()
    with device(broker, user) as sender:
        sender.say(topic, payload)
    until(lambda: witness.has(payload), f"{topic} by {user}")


@pytest.mark.parametrize(("user", "topic"), [*WRITES_NOT, ("g1-s1", PLAIN.topic), ("scale-7", BASE + "runtime/status")])
def test_may_not_say(broker: Mosquitto, witness: Device, runtime: Device, user: str, topic: str) -> None:
    forbidden, allowed = unique(), unique()
    with device(broker, user) as sender:
        sender.say(topic, forbidden, retain=True)
        runtime.say(BASE + "gate/entry/command", allowed)
        until(lambda: witness.has(allowed), "what the runtime may say")
    assert not witness.has(forbidden)


@pytest.mark.parametrize(("user", "topic"), READS)
def test_may_hear(broker: Mosquitto, runtime: Device, user: str, topic: str) -> None:
    payload = unique()
    with device(broker, user) as listener:
        listener.listen(topic)
        runtime.say(topic, payload)
        until(lambda: listener.has(payload), f"{topic} by {user}")


@pytest.mark.parametrize(("user", "topic"), READS_NOT)
def test_may_not_hear(broker: Mosquitto, witness: Device, runtime: Device, user: str, topic: str) -> None:
    before, after = unique(), unique()
    runtime.say(topic, before, retain=True)
    with device(broker, user) as listener:
        listener.listen("#", topic)
        runtime.say(topic, after)
        until(lambda: witness.has(after), "somebody who may hear it")
        listener.catch_up()
    runtime.say(topic, b"", retain=True)
    assert not listener.has(before)
    assert not listener.has(after)


def test_shelves_do_not_hear_each_other(broker: Mosquitto, witness: Device) -> None:
    payload, topic = unique(), BASE + "shelf/g1-s2/weight"
    with device(broker, "g1-s1") as listener, device(broker, "g1-s2") as sender:
        listener.listen(topic)
        sender.say(topic, payload)
        until(lambda: witness.has(payload), "somebody who may hear it")
        listener.catch_up()
    assert not listener.has(payload)


def test_nobody_leaves_a_will_where_they_may_not_write(broker: Mosquitto, witness: Device, runtime: Device) -> None:
    will, allowed = unique(), unique()
    left = Device(broker.port, "g1-s1", broker.password("g1-s1"), will=(BASE + "gate/entry/command", will))
    if left.is_let_in():
        left.vanish()
    with Device(broker.port, "g1-s1", broker.password("g1-s1")) as again:
        again.say(BASE + "shelf/g1-s1/weight", allowed)
    until(lambda: witness.has(allowed), "what the shelf may say")
    assert not witness.has(will)


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize(
    ("user", "password"),
    [("g1-s1", "wrong"), ("g1-s1", ""), ("stranger", "wrong"), (None, ""), ("runtime", "wrong")],
)
def test_is_not_let_in(broker: Mosquitto, tls: bool, user: str | None, password: str) -> None:
    port, ca = (broker.tls_port, broker.ca) if tls else (broker.port, None)
    assert not Device(port, user, password, ca=ca).is_let_in()


def test_the_network_port_speaks_tls_only(broker: Mosquitto) -> None:
    assert not Device(broker.tls_port, "g1-s1", broker.password("g1-s1")).is_let_in()


def test_the_certificate_is_the_shops(broker: Mosquitto) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        Device(broker.tls_port, "g1-s1", broker.password("g1-s1"), ca=broker.other_ca)


def test_larger_than_a_mebibyte_does_not_get_through(broker: Mosquitto, witness: Device) -> None:
    topic, largest = BASE + "shelf/g1-s1/weight", bytes(1 << 20)
    with device(broker, "g1-s1") as sender:
        sender.say(topic, largest + b"!")
        sender.say(topic, largest)
    until(lambda: witness.has(largest), "a message of just a mebibyte")
    assert not witness.has(largest + b"!")


def test_the_files_do_not_leave_a_door_open() -> None:
    said = [
        line.split()
        for line in (SHIPPED / "tebura.conf").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    plain = [words for words in said if words[0] == "listener" and words[1] != "8883"]
    assert plain == [["listener", "1883", "127.0.0.1"]]
    assert ["allow_anonymous", "false"] in said
    assert ["per_listener_settings", "false"] in said, "or the user file would belong to one listener only"


def test_both_brokers_let_the_runtime_say_what_it_says() -> None:
    rules = (SHIPPED / "acl").read_text(encoding="utf-8").splitlines()
    said = {line.removeprefix("topic write tebura/v1/@STORE@/") for line in rules if line.startswith("topic write")}
    assert said == set(SAYS)
    assert said >= set(SAID)


def test_no_device_is_called_like_the_runtime() -> None:
    """A pattern of the access list is for everybody who is called like a device."""
    layout = demo_store().layout
    ids = {s.id for s in layout.shelves} | {c.id for c in layout.cameras} | {g.id for g in layout.gates}
    assert not ids & {"runtime", "console"}
    assert "@STORE@" in (SHIPPED / "acl").read_text(encoding="utf-8")
