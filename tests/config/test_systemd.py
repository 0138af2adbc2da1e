"""The service as systemd reads it, and the daemon as the service runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "config" / "systemd"
UNIT = UNITS / "tebura.service"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    units = [tmp_path / unit.name for unit in UNITS.iterdir()]
    for unit in units:
        text = (UNITS / unit.name).read_text(encoding="utf-8")
        unit.write_text(text.replace("/opt/tebura/bin/tebura", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    about = [line for line in (done.stdout + done.stderr).splitlines() if "tebura" in line]
    assert about == []


@needs_systemd
def test_the_service_is_hardened() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level.*?: ([\d.]+)", done.stdout)
    assert exposure is not None, done.stdout + done.stderr
    assert float(exposure[1]) < 2.0


def test_the_service_names_the_command_as_it_is() -> None:
    shelves = (UNITS / "tebura-check.service").read_text(encoding="utf-8")
    assert "ExecStart=/opt/tebura/bin/tebura calibrate check --store /etc/tebura/shop --for 600\n" in shelves
    screens = (UNITS / "tebura-web.service").read_text(encoding="utf-8")
    assert "ExecStart=/opt/tebura/bin/tebura web --store /etc/tebura/shop\n" in screens
    text = UNIT.read_text(encoding="utf-8")
    assert "ExecStart=/opt/tebura/bin/tebura run --store /etc/tebura/shop\n" in text
    assert {"Type=notify", "NoNewPrivileges=yes", "StateDirectory=tebura", "WatchdogSec=20"} <= set(text.splitlines())
