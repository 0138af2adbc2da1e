#!/bin/sh
# Of two clients with one client id, amqtt's broker keeps both connected, and the older hears nothing any more.
#
# Seen with amqtt 0.12.1 (its own default settings, anonymous clients) and paho-mqtt 2.1.0: MQTT 3.1.1 [MQTT-3.1.4-2] wants the
# older one disconnected, so that its device notices and staff can see it. Here a gate's old connection that has not noticed
# a change of network, or a second gate with a copied configuration, looks connected on both sides and is sent nothing.
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
    hall, _ = client("hall")
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
two gates: the older is connected: True hears: False
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: amqtt 0.12.1 keeps two clients of one id, and the older hears nothing"
else
    echo "this has changed: see the lines above (<: as it was, >: now), and the log below" >&2
    tail -5 "$folder/log" >&2
    exit 1
fi
