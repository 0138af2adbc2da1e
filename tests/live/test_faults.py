"""What goes wrong in a live shop: every fault has a state that staff see, nothing is lost, nobody charged wrongly."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from edge import __version__
from edge.adapters.members import FILE as MEMBERS
from edge.adapters.members import Members
from edge.daemon.desk import ask
from edge.driver import Driver
from edge.journal import Checkpoint, Position, save_checkpoint, segments
from edge.journal.checkpoints import NAMES, last_checkpoint
from edge.store import load_store
from edge.wire import Heard, RecordingWriter
from tests.adapters.brokers import until
from tests.corner import OPENS_S, write_store
from tests.live.disks import unwritable
from tests.live.faults import OWES, RECEIPT, TWO_OF_EACH, Show, SmallShow, command

MIB = 1.5
"""Of the small disk: a shop's files at the beginning, and not much more."""


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    show = Show(tmp_path / "shop")
    with contextlib.closing(show):
        yield show


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallShow]:
    small = SmallShow(tmp_path / "shop", MIB)
    with contextlib.closing(small):
        yield small


# --- disks ---------------------------------------------------------------------------------------------------------


def test_a_full_disk_closes_the_shop_and_what_waits_is_written_when_there_is_space(small: SmallShow) -> None:
    small.start()
    small.part(0.0, 9.0)
    small.disk.fill()
    small.part(9.0, 14.0)
    small.staff.sees("closed", "cannot-keep-books", ledger="Free some space", recorder="Free some space")
    assert small.scan("bob", 14.0) == {"open": False, "reason": "cannot-keep-books"}
    assert small.outcome() == [], "Ana has left, and the book does not know"
    assert small.charges() == [], "nobody is asked for money whose intent is not in the book"
    small.disk.empty()
    small.part(14.0, 18.0)
    small.settle()
    small.is_untouched()
    small.staff.sees("open")
    until(lambda: last_checkpoint(small.state / "recordings") is not None, "a checkpoint behind what was not recorded")


def test_killed_on_a_full_disk_nobody_is_lost_and_nobody_pays_twice(small: SmallShow) -> None:
    small.start()
    small.part(0.0, 9.0)
    small.disk.fill()
    small.part(9.0, 14.0)
    small.staff.sees("closed", "cannot-keep-books", ledger="disk is full")
    small.kill()
    small.disk.empty()
    small.start()
    small.part(14.0, 18.0)
    small.settle()
    (line,) = small.outcome()
    assert line["state"] in ("review", "settled")
    assert line["items"] == RECEIPT, "what was recorded before the disk was full is not forgotten"
    assert [amount for _, amount in small.charges()] == ([OWES] if line["state"] == "settled" else [])
    assert small.prove() == []


def test_a_disk_that_becomes_read_only_closes_the_shop_until_it_is_well(show: Show) -> None:
    """The log lies on it as well: not even that may stop a shop."""
    show.start()
    show.part(0.0, 9.0)
    with unwritable(show.pid):
        show.part(9.0, 14.0)
        show.staff.sees("closed", "cannot-keep-books", ledger="cannot be read or written", recorder="disk")
        assert show.scan("bob", 14.0) == {"open": False, "reason": "cannot-keep-books"}
        assert (show.outcome(), show.charges()) == ([], [])
    show.part(14.0, 18.0)
    show.settle()
    show.is_untouched()
    show.staff.sees("open")


