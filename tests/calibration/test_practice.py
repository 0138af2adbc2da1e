"""A camera's calibration can be practised without a camera: what is drawn, is accepted by the real command."""

from __future__ import annotations

import shlex
from pathlib import Path

from typer.testing import CliRunner

from edge.cli import app
from edge.store import load_store


def test_the_practice_set_is_calibrated_by_the_command_that_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    drawn = CliRunner().invoke(app, ["simulate", "--boards", str(folder)])
    assert drawn.exit_code == 0, drawn.output
    program, *words = shlex.split(drawn.output.splitlines()[-1])
    assert program == "tebura"
    done = CliRunner().invoke(app, [*words, "--yes"])
    assert "c1 is accepted" in done.output, done.output
    assert load_store(folder / "shop").sights["c1"].by

    again = CliRunner().invoke(app, ["simulate", "--boards", str(folder)])
    assert again.exit_code == 2
    assert "is there already. Name a folder that is not, with --boards" in again.output
    both = CliRunner().invoke(app, ["simulate", "--boards", str(tmp_path / "other"), "--busy", "3"])
    assert both.exit_code == 2
    assert not (tmp_path / "other").exists()
