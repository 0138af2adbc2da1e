"""The feed and its webhooks: nothing skipped, nothing told to strangers, whatever a receiver does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.insight import FILE as EVENTS
from edge.insight import Insight, hooks
from edge.insight.feed import BACKOFF_S, FILE, GIVEN_UP_S, Feed, UnusableFeed
from edge.insight.hooks import Hooks, tell
from edge.insight.rebuild import from_recordings
from edge.told import Sentence
from tests.adapters.brokers import until
from tests.corner import errand
from tests.insight.test_events import BACK
from tests.typed import typed

NOW_S = 1_700_000_500.0


class Receiver:
    """Somebody who is told; ``answers`` says with which status, the last one for ever; None: it hangs."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.hanging = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                if answer is None:
                    receiver.hanging.wait(20.0)
                    return
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?shop=1"

    @property
    def ids(self) -> list[str]:
        """Every event that was told with an answer of 2xx or not, in order."""
        return [event["id"] for _, body in self.heard for event in json.loads(body)]


@contextmanager
def receiving(*answers: int | None) -> Iterator[Receiver]:
    receiver = Receiver(*answers)
    threading.Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.hanging.set()
        receiver.server.shutdown()
        receiver.server.server_close()


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return errand(tmp_path_factory.mktemp("recordings") / "ana.mcap", BACK)


@pytest.fixture
def folder(ana: Path, tmp_path: Path) -> Path:
    """A state folder in which Ana's errand has happened."""
    with Insight(tmp_path / EVENTS) as insight:
        from_recordings([ana], insight)
    return tmp_path


def all_ids(folder: Path) -> list[str]:
    with Insight(folder / EVENTS) as insight:
        return [event.id for event, _ in insight.events(most=1000)]


def hook(folder: Path, receiver: Receiver) -> str:
    with Feed(folder / FILE) as feed:
        return feed.add_receiver("warehouse", receiver.url, NOW_S)


def state_of(folder: Path) -> tuple[int, bool, str]:
    with Feed(folder / FILE) as feed:
        (found,) = feed.receivers()
        return found.failures, found.disabled, found.why


def test_a_receiver_sees_that_it_is_the_shop(folder: Path) -> None:
    with receiving(204) as receiver:
        secret = hook(folder, receiver)
        assert tell(folder, "corner", "warehouse", lambda: NOW_S)
        assert not tell(folder, "corner", "warehouse", lambda: NOW_S)
    ((headers, body),) = receiver.heard
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert headers["content-type"] == "application/cloudevents-batch+json"
    events = json.loads(body)
    assert [event["id"] for event in events] == all_ids(folder)
    assert {event["specversion"] for event in events} == {"1.0"}
    assert {event["source"] for event in events} == {"/stores/corner"}
    taken = next(event for event in events if event["type"] == "tebura.insight.v1.picked-up")
    assert taken["time"] == "2023-11-14T22:13:27.008Z"[:17] + taken["time"][17:]
    assert (taken["data"]["sku"], taken["data"]["count"]) == ("onigiri-salmon", 2)
    assert "member" not in taken["data"]


def test_what_failed_is_told_again_under_the_same_name(folder: Path) -> None:
    with receiving(500, 503, 200) as receiver:
        hook(folder, receiver)
        clock = [NOW_S]

        def now_s() -> float:
            return clock[0]

        for failures in (1, 2):
            assert not tell(folder, "corner", "warehouse", now_s)
            assert state_of(folder)[0] == failures
            assert not tell(folder, "corner", "warehouse", now_s)  # not before its time
            assert len(receiver.heard) == failures
            clock[0] += BACKOFF_S[failures - 1] + 0.1
        assert tell(folder, "corner", "warehouse", now_s)
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    assert len({body for _, body in receiver.heard}) == 1
    assert state_of(folder) == (0, False, "")


