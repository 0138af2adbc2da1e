"""What people look like, in a shop at work: where copies lie, and where none do when the policy says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.appearance import unit
from edge.cli import app
from edge.daemon.shop import LEDGER, RECORDINGS
from edge.journal import segments
from edge.journal.checkpoints import NAMES
from edge.state import freeze
from edge.store import load_store
from edge.wire import Heard, open_recording
from tests.corner import STORE, write_store
from tests.daemon.rehearsals import Rehearsal

LOOK = [0.36, -0.48, 0.8]
DIRECTION = unit(LOOK)
assert DIRECTION is not None
AS_KEPT = DIRECTION.tobytes()
"""How a gallery holds it."""

NEVER, UNRECORDED = "appearance = false", "record_appearance = false"


def worn(heard: Heard) -> Heard:
    """What a camera says, and what everybody in it looks like."""
    if not heard.topic.startswith("camera/"):
        return heard
    told = json.loads(heard.payload)
    for person in told["people"]:
        person["embedding"] = LOOK
    return Heard(heard.topic, json.dumps(told).encode(), heard.received_s)


def rehearsal(folder: Path, policy: str = "") -> Rehearsal:
    shop = Rehearsal(folder)
    shop.messages = [worn(heard) for heard in shop.messages]
    edit(shop, policy)
    return shop


def edit(shop: Rehearsal, policy: str) -> None:
    shop.store = load_store(write_store(shop.state.parent / "store", store_toml=f"{STORE}\n[policy]\n{policy}\n"))


def recorded(shop: Rehearsal, topic: str = "camera/cam/people") -> list[bytes]:
    there = segments(shop.state / RECORDINGS)
    return [heard.payload for path in there for heard in open_recording(path) if heard.topic == topic]


def on_disk(shop: Rehearsal) -> list[str]:
    """Files in which the vector stands, as text or as a gallery keeps it; recordings are unpacked."""
    found = [n for n in NAMES if (p := shop.state / RECORDINGS / n).exists() and AS_KEPT in p.read_bytes()]
    return found + ["recordings"] * any(b"0.48" in payload for payload in recorded(shop))


def test_recordings_hold_what_was_on_the_wire_and_checkpoints_what_is_known_of_those_inside(tmp_path: Path) -> None:
    shop = rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    shop.shop.close()
    assert on_disk(shop) == ["checkpoint", "recordings"]
    said = {heard.payload for heard in shop.messages if heard.topic.startswith("camera/")}
    assert set(recorded(shop)) <= said
    shop.open()
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.pass_s(60)
    assert AS_KEPT not in freeze(shop.shop.driver.state), "it goes with the visit"
    shop.shop.close()


def test_what_is_not_recorded_is_used_all_the_same(tmp_path: Path) -> None:
    shop = rehearsal(tmp_path, UNRECORDED)
    shop.open()
    shop.play(0.0, 9.0)
    assert AS_KEPT in freeze(shop.shop.driver.state)
    shop.shop.close()
    assert on_disk(shop) == ["checkpoint"]
    shop.open()
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


def test_what_is_not_used_is_not_recorded_either(tmp_path: Path) -> None:
    shop = rehearsal(tmp_path, NEVER)
    shop.open()
    shop.play(0.0, 9.0)
    assert AS_KEPT not in freeze(shop.shop.driver.state)
    shop.shop.close()
    assert on_disk(shop) == []
    assert len(recorded(shop)) > 80


@pytest.mark.parametrize("killed", [False, True])
def test_a_shop_that_does_without_from_now_on_forgets_what_it_knew(tmp_path: Path, killed: bool) -> None:
    shop = rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 9.0)
    if killed:
        shop.leave_as_killed()
    else:
        shop.shop.close()
    edit(shop, NEVER)
    shop.open()
    assert AS_KEPT not in freeze(shop.shop.driver.state)
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()
    assert AS_KEPT not in (shop.state / RECORDINGS / "checkpoint").read_bytes()


@pytest.mark.parametrize(("policy", "kept"), [("", 1), (UNRECORDED, 0), (NEVER, 0)])
def test_a_broken_message_of_a_camera_is_recorded_only_where_looks_are(tmp_path: Path, policy: str, kept: int) -> None:
    shop = rehearsal(tmp_path, policy)
    shop.open()
    shop.shop.ear.hear("camera/cam/people", b'{"t": 1, "people": [{"head": [1], "embedding": [0.36, -0.48, 0.8]}]}')
    shop.work()
    shop.shop.close()
    assert len(recorded(shop)) == kept
    assert shop.shop.ear.refused == {("camera/cam", "breaks the contract"): 1}, "and counted everywhere"


def test_after_a_kill_visits_go_on(tmp_path: Path) -> None:
    shop = rehearsal(tmp_path, UNRECORDED)
    shop.open()
    shop.play(0.0, 9.0)
    shop.leave_as_killed()
    found = shop.open()
    assert (found.cold, found.heard > 100) == ("", True)
    shop.play(9.0, 18.0)
    shop.settle()
    shop.is_untouched()
    shop.shop.close()


@pytest.mark.parametrize(("policy", "state"), [("", "settled"), (UNRECORDED, "review")])
def test_after_a_kill_nobody_is_charged_for_an_end_that_only_a_recording_without_looks_tells(
    tmp_path: Path, policy: str, state: str
) -> None:
    """The recording says that she left, and the book does not: so it does where the live shop took somebody else for
    her.
    """
    shop = rehearsal(tmp_path, policy)
    shop.open()
    shop.play(0.0, 9.0)
    shop.leave_as_killed()
    shop.open()
    books = [shop.state / LEDGER, (shop.state / LEDGER).with_suffix(".jsonl")]
    saved = [(path, path.read_bytes()) for path in books]
    shop.play(9.0, 18.0)
    shop.settle()
    shop.leave_as_killed()
    for beside in shop.state.glob(f"{LEDGER}-*"):
        beside.unlink()
    for path, data in saved:
        path.write_bytes(data)
    found = shop.open()
    assert bool(found.cold) == (state == "review")
    shop.settle()
    assert [line["state"] for line in shop.outcome()] == [state]
    assert shop.shop.book.prove() == []
    shop.shop.close()


@pytest.mark.parametrize(("policy", "told"), [("", False), (UNRECORDED, True), (NEVER, False)])
def test_a_replay_says_what_its_recording_lacks(tmp_path: Path, policy: str, told: bool) -> None:
    shop = rehearsal(tmp_path, policy)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.shop.close()
    (segment,) = segments(shop.state / RECORDINGS)
    page = tmp_path / "report.html"
    done = CliRunner().invoke(app, ["replay", str(segment), "--report", str(page)])
    assert done.exit_code == 0, done.output
    assert ("record_appearance = false" in done.stderr) == told
    assert ("record_appearance = false" in page.read_text(encoding="utf-8")) == told
