"""The language of stories: what can be said, and how mistakes are told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.busy import Habits, busy_story
from simulator.grammar import Place
from simulator.shops import random_shop
from simulator.story import BrokenStory, Story, read_story
from tests.simulator.plays import SHOP, acted


def read(text: str) -> Story:
    return read_story(text, SHOP, "day.story")


def faults(text: str) -> list[str]:
    with pytest.raises(BrokenStory) as told:
        read(text)
    return [str(f) for f in told.value.faults]


def test_a_story_says_who_does_what_when() -> None:
    story = read(
        """
        shop demo
        seed 7
        day 2026-07-01
        roughness 1.5
        09:00:00    ana enters with ben and chika   # three on one scan
        09:00:12.5  ben takes two onigiri-salmon from fridge-s4:1-2 one by one
        09:00:40    ana leaves
        = ana pays 356 JPY or less or review: 2 onigiri-salmon
        """
    )
    assert (story.seed, str(story.day), story.roughness) == (7, "2026-07-01", 1.5)
    enters, takes, _ = (act.deed for act in story.acts)
    assert enters.names() == ("ben", "chika")
    assert (takes.at_s, takes.actor, takes.count(), takes.text("sku")) == (32412.5, "ben", 2, "onigiri-salmon")
    assert takes.place() == Place("fridge-s4", 1, 2)
    assert takes.text("manner") == "one by one"
    assert story.followers == {"chika"}
    (expected,) = story.expected
    assert (expected.total_minor, expected.items) == (356, {"onigiri-salmon": 2})
    assert expected.or_less
    assert expected.or_review


def test_every_mistake_is_told_with_its_line_at_once() -> None:
    told = faults(
        "shop elsewhere\n"
        "seed many\n"
        "09:00:00 ana enters\n"
        "09:00:10 ana takes 1 onigiri-samon\n"
        "09:00:12 ana takes 1 cola-500 from g9-s1\n"
        "09:00:14 ana takes 1 cola-500 from fridge-s1:99\n"
        "09:00:16 ana juggles 3 cola-500\n"
        "09:00:18 ben leaves\n"
        "09:00:20 ana puts back 1 cola-500\n"
        "09:77:00 ana leaves\n"
        "what is this\n"
        "plate fridge-s1:3 goes dead\n"
        "09:00:22 plate fridge-s1 goes dead\n"
        "09:00:23 camera c9 goes silent\n"
        "= ana pays 100 JPY: 1 onigiri-salmon\n"
        "= zoe pays 0 EUR\n"
    )
    lines = [int(t.split("line ")[1].split(":")[0]) for t in told]
    assert sorted(set(lines)) == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    assert lines == sorted(lines)
    assert "Did you mean onigiri-salmon" in told[2]
    assert all(t.startswith("day.story: line ") and t.rstrip()[-1] not in ":," for t in told)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("09:00:00 ana enters", "ana never leaves"),
        ("09:00:00 ana enters\n09:00:05 ana enters\n09:00:09 ana leaves", "ana is in the shop already"),
        ("09:00:00 ana enters\n09:00:09 ana leaves\n09:00:12 ana takes 1 cola-500", "ana is not in the shop"),
        ("09:00:00 ana enters\n09:00:05 ana takes 1 cola-500 from g3-s1\n09:00:09 ana leaves", "no cola-500 on g3-s1"),
        ("09:00:00 ana enters\n09:00:05 ana hands 1 cola-500 to ben\n09:00:09 ana leaves", "ben is not in the shop"),
        ("09:00:00 ana enters with ben\n09:00:09 ana leaves\n09:00:12 ben leaves", "ben is not in the shop"),
    ],
)
def test_what_cannot_be_is_told(text: str, what: str) -> None:
    assert any(what in fault for fault in faults(text))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="anbe 0123456789:.-=#takesleav\n", max_size=200))
def test_any_text_is_a_story_or_a_list_of_faults(text: str) -> None:
    try:
        assert read(text).text == text
    except BrokenStory:
        assert faults(text)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 50))
def test_busy_traffic_is_a_story_that_makes_sense_in_any_shop(seed: int, which: int) -> None:
    shop = random_shop(which)
    story = read_story(busy_story(shop, 6, seed, Habits(items=4, gap_s=4, hand_over=0.3, put_back=0.5)), shop)
    assert sum(act.deed.phrase.startswith("enters") for act in story.acts) == 6


def test_whoever_is_late_does_it_as_soon_as_they_are_there_and_nothing_twice() -> None:
    played = acted(
        "09:00:00 ana enters",
        "09:00:02 ana takes 1 onigiri-salmon",
        "09:00:03 ana takes 1 detergent-400",
        "09:00:03 ana puts back 1 onigiri-salmon",
        "09:00:04 ana leaves",
    )
    happened = played.stage.happened
    assert [(h.action, h.sku) for h in happened] == [
        ("pick", "onigiri-salmon"), ("pick", "detergent-400"), ("put_back", "onigiri-salmon"),
    ]  # fmt: skip
    assert happened[1].at_s > happened[0].at_s + 1.5, "the detergent is two gondolas away"
    assert played.stage.visits[0].items == {"detergent-400": 1}


@pytest.mark.parametrize(
    ("line", "says"),
    [("09:00:30  ana leaves by entry", "entry is no exit"), ("roughness -1", "roughness '-1' cannot be read")],
)
def test_what_a_story_cannot_mean_is_said(line: str, says: str) -> None:
    with pytest.raises(BrokenStory, match=says):
        read_story(f"09:00:00  ana enters\n{line}\n", SHOP, "story")