def test_a_receiver_that_fails_for_days_is_given_up_and_staff_are_told(folder: Path) -> None:
    said: list[Sentence] = []
    with receiving(500) as receiver:
        hook(folder, receiver)
        tell(folder, "corner", "warehouse", lambda: NOW_S)
        tell(folder, "corner", "warehouse", lambda: NOW_S + GIVEN_UP_S + 1)
        assert state_of(folder)[1:] == (True, "it answered 500")
        Hooks(folder, "corner", lambda: NOW_S + GIVEN_UP_S + 2, said.append)._look()
        assert "the webhook warehouse was given up: it answered 500" in said[-1]
        receiver.answers[:] = [200]
        with Feed(folder / FILE) as feed:
            assert feed.resume("warehouse")
        tell(folder, "corner", "warehouse", lambda: NOW_S + GIVEN_UP_S + 3)
    assert json.loads(receiver.heard[-1][1])[0]["id"] == all_ids(folder)[0]


def test_who_says_gone_is_told_no_more(folder: Path) -> None:
    with receiving(410) as receiver:
        hook(folder, receiver)
        tell(folder, "corner", "warehouse", lambda: NOW_S)
    assert state_of(folder)[1] is True


def test_one_that_hangs_delays_nobody_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "PATIENCE_S", 0.5)
    with receiving(None) as slow, receiving(200) as quick:
        with Feed(folder / FILE) as feed:
            feed.add_receiver("a-slow-one", slow.url, NOW_S)
            feed.add_receiver("warehouse", quick.url, NOW_S)
        running = Hooks(folder, "corner", time.time, lambda _: None, look_s=0.02)
        running.open()
        until(lambda: quick.ids == all_ids(folder), "the quick one has everything")

        def failed() -> bool:
            with Feed(folder / FILE) as feed:
                return feed.receivers()[0].why == "it did not answer within 0.5 s"

        until(failed, "the slow one is cut off")
        running.close()


@given(st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_kill_between_sending_and_its_answer_skips_nothing(ana: Path, data: st.DataObject) -> None:
    """Whatever was not noted as arrived is sent once more, under the same name, and what is new comes after it."""
    import tempfile

    sizes = data.draw(st.lists(st.booleans(), min_size=1, max_size=6))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Insight(folder / EVENTS) as insight, Feed(folder / FILE) as feed:
            from_recordings([ana], insight)
            feed.add_receiver("warehouse", "http://127.0.0.1:1/", NOW_S)
            got: dict[str, bytes] = {}
            for killed in [*sizes, False]:
                (receiver,) = feed.receivers()
                parcel = feed.parcel(receiver, "corner", insight)
                if parcel is None:
                    break
                assert got.setdefault(parcel.id, parcel.body) == parcel.body
                if not killed:
                    feed.arrived("warehouse", parcel, NOW_S)
        ids = [event["id"] for body in got.values() for event in json.loads(body)]
        assert ids == all_ids(folder)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://x/", "is no address"),
        ("http://example.com/", "in the clear"),
        ("https://a:b@example.com/", "no address"),
    ],
)
def test_an_address_that_cannot_be_is_refused(folder: Path, url: str, why: str) -> None:
    with Feed(folder / FILE) as feed, pytest.raises(UnusableFeed, match=why):
        feed.add_receiver("warehouse", url, NOW_S)


def test_the_commands_make_list_and_end(folder: Path, tmp_path: Path) -> None:
    from tests.corner import write_store

    options = ("--store", write_store(tmp_path / "store"), "--state", folder)
    token = typed("feed", "key", "analyst", *options).stdout.strip()
    with Feed(folder / FILE) as feed:
        assert feed.whose_key(token) == "analyst"
        assert feed.whose_key(token + "x") == ""
    assert token.encode() not in b"".join(path.read_bytes() for path in folder.glob(f"{FILE}*"))
    assert typed("feed", "key", "analyst", *options).returncode == 2
    assert typed("feed", "hook", "warehouse", "https://example.com/hook", *options).stdout.startswith("whsec_")
    listed = typed("feed", "list", *options).stdout
    assert "key   analyst" in listed
    assert "hook  warehouse  https://example.com/hook  new" in listed
    assert typed("feed", "forget", "warehouse", *options).returncode == 0
    assert "there is no key and no webhook" in typed("feed", "forget", "warehouse", *options).stderr.replace("\n", " ")
    assert typed("feed", "resume", "warehouse", *options).returncode == 2
