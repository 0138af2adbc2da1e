"""The ``tebura`` command as somebody types it: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.corner import CATALOGUE, FILES, STORE, Pick, errand, write_store
from tests.typed import typed

ROOT = Path(__file__).parents[1]


def tebura(*arguments: object) -> subprocess.CompletedProcess[str]:
    return typed(*arguments, folder=ROOT)


def started(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "edge.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return errand(tmp_path_factory.mktemp("recordings") / "ana.mcap", truth={"onigiri-salmon": 2})


def test_json_is_one_line_a_visit_and_nothing_else(ana: Path) -> None:
    done = started("replay", ana, "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert json.loads(line) == {
        "recording": "ana",
        "subject": "ana",
        "state": "settled",
        "items": {"onigiri-salmon": 2},
        "withheld": {},
        "total": 356,
        "currency": "JPY",
    }


def test_without_json_receipts_are_printed_in_the_language_that_was_asked_for(ana: Path) -> None:
    done = tebura("replay", ana, "--language", "ja")
    assert done.returncode == 0
    assert "角の店" in done.stdout
    assert "356" in done.stdout
    assert "1 visit, 18 s in" in done.stderr


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no/x.html", "there is no folder no"),
        ("/tmp", "it is a folder"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_anything_is_replayed(ana: Path, path: str, why: str) -> None:
    done = tebura("replay", ana, "--report", path)
    assert (done.returncode, done.stdout) == (2, "")
    remedy = "Name a file in a folder that you may write to with --report"
    assert done.stderr == f"tebura: {path}: cannot be written ({why}). {remedy}\n"


def test_a_report_that_only_the_writing_finds_impossible_is_told_too(ana: Path) -> None:
    done = tebura("replay", ana, "--report", "/proc/x.html")
    assert done.returncode == 2
    assert "tebura: /proc/x.html: cannot be written (No such file or directory). Name a file" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_language_that_no_receipt_is_written_in_is_refused(ana: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "book.db"
    assert tebura("replay", ana, "--json", "--ledger", ledger).returncode == 0
    for command in (("replay", ana), ("ledger", "receipt", ledger)):
        done = tebura(*command, "--language", "fr")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "tebura: --language fr: receipts are written in en, ja. Name one of them\n"
    assert "Total" in tebura("ledger", "receipt", ledger, "--language", "en").stdout


def test_a_file_that_cannot_be_used_is_told_and_the_others_go_on(ana: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("milk, eggs")
    broken = errand(
        tmp_path / "broken.mcap", files={**FILES, "catalogue.csv": CATALOGUE.replace(",178,", ",x,").encode()}
    )
    done = tebura("replay", wrong, tmp_path / "nothing.mcap", broken, ana, "--json")
    assert done.returncode == 2
    assert [json.loads(line)["recording"] for line in done.stdout.splitlines()] == ["ana"]
    assert "notes.txt: is not an MCAP recording. Make one with `tebura simulate`" in done.stderr
    assert "nothing.mcap: there is no such file" in done.stderr
    assert "is a folder. Name its recordings" in tebura("replay", tmp_path).stderr
    assert "catalogue.csv: line 2: price 'x' cannot be charged" in done.stderr
    assert "1 fault in the store" in done.stderr


def test_a_recording_that_breaks_off_is_used_and_the_loss_is_said(ana: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(ana.read_bytes()[:-600])
    done = tebura("replay", cut, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["items"] == {"onigiri-salmon": 2}
    assert "cut: the file ends in the middle; 273 messages could be read and were used" in done.stderr


def test_a_replay_that_is_stopped_and_continued_leaves_the_same_ledger(ana: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.db", tmp_path / "parts.db"
    assert tebura("replay", ana, "--json", "--ledger", whole).returncode == 0
    stopped = tebura("replay", ana, "--json", "--ledger", parts, "--stop-after", 180)
    assert (stopped.returncode, stopped.stdout) == (0, "")
    assert "stopped after 180 messages" in stopped.stderr
    refused = tebura("replay", ana, "--json", "--ledger", parts)
    assert refused.returncode == 2
    assert "Add --continue" in refused.stderr
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(ana.read_bytes()[:3000])
    for another in (errand(tmp_path / "another.mcap", seed=2), cut):
        done = tebura("replay", another, "--json", "--ledger", parts, "--continue")
        assert (done.returncode, done.stdout) == (2, "")
        assert "does not begin with the 180 messages after which the ledger's replay was stopped" in done.stderr
    went_on = tebura("replay", ana, "--json", "--ledger", parts, "--continue")
    assert json.loads(went_on.stdout)["total"] == 356
    assert whole.read_bytes() == parts.read_bytes()
    assert tebura("compare", whole, parts).returncode == 0


def test_compare_says_in_which_records_two_runs_differ(ana: Path, tmp_path: Path) -> None:
    same = tebura("compare", ana, errand(tmp_path / "again.mcap"))
    assert same.returncode == 0
    assert "No difference in 4 records." in same.stdout
    other = errand(tmp_path / "other.mcap", (Pick(7.0, 3, 625.0, "green-tea"),))
    done = tebura("compare", ana, other)
    assert done.returncode == 1
    assert "→" in done.stdout.splitlines()[1]
    assert "shelf-event:g1-s1/1" in done.stdout
    assert "only in A" in done.stdout
    assert "body.total_minor: A 356, B 151" in done.stdout
    assert tebura("compare", ana, ROOT / "README.md").returncode == 2


def test_a_ledger_is_shown_proved_and_printed_again(ana: Path, tmp_path: Path) -> None:
    ledger, export = tmp_path / "book.db", tmp_path / "book.jsonl"
    assert tebura("replay", ana, "--json", "--ledger", ledger).returncode == 0
    shown = tebura("ledger", "show", ledger)
    assert "payment-approved" in shown.stdout
    assert "356 JPY  provider:payments" in shown.stdout
    export.write_text(tebura("ledger", "show", ledger, "--export").stdout)
    assert tebura("compare", ledger, export).returncode == 0
    proved = tebura("ledger", "prove", ledger)
    assert (proved.returncode, "entries hold" in proved.stdout) == (0, True)
    printed = tebura("ledger", "receipt", ledger, "--json")
    assert json.loads(printed.stdout)["state"] == "paid"
    assert tebura("ledger", "receipt", ledger, "nobody").returncode == 2
    assert tebura("ledger", "prove", tmp_path / "nothing.db").returncode == 2


def test_a_shops_own_book_is_found_by_its_store_and_says_what_was_sold(ana: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    assert tebura("replay", ana, "--json", "--ledger", state / "ledger.db").returncode == 0
    shop = ("--store", ROOT / "config" / "demo", "--state", state)
    shown = tebura("ledger", "show", *shop).stdout
    assert "time (Asia/Tokyo)" in shown
    assert "2023-11-15 07:13:2" in shown, "as the shop's clocks show it, not as computers count"
    assert "entries hold" in tebura("ledger", "prove", *shop).stdout
    (entry,) = [line for line in shown.splitlines() if " settlement " in line]
    visit = entry.split()[4]
    assert "Total" in tebura("ledger", "receipt", visit, *shop, "--language", "en").stdout

    today = tebura("ledger", "sales", *shop).stdout
    assert "0 visits left" in today
    assert "The last visit left on 2023-11-15: --day 2023-11-15" in today
    sold = tebura("ledger", "sales", *shop, "--day", "2023-11-15").stdout
    assert "2 ×          ¥356  Salmon onigiri" in sold
    assert "1 visit          ¥356  paid" in sold
    assert "no money was moved for ¥356" in sold
    told = json.loads(tebura("ledger", "sales", *shop, "--day", "2023-11-15", "--json").stdout)
    assert told["products"] == [{"sku": "onigiri-salmon", "name": "Salmon onigiri", "quantity": 2, "amount_minor": 356}]

    for wrong in ((), (state / "ledger.db", *shop), (state / "ledger.db", "--state", state)):
        refused = tebura("ledger", "show", *wrong)
        assert (refused.returncode, "name a book" in refused.stderr) == (2, True)


def test_a_book_without_sales_goes_by_its_shops_clock_too(ana: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    assert tebura("replay", ana, "--ledger", state / "ledger.db", "--stop-after", 0).returncode == 0
    sold = tebura("ledger", "sales", "--store", ROOT / "config" / "demo", "--state", state, "--day", "2023-11-15")
    assert sold.stdout == "2023-11-15 (Asia/Tokyo): 0 visits left\n"


def test_busy_traffic_is_simulated_and_replayed(tmp_path: Path) -> None:
    recording = tmp_path / "busy.mcap"
    assert tebura("simulate", "--busy", 2, "--seed", 5, "-o", recording).returncode == 0
    done = tebura("replay", recording, "--json")
    assert done.returncode == 0
    assert {json.loads(line)["currency"] for line in done.stdout.splitlines()} == {"JPY"}


@pytest.mark.parametrize(("out", "why"), [("/proc/x", "No such file or directory"), ("README.md", "File exists")])
def test_a_demo_that_has_no_folder_is_told(out: str, why: str) -> None:
    done = tebura("demo", "--out", out)
    assert done.returncode == 2
    remedy = "Name a folder that you may write to with --out"
    assert done.stderr == f"tebura: {out}: cannot hold the demo's files ({why}). {remedy}\n"


def test_a_story_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    story = tmp_path / "moon.story"
    story.write_text("09:00:00  ana enters\n09:00:12  ana flies to the moon\n")
    done = tebura("simulate", story, "-o", tmp_path / "moon.mcap")
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_story_that_is_none_is_told_with_the_remedy_and_not_line_by_line_for_ever(tmp_path: Path) -> None:
    out = tmp_path / "day.mcap"
    nowhere = tebura("simulate", tmp_path / "nope.story", "-o", out)
    assert nowhere.returncode == 2
    assert "nope.story: No such file or directory. Name a shop story" in nowhere.stderr
    letter = tmp_path / "letter.story"
    letter.write_text("Dear Ana,\n" * 30)
    done = tebura("simulate", letter, "-o", out)
    assert done.returncode == 2
    assert done.stderr.count("letter.story: line ") == 10
    assert done.stderr.endswith("… and 20 more\n")
    assert not out.exists()


def test_check_names_every_fault_of_a_store_folder(tmp_path: Path) -> None:
    sound = tebura("check", "--store", write_store(tmp_path / "sound"))
    assert (sound.returncode, "All is well" in sound.stdout) == (0, True)
    folder = write_store(tmp_path / "broken", store_toml=STORE.replace("JPY", "QQQ"), planogram_csv="shelf\n")
    done = tebura("check", "--store", folder)
    assert done.returncode == 2
    assert "store.currency: there is no currency 'QQQ'. Write its ISO 4217 code" in done.stderr
    assert "planogram.csv: line 1: no column plates, sku" in done.stderr
    assert "2 faults in the store" in done.stderr


def test_check_names_a_camera_that_a_broken_profile_blinds(tmp_path: Path) -> None:
    folder = write_store(tmp_path / "shop")
    (folder / "calibration" / "cam").mkdir(parents=True)
    (folder / "calibration" / "cam" / "20261122T011405Z.toml").write_text("fx =")
    done = tebura("check", "--store", folder)
    assert done.returncode == 1
    assert "1 camera, 0 of them calibrated" in done.stdout
    assert "All is well" not in done.stdout
    assert "cam is blind: calibration/cam.toml: profile: it cannot be used (is not TOML" in done.stderr
    assert (
        "Calibrate it anew (`tebura calibrate camera cam`), or roll back (`tebura calibrate rollback`)" in done.stderr
    )


@pytest.mark.parametrize("command", ["check", "run"])
def test_the_faults_of_the_store_and_of_its_site_are_told_in_one_run(command: str, tmp_path: Path) -> None:
    folder = write_store(tmp_path / "broken", store_toml=STORE.replace("JPY", "QQQ"))
    (folder / "site.toml").write_text('[broker]\nca_file = "/nowhere/ca.crt"\n')
    done = tebura(command, "--store", folder)
    assert done.returncode == 2
    assert "store.currency: there is no currency 'QQQ'" in done.stderr
    assert "broker.ca_file: there is no file /nowhere/ca.crt" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "a.mcap", "b.mcap", "--report", "r.html"),
        ("replay", "a.mcap", "--stop-after", "3"),
        ("replay", "a.mcap", "--continue"),
        ("replay", "a.mcap", "--speed", "4"),
        ("replay", "a.mcap", "--live", "--ledger", "book.db"),
        ("replay", "a.mcap", "--live", "--continue"),
        ("bench", "--part", "day"),
        ("simulate", "--busy", "2", "-o", "x.mcap", "--plates", "4"),
        ("simulate", "-o", "x.mcap"),
        ("simulate", "--busy", "0", "-o", "x.mcap"),
        ("simulate", "--busy", "-3", "-o", "x.mcap"),
        ("replay",),
    ],
)
def test_what_makes_no_sense_is_refused_with_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = tebura(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
    assert "no such file" not in done.stderr, "it looks at the options first"


def test_the_command_starts_without_what_it_does_not_need() -> None:
    """A replay's start counts as part of the replay."""
    assert loaded("edge.cli", "numpy", "pydantic", "rich", "scipy", "edge.store", "importlib.metadata") == []
    assert loaded("simulator.replay", "simulator.world", "sqlite_utils", "pydantic_settings") == []


