"""Readers that know their people, and policies that want two things at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store import BrokenStore, Policy, load_store
from tests.corner import STORE, write_store
from tests.gate.entrance import ANA, BEN, Entrance, Phone, admitted, refused, shop_with, waits

PALM_OR_PALM_AND_FACE = """
[[policy.accept]]
palm = 0.95
[[policy.accept]]
palm = 0.80
face = 0.80
"""
CODE_AND_FACE = """
[[policy.accept]]
credential = 1.0
face = 0.85
"""


def door_with(policy: str) -> Entrance:
    return Entrance(shop_with(policy)).enrol(ANA, BEN)


# --- one method ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["palm", "face", "card", ""])
def test_a_shop_that_says_nothing_believes_a_reader_that_is_sure(method: str) -> None:
    door = Entrance()
    answer = admitted(door.read("member-17", method, 0.90, 0, party=2))
    assert (answer.subject, answer.role, answer.method, answer.party) == ("member-17", "member", method, 2)
    assert answer.nonce_key == ""
    assert refused(door.read("member-17", method, 0.89, 1)).reason == "score-too-low"


def test_a_score_that_is_too_low_says_what_is_asked_for() -> None:
    assert refused(door_with(PALM_OR_PALM_AND_FACE).read("ana", "palm", 0.5, 0)).detail == (
        "palm is 0.50 sure of it, 0.80 is asked for"
    )
    assert refused(Entrance().read("ana", "", 0.5, 0)).detail == "the reader is 0.50 sure of it, 0.90 is asked for"


def test_staff_whom_a_reader_knows_come_in_as_staff() -> None:
    assert admitted(Entrance().enrol(ANA, role="staff").read("ana", "palm", 0.99, 0)).role == "staff"


def test_whom_the_shop_revoked_no_reader_lets_in() -> None:
    door = Entrance().enrol(ANA)
    door.revoke("ana", ANA.public_key)
    door.revoke("member-17")
    for subject in ("ana", "member-17"):
        answer = refused(door.read(subject, "palm", 0.99, 0))
        assert (answer.reason, answer.subject) == ("revoked", subject)
    assert admitted(door.read("member-18", "palm", 0.99, 0)).subject == "member-18"


def test_a_method_that_the_shop_does_not_accept() -> None:
    answer = refused(door_with(PALM_OR_PALM_AND_FACE).read("ana", "card", 1.0, 0))
    assert (answer.reason, answer.subject) == ("method-not-accepted", "ana")
    assert answer.detail == "this shop does not accept 'card', but face, palm"


def test_a_shop_of_readers_alone_accepts_no_codes_and_uses_none_up() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    assert refused(door.show(ANA.code(0), 1)).reason == "method-not-accepted"
    assert door.state.used == {}
    door.shop = shop_with()
    assert admitted(door.show(ANA.code(0), 2)).subject == "ana"


def test_a_reader_cannot_say_that_it_saw_a_code() -> None:
    for policy in ("", CODE_AND_FACE):
        assert refused(door_with(policy).read("ana", "credential", 1.0, 0)).reason == "method-not-accepted"


# --- pairs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["palm", "face"])
def test_a_palm_and_a_face_in_either_order(first: str) -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    second = {"palm": "face", "face": "palm"}[first]
    half = waits(door.read("ana", first, 0.85, 0))
    assert (half.subject, half.methods, half.detail) == ("ana", (second,), f"also needed: {second}")
    answer = admitted(door.read("ana", second, 0.80, 9.9, party=3))
    assert (answer.subject, answer.method, answer.party) == ("ana", "face+palm", 3)


def test_a_palm_that_is_sure_enough_needs_no_face() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    assert admitted(door.read("ana", "palm", 0.95, 0)).method == "palm"
    waits(door.read("ben", "palm", 0.94, 0))
    assert admitted(door.read("ben", "palm", 0.96, 2)).method == "palm", "a better look at the same palm"


def test_two_looks_at_one_palm_are_no_pair() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    for at_s in range(5):
        waits(door.read("ana", "palm", 0.94, at_s))
    assert len(door.state.halves) == 1


def test_one_of_them_is_not_good_enough() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "face", 0.99, 0))
    assert refused(door.read("ana", "palm", 0.79, 1)).reason == "score-too-low"
    assert admitted(door.read("ana", "palm", 0.80, 2)).method == "face+palm", "another look"


@pytest.mark.parametrize(("gap_s", "in_time"), [(9.9, True), (10.0, True), (10.1, False), (3600.0, False)])
def test_a_half_waits_ten_seconds(gap_s: float, in_time: bool) -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "palm", 0.9, 0))
    answer = door.read("ana", "face", 0.9, gap_s)
    if in_time:
        assert admitted(answer).method == "face+palm"
        assert door.state.halves == []
    else:
        assert waits(answer).methods == ("palm",)


def test_a_shop_may_give_them_more_time() -> None:
    door = door_with("pair_within_s = 60.0\n" + PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "palm", 0.9, 0))
    assert admitted(door.read("ana", "face", 0.9, 59)).method == "face+palm"


def test_halves_of_two_people_make_no_whole_and_nor_do_two_gates() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "palm", 0.9, 0))
    waits(door.read("ben", "face", 0.9, 1))
    waits(door.read("ana", "face", 0.9, 2, gate="in-2"))
    assert admitted(door.read("ana", "face", 0.9, 3)).subject == "ana"
    assert admitted(door.read("ben", "palm", 0.9, 4)).subject == "ben"


def test_a_pair_opens_once() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "palm", 0.9, 0))
    admitted(door.read("ana", "face", 0.9, 1))
    waits(door.read("ana", "face", 0.9, 2))


def test_who_is_revoked_between_the_halves_stays_out() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "palm", 0.9, 0))
    door.revoke("ana", ANA.public_key)
    assert refused(door.read("ana", "face", 0.9, 1)).reason == "revoked"


def test_a_half_waits_through_a_restart() -> None:
    door = door_with(PALM_OR_PALM_AND_FACE)
    waits(door.read("ana", "palm", 0.9, 0))
    door.restart()
    assert admitted(door.read("ana", "face", 0.9, 5)).method == "face+palm"


def test_three_at_once_in_any_order() -> None:
    door = door_with("[[policy.accept]]\npalm = 0.5\nface = 0.5\ncard = 0.5")
    assert waits(door.read("ana", "card", 0.5, 0)).methods == ("face", "palm")
    last = waits(door.read("ana", "face", 0.5, 4))
    assert last.methods == ("palm",)
    assert last.until_s == pytest.approx(waits(door.read("ana", "face", 0.5, 5)).until_s), "the card is the oldest"
    assert admitted(door.read("ana", "palm", 0.5, 10)).method == "card+face+palm"


# --- a code and a face ---------------------------------------------------------------------------------------------


def test_a_code_and_a_face_in_either_order() -> None:
    door = door_with(CODE_AND_FACE)
    assert waits(door.show(ANA.code(0, party=2), 1)).methods == ("face",)
    first = admitted(door.read("ana", "face", 0.9, 5))
    assert (first.subject, first.method, first.party) == ("ana", "credential+face", 2)
    waits(door.read("ben", "face", 0.9, 6))
    second = admitted(door.show(BEN.code(0), 7))
    assert second.method == "credential+face"
    assert {first.nonce_key, second.nonce_key} == set(door.state.used)


def test_anas_code_and_somebody_elses_face_open_nothing() -> None:
    door = door_with(CODE_AND_FACE)
    waits(door.show(ANA.code(0), 1))
    assert waits(door.read("ben", "face", 0.99, 2)).methods == ("credential",)


def test_a_code_that_waits_may_be_read_again_and_waits_no_longer_for_it() -> None:
    door = door_with(CODE_AND_FACE)
    code = ANA.code(0)
    until_s = waits(door.show(code, 1)).until_s
    for at_s in (1.2, 5, 10.9):
        assert waits(door.show(code, at_s)).until_s == until_s
    assert refused(door.show(code, 3, gate="in-2")).reason == "replayed", "it was shown at the other gate"
    assert refused(door.show(code, 11.1)).reason == "replayed", "the next code, please"
    assert waits(door.read("ana", "face", 0.9, 12)).methods == ("credential",)
    assert admitted(door.show(ANA.code(10), 13)).subject == "ana"


def test_a_code_that_was_half_of_a_pair_is_used_up() -> None:
    door = door_with(CODE_AND_FACE)
    waits(door.show(ANA.code(0), 1))
    admitted(door.read("ana", "face", 0.9, 2))
    assert refused(door.show(ANA.code(0), 3)).reason == "replayed"


def test_codes_alone_suffice_where_they_are_listed() -> None:
    door = door_with("[[policy.accept]]\ncredential = 1.0" + PALM_OR_PALM_AND_FACE)
    assert admitted(door.show(ANA.code(0), 1)).method == "credential"
    stranger = Phone("cleo")
    assert refused(door.show(stranger.code(0), 1)).reason == "unknown"


# --- the policy ----------------------------------------------------------------------------------------------------


def test_what_suffices_stands_in_the_shops_policy() -> None:
    policy = shop_with(PALM_OR_PALM_AND_FACE).policy
    assert policy.accept == ({"palm": 0.95}, {"palm": 0.80, "face": 0.80})
    assert (Policy().accept, Policy().pair_within_s) == ((), 10.0)


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("palm = 1.5", "policy.accept[1].palm"),
        ('palm = "sure"', "policy.accept[1].palm"),
        ("", "policy.accept[1]"),
        ('"" = 0.9', "policy.accept[1]"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(tmp_path: Path, table: str, where: str) -> None:
    with pytest.raises(BrokenStore) as caught:
        load_store(write_store(tmp_path, store_toml=f"{STORE}\n[[policy.accept]]\n{table}\n"))
    (fault,) = caught.value.faults
    assert fault.where.startswith(where)
