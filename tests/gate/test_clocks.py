"""Clocks: how far apart a phone's and the shop's may be, and which of them a refusal blames."""

from __future__ import annotations

import pytest

from edge.gate import LIFE_S, SKEW_S, shop_skew_s
from tests.corner import OPENS_S
from tests.gate.entrance import ANA, Entrance, Phone, admitted, refused

REGULARS = [Phone(f"regular-{i}") for i in range(20)]
LATE_HOURS_S = 30_000.0


def skew_s(door: Entrance, at_s: float) -> float | None:
    return shop_skew_s(door.state, OPENS_S + at_s)


@pytest.mark.parametrize("at_s", [-SKEW_S, -29.9, 0.0, LIFE_S, LIFE_S + SKEW_S])
def test_a_code_is_good_from_half_a_minute_before_its_time_to_half_a_minute_after(at_s: float) -> None:
    assert admitted(Entrance().enrol(ANA).show(ANA.code(0), at_s)).subject == "ana"


@pytest.mark.parametrize(
    ("at_s", "reason", "detail"),
    [
        (-30.2, "phone-clock-ahead", "the phone's clock is 30 s ahead of the shop's"),
        (-3600.0, "phone-clock-ahead", "the phone's clock is 3600 s ahead of the shop's"),
        (40.2, "expired", "the code is 40 s old: the phone's clock is at least 30 s behind the shop's"),
        (7210.0, "expired", "the code is 7210 s old: the phone's clock is at least 7200 s behind the shop's"),
    ],
)
def test_one_phone_that_is_off_is_itself_to_blame(at_s: float, reason: str, detail: str) -> None:
    answer = refused(Entrance().enrol(ANA).show(ANA.code(0), at_s))
    assert (answer.reason, answer.subject) == (reason, "ana")
    assert answer.detail.startswith(detail)


def test_a_phone_whose_clock_is_put_right_comes_in() -> None:
    door = Entrance().enrol(ANA)
    slow = Phone("ana", fast_s=-60.0)
    assert refused(door.show(slow.code(100), 101)).reason == "expired"
    assert admitted(door.show(ANA.code(110), 111)).subject == "ana"


@pytest.mark.parametrize(("off_s", "side"), [(300.0, "behind"), (-300.0, "ahead of")])
def test_the_fourth_phone_that_is_off_alike_tells_that_it_is_the_shop(off_s: float, side: str) -> None:
    """Every phone is right, and the shop's clock is not."""
    door = Entrance().enrol(*REGULARS)
    reasons = []
    for i, phone in enumerate(REGULARS[:5]):
        answer = refused(door.show(phone.code(20 * i + off_s), 20 * i + 3 * i % 10))
        reasons.append(answer.reason)
    alone = "phone-clock-ahead" if off_s > 0 else "expired"
    assert reasons == [alone, alone, alone, "shop-clock-off", "shop-clock-off"]
    assert f"s {side} the clocks of 5 phones" in answer.detail
    off = skew_s(door, 100)
    assert off is not None
    assert off == pytest.approx(off_s, abs=LIFE_S)
    assert f"about {abs(off):.0f} s" in answer.detail


def test_one_phone_four_times_is_still_one_phone() -> None:
    door = Entrance().enrol(ANA)
    fast = Phone("ana", fast_s=300.0)
    assert {refused(door.show(fast.code(10 * i), 10 * i)).reason for i in range(6)} == {"phone-clock-ahead"}
    assert skew_s(door, 60) is None


def test_phones_that_are_off_by_different_amounts_accuse_themselves() -> None:
    door = Entrance().enrol(*REGULARS)
    phones = [Phone(p.owner, fast_s=60.0 + 20.0 * i) for i, p in enumerate(REGULARS)]
    assert {refused(door.show(p.code(i), i)).reason for i, p in enumerate(phones)} == {"phone-clock-ahead"}
    assert skew_s(door, 20) is None


def test_an_old_picture_is_expired_though_everybody_elses_code_is_a_few_seconds_old() -> None:
    door = Entrance().enrol(*REGULARS, ANA)
    for i, phone in enumerate(REGULARS[:8]):
        admitted(door.show(phone.code(10 * i), 10 * i + i))
    assert refused(door.show(ANA.code(20), 80)).reason == "expired"
    assert skew_s(door, 80) is None, "that is how old codes are"


def test_an_old_picture_in_a_shop_whose_clock_is_off_is_expired_too() -> None:
    door = Entrance().enrol(*REGULARS, ANA)
    for i, phone in enumerate(REGULARS[:8]):
        assert refused(door.show(phone.code(-100 + i), i)).reason in ("expired", "shop-clock-off")
    assert refused(door.show(ANA.code(-1000), 10)).reason == "expired", "it is not what the others are"


def test_forged_codes_of_many_do_not_move_the_shops_clock() -> None:
    door = Entrance().enrol(*REGULARS)
    for phone in REGULARS:
        code = phone.code(-500)
        last = "0" if code[-1] != "0" else "1"
        assert refused(door.show(code[:-1] + last, 0)).reason == "forged"
    assert skew_s(door, 0) is None
    assert refused(door.show(ANA.code(-500), 0)).reason == "unknown"


def test_a_code_that_is_shown_again_says_nothing_about_clocks() -> None:
    door = Entrance().enrol(*REGULARS[:3])
    for phone in REGULARS[:3]:
        admitted(door.show(phone.code(0), 1))
    before = list(door.state.skews)
    for phone in REGULARS[:3]:
        assert refused(door.show(phone.code(0), 60)).reason == "replayed"
    assert door.state.skews == before
    assert skew_s(door, 61) is None


def test_a_clock_that_was_put_right_is_soon_believed_again() -> None:
    door = Entrance().enrol(*REGULARS)
    for i, phone in enumerate(REGULARS[:10]):
        door.show(phone.code(10 * i - 600), 10 * i)
    assert skew_s(door, 100) == pytest.approx(-600, abs=LIFE_S)
    for i, phone in enumerate(REGULARS[10:13]):
        assert admitted(door.show(phone.code(100 + 10 * i), 103 + 10 * i)).subject == phone.owner
    assert skew_s(door, 130) is None


def test_what_phones_said_an_hour_ago_is_no_evidence() -> None:
    door = Entrance().enrol(*REGULARS)
    for phone in REGULARS[:10]:
        door.show(phone.code(-600), 0)
    assert skew_s(door, 3599) is not None
    assert skew_s(door, 3601) is None
    assert refused(door.show(REGULARS[11].code(LATE_HOURS_S - 600), LATE_HOURS_S)).reason == "expired"
    assert len(door.state.skews) == 1


def test_no_more_than_sixteen_phones_are_remembered() -> None:
    door = Entrance().enrol(*REGULARS)
    for i, phone in enumerate(REGULARS):
        admitted(door.show(phone.code(i + 20), i))
    assert len(door.state.skews) == 16
    door.restart()
    assert skew_s(door, 20) == pytest.approx(25, abs=LIFE_S)


@pytest.mark.parametrize(("off_s", "told"), [(9.0, False), (-19.0, False), (12.0, True), (-29.0, True), (29.0, True)])
def test_staff_are_told_of_a_clock_before_anybody_is_refused(off_s: float, told: bool) -> None:
    """Codes are five seconds old when they are read: what is left is the clock."""
    door = Entrance().enrol(*REGULARS)
    for i, phone in enumerate(REGULARS[:4]):
        admitted(door.show(phone.code(20 * i + off_s), 20 * i))
    off = skew_s(door, 80)
    assert (off is not None) is told
    assert off is None or (off > 0) is (off_s > 0), "positive: the shop's clock is behind"