def test_the_list_of_commands_is_told_without_what_they_need() -> None:
    """Nobody waits half a second to read what there is: what `--help` imports of all commands is what lists them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "edge.cli", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "calibration.cli.profiles" in imported
    heavy = {"numpy", "pydantic", "edge.store", "edge.site", "edge.checkout", "importlib.metadata", "zoneinfo"}
    assert not heavy & imported


def test_a_command_that_is_misspelt_is_told_which_one_is_meant() -> None:
    assert "Did you mean 'check'?" in tebura("chekc").stderr


def another_package(folder: Path, name: str, code: str) -> dict[str, str]:
    """A package that brings a command, as pip would have installed it; the environment in which it is."""
    told = folder / f"{name}-1.2.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (told / "entry_points.txt").write_text(f"[tebura.commands]\n{name} = {name}:{name}\n")
    (folder / f"{name}.py").write_text(code)
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_other_packages_bring_commands_of_their_own(tmp_path: Path) -> None:
    code = "def greet(name: str) -> None:\n    'Say hello.'\n    print(f'hello {name}')\n"
    environment = another_package(tmp_path, "greet", code)
    assert started("greet", "ana", environment=environment).stdout == "hello ana\n"
    told = started("--help", environment=environment).stdout
    assert "Say hello." in told
    assert "Turn recordings into receipts." in told


def test_a_broken_package_takes_its_own_command_alone(tmp_path: Path) -> None:
    environment = another_package(tmp_path, "broken", "import what_is_not_there\n")
    done = started("--help", environment=environment)
    assert done.returncode == 0
    assert "Turn recordings into receipts." in done.stdout
    assert "the command broken of broken 1.2 cannot be loaded" in done.stderr
    assert "No such command" in started("broken", environment=environment).stderr


def test_nobody_takes_the_place_of_a_command_of_the_shop(tmp_path: Path) -> None:
    environment = another_package(tmp_path, "check", "def check() -> None:\n    print('all is well')\n")
    assert "Missing option '--store'" in started("check", environment=environment).stderr


def loaded(module: str, *heavy: str) -> list[str]:
    """Which of the heavy modules come along when a module is imported."""
    code = f"import sys, json, {module}; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))
