"""The embedded broker's own process: amqtt behind `edge.adapters.broker.door`.

``python -m edge.adapters.broker.process``. Enters: one line of JSON on stdin (`Orders`), then MQTT 3.1.1 on its port.
Leaves: one line of JSON on stdout when it listens, or why it cannot. It ends when stdin does, so it never outlives the
runtime, however that one ended. (Linux could signal a parent's death, but means the thread that made the child.)
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType

from edge.adapters.broker.door import ACCESS_LIST, LISTENER, LOG, Door
from edge.adapters.broker.rights import Orders, read_orders

LOG_BYTES: Final = 500_000
FORGET_S: Final = 30
"""A client that went is forgotten after so long."""


def settings(orders: Orders) -> BrokerConfig:
    """For amqtt: no port of its own, and our rights."""
    rights: dict[str, Any] = {
        "write": {user: list(rights.write) for user, rights in orders.rights.items()},
        "read": {user: list(rights.read) for user, rights in orders.rights.items()},
    }
    outside = ListenerConfig(type=ListenerType.EXTERNAL)
    return BrokerConfig(
        listeners={"default": outside, LISTENER: outside},
        plugins={ACCESS_LIST: rights},
        session_expiry_interval=FORGET_S,
    )


async def serve(orders: Orders) -> None:
    """Until the process ends."""
    broker = Broker(settings(orders))
    await broker.start()
    try:
        server = await Door(orders, broker).open()
    except OSError as error:
        answer({"broken": error.strerror or str(error), "errno": error.errno})
        return
    answer({"ready": True})
    async with server:
        await server.serve_forever()


def answer(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def write_log(path: Path) -> None:
    """Into a file of bounded length; nothing reaches the terminal."""
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(LOG).setLevel(logging.INFO)


def end_with_parent() -> None:
    """Stdin ends when whoever holds its other end does, for whatever reason."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def main() -> None:
    orders = read_orders(sys.stdin.readline())
    write_log(orders.log)
    threading.Thread(target=end_with_parent, daemon=True).start()
    asyncio.run(serve(orders))


if __name__ == "__main__":
    main()
