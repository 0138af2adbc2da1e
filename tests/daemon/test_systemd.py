"""What systemd hears, over its own kind of socket."""

from __future__ import annotations

import math
import os
import socket
from pathlib import Path

import pytest

from edge.daemon.systemd import notify, watchdog_s


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_hears_every_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    named = str(tmp_path / "notify") if kind == "path" else f"@tebura-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(named.replace("@", "\0", 1) if kind == "abstract" else named)
        systemd.settimeout(5.0)
        monkeypatch.setenv("NOTIFY_SOCKET", named)
        notify("READY=1", "STATUS=serving 角の店")
        assert systemd.recv(4096).decode() == "READY=1\nSTATUS=serving 角の店"
        notify("WATCHDOG=1")
        assert systemd.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("named", ["", "/nowhere/at/all", "@nobody-listens-here", "relative"])
def test_where_nobody_listens_nothing_happens(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", named)
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")


def test_signs_of_life_come_twice_as_often_as_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "10000000")
    assert watchdog_s() == 5.0
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert watchdog_s() == 5.0
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
    assert watchdog_s() == math.inf


@pytest.mark.parametrize("given", ["", "0", "-1", "soon"])
def test_without_a_watchdog_there_is_none(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", given)
    assert watchdog_s() == math.inf