def refused(*words: str, inside: str = "") -> str:
    """`tebura run` is refused with exit code 2; what it says."""
    words = tuple(command("run", *words))
    if inside:
        words = ("unshare", "-rm", "sh", "-c", f'{inside} && exec "$@"', "sh", *words)
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    if inside and "unshare:" in done.stderr:
        pytest.skip("this kernel lets nobody mount anything")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_state_folder_that_cannot_be_used_is_told_with_the_remedy(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store")
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    told = refused("--store", str(store), "--state", str(state))
    assert f"{state}: cannot be the state folder (Not a directory)" in told
    assert "--state" in told
    state.unlink()
    state.mkdir()
    read_only = f"mount --bind '{state}' '{state}' && mount -o remount,bind,ro '{state}'"
    told = refused("--store", str(store), "--state", str(state), inside=read_only)
    assert f"{state}: cannot be the state folder (Read-only file system). Give this user" in told


# --- ports and neighbours ------------------------------------------------------------------------------------------


def test_a_second_shop_in_the_same_folder_is_refused_and_the_first_goes_on(show: Show) -> None:
    show.start()
    show.part(0.0, 9.0)
    told = refused("--store", str(show.folder), "--state", str(show.state))
    assert "another `tebura run` is at work in it. Stop that one" in told
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()


def test_a_taken_web_port_is_told_with_the_remedy(show: Show, tmp_path: Path) -> None:
    """The port of the broker will do: it is taken."""
    site = f'[broker]\nkind = "mqtt"\nport = {show.port}\n[web]\nport = {show.port}\n'
    (show.folder / "site.toml").write_text(site)
    told = refused("--store", str(show.folder), "--state", str(tmp_path / "state"))
    assert f"/healthz cannot be served on 127.0.0.1:{show.port} (Address already in use). Set another port" in told


def test_a_taken_broker_port_is_a_trouble_that_staff_see(show: Show, tmp_path: Path) -> None:
    """The embedded broker tries again: whoever has the port may go. The shop has not come up yet; its desk has."""
    (show.folder / "site.toml").write_text(f'[broker]\nport = {show.port}\nuser = "runtime"\n[web]\nlisten = ""\n')
    words = command("run", "--store", str(show.folder), "--state", str(tmp_path / "state"))
    with (tmp_path / "log").open("w") as log:
        daemon = subprocess.Popen(words, stderr=log)

    def told() -> str:
        with contextlib.suppress(OSError):
            troubles = ask(tmp_path / "state", {"do": "status"}).get("troubles", {})
            return " ".join(troubles.values())
        return ""

    try:
        until(lambda: f"port {show.port} is taken by another program" in told(), "staff see it")
        assert "set another port in [broker]" in told()
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10.0) == 0


# --- damaged files -------------------------------------------------------------------------------------------------


def ruin_last_page(state: Path) -> None:
    path = state / "ledger.db"
    data = bytearray(path.read_bytes())
    data[-4096:] = random.Random(1).randbytes(4096)
    path.write_bytes(data)


def tear_mirror(state: Path) -> None:
    lines = (state / "ledger.jsonl").read_bytes()
    (state / "ledger.jsonl").write_bytes(lines[:-30])


def without_wal(state: Path) -> None:
    (state / "ledger.db-wal").unlink(missing_ok=True)
    (state / "ledger.db-shm").unlink(missing_ok=True)


def ruin_all(state: Path) -> None:
    without_wal(state)
    (state / "ledger.db").write_bytes(random.Random(2).randbytes(50_000))


def without_book(state: Path) -> None:
    without_wal(state)
    (state / "ledger.db").unlink()


BOOKS: tuple[tuple[Callable[[Path], None], str], ...] = (
    (tear_mirror, ""),
    (without_wal, "lacked"),
    (without_book, "lacked"),
    (ruin_all, "damaged"),
    (ruin_last_page, "damaged"),
)
"""What is done to the book, and what staff read of it afterwards."""


def test_a_book_is_damaged_in_every_way_while_ana_shops_and_holds_in_the_end(show: Show) -> None:
    """Each time the shop is killed, its files are ruined, it starts, and she goes on shopping."""
    show.start()
    show.part(0.0, 8.0)
    show.stand_still(8.0)
    for i, (ruin, told) in enumerate(BOOKS):
        if ruin is ruin_last_page:
            show.terminate()  # all pages are in the file itself
        else:
            show.kill()
        ruin(show.state)
        show.start()
        if told:
            until(lambda told=told: told in show.troubles().get("repair", ""), f"staff read of {ruin}")  # type: ignore[misc]
        else:
            assert "repair" not in show.troubles()
        assert [e.visit for e in show.entries("visit")] == ["20231115-0001"], ruin
        show.part(8.0 + i, 9.0 + i)
        show.stand_still(9.0 + i)
    aside = sorted(p.name for p in show.state.glob("ledger.damaged-*.db"))
    assert aside == ["ledger.damaged-1.db", "ledger.damaged-2.db"], "what was damaged is kept"
    show.staff.sees("degraded", repair="compare the two before you delete it")
    show.part(13.0, 18.0)
    show.settle()
    show.is_untouched()


def tear_checkpoint(recordings: Path) -> None:
    path = recordings / NAMES[0]
    path.write_bytes(path.read_bytes()[:-100])


