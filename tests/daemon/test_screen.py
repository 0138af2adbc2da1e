"""The screen shows whoever comes in, whatever they are called, and who waits for a person."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from edge.daemon.screen import Screen
from edge.wire import Heard, encode_scan
from tests.corner import OPENS_S
from tests.daemon.rehearsals import Rehearsal
from tests.daemon.test_reviews import WHY, Reviewed


def drawn(shop: Rehearsal) -> str:
    from rich.console import Console

    shop.watch.status = shop.status
    console = Console(file=io.StringIO(), width=120)
    console.print(Screen(shop.shop, shop.watch, ["mqtt://127.0.0.1:1883"])._draw())
    text = console.file
    assert isinstance(text, io.StringIO)
    return text.getvalue()


@pytest.mark.parametrize("subject", ["[/red]", "[bold]ana", "\x1b[2Jana", "a\nb", "棚"])
def test_a_name_is_shown_and_does_nothing(tmp_path: Path, subject: str) -> None:
    shop = Rehearsal(tmp_path)
    shop.open()
    shop.play(0.0, 0.4)
    shop.play(0.4, 0.6, [Heard("gate/in/scan", encode_scan(OPENS_S + 0.5, subject, "palm"), OPENS_S + 0.5)])
    text = drawn(shop)
    assert "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in subject) in text
    assert "\x1b" not in text
    shop.shop.close()


def test_who_waits_for_a_person_is_on_the_screen(tmp_path: Path) -> None:
    shop = Reviewed(tmp_path)
    shop.leave()
    text = drawn(shop)
    assert 'no money moves: provider "local" of [payment] only writes down' in text
    assert "1 visit waits for a person to decide: tebura review list" in text
    assert WHY in text
    shop.shop.close()
