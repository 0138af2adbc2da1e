#!/bin/sh
# amqtt's broker tells newcomers what others have subscribed to, and leaves the older of two clients of one id deaf.
#
# Seen with amqtt 0.12.1 (its own default settings, anonymous clients) and paho-mqtt 2.1.0:
#
# - A client that connects and subscribes to nothing is sent every retained message that matches *anybody's* subscription
#   (MQTT 3.1.1 sends retained messages to who subscribes). A plugin that filters topics is not asked about them.
# - Of two clients with one client id the older stays connected (MQTT-3.1.4-2 wants it disconnected) and is sent nothing
#   any more.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check amqtt==0.12.1 paho-mqtt==2.1.0
"$folder/venv/bin/python" - > "$folder/seen" 2> "$folder/log" <<'PYTHON'
import asyncio
import time

import paho.mqtt.client as mqtt
from amqtt.broker import Broker

PORT = 18837


def client(name: str, *topics: str) -> tuple[mqtt.Client, list[str]]:
    heard: list[str] = []
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
    made.on_message = lambda _c, _d, message: heard.append(message.payload.decode())
    made.connect("127.0.0.1", PORT)
    made.loop_start()
    until(made.is_connected)
    if topics:
        ready: list[int] = []
        made.on_subscribe = lambda *_: ready.append(1)
        made.subscribe([(topic, 0) for topic in topics])
        until(lambda: bool(ready))
    return made, heard


def until(condition) -> bool:
    end_s = time.monotonic() + 3.0
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.01)
    return condition()


def look() -> None:
    hall, heard = client("hall", "carts/#")
    hall.publish("carts/ana", "ana has tea", qos=1, retain=True).wait_for_publish(3.0)
    _, told = client("lamp")
    until(lambda: bool(told))
    print("a lamp that subscribed to nothing hears:", *told)

    older, old = client("gate", "gate")
    _, young = client("gate", "gate")
    hall.publish("gate", "open", qos=1).wait_for_publish(3.0)
    until(lambda: "open" in young)
    print("two gates: the older is connected:", older.is_connected(), "hears:", "open" in old)


async def main() -> None:
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{PORT}"}}
    broker = Broker({"listeners": listeners, "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {}}})
    await broker.start()
    await asyncio.to_thread(look)


asyncio.run(asyncio.wait_for(main(), 60))
PYTHON
cat > "$folder/expected" <<'SEEN'
a lamp that subscribed to nothing hears: ana has tea
two gates: the older is connected: True hears: False
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: amqtt 0.12.1 tells newcomers what others asked for, and keeps two clients of one id"
else
    echo "this has changed: see the lines above (<: as it was, >: now), and the log below" >&2
    tail -5 "$folder/log" >&2
    exit 1
fi
