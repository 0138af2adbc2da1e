"""A night of replays: many hands say what one says, a second night costs nothing, and who dies is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edge.store import load_store
from simulator.commands import DEMO, simulate_busy
from simulator.fleet import job as jobs
from simulator.fleet.build import build_at, this_build
from simulator.fleet.crew import Hands, NoCrew, carried_out
from simulator.fleet.job import Job
from simulator.fleet.recordings import replays
from tests.adapters.brokers import until
from tests.fleet.nights import ROOT, checkout, cluster, dies_of


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three short recordings."""
    folder = tmp_path_factory.mktemp("night")
    for seed in (1, 2, 3):
        simulate_busy(load_store(DEMO), 2, folder / f"{seed}.mcap", seed)
    return sorted(folder.iterdir())


def tebura(*words: str | Path, cache: Path) -> subprocess.CompletedProcess[bytes]:
    given = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "edge.cli", *map(str, words)], capture_output=True, env=given)


def test_many_hands_say_what_one_says_and_a_second_night_costs_nothing(night: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(b"no recording")
    files = (night[2], broken, night[0], night[2])
    one = tebura("replay", *files, "--language", "ja", cache=tmp_path)
    first, second = (tebura("replay", *files, "--language", "ja", "--workers", "2", cache=tmp_path) for _ in range(2))
    assert first.stdout == one.stdout != b""
    assert second.stdout == one.stdout
    assert [done.returncode for done in (one, first, second)] == [2, 2, 2]
    assert b"broken.mcap" in first.stderr
    assert b"4 replays, " in first.stderr
    assert b"known from before" not in first.stderr
    assert b"4 replays, 4 of them known from before" in second.stderr
    night[0].touch()
    again = tebura("replay", *files, "--language", "ja", "--workers", "2", cache=tmp_path)
    assert b"4 of them known" in again.stderr, "what is in a file counts, not when it was written"


def test_who_dies_once_costs_a_try_and_who_dies_twice_is_set_aside_and_named(night: list[Path], tmp_path: Path) -> None:
    build = build_at(checkout(tmp_path / "poisoned", dies_of("2.mcap", "import os; os.kill(os.getpid(), 9)")))
    of_poisoned = list(carried_out(replays(build, night), Hands(2)))
    assert [done.dead for done in of_poisoned] == ["", "died of SIGKILL", ""]
    assert [done.tries for done in of_poisoned] == [1, 2, 1]
    sound = list(carried_out(replays(this_build(), night), Hands(1)))
    assert [done.said for done in of_poisoned[::2]] == [done.said for done in sound[::2]]


def test_a_killed_process_is_started_again_and_says_the_same(night: list[Path]) -> None:
    (sound,) = carried_out(replays(this_build(), night[:1]), Hands(1))

    def kill() -> None:
        until(lambda: bool(jobs.working), "somebody works")
        os.kill(next(iter(jobs.working)), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    (done,) = carried_out(replays(this_build(), night[:1]), Hands(1))
    killer.join()
    assert (done.tries, done.dead, done.said) == (2, "", sound.said)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_a_night_leaves_nobody_behind(night: list[Path], tmp_path: Path, how: signal.Signals) -> None:
    build = checkout(tmp_path / "slow", dies_of("1.mcap", "time.sleep(600)"))
    given = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(build), "PYTHONSAFEPATH": "1"}
    words = [sys.executable, "-m", "edge.cli", "replay", *map(str, night), "--json", "--workers", "2"]
    done = subprocess.Popen(words, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: len(list(tmp_path.glob("tebura/replays/*/*.json"))) == 2, "two of three are done", 60.0)
    children = Path(f"/proc/{done.pid}/task/{done.pid}/children")
    threads = Path(f"/proc/{done.pid}/task").iterdir()
    (child,) = {pid for task in threads for pid in (task / children.name).read_text().split()}
    done.send_signal(how)
    assert done.wait(20.0) != 0
    until(lambda: not Path(f"/proc/{child}").exists(), "nobody works any more")


def test_what_comes_to_no_end_is_stopped() -> None:
    forever = Job("forever", this_build(), ("-c", "while True: pass"), limit_s=0.3)
    ill = Job("ill", this_build(), ("-c", "raise SystemExit('no bread')"))
    done = list(carried_out([forever, ill], Hands(2)))
    assert [each.dead for each in done] == ["was not done after 0 s", "ended with 1: no bread"]


def test_source_that_changes_under_the_work_stops_it(night: list[Path], tmp_path: Path) -> None:
    build = build_at(checkout(tmp_path / "changing", {}))
    work = replays(build, night)
    (tmp_path / "changing" / "edge" / "new.py").write_text("")
    with pytest.raises(NoCrew, match="has another build"):
        list(carried_out(work, Hands(1)))


def test_a_cluster_says_the_same_and_a_lost_worker_costs_no_result(night: list[Path], tmp_path: Path) -> None:
    one = tebura("replay", *night, "--json", cache=tmp_path)
    with cluster(tmp_path) as (address, workers):
        two = tebura("replay", *night, "--json", "--cluster", address, "--afresh", cache=tmp_path)
        assert two.stdout == one.stdout, two.stderr.decode()
        assert b"3 replays, " in two.stderr
        # Each is to be done, though it is named twice.
        work = [replace(job, key=str(number)) for number, job in enumerate(replays(this_build(), night * 2))]
        came: list[int] = []

        def told(number: int, done: object) -> None:
            came.append(number)
            if len(came) == 2:
                workers[0].kill()

        said = [done.said for done in carried_out(work, Hands(cluster=address), told=told)]
    assert b"".join(said[:3]) == one.stdout
    assert said == said[:3] * 2


def test_a_cluster_that_cannot_is_refused_with_the_remedy(night: list[Path], tmp_path: Path) -> None:
    with cluster(tmp_path, workers=0) as (address, _):
        alone = tebura("replay", night[0], "--cluster", address, "--afresh", cache=tmp_path)
    assert (alone.returncode, alone.stdout) == (2, b"")
    assert f"has no workers. Start some: dask worker {address}".encode() in alone.stderr
    away = tebura("replay", night[0], "--cluster", address, "--afresh", cache=tmp_path)
    assert away.returncode == 2
    assert b"no scheduler answers at" in away.stderr
    both = tebura("replay", night[0], "--cluster", address, "--workers", "2", cache=tmp_path)
    assert b"name one of them" in both.stderr


def test_a_worker_that_lacks_the_recording_says_so(night: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.mcap"
    copy.write_bytes(night[0].read_bytes())
    work = replays(this_build(), [copy])
    copy.unlink()
    with pytest.raises(NoCrew, match=r"copy\.mcap is missing on .* Put recordings where all machines see them"):
        list(carried_out(work, Hands(1)))


def test_recordings_of_many_seeds_are_those_of_each(tmp_path: Path) -> None:
    done = tebura("simulate", "--busy", "1", "--seed", "9", "--seeds", "2", "-o", tmp_path / "many", "--workers", "2",
                  cache=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    for name, seed in (("09", 9), ("10", 10)):
        simulate_busy(load_store(DEMO), 1, tmp_path / "one.mcap", seed)
        assert (tmp_path / "many" / f"{name}.mcap").read_bytes() == (tmp_path / "one.mcap").read_bytes()
    folders = tebura("compare", tmp_path / "many", tmp_path / "many", "--workers", "2", cache=tmp_path)
    assert folders.returncode == 0
    assert folders.stdout.startswith(b"09.mcap: no difference in ")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "09.mcap").write_bytes((tmp_path / "many" / "10.mcap").read_bytes())
    others = tebura("compare", tmp_path / "many", tmp_path / "other", cache=tmp_path)
    assert others.returncode == 1
    assert b"10.mcap: only in A\n09.mcap: " in others.stdout
    assert b" records differ; the first: " in others.stdout


def test_a_story_that_names_its_seed_is_not_told_many_times(tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text("shop demo\nseed 4\n\n09:00:00  ana enters\n09:00:20  ana leaves\n")
    done = tebura("simulate", story, "--seeds", "2", "-o", tmp_path / "many", cache=tmp_path)
    assert done.returncode == 2
    assert b"names its seed" in done.stderr
    assert not (tmp_path / "many").exists()
