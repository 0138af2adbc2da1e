"""Whoever has ``docs/gate.md`` and nothing else sees a gate open and close: its programs, before a shop that runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from edge.daemon.desk import NobodyThere, ask
from tests.adapters.brokers import free_port, until
from tests.corner import write_store
from tests.live.faults import command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


def test_the_program_on_the_page_comes_in_and_leaves(tmp_path: Path) -> None:
    store, state, port = write_store(tmp_path / "store"), tmp_path / "state", free_port()
    (store / "site.toml").write_text(f'[broker]\nport = {port}\n[web]\nlisten = ""\n', encoding="utf-8")
    makes_codes, tries = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "credential.py").write_text(makes_codes, encoding="utf-8")
    (tmp_path / "try_gate.py").write_text(tries, encoding="utf-8")
    where = ("--store", str(store), "--state", str(state))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def tebura(*words: str) -> str:
        done = subprocess.run(
            command(*words, *where), cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )  # fmt: skip
        return done.stdout

    def answers() -> bool:
        try:
            return bool(ask(state, {"do": "status"}))
        except NobodyThere:
            return False

    with subprocess.Popen(command("run", *where), cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as shop:
        try:
            until(answers, "the shop is there", 20.0)
            tebura("member", "add", "member-17")
            told = subprocess.run(
                [sys.executable, "try_gate.py", str(store), str(state), "member-17.key", str(port)],
                cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
            ).stdout  # fmt: skip
        finally:
            shop.terminate()
    assert re.search(r'^gate/\S+/command \{"open":true,"for_s":5.0,"visit":"\S+"\}$', told, re.MULTILINE), told
    kinds = tebura("ledger", "show").split()
    assert ("visit" in kinds, "settlement" in kinds, "review" in kinds) == (True, True, False)
