"""`tebura demo --screens`: a shop at work now, with its screens, and nobody in it but simulated people.

Enters: a seed. Leaves: a folder. While it runs, a real shop with a broker of its own hears what its sensors would say
of people who shop at this very moment, and the pages of staff, shoppers and gates can be opened beside it. It asks a
person more often than the demo shop would, so that there is something to decide.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import typer

from edge.store import load_store
from edge.web.address import address_of
from edge.web.shopper.enrol import Enrolments, shown
from edge.web.staff import FILE as STAFF
from edge.web.staff import Staff
from edge.wire import open_recording
from simulator.busy import busy_story
from simulator.commands import DEMO, simulate_story
from simulator.live import Stage, play_live, started, wait

VISITS: Final = 40
LEAD_S: Final = 45.0
"""So long simulating them may take before the first comes in."""

LAST_START_S: Final = 85_000.0
"""A story ends on the day on which it begins; whoever starts this shortly before midnight gets it a little early."""

ASKS: Final = ('below = "withhold"', 'below = "review"')

NAME, GUEST = "aki", "you"
"""Who works there, and who is invited."""
DAY_S: Final = 86400.0


def show_screens(out: Path, seed: int) -> None:
    """Until somebody stops it, in whatever way. `OSError` where the folder or a port cannot be used."""
    folder, recording = out / "screens" / "store", out / "screens" / "now.mcap"
    state = out / "screens" / "state"
    shutil.rmtree(out / "screens", ignore_errors=True)
    shutil.copytree(DEMO, folder)
    policy = folder / "store.toml"
    policy.write_text(policy.read_text(encoding="utf-8").replace(*ASKS), encoding="utf-8")
    store = load_store(folder)
    typer.echo("Simulating some minutes of shopping ...")
    now_s = time.time()
    start = datetime.fromtimestamp(now_s + LEAD_S, store.timezone)
    opening_s = min((start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds(), LAST_START_S)
    story = busy_story(store, VISITS, seed, opening_s=opening_s, day=f"{start:%Y-%m-%d}")
    simulate_story(store, story, recording, seed)
    with suppress(KeyboardInterrupt), started(folder, state) as stage, _screens(stage, folder, state):
        _invite(stage, state)
        time.sleep(max(0.0, start.timestamp() - time.time()))
        play_live(open_recording(recording), stage, 1.0)
        typer.echo("Everybody has left. The screens stay until you press Ctrl-C.")
        while True:
            time.sleep(3600.0)


@contextmanager
def _screens(stage: Stage, folder: Path, state: Path) -> Iterator[None]:
    with (folder / "screens.log").open("wb") as log:
        command = ["web", "--store", str(folder), "--state", str(state)]
        process = subprocess.Popen([sys.executable, "-m", "edge.cli", *command], stdout=log, stderr=log)
        try:
            wait(lambda: process.poll() is not None or _answers(stage.site.screens.port), folder / "screens.log")
            yield
        finally:
            process.terminate()
            process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _invite(stage: Stage, state: Path) -> None:
    """Tell where to look, and how to get in."""
    now_s, password = time.time(), "-".join(secrets.token_hex(2) for _ in range(4))
    with Staff(state / STAFF) as staff:
        staff.add(NAME, password, ["owner"], now_s)
    code = Enrolments(state).invite(GUEST, "member", NAME, now_s, DAY_S)
    at = address_of(stage.site)
    gates = " ".join(f"{at}/gate/{gate.id}" for gate in stage.store.layout.gates)
    typer.echo(f"\nStaff      {at}/staff   name {NAME}, password {password}")
    typer.echo(f"A shopper  {at}/m/   enrolment code {shown(code)}")
    typer.echo(f"Boards     {gates}\n")
    typer.echo("In less than a minute the first shopper comes in. Ctrl-C ends it.")
