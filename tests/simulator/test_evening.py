"""The demonstration of money: a hold, a capture, a markdown and a refund, in a book that holds."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from edge.cli import app
from edge.ledger import Book


def test_an_evening_shows_every_step_of_money(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--money", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    for told in ("Evening markdown", "-¥120", "Return (qualified return invoice)", "-¥178", "held-at-provider 1000"):
        assert told in result.stdout
    with Book(tmp_path / "evening.db", read_only=True) as book:
        assert book.prove() == []
        balances = book.balances()
    assert balances["provider:payments"] == 478
    assert {name for name, minor in balances.items() if minor} == {
        "provider:payments", "sales:8%-reduced", "tax:8%-reduced",
    }  # fmt: skip
