"""`tebura demo --headquarters`: shops, servers, a page that somebody can log in to; and nothing of it stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from simulator.servers import Missing, binaries
from tests.adapters.brokers import until


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_in_the_morning_leaves_nobody_behind(tmp_path: Path, how: signal.Signals) -> None:
    try:
        binaries()
    except Missing as error:
        pytest.skip(str(error))
    command = [sys.executable, "-m", "edge.cli", "demo", "--headquarters", "2", "--out", str(tmp_path)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert demo.stdout is not None
    said = demo.stdout
    until(lambda: "Ctrl-C ends it" in said.readline(), "the mornings begin", 60.0)
    tasks = "simulator.fleet.task"
    until(lambda: tasks in _running(demo.pid), "somebody works", 60.0)
    demo.send_signal(how)
    assert demo.wait(20) == 0
    assert tasks not in _running(demo.pid)
    assert str(tmp_path) not in _running()


def _running(group: int | None = None) -> str:
    """The command lines of everything that runs, or of a group of processes."""
    said = subprocess.run(["ps", "-eo", "pgid,args"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in said.splitlines() if group is None or line.split()[0] == str(group))


def test_two_shops_arrive_and_everything_stops(tmp_path: Path) -> None:
    try:
        binaries()
    except Missing as error:
        pytest.skip(str(error))
    command = [sys.executable, "-m", "edge.cli", "demo", "--headquarters", "2", "--out", str(tmp_path)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert demo.stdout is not None
    told = ""
    try:
        for line in demo.stdout:
            told += line
            if "have arrived, with every chain proven" in line:
                break
        found = re.search(r"(http://\S+)/ +name (\w+), password (\S+)", told)
        assert found is not None, told
        with httpx2.Client(base_url=found[1], follow_redirects=True) as client:
            page = client.post("/staff/login", data={"name": found[2], "password": found[3], "next": "/staff"})
        assert page.status_code == 200
        for shop in ("shop-01", "shop-02"):
            assert f"/staff/shops/{shop}" in page.text
        assert page.text.count("¥") >= 2
    finally:
        os.kill(demo.pid, signal.SIGINT)
        assert demo.wait(20) == 0
    assert str(tmp_path) not in _running()
