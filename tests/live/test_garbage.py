"""Everything that broken, foreign and hostile things send to a live shop: counted, said once, and of no consequence."""

from __future__ import annotations

import contextlib
import json
import os
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.wire import Heard
from tests.adapters.brokers import Device, free_port, until
from tests.corner import OPENS_S
from tests.live.faults import BASE, Show

COUNT = 12_000
DEEP = b'{"t":1,"x":' + b"[" * 900 + b"]" * 900 + b"}"
ABYSS = b'{"t":1,"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
NOW = OPENS_S + 3.0

TOPICS = ("shelf/g1-s1/weight", "camera/cam/people", "gate/in/scan", "gate/in/passage", "gate/out/passage",
          "shelf/g9/weight", "camera/c9/people", "gate/g9/scan", "gate/g9/passage")  # fmt: skip
PAYLOADS = (
    b"", b"not JSON", b"\xff\xfe\x00", b"null", b"[]", b"7", b'"t"', b"{}", b"{" * 500, DEEP,
    b'{"t":NaN}', b'{"t":Infinity,"hz":60,"g":[[1]]}', b'{"t":1e400,"hz":60,"g":[[1]]}',
    b'{"t":-1,"people":[]}', b'{"t":"now","people":[]}', b'{"t":null,"direction":"out"}',
    b'{"t":%d,"hz":60,"g":[[1e308],[1],[1]]}' % NOW, b'{"t":%d,"hz":0,"g":[[1],[1],[1],[1]]}' % NOW,
    b'{"t":%d,"hz":60,"g":[["a"],[1],[1],[1]]}' % NOW, b'{"t":%d,"hz":60,"g":[[1,2],[1],[1],[1]]}' % NOW,
    b'{"t":%d,"hz":60,"g":[[],[],[],[]]}' % NOW, b'{"t":%d,"hz":1e-300,"g":[[1],[1],[1],[1]]}' % NOW,
    b'{"t":%d,"people":[{"head":[0,0]}]}' % NOW, b'{"t":%d,"people":[{"head":[1e9,0,0]}]}' % NOW,
    b'{"t":%d,"people":{}}' % NOW, b'{"t":%d,"direction":"sideways"}' % NOW, b'{"t":%d,"subject":""}' % NOW,
    b'{"t":%d,"subject":7}' % NOW, b'{"t":%d,"subject":"eve","party":1000000000}' % NOW,
    b'{"t":%d,"subject":"eve","score":2}' % NOW, b'{"t":9e10,"people":[]}', b'{"t":9e10,"direction":"out"}',
)  # fmt: skip


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    show = Show(tmp_path / "shop")
    web = free_port()
    site = (show.folder / "site.toml").read_text(encoding="utf-8").replace('listen = ""', f"port = {web}")
    (show.folder / "site.toml").write_text(site, encoding="utf-8")
    show.web = f"http://127.0.0.1:{web}"
    with contextlib.closing(show):
        yield show


