"""Two runs, side by side: what only one knows, what they tell differently, and what comes at another place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.compare import Entry, UnreadableRun, compare, read_run


def entry(key: str, at_s: float = 1.0, **body: object) -> Entry:
    return {"key": key, "at_s": at_s, "kind": "settlement", "visit": "v1", "body": body}


def test_equal_runs_do_not_differ() -> None:
    assert compare([entry("a"), entry("b")], [entry("a"), entry("b")]) == []


def test_what_only_one_run_knows_is_told_in_order_of_time() -> None:
    found = compare([entry("a"), entry("late", 9.0)], [entry("early", 0.5), entry("a")])
    assert [(d.key, d.where) for d in found] == [("early", "only in B"), ("late", "only in A")]


def test_a_record_that_says_something_else_names_every_field() -> None:
    a = entry("a", lines=[{"sku": "tea", "quantity": 1}], total=100)
    b = entry("a", lines=[{"sku": "tea", "quantity": 2}, {"sku": "gum"}], total=250)
    (found,) = compare([a], [b])
    assert found.where == "differs"
    assert found.fields == (
        ("body.lines[0].quantity", "1", "2"),
        ("body.lines[1]", "nothing", '{"sku": "gum"}'),
        ("body.total", "100", "250"),
    )


def test_another_order_is_a_difference_too() -> None:
    (found,) = compare([entry("a"), entry("b"), entry("c")], [entry("a"), entry("c"), entry("b")])
    assert (found.key, found.where) == ("b", "comes at another place")
    assert found.fields == (("entry at this place", "b", "c"),)


def test_numbers_and_hashes_of_entries_are_left_out(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text(json.dumps({**entry("a"), "seq": 1, "hash": "x"}) + "\n")
    other.write_text(json.dumps({**entry("a"), "seq": 7, "hash": "y"}) + "\n")
    assert read_run(one) == read_run(other) == [entry("a")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is no recording, ledger or export"),
        ("hello", "is no recording, ledger or export"),
        ('{"key": 1', "line 1 is no ledger entry"),
        ('{"amount": 1}\n', "line 1 is no ledger entry"),
    ],
)
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    with pytest.raises(UnreadableRun, match=why):
        read_run(path)
