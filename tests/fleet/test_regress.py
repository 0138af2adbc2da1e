"""What a change does to a fleet, as whoever decides about it reads it."""

from __future__ import annotations

import json
from pathlib import Path

from edge.store import load_store
from simulator.commands import DEMO, simulate_busy
from simulator.fleet.regress import Visit, differences, kind_of
from tests.fleet.nights import ROOT, checkout, dies_of
from tests.fleet.test_night import tebura


def night(folder: Path) -> list[Path]:
    for seed in (1, 2):
        simulate_busy(load_store(DEMO), 3, folder / f"{seed}.mcap", seed)
    return sorted(folder.glob("*.mcap"))


def test_a_change_is_told_by_shop_kind_money_and_truth(tmp_path: Path) -> None:
    files = night(tmp_path)
    free = {"simulator/replay.py": ('"total": sale["total_minor"]', '"total": sale["total_minor"] + 1')}
    dearer = checkout(tmp_path / "dearer", free)
    page = tmp_path / "page.html"
    done = tebura("regress", ROOT, dearer, *files, "--workers", "2", "--report", page, "--json", cache=tmp_path)
    assert done.returncode == 1, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["in_all"]["differences"] == {"charged more": 6}
    takings = [told["shops"]["demo"][side]["takings_minor"]["JPY"] for side in ("base", "new")]
    assert takings[1] - takings[0] == 6
    assert told["shops"]["demo"]["new"]["truth_known"] == 6
    assert told["shops"]["demo"]["base"]["exact"] == told["shops"]["demo"]["new"]["exact"] > 0
    first = told["differences"][0]
    assert first["new"]["total"] == first["base"]["total"] + 1
    assert first["taken"] is not None
    html = page.read_text(encoding="utf-8")
    assert "6 receipts differ in 2 recordings: 6 charged more." in html
    assert "http://" not in html
    assert "<script" not in html
    table = tebura("regress", ROOT, dearer, *files, cache=tmp_path)
    assert b"4 of them known from before" in table.stderr
    assert table.stdout.decode().startswith("6 receipts differ in 2 recordings: 6 charged more.")


def test_the_same_build_differs_in_nothing_and_says_so(tmp_path: Path) -> None:
    file = night(tmp_path)[0]
    again = tmp_path / "night" / ".." / file.name  # the same one by another name: no shop sold anything twice
    again.parent.parent.mkdir()
    done = tebura("regress", ROOT, ROOT, file, again, file, cache=tmp_path)
    assert done.returncode == 0
    assert b"No receipt differs in 1 recording, 3 visits." in done.stdout
    assert b"are the same build" in done.stderr


def test_what_a_build_cannot_replay_is_set_aside_and_named(tmp_path: Path) -> None:
    ill = checkout(tmp_path / "ill", dies_of("2.mcap", "raise MemoryError('all of it')"))
    done = tebura("regress", ROOT, ill, *night(tmp_path), "--workers", "2", cache=tmp_path)
    assert done.returncode == 2
    told = done.stdout.decode()
    assert "No receipt differs in 1 recording, 3 visits; 1 set aside." in told
    assert f"2.mcap: {ill} ended with 1: MemoryError: all of it, 2 times" in told
    nobody = tebura("regress", ROOT, tmp_path, tmp_path / "1.mcap", cache=tmp_path)
    assert nobody.returncode == 2
    assert b"there is no Tebura in it. Name a checkout, or an environment" in nobody.stderr


def test_each_kind_of_difference_has_its_name() -> None:
    tea = Visit("ana", "settled", {"tea": 1}, 150, "JPY")
    for base, new, kind in (
        (tea, tea, None),
        (None, tea, "only in NEW"),
        (tea, None, "only in BASE"),
        (tea, Visit("ana", "review", {"tea": 1}, 150, "JPY"), "now for review"),
        (Visit("ana", "review", {}, 0, "JPY"), tea, "no longer for review"),
        (tea, Visit("ana", "settled", {"tea": 2}, 300, "JPY"), "charged more"),
        (tea, Visit("ana", "settled", {}, 0, "JPY"), "charged less"),
        (tea, Visit("ana", "settled", {"rice": 1}, 150, "JPY"), "other goods, as much"),
        (tea, Visit("ana", "settled", {"tea": 1}, 150, "JPY", {"rice": 1}), "withheld otherwise"),
    ):
        assert kind_of(base, new) == kind


def test_visits_of_somebody_who_came_twice_are_paired_in_their_order() -> None:
    tea, rice = Visit("ana", "settled", {"tea": 1}, 150), Visit("ana", "settled", {"rice": 1}, 120)
    assert differences("demo", "a.mcap", [tea, rice], [tea, rice], None) == []
    (gone,) = differences("demo", "a.mcap", [tea, rice], [tea], {"ana": {"tea": 1, "rice": 1}})
    assert (gone.kind, gone.base, gone.taken) == ("only in BASE", rice, {"tea": 1, "rice": 1})
