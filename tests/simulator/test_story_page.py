"""``docs/stories.md`` is all that a shopkeeper has: its stories come true, and no verb is missing."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import get_args

import pytest

from simulator.expected import Expectation, read_expected
from simulator.incidents import SUBJECTS
from simulator.registry import BEHAVIOURS, SENTENCE, Behaviour, match
from simulator.story import BrokenStory, read_story
from tests.scenarios import test_receipts as scenarios
from tests.simulator.plays import SHOP

PAGE = (Path(__file__).parents[2] / "docs" / "stories.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def rows(*headings: str) -> list[str]:
    """What the tables under these headings say can be written: the first cell of each row."""
    parts = [PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0] for heading in headings]
    return [row for part in parts for row in re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)]


CODES = dict(re.findall(r"^\| `([^`]+)` \| (opens|`[a-z-]+`)(?=[: ])", PAGE, re.MULTILINE))
"""A code -> what the gate says to it."""
DEEDS = [row for row in rows("What people do", "What staff do", "What happens to things") if row not in CODES]
STORIES = blocks("story")


def meant(line: str) -> tuple[Behaviour, set[str]]:
    """The verb of a line without its time, and the fields that the line fills in."""
    first, *rest = line.split()
    thing = first in SUBJECTS
    found = match(SENTENCE, line, SHOP) or match(first if thing else "", " ".join(rest[thing:]), SHOP)
    assert found is not None, f"nobody knows what {line!r} means"
    return found[0], set(found[1])


@pytest.mark.parametrize("text", STORIES, ids=lambda text: text.partition(".")[0][2:40])
def test_what_the_page_tells_comes_true(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.story"
    path.write_text(text, encoding="utf-8")
    scenarios.test_what_the_story_says_comes_true(path, tmp_path)
    scenarios.test_a_story_expects_what_really_happens(path)


def test_every_verb_is_on_the_page_with_all_that_can_be_said_of_it() -> None:
    """Every example means something, with and without what stands in brackets; together they say all there is."""
    told = defaultdict[str, set[str]](set)
    for row in DEEDS:
        whole, bare = row.replace("[", "").replace("]", ""), re.sub(r" \[[^]]*\]", "", row)
        kind, fields = meant(whole)
        assert meant(bare)[0] is kind, row
        told[kind.subject + kind.says] |= fields
    known = {kind.subject + kind.says: set(re.findall(r"\{(\w+)\}", kind.says)) for _, kind in BEHAVIOURS}
    assert told == known


def test_the_gate_says_of_every_code_what_the_page_says(tmp_path: Path) -> None:
    """Each is shown by somebody else, who then thinks better of it."""
    assert len(CODES) == 8, "one row for each kind that simulator/grammar.py knows"
    lines, expected = list[str](), ["= nobody pays"]
    for i, (code, answer) in enumerate(CODES.items()):
        who = "ben" if code == "a code" else f"dan-{i}"
        lines += [f"09:0{i}:00 {who} shows {code}", f"09:0{i}:05 {who} goes away"]
        if answer == "opens":
            expected += [f"= the gate opens for {who}", "= the scan of ben expires"]
        else:
            expected.append(f"= the gate stays shut for {who}: {answer.strip('`')}")
    path = tmp_path / "codes.story"
    path.write_text("\n".join(lines + expected), encoding="utf-8")
    scenarios.test_what_the_story_says_comes_true(path, tmp_path)


def test_every_line_about_the_shop_can_be_written() -> None:
    lines = rows("How the shop is")
    story = read_story("\n".join(lines), SHOP)
    assert len(lines) == 7
    assert (story.seed, story.roughness, list(story.filled.values())) == (7, 1.5, [6])
    assert story.store is not None
    assert story.store.policy.low_stock == 3


def test_everything_that_can_be_expected_is_on_the_page() -> None:
    told = {type(read_expected(row, 1, SHOP)) for row in rows("What is expected")}
    assert told == set(get_args(Expectation))


def test_the_broken_story_is_told_as_the_page_has_it() -> None:
    (broken,), (told,) = blocks("broken-story"), blocks("told")
    with pytest.raises(BrokenStory) as fault:
        read_story(broken, SHOP, "mine.story")
    assert f"tebura: {fault.value}" == told.strip()