def without_checkpoints(recordings: Path) -> None:
    for name in NAMES:
        (recordings / name).unlink(missing_ok=True)


def of_another_version(recordings: Path) -> None:
    kept = last_checkpoint(recordings)
    assert kept is not None
    for _ in NAMES:
        save_checkpoint(recordings, Checkpoint("0.0.1", kept.position, kept.state))


def unreadable_by_this_version(recordings: Path) -> None:
    kept = last_checkpoint(recordings)
    assert kept is not None
    for _ in NAMES:
        save_checkpoint(recordings, Checkpoint("0.0.1", kept.position, msgspec.msgpack.encode({"state": b"?"})))


def ruin_last_segment(recordings: Path) -> None:
    path = segments(recordings)[-1]
    data = path.read_bytes()
    path.write_bytes(data[:2000] + random.Random(3).randbytes(len(data) - 2000))


@pytest.mark.parametrize(
    "ruin", [without_checkpoints, of_another_version, unreadable_by_this_version, ruin_last_segment, shutil.rmtree]
)
def test_a_visit_that_only_the_book_knows_goes_to_review_and_staff_hear_of_it(
    show: Show, ruin: Callable[[Path], None]
) -> None:
    show.start()
    show.part(0.0, 9.0)
    show.kill()
    ruin(show.state / "recordings")
    show.start()
    show.staff.sees("degraded", repair="1 visits that only the ledger knew of wait for review: 20231115-0001")
    until(lambda: len(show.staff.said("runtime/alert")) > 0, "staff are told")
    (alert,) = show.staff.said("runtime/alert")
    assert (alert["kind"], alert["visit"]) == ("review", "20231115-0001")
    show.part(9.0, 18.0)
    show.settle()
    (line,) = show.outcome()
    assert (line["state"], line["subject"]) == ("review", "ana")
    assert show.charges() == []
    assert show.prove() == []
    assert show.ask(do="pending")["pending"] == 0


def test_a_torn_checkpoint_is_passed_over_for_the_one_before_it(show: Show) -> None:
    show.start()
    show.part(0.0, 4.0)
    show.terminate()
    show.start()
    show.part(4.0, 9.0)
    show.kill()
    tear_checkpoint(show.state / "recordings")
    show.start()
    assert "repair" not in show.troubles()
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()


def test_recordings_that_vanish_while_the_shop_works_are_begun_anew(show: Show) -> None:
    """A thousand messages later at the latest it is noticed."""
    show.start()
    show.part(0.0, 9.0)
    shutil.rmtree(show.state / "recordings")
    empty = Heard("camera/cam/people", b'{"t":%d,"people":[]}' % (OPENS_S - 100), 0.0)
    for _ in range(1000):
        show.say(empty)
    show.staff.sees("degraded", recorder="recordings cannot be written (No such file or directory)")
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()
    show.staff.sees("open")
    assert segments(show.state / "recordings")


# --- lines that go -------------------------------------------------------------------------------------------------


def test_the_broker_is_gone_while_ana_shops(show: Show) -> None:
    """What she took while nobody was heard is found by its weight, and charged only if nobody else can have it."""
    show.start()
    show.part(0.0, 6.0)
    show.stop_broker()
    until(lambda: "broker" in show.troubles(), "staff see that there is no broker")
    assert "broker" in show.troubles()["broker"]
    assert not show.ask(do="status")["connected"]
    away = [h for h in show.messages if 6.0 <= h.received_s - OPENS_S < 8.5]
    show.ask(do="rehearse", at=away[-1].received_s, speed=0.0)
    show.start_broker()
    until(lambda: bool(show.ask(do="status")["connected"]), "it is back", 20.0)
    until(show.client.is_connected, "so are the sensors")
    show.staff.come()
    show.part(8.5, 18.0)
    show.settle()
    assert "broker" not in show.troubles()
    show.staff.sees("open")
    (line,) = show.outcome()
    assert set(line["items"].items()) <= set(RECEIPT.items()), "never more than she took"
    assert line["items"] or line["withheld"], "what left the shelf meanwhile is not forgotten"
    assert sum(amount for _, amount in show.charges()) == (line["total"] if line["state"] == "settled" else 0)
    assert show.prove() == []


