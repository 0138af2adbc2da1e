"""A shop that is killed two hundred times on a busy morning: nobody is lost, nobody pays twice, nobody pays too much.

The daemon is killed with SIGKILL at random moments, half of them while somebody leaves and pays, some of them while it
is still getting up. Its ledger is compared with that of a shop that nobody disturbed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.wire import Heard, open_recording
from simulator.replay import replay, visit_line
from tests.core.mornings import busy
from tests.live.stage import Theatre, sensors

VISITS = 9
KILLS = 100
SPEED = 2.0

PAYING = "[payment]\nlatency_s = 1.0\n"
"""A provider that takes its time, so that payments are under way."""


@pytest.fixture
def morning(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return busy(tmp_path / "morning.mcap", VISITS, request.param, roughness=0.5)


@pytest.fixture
def theatre(tmp_path: Path, morning: Path) -> Iterator[Theatre]:
    stage = Theatre(tmp_path / "shop", open_recording(morning).store_files(), PAYING)
    try:
        yield stage
    finally:
        stage.close()


def moments(messages: list[Heard], chance: random.Random) -> set[int]:
    """After which messages it is killed: anywhere, and while somebody who has left is paying."""
    anywhere = chance.sample(range(len(messages)), KILLS // 2)
    left_s = [heard.received_s for heard in messages if heard.topic == "gate/exit/passage"]
    paying = [i for i, heard in enumerate(messages) if any(0.2 < heard.received_s - s < 2.5 for s in left_s)]
    return {*anywhere, *chance.sample(paying, KILLS - len(anywhere))}


def receipts(entries: Any) -> dict[str, dict[str, Any]]:
    """Visit -> what it was told; no visit ends twice."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        assert entry.visit not in found, f"{entry.visit} ended twice"
        found[entry.visit] = visit_line("", entry)
    return found


def is_fair(mine: dict[str, Any], undisturbed: dict[str, Any]) -> bool:
    """Nothing that the undisturbed shop would not have charged is charged."""
    if mine["state"] == "review" or undisturbed["state"] == "review":
        return True
    return all(count <= undisturbed["items"].get(sku, 0) for sku, count in mine["items"].items())


def look_through(theatre: Theatre, morning: Path) -> int:
    """What must hold whatever happened; how many receipts are exactly the undisturbed shop's."""
    undisturbed = receipts(replay(open_recording(morning)).decided)
    mine = receipts(theatre.entries("settlement", "review"))
    assert mine.keys() == undisturbed.keys(), "no visit is lost, none is invented"
    for visit, receipt in mine.items():
        assert is_fair(receipt, undisturbed[visit]), (receipt, undisturbed[visit])
    due = {e.body["key"]: e.body["total_minor"] for e in theatre.entries("settlement") if e.body["total_minor"]}
    assert sorted(theatre.charges()) == sorted(due.items()), "everybody is charged what the book says, once"
    approved = [entry.visit for entry in theatre.entries("payment-approved")]
    assert len(approved) == len(set(approved)) == len(due)
    assert theatre.prove() == []
    return sum(mine[visit] == undisturbed[visit] for visit in mine)


@pytest.mark.parametrize(("morning", "seed"), [(3, 1), (5, 2)], indirect=["morning"])
def test_a_hundred_kills_change_nothing(theatre: Theatre, morning: Path, seed: int) -> None:
    """The world stands still while the shop is down, so that only what was on its way can be lost."""
    chance = random.Random(seed)
    messages = sensors(open_recording(morning))
    kill_after = moments(messages, chance)
    theatre.start()

    def kill(i: int) -> None:
        if i not in kill_after:
            return
        time.sleep(chance.uniform(0.0, 0.03))
        theatre.kill()
        while chance.random() < 0.1:
            theatre.start(wait=False)
            time.sleep(chance.uniform(0.0, 0.4))
            theatre.kill()
        theatre.start()

    theatre.play(messages, SPEED, kill)
    theatre.settle_down()
    theatre.terminate()
    assert theatre.restarts > KILLS
    same = look_through(theatre, morning)
    assert same >= VISITS // 2, f"only {same} receipts are what they would have been"


@pytest.mark.parametrize("morning", [4], indirect=True)
def test_people_go_on_shopping_while_the_shop_is_down(theatre: Theatre, morning: Path) -> None:
    """Whoever was among others while nobody looked is looked at by a person; nobody is charged for somebody else."""
    chance = random.Random(7)
    messages = sensors(open_recording(morning))
    kill_after = set(chance.sample(range(1000, len(messages) - 1000), 6))
    theatre.start()

    def kill(i: int) -> None:
        if i in kill_after:
            theatre.kill()
            theatre.start(wait=False)

    theatre.play(messages, 1.0, kill)
    theatre.settle_down()
    theatre.terminate()
    mine = receipts(theatre.entries("settlement", "review"))
    undisturbed = receipts(replay(open_recording(morning)).decided)
    admitted = {entry.visit for entry in theatre.entries("visit")}
    assert mine.keys() <= admitted
    for visit, receipt in mine.items():
        assert is_fair(receipt, undisturbed[visit]), (receipt, undisturbed[visit])
    assert theatre.prove() == []
