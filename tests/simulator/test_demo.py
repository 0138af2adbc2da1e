"""The demo as a stranger sees it, on a terminal of eighty columns."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from edge.cli import app

SOMEBODY_WAITS = 4
"""A morning after which a person has yet to look at a visit."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """One text a visit, the summary with the last."""
    out = tmp_path_factory.mktemp("demo")
    run = CliRunner().invoke(app, ["demo", "--seed", str(SOMEBODY_WAITS), "--out", str(out)], env={"COLUMNS": "80"})
    assert run.exit_code == 0, run.output
    return re.split(r"(?=^ .*\S really left with)", run.stdout, flags=re.MULTILINE)[1:]


def test_nobody_is_said_to_be_charged_while_a_person_has_yet_to_look(shown: list[str]) -> None:
    reviewed = [visit for visit in shown if "Nothing has been charged." in visit]
    assert any("would be charged: " in visit for visit in reviewed)
    for visit in shown:
        assert (" would be charged: " in visit) <= (visit in reviewed)
        assert re.search(r" {4}charged: ", visit) is None or visit not in reviewed


def test_every_number_stands_behind_its_words(shown: list[str]) -> None:
    told = [line for visit in shown for line in visit.splitlines() if "charged:" in line]
    assert told
    assert [line for line in told if not re.search(r"charged: \d+\s*$", line)] == []
