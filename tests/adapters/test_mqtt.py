"""The line to the broker, against mosquitto and the embedded broker: what a shop needs of it when things go wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.adapters.broker.rights import SAYS
from edge.adapters.mqtt import echo
from edge.adapters.mqtt import line as mqtt
from edge.adapters.mqtt.line import BrokerLine
from edge.camera.voice import BrokerVoice
from edge.records import Publish
from edge.site import Broker, PlainPlate
from tests.adapters.brokers import (
    BASE,
    PLAIN,
    ROOT,
    AnyBroker,
    Cable,
    Device,
    Ear,
    Embedded,
    Mosquitto,
    free_port,
    until,
)

CLOSED = Publish("runtime/status", {"state": "closed"}, retain=True)
OPEN = Publish("runtime/status", {"state": "open"}, retain=True)
COMMAND = Publish("gate/entry/command", {"open": True, "for_s": 5.0, "visit": "v1"})
WEIGHT, PASSAGE = b'{"t":1,"hz":10,"g":[[0.5]]}', b'{"t":1,"direction":"in"}'

Connect = Callable[..., tuple[BrokerLine, Ear]]


def cart(visit: str, total: int) -> Publish:
    return Publish(f"visit/{visit}/cart", {"total": total} if total else {}, retain=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same line, in more of a hurry."""
    for name, value in {"BACKOFF_S": (0.05, 0.4), "GRACE_S": 0.0, "ANSWER_S": 1.0}.items():
        monkeypatch.setattr(mqtt, name, value)


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyBroker]:
    broker: AnyBroker = Embedded(tmp_path / "state") if request.param == "embedded" else Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Lines that are stopped when the test is over."""
    lines: list[BrokerLine] = []

    def made(
        port: int, password: str | None = None, ready: bool = True, plate: PlainPlate = PLAIN, **settings: object
    ) -> tuple[BrokerLine, Ear]:
        ear = Ear()
        plain = lambda plate, payload: ear.hear(f"plain/{plate.shelf}/{plate.plate}", payload)  # noqa: E731
        chosen = Broker.model_validate({"kind": "mqtt", "port": port, **settings})
        line = BrokerLine("demo", chosen, ear, plates=[plate], plain=plain, password=password)
        lines.append(line)
        line.start()
        if ready:
            assert line.ready.wait(15.0), ear.troubles
        return line, ear

    yield made
    for line in lines:
        line.stop(timeout_s=0.5)


def test_what_sensors_say_is_heard(broker: AnyBroker, connect: Connect) -> None:
    _, ear = connect(broker.port, broker.password("runtime"))
    assert ear.troubles == [] or ear.trouble_of("broker") == ""
    for user, topic, payload in (
        ("g1-s1", "shelf/g1-s1/weight", WEIGHT),
        ("c1", "camera/c1/people", b'{"t":1,"people":[]}'),
        ("entry", "gate/entry/scan", b'{"t":1,"credential":"x"}'),
        ("entry", "gate/entry/passage", PASSAGE),
    ):
        with Device(broker.port, user, broker.password(user)) as device:
            device.say(BASE + topic, payload)
        until(lambda heard=(topic, payload): heard in ear.heard, topic)  # type: ignore[misc]


def test_a_plain_plate_is_heard_as_what_it_is(broker: AnyBroker, connect: Connect) -> None:
    _, ear = connect(broker.port, broker.password("runtime"))
    user = "scale-7" if isinstance(broker, Mosquitto) else PLAIN.shelf
    with Device(broker.port, user, broker.password(user)) as device:
        device.say(PLAIN.topic, b'{"HX711":{"Weight":120}}')
    until(lambda: ("plain/g1-s2/1", b'{"HX711":{"Weight":120}}') in ear.heard, "the plate")


def test_what_a_broker_had_retained_is_of_no_use(broker: AnyBroker, connect: Connect) -> None:
    """A gate that retains its passages would let somebody in whenever the runtime connects."""
    with Device(broker.port, "entry", broker.password("entry")) as gate:
        gate.say(BASE + "gate/entry/passage", PASSAGE, retain=True)
        _, ear = connect(broker.port, broker.password("runtime"))
        until(lambda: "retained by a sensor, of unknown age" in ear.reasons(), "the refusal")
        gate.say(BASE + "gate/entry/passage", b'{"t":2}')
        until(lambda: b'{"t":2}' in ear.payloads(), "the passage after it")
    assert PASSAGE not in ear.payloads()


def test_a_restarted_broker_is_found_again(broker: AnyBroker, connect: Connect) -> None:
    """Subscriptions, status and carts are all there again; what changed meanwhile is said as it is now."""
    line, ear = connect(broker.port, broker.password("runtime"))
    for publish in (OPEN, cart("v1", 100), cart("v2", 200), cart("v3", 300), cart("v3", 0)):
        line.publish(publish)
    until(lambda: line.outbox.idle, "everything is confirmed")
    broker.stop()
    until(lambda: ear.trouble_of("broker") != "", "the trouble")
    assert "127.0.0.1" in ear.trouble_of("broker")
    line.publish(cart("v1", 150))
    line.publish(cart("v2", 0))
    broker.start()
    until(lambda: ear.trouble_of("broker") == "" and line.outbox.idle, "connected again")
    with Device(broker.port, "console", broker.password("console")) as console:
        console.listen(BASE + "#")
        console.catch_up()
        said = {topic.removeprefix(BASE): json.loads(payload) for topic, payload, _ in console.heard}
    assert said == {"runtime/status": {"state": "open"}, "visit/v1/cart": {"total": 150}}
    with Device(broker.port, "g1-s1", broker.password("g1-s1")) as shelf:
        shelf.say(BASE + "shelf/g1-s1/weight", WEIGHT)
    until(lambda: WEIGHT in ear.payloads(), "weights after the restart")


def test_no_gate_opens_late(broker: AnyBroker, connect: Connect) -> None:
    line, ear = connect(broker.port, broker.password("runtime"))
    broker.stop()
    until(lambda: ear.trouble_of("broker") != "", "the trouble")
    line.publish(COMMAND)
    (dropped,) = (sample for _, reason, sample in ear.refused if reason == "not said, no broker is there")
    assert dropped.startswith(b"gate/entry/command")
    broker.start()
    with Device(broker.port, "entry", broker.password("entry")) as gate:
        gate.listen(BASE + "gate/entry/command")
        until(line.ready.is_set, "connected again")
        line.publish(Publish("gate/entry/command", {"open": False, "reason": "expired"}))
        until(lambda: len(gate.heard) > 0, "the command after it")
    assert [json.loads(payload) for _, payload, _ in gate.heard] == [{"open": False, "reason": "expired"}]


RUNTIME = """
import sys
from edge.adapters.mqtt.line import BrokerLine
from edge.records import Publish
from edge.site import Broker
from tests.adapters.brokers import Ear
line = BrokerLine("demo", Broker(kind="mqtt", port=int(sys.argv[1])), Ear(), password=sys.argv[2])
line.start()
line.publish(Publish("runtime/status", {"state": "open"}, retain=True))
sys.stdin.read()
"""


def test_a_killed_runtime_leaves_its_will(broker: AnyBroker) -> None:
    with Device(broker.port, "console", broker.password("console")) as console:
        console.listen(BASE + "runtime/status")
        command = [sys.executable, "-c", RUNTIME, str(broker.port), broker.password("runtime")]
        runtime = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT)
        until(lambda: console.has(b'{"state":"open"}'), "the runtime is open")
        os.kill(runtime.pid, signal.SIGKILL)
        runtime.communicate()
        until(lambda: len(console.heard) > 1, "the will")
        until(lambda: _retained(broker) == b'{"state":"closed","why":"the runtime is gone"}', "the will, retained")
    assert json.loads(console.heard[-1][1])["state"] == "closed"


def test_a_camera_that_comes_back_is_not_called_gone_by_its_old_will(broker: AnyBroker) -> None:
    """A switch lost power for a moment: the broker says the old connection's will before the camera speaks again."""
    cable, told = Cable(broker.port), list[str]()
    voice = BrokerVoice("demo", Broker(port=cable.port), {"c1": broker.password("c1")}, told.append)
    with Device(broker.port, "console", broker.password("console")) as console:
        console.listen(BASE + "camera/#")
        voice.open()
        assert voice.reached(10.0)
        cable.pull()
        until(lambda: "lost" in str(told), "the node notices")
        until(lambda: "the broker is there again" in told, "the node is back")
        voice.health("c1", {"t": 1.0, "state": "seeing"})
        until(lambda: any(b"seeing" in payload for _, payload, _ in console.heard), "it says that it sees")
        cable.give_up()
        until(lambda: any(b"its node is gone" in payload for _, payload, _ in console.heard), "the old will")
        healths = [json.loads(payload)["state"] for topic, payload, _ in console.heard if topic.endswith("health")]
    voice.close()
    cable.close()
    assert healths[-1] == "seeing"


