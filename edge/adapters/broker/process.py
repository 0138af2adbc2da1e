"""The embedded broker's own process: amqtt behind `edge.adapters.broker.door`.

``python -m edge.adapters.broker.process``. Enters: one line of JSON on stdin (`Orders`), then MQTT 3.1.1 on its port.
Leaves: one line of JSON on stdout when it listens, or why it cannot, then one for each complaint about who stands at
the door. It ends when stdin does, so it never outlives the runtime, however that one ended. (Linux could signal a
parent's death, but means the thread that made the child.)
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
from typing import Final

from edge.adapters.broker.complaints import Complaints
from edge.adapters.broker.door import Door
from edge.adapters.broker.mended import LOG, MendedBroker
from edge.adapters.broker.rights import Orders, read_orders

LOG_BYTES: Final = 500_000


async def serve(orders: Orders) -> None:
    """Until the process ends."""
    broker = MendedBroker(orders)
    await broker.start()
    try:
        server = await Door(orders, broker, Complaints(say)).open()
    except OSError as error:
        say(json.dumps({"broken": error.strerror or str(error), "errno": error.errno}))
        return
    say(json.dumps({"ready": True}))
    async with server:
        await server.serve_forever()


def say(line: str) -> None:
    """A line for the runtime, at once."""
    print(line, flush=True)


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
    """The broker, until whoever started it ends."""
    orders = read_orders(sys.stdin.readline())
    write_log(orders.log)
    threading.Thread(target=end_with_parent, daemon=True).start()
    asyncio.run(serve(orders))


if __name__ == "__main__":
    main()
