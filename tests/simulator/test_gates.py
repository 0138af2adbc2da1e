"""The language of gates and staff: what can be said, what gates hear of it, and how mistakes are told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.gate import Credential, read
from edge.records import (
    CredentialScan,
    GatePassage,
    GateScan,
    ModeSet,
    PeopleFrame,
    Record,
    Standing,
    Tick,
    WeightBatch,
)
from edge.store import read_store
from edge.wire import decode, open_recording
from simulator import simulate_story
from simulator.phones import Phones
from simulator.story import BrokenStory, read_story
from simulator.world import Played, messages, play
from tests.simulator.plays import SHOP, acted, load_at


def heard(played: Played) -> list[Record]:
    return [decode(SHOP, said.topic, said.payload, said.received_s) for said in messages(played, 1.0)]


def faults(*lines: str) -> list[str]:
    with pytest.raises(BrokenStory) as told:
        read_story("\n".join(lines), SHOP)
    return [str(f) for f in told.value.faults]


def at_gates(records: Sequence[Record]) -> list[str]:
    kinds = {GateScan: "scan", CredentialScan: "code"}
    return [
        f"{r.gate} {r.direction}" if isinstance(r, GatePassage) else kinds[type(r)]
        for r in records
        if isinstance(r, GatePassage | GateScan | CredentialScan)
    ]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["09:00:00 ana enters with a code", "09:00:09 ana leaves"], ["code", "entry in", "exit out"]),
        (["09:00:00 ana shows an old code", "09:00:09 ana goes away"], ["code"]),
        (
            ["09:00:00 ana shows face 0.9", "09:00:05 ana goes in", "09:00:15 ana leaves"],
            ["scan", "entry in", "exit out"],
        ),
        (["09:00:00 dan scans and goes away"], ["scan"]),
        (
            ["09:00:00 ana enters with a party of 2 but 3 come", "09:00:15 ana leaves"],
            ["scan", *["entry in"] * 3, *["exit out"] * 3],
        ),
        (["09:00:00 fay comes in through the exit", "09:00:15 fay leaves"], ["exit in", "exit out"]),
        (["09:00:00 eve enters", "09:00:15 eve leaves through the entrance"], ["scan", "entry in", "entry out"]),
        (["09:00:00 eve enters", "09:00:15 eve leaves unseen"], ["scan", "entry in"]),
        (["09:00:00 the light barrier of exit fires for nobody"], ["exit out"]),
    ],
)
def test_gates_say_what_the_story_says(lines: list[str], says: list[str]) -> None:
    assert at_gates(heard(acted(*lines))) == says


def test_a_follower_goes_in_behind_and_was_never_scanned() -> None:
    played = acted("09:00:00 ana enters", "09:00:01 cora follows ana in", "09:00:15 cora leaves", "09:00:20 ana leaves")
    assert at_gates(heard(played)) == ["scan", "entry in", "entry in", "exit out", "exit out"]
    assert [v["subject"] for v in played.stage.truth()["visits"]] == ["ana"], "who is no visitor has no receipt"


def test_the_shop_knows_its_members_before_the_first_scan() -> None:
    records = heard(
        acted(
            "09:00:00 aki enters as staff",
            "09:00:05 ana enters with a code",
            "09:00:10 ana is revoked",
            "09:00:20 ana leaves",
            "09:00:25 aki leaves",
        )
    )
    first = records[: next(i for i, r in enumerate(records) if isinstance(r, GateScan))]
    known = [(r.subject, r.role, bool(r.key), r.revoked) for r in first if isinstance(r, Standing)]
    assert known == [("aki", "staff", False, False), ("ana", "member", True, False)]
    assert [r.subject for r in records if isinstance(r, Standing) and r.revoked] == ["ana"]


def test_codes_are_those_of_their_owners_and_the_same_every_time() -> None:
    one, other = Phones(7, "demo"), Phones(7, "demo")
    texts = [phones.code(kind, "ana", 1e9) for phones in (one, other) for kind in ("a code", "an old code")]
    assert texts[:2] == texts[2:]
    assert one.code("ana's code again", "ben", 1e9) == texts[1]
    following, own = read(one.code("ana's next code", "ben", 1e9 + 20)), read(texts[0])
    assert isinstance(following, Credential)
    assert isinstance(own, Credential)
    assert following.key_id == own.key_id
    assert following.nonce_key != own.nonce_key
    assert Phones(8, "demo").code("a code", "ana", 1e9) != texts[0], "another seed, other keys"


def test_what_staff_bring_lies_on_the_shelf_and_what_they_take_away_does_not() -> None:
    played = acted(
        "09:00:00 aki enters as staff",
        "09:00:15 aki restocks 5 onigiri-salmon on fridge-s4:2",
        "09:00:40 aki takes away 2 sandwich-egg from fridge-s4:11",
        "09:00:55 aki leaves",
    )
    start_s = played.start_s
    before, after = (load_at(played, "fridge-s4", t) for t in (start_s, played.end_s))
    change = after - before
    assert change[:4].sum() == pytest.approx(5 * SHOP.catalogue["onigiri-salmon"].weight_g, rel=0.05)
    assert change[9:13].sum() == pytest.approx(-2 * SHOP.catalogue["sandwich-egg"].weight_g, rel=0.05)
    assert played.stage.truth()["visits"] == []


def test_staff_say_what_the_shop_is_doing() -> None:
    records = heard(
        acted("09:00:00 the shop is being restocked", "09:00:01 the shop is closed", "09:00:02 the shop is open")
    )
    assert [r.mode for r in records if isinstance(r, ModeSet)] == ["restock", "closed", "open"]


def test_in_a_blindness_only_gates_are_heard() -> None:
    played = acted("09:00:00 ana enters", "09:00:05 a blindness of 8 s", "09:00:10 ana leaves")
    from_s = played.start_s + 6.0 + 5.0
    records = heard(played)
    during = [r for r in records if from_s <= r.received_s < from_s + 8.0]
    assert during
    assert all(isinstance(r, GatePassage) for r in during)
    around = [r for r in records if not from_s <= r.received_s < from_s + 8.0]
    assert {WeightBatch, PeopleFrame, Tick} <= {type(r) for r in around}


def test_time_passes_with_the_clock_and_the_sensors() -> None:
    played = acted("09:00:00 ana enters", "09:00:05 2 minutes pass", "09:02:10 ana leaves")
    ticks = [r.at_s for r in heard(played) if isinstance(r, Tick)]
    assert ticks == sorted(ticks)
    assert len(ticks) == pytest.approx(played.end_s - played.start_s, abs=2)
    assert played.end_s > played.start_s + 130
    quiet = acted("09:00:00 ana enters", "09:00:15 ana leaves")
    assert not [r for r in heard(quiet) if isinstance(r, Tick)], "stories that do not ask for it have no clock"


def test_a_story_brings_its_own_policy_along(tmp_path: Path) -> None:
    policies = "policy lost_after_s 30\npolicy charge_at 0.9\nthe gate accepts palm 0.80 and face 0.70\n"
    text = policies + "09:00:00 dan scans and goes away\n"
    simulate_story(SHOP, text, tmp_path / "a.mcap")
    policy = read_store(open_recording(tmp_path / "a.mcap").store_files()).policy
    assert (policy.lost_after_s, policy.accept) == (30.0, ({"palm": 0.8, "face": 0.7},))
    assert (policy.charge_at, policy.below) == (0.9, SHOP.policy.below)


def test_who_showed_something_when_stands_in_the_truth_where_gates_are_looked_at(tmp_path: Path) -> None:
    text = "09:00:00 dan shows an old code\n09:00:04 dan goes away\n"
    told = simulate_story(SHOP, text + "= the gate stays shut for dan: expired\n", tmp_path / "a.mcap")
    assert [s["who"] for s in told["scans"]] == ["dan"]
    assert json.loads(open_recording(tmp_path / "a.mcap").attachments["truth.json"]) == told
    assert "scans" not in simulate_story(SHOP, text, tmp_path / "b.mcap")


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["09:00:00 ana goes in"], "ana does not stand before a gate"),
        (["09:00:00 ana shows a code"], "ana stands before the gate for ever"),
        (["09:00:00 dan shows ben's code again", "09:00:05 dan goes away"], "ben has shown no code yet"),
        (
            ["09:00:00 ana enters", "09:00:05 ana restocks 5 cola-500 on g1-s1", "09:00:20 ana leaves"],
            "ana is no staff",
        ),
        (["09:00:00 ana enters with a party of 3 but 2 come", "09:00:20 ana leaves"], "fewer come"),
        (["09:00:00 cora follows ana in", "09:00:20 cora leaves"], "ana has not gone in"),
        (["09:00:00 dan shows palm 1.5", "09:00:05 dan goes away"], "a reader cannot be 1.5 sure"),
        (["09:00:00 dan scans and goes away", "= the gate stays shut for dan: tired"], "no gate says 'tired'"),
        (["09:00:00 dan scans and goes away", "= staff are told: gossip"], "staff are never told 'gossip'"),
        (["09:00:00 dan scans and goes away", "= zoe is reviewed"], "zoe never scanned"),
        (["09:00:00 dan scans and goes away", "policy charge_at lots"], "no shop has such a policy"),
        (["09:00:00 the light barrier of window fires for nobody"], "no gate 'window'"),
        (["09:00:00 0 s pass"], "0 s is no time"),
    ],
)
def test_what_cannot_be_is_told(lines: list[str], what: str) -> None:
    assert any(what in fault for fault in faults(*lines)), faults(*lines)


def test_where_no_reader_is_trusted_members_come_with_their_phones() -> None:
    """A new shop has no `trusted_reader`; stories and busy traffic play in it all the same."""
    toml = SHOP.sources["store.toml"].replace(b"trusted_reader = true", b"")
    shop = read_store({**SHOP.sources, "store.toml": toml})
    story = (
        "09:00:00 aki enters as staff\n09:00:10 ana enters with a party of 2\n09:00:40 ana leaves\n09:00:50 aki leaves"
    )
    played = play(shop, read_story(story, shop), 1)
    records = [decode(shop, said.topic, said.payload, said.received_s) for said in messages(played, 1.0)]
    codes = [read(r.credential) for r in records if isinstance(r, CredentialScan)]
    assert [code.party for code in codes if isinstance(code, Credential)] == [1, 2]
    assert {(r.subject, r.role) for r in records if isinstance(r, Standing) and r.key} == {
        ("aki", "staff"), ("ana", "member"),
    }  # fmt: skip
    with pytest.raises(BrokenStory, match="the shop trusts no reader at entry: write ana shows a code"):
        read_story("09:00:00 ana shows palm 0.95\n09:00:05 ana goes away", shop)
