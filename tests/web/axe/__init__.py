"""What axe-core (4.14.1, MPL-2.0, as it came) finds wrong on a page for people who see, hear or move otherwise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

WORST = ("serious", "critical")


@cache
def _program() -> str:
    return (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def serious(page: Page) -> list[str]:
    """Everything that is serious or worse: the rule, and where."""
    page.evaluate(_program())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{v['id']}: {node['html'][:120]}" for v in found if v["impact"] in WORST for node in v["nodes"]]
