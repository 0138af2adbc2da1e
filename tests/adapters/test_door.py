"""Who comes in at the embedded broker, as real devices are; what they are told unasked: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from edge.adapters.broker.door import PACKET_BYTES
from edge.adapters.broker.embedded import SOURCE
from edge.adapters.broker.rights import may, rights_of
from tests.adapters.brokers import BASE, PLAIN, Device, Embedded, demo_store, unique, until

USERS = ("g1-s1", "g1", PLAIN.shelf, "c1", "entry", "exit", "console", "runtime")
"""One for each kind of account."""

RETAINED = ("visit/v1/cart", "visit/v2/cart", "stock/onigiri-salmon", "runtime/status")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    broker = Embedded(tmp_path_factory.mktemp("state"))
    broker.start()
    yield broker
    broker.stop()


def device(broker: Embedded, user: str, **more: object) -> Device:
    return Device(broker.port, user, broker.password(user), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shop(broker: Embedded) -> Iterator[Device]:
    """A runtime and a console that hear everything, while carts, stock and status are retained."""
    with device(broker, "runtime", client="shop") as runtime, device(broker, "console", client="hall") as console:
        assert runtime.listen(BASE + "#", PLAIN.topic) == [True, True]
        assert console.listen(BASE + "#", BASE + "visit/+/cart") == [True, True]
        for topic in RETAINED:
            runtime.say(BASE + topic, b'{"of": "somebody"}', retain=True)
        until(lambda: len(console.heard) >= len(RETAINED), "the console hears them")
        yield runtime


@pytest.mark.parametrize("user", USERS)
def test_whoever_connects_is_told_nothing_unasked(broker: Embedded, shop: Device, user: str) -> None:
    with device(broker, user) as newcomer:
        newcomer.catch_up()
        assert newcomer.heard == []
        gate = BASE + f"gate/{user}/command"
        newcomer.listen(gate, "#", BASE + "#", *(BASE + topic for topic in RETAINED))
        newcomer.catch_up()
        rights = rights_of(demo_store(), [PLAIN])[user]
        told = {topic for topic, _, _ in newcomer.heard}
        assert told == {BASE + topic for topic in RETAINED if may(rights.read, BASE + topic)}


def test_the_younger_of_two_clients_of_one_id_hears_the_gate(broker: Embedded, shop: Device) -> None:
    """The older one is hung up on, as MQTT says, and does not stay there deaf."""
    command, payload = BASE + "gate/entry/command", unique()
    with device(broker, "entry", client="gate") as older:
        older.listen(command)
        with device(broker, "entry", client="gate") as younger:
            younger.listen(command)
            shop.say(command, payload)
            until(lambda: younger.has(payload), "the younger hears")
            until(lambda: older.is_hung_up_on, "the older is gone")
            assert not older.has(payload)


def test_the_will_of_the_older_is_out_before_the_younger_speaks(broker: Embedded, shop: Device) -> None:
    """A camera that comes back after a loss of the network is not called gone behind its own back."""
    topic, gone, lives = BASE + "camera/c1/health", unique(), unique()
    older = device(broker, "c1", client="camera", will=(topic, gone))
    assert older.is_let_in()
    with device(broker, "c1", client="camera", will=(topic, unique())) as younger:
        younger.say(topic, lives)
        until(lambda: shop.has(lives), "the camera lives")
    said = [payload for where, payload, _ in shop.heard if where == topic]
    assert said.index(gone) < said.index(lives)


def test_two_devices_that_take_turns_are_told_to_staff(broker: Embedded) -> None:
    source = f"{SOURCE}/exit/twice"
    for _ in range(6):
        assert device(broker, "exit", client="gate").is_let_in()
    until(lambda: "client id 'gate' throw each other out" in broker.ear.trouble_of(source), str(broker.ear.troubles))


@pytest.mark.parametrize(
    ("will", "payload"), [("scale-7/status", b"offline"), ("tele/scale-7/LWT", b"Offline")], ids=["ESPHome", "Tasmota"]
)
def test_a_device_with_its_default_will_comes_in(broker: Embedded, shop: Device, will: str, payload: bytes) -> None:
    weight = unique()
    scale = device(broker, PLAIN.shelf, will=(will, payload), retained=True)
    with scale:
        scale.listen("scale-7/+/+/command")
        scale.say(will, b"online", retain=True)
        scale.say(PLAIN.topic, weight)
        until(lambda: shop.has(weight), "its weight")
        scale.vanish()
        until(lambda: scale.is_hung_up_on, "it is gone")
    with device(broker, "g1-s1") as other:
        other.say(BASE + "shelf/g1-s1/weight", after := unique())
        until(lambda: shop.has(after), "what is said after the will")
    assert not any(topic == will for topic, _, _ in shop.heard)
    assert broker.ear.trouble_of(f"{SOURCE}/{PLAIN.shelf}") == ""


def test_a_will_in_the_shops_name_is_refused_and_told(broker: Embedded) -> None:
    thief = device(broker, "g1-s1", will=(BASE + "gate/entry/command", b"{}"))
    assert not thief.is_let_in()
    assert str(thief.answer) == "Not authorized"
    source = f"{SOURCE}/g1-s1"
    until(lambda: "gate/entry/command. Turn its last will off" in broker.ear.trouble_of(source), "staff are told")
    with device(broker, "g1-s1"):
        until(lambda: broker.ear.trouble_of(source) == "", "it came in after all")


def test_mqtt_3_1_is_as_good(broker: Embedded, shop: Device) -> None:
    with device(broker, "g1-s1", client="old", protocol=MQTTProtocolVersion.MQTTv31) as old:
        old.say(BASE + "shelf/g1-s1/weight", weight := unique())
        until(lambda: shop.has(weight), "its weight")


@pytest.mark.parametrize("will", [None, ("scale-7/status", b"offline")])
def test_mqtt_5_is_told_to_be_3_1_1(broker: Embedded, will: tuple[str, bytes] | None) -> None:
    new = device(broker, "c1", protocol=MQTTProtocolVersion.MQTTv5, will=will)
    assert not new.is_let_in()
    assert str(new.answer) == "Unsupported protocol version"
    until(lambda: "Set it to MQTT 3.1.1" in broker.ear.trouble_of(f"{SOURCE}/c1"), "staff are told")
    with device(broker, "c1"):
        until(lambda: broker.ear.trouble_of(f"{SOURCE}/c1") == "", "it came in after all")


def test_wrong_names_and_passwords_are_told_to_both(broker: Embedded) -> None:
    wrong = Device(broker.port, "g1-s1", "sesame")
    assert not wrong.is_let_in()
    assert str(wrong.answer) == "Bad user name or password"
    until(lambda: "password is wrong. It stands in" in broker.ear.trouble_of(f"{SOURCE}/g1-s1"), "the password")
    stranger = Device(broker.port, "shelf\x1b-1", "sesame")
    assert not stranger.is_let_in()
    assert str(stranger.answer) == "Bad user name or password"
    until(lambda: "calls itself 'shelf\ufffd-1'" in broker.ear.trouble_of(f"{SOURCE}/?"), str(broker.ear.troubles))
    assert "sesame" not in str(broker.ear.troubles)
    with device(broker, "g1-s1"):
        until(lambda: broker.ear.trouble_of(f"{SOURCE}/g1-s1") == "", "it came in after all")


def test_what_was_said_before_going_is_heard(broker: Embedded, shop: Device) -> None:
    said = [unique() for _ in range(50)]
    shelf = device(broker, "g1-s1")
    assert shelf.is_let_in()
    shelf.say_and_go(*((BASE + "shelf/g1-s1/weight", payload) for payload in said))
    until(lambda: shop.has(said[-1]), "the last word")
    assert all(shop.has(payload) for payload in said)


def test_who_subscribes_while_others_talk_costs_no_message(broker: Embedded, shop: Device) -> None:
    """Devices come back all at once after a power cut, while a hundred shelves are weighing."""
    said, topic = [unique() for _ in range(300)], BASE + "shelf/g1-s1/weight"
    with device(broker, "g1-s1") as shelf, device(broker, "console") as console, device(broker, "runtime") as late:
        late.listen(BASE + "shelf/+/weight")
        for number, payload in enumerate(said):
            shelf.say_at_once(topic, payload)
            console.ask_for(f"{BASE}visit/{number}/cart")
        shelf.say(topic, last := unique())
        until(lambda: late.has(last), "the last word")
        assert {payload for _, payload, _ in late.heard} >= set(said)


def test_complaints_end_with_the_broker(tmp_path: Path) -> None:
    broker = Embedded(tmp_path)
    broker.start()
    assert not Device(broker.port, "g1-s1", "wrong").is_let_in()
    until(lambda: broker.ear.trouble_of(f"{SOURCE}/g1-s1") != "", "the complaint")
    broker.stop()
    until(lambda: broker.ear.trouble_of(f"{SOURCE}/g1-s1") == "", "nobody stands at a door that is gone")


def test_what_a_message_too_large_holds_is_no_message(broker: Embedded, shop: Device) -> None:
    """Its sender is hung up on: what follows it in the network is its own rest."""
    topic, payload = BASE + "gate/entry/passage", unique()
    inner = len(topic).to_bytes(2, "big") + topic.encode() + payload
    packet = bytes([0x30, len(inner)]) + inner
    with device(broker, "entry", client="large") as gate:
        gate.say_at_once(topic, packet * (2 * PACKET_BYTES // len(packet)))
        until(lambda: gate.is_hung_up_on, "it is hung up on")
    with device(broker, "entry", client="small") as gate:
        gate.say(topic, after := unique())
        until(lambda: shop.has(after), "the next one is heard")
    assert not shop.has(payload)
