"""Every story in this folder: played, recorded, replayed, and each receipt held against the story's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store import load_store
from simulator import simulate_story
from simulator.commands import DEMO
from simulator.replay import replay_file
from simulator.story import Expected, read_story

SHOP = load_store(DEMO)
STORIES = sorted(Path(__file__).parent.glob("*.story"))


def pays(expected: Expected, line: dict[str, object]) -> bool:
    """Is this what the story says, or as little of it as the story allows?"""
    items, state = line["items"], line["state"]
    assert isinstance(items, dict)
    if state == "review":
        return expected.or_review
    if items == expected.items:
        return line["total"] == expected.total_minor
    return expected.or_less and all(n <= expected.items.get(sku, 0) for sku, n in items.items())


@pytest.mark.parametrize("path", STORIES, ids=lambda p: p.stem)
def test_receipts_are_what_the_story_says(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    story = read_story(text, SHOP, path.name)
    recording = tmp_path / "story.mcap"
    truth = simulate_story(SHOP, text, recording)
    assert {str(v["subject"]): v["items"] for v in truth["visits"]} == {e.subject: e.items for e in story.expected}
    lines = {str(line["subject"]): line for line in replay_file(recording).lines()}
    wrong = [
        f"line {e.line}: {lines.get(e.subject)}"
        for e in story.expected
        if e.subject not in lines or not pays(e, lines[e.subject])
    ]
    assert not wrong, "\n".join(wrong)


def test_there_are_stories() -> None:
    assert len(STORIES) >= 14
