"""A broker that hangs up fifty times leaves nothing behind: no descriptor, no thread."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from edge.adapters.mqtt.line import BrokerLine, Call
from edge.records import Publish
from edge.site import Broker
from tests.adapters.brokers import Ear

CONNACK = b"\x20\x02\x00\x00"
TIMES = 50


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody who lets everybody in and hangs up at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def receive() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    line.recv(4096)
                    line.sendall(CONNACK)

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5.0)


def test_fifty_reconnects_leave_nothing_behind(port: int) -> None:
    ear = Ear()
    line = BrokerLine("corner", Broker(kind="mqtt", port=port), ear)
    line.publish(Publish("runtime/status", {"state": "open"}, retain=True))
    Call(line).hold()
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(TIMES):
        assert Call(line).hold(), "it is said why it ended"
        line.tell("lost", line.outbox.closed())
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2
    assert threading.active_count() == threads
    assert len(line.outbox) == 1, "the last status waits for a broker"
