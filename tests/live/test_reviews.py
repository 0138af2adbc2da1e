"""Staff settle what waits for them, at the keyboard of a shop that runs for real and may be killed at any moment."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.desk import NobodyThere, ask
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.live.faults import Show
from tests.typed import typed

VISIT = "20231115-0001"


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    show = Show(tmp_path / "shop")
    with contextlib.closing(show):
        yield show


def tebura(show: Show, *words: str) -> subprocess.CompletedProcess[str]:
    where = ("--store", str(show.folder), "--state", str(show.state))
    return typed(*words, *where, environment={"COLUMNS": "160"})


def weigh(show: Show, day: int) -> None:
    rows = "".join(f"[[plate]]\nplate={p}\nchannel={p}\ng_per_unit=1.0\nnoise_g=0.3\n" for p in (1, 2, 3, 4))
    history = show.folder / "calibration" / "g1-s1"
    history.mkdir(parents=True, exist_ok=True)
    text = f'shelf = "g1-s1"\nmade = 2026-11-{day:02}T09:00:00Z\n{rows}'
    (history / f"202611{day:02}T090000Z.toml").write_text(text, encoding="utf-8")


def reviewed(show: Show) -> None:
    """Ana's errand, during which somebody calibrates the shelf: a person must look before she pays."""
    weigh(show, 1)
    show.start()
    show.part(0.0, 9.0)
    show.terminate()
    weigh(show, 2)
    show.start()
    show.part(9.0, 18.0)
    show.settle()
    assert [line["state"] for line in show.outcome()] == ["review"]


def test_what_waits_is_listed_shown_and_charged(show: Show) -> None:
    reviewed(show)
    status = tebura(show, "status").stdout
    assert 'no money moves: provider "local" of [payment]' in status
    assert f"decide: tebura review list --store {show.folder} --state {show.state}" in status
    assert "1 × who left is only 50% sure" in status

    listed = tebura(show, "review", "list").stdout
    assert VISIT in listed
    assert "who left is only 50% sure" in listed
    (row,) = json.loads(tebura(show, "review", "list", "--json").stdout)
    assert (row["subject"], row["total_minor"], row["may"]) == ("ana", 356, ["charge", "waive"])

    told = tebura(show, "review", "show", VISIT).stdout
    assert "why    who left is only 50% sure" in told
    assert "2 onigiri-salmon" in told
    assert "% sure)" in told
    assert f"tebura review charge {VISIT} --store {show.folder} --state {show.state}" in told
    recordings = json.loads(tebura(show, "review", "show", VISIT, "--json").stdout)["recordings"]
    assert recordings
    assert all(Path(path).is_file() for path in recordings)

    refused = tebura(show, "review", "charge", VISIT, "--only", "onigiri-salmon=3")
    assert (refused.returncode, "lists 2 onigiri-salmon" in refused.stderr) == (2, True)
    done = tebura(show, "review", "charge", VISIT, "--only", "onigiri-salmon=1", "--by", "aki")
    assert done.stdout == "ana is asked for 178 JPY: 1 onigiri-salmon.\n"
    show.settle()
    assert [amount for _, amount in show.charges()] == [178]
    assert tebura(show, "review", "list").stdout == "No visit waits for a person.\n"
    assert "by aki" in tebura(show, "review", "show", VISIT).stdout
    again = tebura(show, "review", "waive", VISIT)
    assert again.returncode == 2
    assert "is paid" in again.stderr
    assert show.prove() == []


def test_while_the_shop_does_not_run_what_waits_is_shown_and_nothing_is_decided(show: Show) -> None:
    reviewed(show)
    show.terminate()
    assert VISIT in tebura(show, "review", "list").stdout
    assert "onigiri-salmon" in tebura(show, "review", "show", VISIT).stdout
    refused = tebura(show, "review", "waive", VISIT)
    assert refused.returncode == 2
    assert f"Start it with `tebura run --store DIR --state {show.state}`" in refused.stderr
    assert show.entries("settlement") == []
    show.start()
    assert tebura(show, "review", "waive", VISIT).stdout == f"ana pays nothing for {VISIT}.\n"
    assert [e.body["state"] for e in show.entries("settlement")] == ["void"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "20231115-0099"), "is no visit of this shop's book"),
        (("waive", "20231115-0099"), "no such visit waits for anybody"),
        (("charge", VISIT, "--only", "onigiri-salmon"), "Write SKU=UNITS"),
        (("charge", VISIT, "--only", "moon=1", "--more"), "moon is not in the catalogue"),
        (("retry", VISIT), "Say charge or waive"),
        (("resolve", VISIT, "eaten"), "Say kept"),
    ],
)
def test_what_cannot_be_decided_is_told_with_the_remedy(show: Show, words: tuple[str, ...], told: str) -> None:
    reviewed(show)
    refused = tebura(show, "review", *words)
    assert refused.returncode == 2
    assert told in refused.stderr
    for remedy in re.findall("`(.*?)`", refused.stderr):
        assert f"--store {show.folder} --state {show.state}" in remedy, "it can be typed as it stands"
    assert show.entries("settlement") == []


def test_killed_while_two_people_decide_it_is_decided_once(show: Show) -> None:
    """Whoever was answered has decided; whoever was not asks again and is told who did."""
    reviewed(show)
    answers: list[dict[str, object]] = []
    for round_ in range(6):
        threads = [
            threading.Thread(target=_decide, args=(show, verdict, by, answers))
            for verdict, by in (("charge", "aki"), ("waive", "yui"))
        ]
        for thread in threads:
            thread.start()
        if round_ < 5:
            show.kill()
        for thread in threads:
            thread.join()
        if round_ < 5:
            show.start()
    show.ask(do="rehearse", at=OPENS_S + 30.0, speed=8.0)
    show.settle_down()
    (entry,) = show.entries("settlement")
    said = {a["state"] for a in answers}
    assert len(answers) <= 1, answers
    assert said <= {entry.body["state"]}
    assert [amount for _, amount in show.charges()] == ([356] if entry.body["decided_by"] == "aki" else [])
    until(lambda: show.ask(do="status")["waiting"] == {}, "nobody waits any more")
    assert show.prove() == []


def _decide(show: Show, verdict: str, by: str, answers: list[dict[str, object]]) -> None:
    with contextlib.suppress(NobodyThere, ValueError):
        answers.append(ask(show.state, {"do": "decide", "visit": VISIT, "verdict": verdict, "by": by}))
