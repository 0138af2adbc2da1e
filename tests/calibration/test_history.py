"""Profiles are written once, kept for ever, and say why they may be trusted."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.history import NoSuchProfile, changes, find, history, keep, roll_back, usable
from calibration.shelf.evidence import evidence
from edge.store import PlateProfile, ShelfProfile, load_store
from edge.store.profile import read_profile
from simulator.commands import DEMO
from tests.calibration.rooms import DAY, Stand, quiet

STORE = load_store(DEMO)
SHELF = STORE.layout.shelves[0]


def profile(span: float = 1.0, made: datetime = DAY, plates: int = SHELF.plates) -> ShelfProfile:
    rows = [PlateProfile(plate=p, channel=p, zero=10.0 * p, g_per_unit=span, noise_g=1.0) for p in range(1, plates + 1)]
    return ShelfProfile(shelf=SHELF.id, made=made, by="aki", why="a walk", plate=tuple(rows))


def test_what_is_written_is_what_was_meant_and_is_never_touched_again(tmp_path: Path) -> None:
    first = keep(tmp_path, profile())
    before = first.read_bytes()
    again = keep(tmp_path, profile(2.0))
    yesterday = keep(tmp_path, profile(3.0, DAY - timedelta(days=1)))
    names = [first.stem, again.stem, yesterday.stem]
    assert sorted(names) == names, "whatever the clock says, the last one counts"
    assert len(set(names)) == 3
    assert first.read_bytes() == before
    assert read_profile(first.read_text(encoding="utf-8")) == profile()
    assert not [p for p in first.parent.iterdir() if p.suffix != ".toml"], "nothing half-written is left"


def test_a_disk_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    keep(tmp_path, profile())
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep(tmp_path, profile(2.0))
    assert len(list((tmp_path / "calibration" / SHELF.id).iterdir())) == 1


def test_broken_files_are_told_and_passed_over(tmp_path: Path) -> None:
    good = keep(tmp_path, profile())
    (good.parent / "20250101T000000Z.toml").write_text("x =", encoding="utf-8")
    (good.parent / "20250102T000000Z.toml").write_bytes(b"\xff\xfe")
    (good.parent / "20250103T000000Z.toml").write_text('shelf = "s"\n', encoding="utf-8")
    keep(tmp_path, profile(made=DAY - timedelta(days=9), plates=3))
    kept = history(STORE, tmp_path, SHELF.id)
    broken = [k for k in kept if k.broken]
    assert len(kept) == 5
    assert [k.counts for k in kept] == [False] * 4 + [True]
    assert "is not TOML" in broken[0].broken
    assert broken[-1].broken == f"it has 3 plates, and the shelf {SHELF.plates}"
    assert usable(find(kept, SHELF.id, good.stem), ShelfProfile) == profile()
    with pytest.raises(NoSuchProfile, match="is not TOML"):
        usable(kept[0], ShelfProfile)
    with pytest.raises(NoSuchProfile, match="more than one profile of 2025"):
        find(kept, SHELF.id, "2025")


def test_going_back_is_a_step_forward(tmp_path: Path) -> None:
    old = keep(tmp_path, profile(), {"walk": {"weights_g": [500.0]}})
    keep(tmp_path, profile(2.0, DAY + timedelta(hours=1)))
    kept = history(STORE, tmp_path, SHELF.id)
    path = roll_back(tmp_path, find(kept, SHELF.id, old.stem), DAY + timedelta(hours=2), "yui", "too heavy")
    now = history(STORE, tmp_path, SHELF.id)
    assert [k.path for k in now][-1] == path
    assert usable(now[-1], ShelfProfile).plate == profile().plate
    assert usable(now[-1], ShelfProfile).why == f"repeats {old.stem}: too heavy"
    assert usable(now[-1], ShelfProfile).by == "yui"
    assert tomllib.loads(path.read_text(encoding="utf-8"))["walk"]["weights_g"] == [500.0]


def test_what_changed_plate_by_plate() -> None:
    old, new = profile(), profile()
    plates = list(new.plate)
    plates[0] = plates[0].model_copy(update={"channel": 2, "zero": 30.0})
    plates[1] = plates[1].model_copy(update={"channel": 1, "g_per_unit": -1.01})
    told = [c for c in changes(old, new.model_copy(update={"plate": tuple(plates)})) if c.told]
    assert [(c.plate, c.channels, c.turned) for c in told] == [(1, (1, 2), False), (2, (2, 1), True)]
    assert told[0].zero_g == 20.0
    assert told[1].span == pytest.approx(0.01)


def test_the_file_says_by_itself_why_it_may_be_trusted(tmp_path: Path) -> None:
    stand = Stand(quiet())
    walk = stand.lead(stand.begin())
    verdict = stand.verdict(walk.progress)
    assert verdict.profile is not None
    path = keep(tmp_path, verdict.profile, evidence(walk.progress, verdict, "a rig"))
    text = path.read_text(encoding="utf-8")
    told = tomllib.loads(text)
    assert read_profile(text) == verdict.profile.model_copy(update={"made": DAY.astimezone(UTC)})
    assert "# what the empty plate says" in text
    assert told["walk"] == {"weights_g": [500.0], "plates": [1, 2, 3, 4], "listened": "a rig", "hz": 60.0, "lost": 0.0}
    for plate, row in zip(verdict.profile.plate, told["residual"], strict=True):
        empty, loaded = row["readings"][:2]
        assert (empty["put_g"], loaded["put_g"], loaded["place"]) == (0.0, 500.0, "centre")
        assert (loaded["said"] - empty["said"]) * plate.g_per_unit == pytest.approx(500.0, abs=2.0)
        assert abs(row["creep_percent"][0]) < 1.2