def resident_mib(pid: int) -> float:
    """What the daemon holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def page(show: Show, name: str) -> str:
    try:
        with urllib.request.urlopen(f"{show.web}/{name}", timeout=10.0) as answer:
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error
    return body.decode()


def refused(show: Show) -> Counter[tuple[str, str]]:
    """(source, reason) -> how many, as the metrics tell."""
    found = re.findall(r'^tebura_refused\{reason="(.*?)",source="(.*?)"\} (\S+)$', page(show, "metrics"), re.M)
    return Counter({(source, reason): int(float(count)) for reason, source, count in found})


def flood(show: Show, count: int, seed: int, at_s: float) -> None:
    """``count`` wrong messages on all topics, and on topics that anybody makes up. The world stands still meanwhile."""
    show.ask(do="rehearse", at=OPENS_S + at_s, speed=0.0)
    for i in range(count):
        topic = TOPICS[i % len(TOPICS)]
        if i % 10 == 0:
            room, what = (("shelf", "weight"), ("camera", "people"), ("gate", "scan"))[i // 10 % 3]
            topic = f"{room}/made-up-{seed}-{i}/{what}"
        show.client.publish(BASE + topic, PAYLOADS[(i * 7 + seed) % len(PAYLOADS)], qos=0)
        if i % 500 == 499:  # a broker drops what its readers are too slow for
            until(lambda: show.ask(do="pending")["pending"] == 0, "so much of it is heard", 30.0)
    done = show.client.publish(BASE + "gate/in/scan", b"the end of it", qos=1)
    done.wait_for_publish(30.0)
    until(lambda: show.ask(do="pending")["pending"] == 0, "all of it is heard", 30.0)


def test_twelve_thousand_messages_of_garbage_change_nothing(show: Show) -> None:
    show.start()
    show.part(0.0, 3.0)
    flood(show, COUNT // 3, 0, 3.0)
    before_mib = resident_mib(show.pid)
    show.part(3.0, 6.0)
    flood(show, COUNT // 3, 1, 6.0)
    show.part(6.0, 9.0)
    flood(show, COUNT // 3, 2, 9.0)
    after_mib = resident_mib(show.pid)
    counts = refused(show)
    assert sum(counts.values()) > 0.9 * COUNT, "all of it is counted"
    assert len(counts) < 60, "by few sources and reasons, whatever names are made up"
    assert after_mib - before_mib < 15.0, "and remembered nowhere"
    lines = [line for line in show.log().splitlines() if "'refused'" in line]
    said = Counter(re.findall(r"source='(.*?)' reason='(.*?)'", "\n".join(lines)))
    assert set(said) == set(counts)
    assert max(said.values()) <= 2, "each kind is logged once in a minute"
    health = json.loads(page(show, "healthz"))
    assert health["mode"] == "open"
    assert {source.partition("/")[0] for source in health["troubles"]} == {"wire"}, "staff read who talks nonsense"
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()


def test_what_is_too_large_retained_or_elsewhere_is_refused_at_the_door(show: Show) -> None:
    show.start()
    with Device(show.port, None) as device:
        device.say(BASE + "gate/in/passage", b'{"t":%d,"direction":"in"}' % NOW, retain=True)
        odd = ("", "/", "//", "shelf", "shelf/g1-s1", "shelf/g1-s1/weight/more", "shelf//weight", "runtime/none",
               "shop/mode/set", "payment/20231115-0001/reply", "shop/clock/tick")  # fmt: skip
        for topic in odd:
            device.say(BASE + topic, b'{"t":1,"mode":"closed","outcome":"approved"}')
        device.say("tebura/v1/elsewhere/gate/in/passage", b'{"t":%d,"direction":"out"}' % NOW)
        device.say(BASE + "camera/cam/people", b'"' + b"x" * (1 << 20) + b'"')
        device.say(BASE + "gate/in/scan", b'{"t":1,"subject":"' + b"x" * 1_000_000 + b'"}')
        device.say(BASE + "shelf/g1-s1/weight", b"\x00" * 1_000_000)
    show.part(0.0, 9.0)
    show.kill()
    show.start()
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()
    counts = refused(show)
    assert counts["broker", "retained by a sensor, of unknown age"] == 1, "said again on every connection"
    assert show.ask(do="status")["mode"] == "open"


def test_ten_thousand_levels_of_brackets_stop_no_shop(show: Show) -> None:
    show.start()
    for topic in TOPICS:
        show.say(Heard(topic, ABYSS, 0.0))
    show.part(0.0, 18.0)
    assert sum(refused(show).values()) == len(TOPICS)
    show.settle()
    show.is_untouched()


def test_a_client_that_says_it_is_the_runtime_is_a_trouble_and_no_end(show: Show) -> None:
    """Somebody copied the name: the broker hangs up on us, and we come back."""
    show.start()
    show.part(0.0, 6.0)
    for _ in range(3):
        other = Client(CallbackAPIVersion.VERSION2, client_id="tebura-corner-runtime")
        other.connect("127.0.0.1", show.port)
        other.loop_start()
        until(other.is_connected, "the other one is let in")
        other.disconnect()
        other.loop_stop()
        until(lambda: bool(show.ask(do="status")["connected"]), "we are back", 15.0)
    show.part(6.0, 18.0)
    show.settle()
    (line,) = show.outcome()
    assert line["state"] in ("settled", "review")
    assert sum(amount for _, amount in show.charges()) == (line["total"] if line["state"] == "settled" else 0)
