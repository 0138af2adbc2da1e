"""What staff type while the shop runs: reload and age, and what they are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from edge.cli.ages import confirm, list_, refuse
from edge.cli.live import reload
from edge.daemon.desk import Desk
from edge.daemon.orders import obey
from tests.adapters.brokers import until
from tests.core.test_ages import ADULTS, VISIT
from tests.corner import write_store
from tests.daemon.test_changes import DEARER, NO_ONIGIRI
from tests.daemon.test_reload import MARKDOWN, Running


class Staffed(Running):
    """A shop with its desk open, and somebody who types."""

    def type(self, command: Callable[[], None]) -> int:
        """What the command ends with; the shop goes on working meanwhile."""
        codes: list[int] = []

        def typing() -> None:
            try:
                command()
            except typer.Exit as end:
                codes.append(end.exit_code)
            else:
                codes.append(0)

        somebody = threading.Thread(target=typing)
        somebody.start()
        until(lambda: self.worked() and bool(codes), "the command ends")
        somebody.join()
        return codes[0]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Staffed]:
    found = Staffed(tmp_path)
    found.open()
    desk = Desk(
        found.state, lambda said: obey(found.shop, found.watch, said, connected=True, store_folder=found.folder)
    )
    desk.open()
    yield found
    desk.close()
    found.shop.close()


def test_reload_says_what_holds_from_now_on_and_for_whom_not(shop: Staffed, capsys: pytest.CaptureFixture[str]) -> None:
    shop.play(0.0, 9.0)
    write_store(shop.folder, catalogue_csv=DEARER)
    (shop.folder / "prices.csv").write_text(MARKDOWN)
    assert shop.type(lambda: reload(shop.folder, shop.state, by="sato")) == 0
    assert capsys.readouterr().out.splitlines() == [
        "From now on: catalogue.csv, prices.csv as they stand there now.",
        "1 inside pays what was promised at the entry.",
    ]
    assert shop.type(lambda: reload(shop.folder, shop.state)) == 0
    assert capsys.readouterr().out == "Nothing has changed since the shop read its files.\n"


def test_reload_names_every_fault_and_changes_nothing(shop: Staffed, capsys: pytest.CaptureFixture[str]) -> None:
    write_store(shop.folder, catalogue_csv=DEARER, planogram_csv=NO_ONIGIRI)
    assert shop.type(lambda: reload(shop.folder, shop.state)) == 2
    told = capsys.readouterr().err
    assert "planogram.csv: file: cannot change while the shop runs. Stop the shop and start it again for that" in told
    assert "nothing has changed: the shop goes on as it was" in told


@pytest.mark.parametrize("command", [confirm, refuse])
def test_staff_see_who_is_asked_and_answer(
    shop: Staffed, capsys: pytest.CaptureFixture[str], command: Callable[..., None]
) -> None:
    shop.reload(catalogue_csv=ADULTS)
    shop.play(0.0, 9.5)
    assert shop.type(lambda: list_(shop.folder, shop.state)) == 0
    assert f"{VISIT}  ana  asked since" in (told := capsys.readouterr().out)
    assert "20+: onigiri-salmon" in told
    assert shop.type(lambda: command(VISIT, shop.folder, shop.state, by="sato", how="licence", as_json=True)) == 0
    assert json.loads(capsys.readouterr().out)["state"] == ("confirmed" if command is confirm else "refused")
    assert shop.type(lambda: command("20231115-0009", shop.folder, shop.state)) == 2
    assert "nobody's age is asked there. `tebura age list --store" in capsys.readouterr().err