def test_one_camera_and_one_shelf_that_say_nothing_are_named_and_the_shop_stays_open(tmp_path: Path) -> None:
    with contextlib.closing(Show(tmp_path / "shop", store=TWO_OF_EACH)) as show:
        show.start()
        show.part(0.0, 18.0)
        show.staff.sees("degraded")
        assert show.staff.status["late"] == ["camera/cam2", "shelf/g1-s2"]
        show.settle()
        show.is_untouched()


@pytest.mark.parametrize(("source", "why"), [("camera/", "cannot-see"), ("shelf/", "cannot-weigh")])
def test_without_any_cameras_or_shelves_nobody_comes_in_and_nobody_is_charged_wrongly(
    show: Show, source: str, why: str
) -> None:
    """All of them are silent from before Ana takes anything."""
    show.start()
    show.messages = [h for h in show.messages if not h.topic.startswith(source) or h.received_s < OPENS_S + 6.0]
    show.part(0.0, 12.0)
    show.staff.sees("closed", why)
    assert show.scan("bob", 12.0) == {"open": False, "reason": why}
    show.part(12.0, 18.0)
    show.settle()
    (line,) = show.outcome()
    assert (line["total"], show.charges()) == (0, []) or line["state"] == "review", "nobody saw who took it"
    assert show.prove() == []


# --- stopping and starting -----------------------------------------------------------------------------------------


def test_a_shop_is_stopped_in_good_order_and_the_visit_goes_on(show: Show) -> None:
    show.start()
    show.part(0.0, 9.0)
    assert show.terminate() < 2.0
    show.staff.sees("closed", "the runtime was stopped")
    show.staff.leave()
    show.staff.come()
    show.staff.sees("closed", "the runtime was stopped")
    assert [retained for topic, _, retained in show.staff.device.heard if topic.endswith("status")] == [True]
    show.start()
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()


def test_a_killed_shop_leaves_its_last_will(show: Show) -> None:
    show.start()
    show.part(0.0, 9.0)
    show.kill()
    show.staff.sees("closed", "the runtime is gone")
    show.start()
    show.part(9.0, 18.0)
    show.staff.sees("open")
    show.settle()
    show.is_untouched()


def test_it_serves_soon_after_a_kill_with_twenty_thousand_messages_behind_the_checkpoint(
    show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings = show.state / "recordings"
    recordings.mkdir(parents=True)
    store = load_store(show.folder)
    path = recordings / "20231114T220000Z-000001.mcap"
    looped = [h for h in show.messages if not h.topic.startswith("gate/") and h.received_s < OPENS_S + 6.0]
    with RecordingWriter(path, store.sources, OPENS_S) as recording:
        for turn in range(-(20_000 // len(looped) + 1), 0):
            for heard in looped:
                payload = msgspec.json.decode(heard.payload)
                payload["t"] += 6.0 * turn
                payload |= {"people": []} if "people" in payload else {}
                received_s = heard.received_s + 6.0 * turn
                recording.write(heard.topic, msgspec.json.encode(payload), received_s, received_s)
    save_checkpoint(recordings, Checkpoint(__version__, Position(path.name, 0), Driver(store).freeze()))
    began_s = time.monotonic()
    show.start()
    spent_s = time.monotonic() - began_s
    with capsys.disabled():
        print(f"\nserving {spent_s:.1f} s after a kill with 20,000 messages behind the checkpoint")
    until(lambda: "messages=200" in show.log(), "the log says how many were stepped once more")
    assert spent_s < 10.0
    show.part(0.0, 18.0)
    show.settle()
    show.is_untouched()


# --- who may come in -----------------------------------------------------------------------------------------------


def test_members_are_added_by_two_at_once_and_who_is_revoked_is_refused_within_two_seconds(show: Show) -> None:
    show.start()
    folder = ["--state", str(show.state)]
    clerks = [
        subprocess.Popen(command("member", "add", name, "--no-key", *folder), stdout=subprocess.DEVNULL)
        for name in ("ana", "bob")
    ]
    assert [clerk.wait(20.0) for clerk in clerks] == [0, 0]
    show.part(0.0, 9.0)
    with Members(show.state / MEMBERS) as register:  # as the command does, which takes a while to start
        register.revoke("bob", time.time())
    revoked_s = time.monotonic()
    n = 0
    while show.scan("bob", 9.0 + n / 1000).get("reason") != "revoked":  # until then: in, or shut for its sensors
        n += 1
        assert time.monotonic() < revoked_s + 2.0, "a revoked member still comes in"
    show.part(9.0, 18.0)
    show.settle()
    show.is_untouched()