def _retained(broker: AnyBroker) -> bytes:
    with Device(broker.port, "console", broker.password("console")) as late:
        late.listen(BASE + "runtime/status")
        late.catch_up()
        return late.heard[-1][1] if late.heard else b""


def test_an_orderly_stop_says_so_itself(broker: AnyBroker, connect: Connect) -> None:
    line, _ = connect(broker.port, broker.password("runtime"))
    with Device(broker.port, "console", broker.password("console")) as console:
        console.listen(BASE + "runtime/status")
        line.publish(OPEN)
        until(lambda: console.has(b'{"state":"open"}'), "open")
        line.stop(CLOSED)
        until(lambda: len(console.heard) > 1, "closed")
        with Device(broker.port, "console", broker.password("console"), client="second") as second:
            second.catch_up()
        console.catch_up()
    assert [payload for _, payload, _ in console.heard] == [b'{"state":"open"}', b'{"state":"closed"}']


def test_a_wrong_password_is_told_and_may_be_corrected(broker: AnyBroker, connect: Connect, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    line, ear = connect(broker.port, ready=False, password_file=str(secret))
    until(lambda: "password_file" in ear.trouble_of("broker"), "a file that is not there")
    secret.write_text("sesame\n")
    until(lambda: "refuses user 'runtime'" in ear.trouble_of("broker"), "refused")
    secret.write_text(broker.password("runtime") + "\n")
    assert line.ready.wait(15.0)
    assert ear.trouble_of("broker") == ""
    assert "sesame" not in str(ear.troubles)


@pytest.mark.parametrize("forgotten", ["topic read", "topic write"])
def test_rights_that_were_forgotten_at_mosquitto_are_told(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    """It grants the subscription, confirms what is said, and passes nothing on."""
    monkeypatch.setattr(echo, "ECHO_S", 0.2)
    rule = f"{BASE}#\n" if forgotten == "topic read" else f"{BASE}runtime/status\n"
    broker = Mosquitto(tmp_path / "broker", forbid=f"{forgotten} {rule}")
    broker.start()
    line, ear = connect(broker.port, broker.password("runtime"))
    assert ear.trouble_of("broker") == ""
    line.publish(OPEN)
    until(lambda: "runtime/status did not come back. Give it the rights" in ear.trouble_of("broker"), "the trouble")
    assert ear.heard == [], "our own word is for nobody else"
    broker.stop()


@pytest.mark.parametrize("pattern", [topic for topic in SAYS if topic != "runtime/status"])
def test_a_single_right_to_write_that_was_forgotten_at_mosquitto_is_told(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    """Everything else works, the status comes back: the gate would stay shut, and nobody would know why."""
    monkeypatch.setattr(echo, "ECHO_S", 0.2)
    broker = Mosquitto(tmp_path / "broker", forbid=f"topic write {BASE}{pattern}\n")
    broker.start()
    line, ear = connect(broker.port, broker.password("runtime"))
    line.publish(OPEN)
    topic = pattern.replace("+", "entry")
    line.publish(Publish(topic, {"one": "word"}, retain=pattern in ("visit/+/cart", "stock/+")))
    until(lambda: f"{topic} did not come back" in ear.trouble_of("broker"), "the trouble")
    assert "runtime/status" not in ear.trouble_of("broker")
    assert ear.heard == [], "our own words are for nobody else"
    broker.stop()


def test_what_the_broker_had_retained_is_no_echo(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A status of the days when the list was right hides nothing."""
    monkeypatch.setattr(echo, "ECHO_S", 0.2)
    broker = Mosquitto(tmp_path / "broker", forbid=f"topic write {BASE}runtime/status\n", allow="user witness\n"
                       f"topic write {BASE}runtime/status\n")  # fmt: skip
    broker.start()
    with Device(broker.port, "witness", broker.password("witness")) as before:
        before.say(f"{BASE}runtime/status", b"{}", retain=True)
    line, ear = connect(broker.port, broker.password("runtime"))
    line.publish(OPEN)
    until(lambda: "runtime/status did not come back" in ear.trouble_of("broker"), "the trouble")
    broker.stop()


def test_each_topic_is_awaited_by_itself() -> None:
    word = echo.Echo("runtime", ["gate/+/command"], [], 0.0)
    for number, topic in enumerate(("gate/entry/command", "gate/exit/command", "gate/entry/command")):
        word.sent(number, topic)
    assert word.came("gate/exit/command"), "before it is confirmed, as brokers do"
    for number in range(3):
        word.confirmed(number, 1000.0)
    late_s = 1000.1 + echo.ECHO_S
    assert "gate/entry/command did not come back" in word.missing(late_s)
    assert "exit" not in word.missing(late_s)
    assert word.came("gate/entry/command", retained=True)
    assert word.missing(late_s) != "", "retained is old"
    assert word.came("gate/entry/command")
    assert word.missing(late_s) == ""


def test_rights_are_doubted_only_when_the_status_should_be_back() -> None:
    word = echo.Echo("runtime", ["status"], [], 0.0)
    assert word.missing(1000.0) == "", "nothing was said yet"
    word.sent(7, "status")
    assert word.missing(1000.0) == "", "the broker may not have it"
    word.confirmed(7, 1000.0)
    assert word.missing(1000.0 + echo.ECHO_S) == ""
    assert word.missing(1000.1 + echo.ECHO_S) != ""
    assert word.came("status"), "it is ours, and for nobody else"
    assert word.missing(2000.0) == ""


def test_a_plain_topic_on_which_nothing_comes_is_named(
    broker: AnyBroker, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo, "SILENT_S", 0.2)
    _, ear = connect(broker.port, broker.password("runtime"))
    until(lambda: f"nothing has come on {PLAIN.topic}. Is its device on" in ear.trouble_of("broker"), "the trouble")
    user = "scale-7" if isinstance(broker, Mosquitto) else PLAIN.shelf
    with Device(broker.port, user, broker.password(user)) as device:
        device.say(PLAIN.topic, b'{"HX711":{"Weight":120}}')
        until(lambda: ear.trouble_of("broker") == "", "it has come")


def test_topics_that_may_not_be_read_are_named(broker: AnyBroker, connect: Connect) -> None:
    if isinstance(broker, Mosquitto):
        pytest.skip("mosquitto 2.0 grants every subscription and drops the messages")
    unknown = PlainPlate(topic="tele/of-another-shop", shelf="g1-s2", plate=2)
    _, ear = connect(broker.port, broker.password("runtime"), plate=unknown)
    until(lambda: unknown.topic in ear.trouble_of("broker"), "the trouble")
    assert "shelf/" not in ear.trouble_of("broker")


def test_too_much_is_refused(tmp_path: Path, connect: Connect) -> None:
    broker = Embedded(tmp_path / "state")
    broker.start()
    _, ear = connect(broker.port, broker.password("runtime"))
    with Device(broker.port, "g1-s1", broker.password("g1-s1")) as shelf:
        shelf.say(BASE + "shelf/g1-s1/weight", bytes((1 << 20) + 1))
        shelf.say(BASE + "shelf/g1-s1/weight", bytes(1 << 20))
    until(lambda: bytes(1 << 20) in ear.payloads(), "a mebibyte")
    broker.stop()
    assert ear.reasons() == ["message too large"]
    assert len(ear.heard) == 1


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def test_what_the_runtime_writes_itself_it_never_listens_for(mosquitto: Mosquitto, connect: Connect) -> None:
    """Even from a broker that lets somebody write it."""
    _, ear = connect(mosquitto.port, mosquitto.password("runtime"))
    with Device(mosquitto.port, "intruder", mosquitto.password("intruder")) as intruder:
        for topic in ("payment/v1/reply", "shop/mode/set", "shop/members/standing", "gate/entry/command"):
            intruder.say(BASE + topic, b'{"t":1}')
        intruder.say(BASE + "gate/entry/passage", PASSAGE)
    until(lambda: PASSAGE in ear.payloads(), "the passage after it")
    assert ear.heard == [("gate/entry/passage", PASSAGE)]


def test_tls(mosquitto: Mosquitto, connect: Connect) -> None:
    _, ear = connect(mosquitto.tls_port, mosquitto.password("runtime"), tls=True, ca_file=str(mosquitto.ca))
    with Device(mosquitto.tls_port, "g1-s1", mosquitto.password("g1-s1"), ca=mosquitto.ca) as shelf:
        for i in range(300):
            shelf.say(BASE + "shelf/g1-s1/weight", b"%d" % i)
    until(lambda: len(ear.heard) == 300, "all of them")
    assert ear.payloads() == [b"%d" % i for i in range(300)]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("another ca", "certificate that is not believed"),
        ("no ca file", "ca_file of [broker] cannot be used"),
        ("no tls", "tls = true"),
        ("tls on the plain port", "Correct port or tls"),
    ],
)
def test_tls_that_fails_is_told(mosquitto: Mosquitto, connect: Connect, wrong: str, told: str) -> None:
    settings: dict[str, object] = {"tls": wrong != "no tls"}
    if wrong == "another ca":
        settings["ca_file"] = str(mosquitto.other_ca)
    elif wrong == "no ca file":
        settings["ca_file"] = "/nowhere/ca.crt"
    port = mosquitto.port if wrong == "tls on the plain port" else mosquitto.tls_port
    _, ear = connect(port, mosquitto.password("runtime"), ready=False, **settings)
    until(lambda: told in ear.trouble_of("broker"), f"{told}, not {ear.troubles}")


def test_a_broker_that_starts_beside_the_runtime_is_no_trouble(
    tmp_path: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "GRACE_S", 10.0)
    broker = Embedded(tmp_path / "state")
    broker.broker.start(timeout_s=0.0)
    _, ear = connect(broker.port, broker.password("runtime"))
    assert "nobody answers" not in str(ear.troubles)
    broker.stop()


def test_nobody_there_is_told(connect: Connect) -> None:
    _, ear = connect(free_port(), "", ready=False)
    until(lambda: "nobody answers at 127.0.0.1" in ear.trouble_of("broker"), str(ear.troubles))
    _, ear = connect(1883, "", ready=False, host="no-such-host.invalid")
    until(lambda: "no host is called 'no-such-host.invalid'" in ear.trouble_of("broker"), str(ear.troubles))


def test_somebody_who_is_no_broker_is_told(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, ear = connect(silent.getsockname()[1], "", ready=False)
        until(lambda: "does not answer like a broker" in ear.trouble_of("broker"), str(ear.troubles))


def test_a_topic_of_several_plates_is_heard_by_each(mosquitto: Mosquitto) -> None:
    heard: list[int] = []
    plates = [PlainPlate(topic=PLAIN.topic, shelf="g1-s2", plate=n) for n in (1, 2)]
    line = BrokerLine(
        "demo",
        Broker(kind="mqtt", port=mosquitto.port),
        Ear(),
        plates=plates,
        plain=lambda plate, _: heard.append(plate.plate),
        password=mosquitto.password("runtime"),
    )
    line.start()
    assert line.ready.wait(15.0)
    with Device(mosquitto.port, "scale-7", mosquitto.password("scale-7")) as scale:
        scale.say(PLAIN.topic, b"1")
    until(lambda: heard == [1, 2], "both plates")
    line.stop()
