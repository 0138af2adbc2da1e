"""The demo as a stranger sees it, on a terminal of eighty columns; and many mornings of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from edge.checkout.sale import body_of, make_sale
from edge.cli import app
from edge.records import CartLine, LedgerEntry, ShelfEvent
from simulator.fleet.crew import Hands
from simulator.mornings import Morning, TooMuch, audit, mornings, show, told
from simulator.report.truth import EventTruth, Truth, VisitTruth
from tests.checkout.shops import NOON_S, shop

MORNING = 4
WHO_ASKS = {"TEBURA_POLICY__BELOW": "review"}
"""A shop in which a person looks at whatever is not sure enough: some have yet to do so after this morning."""


def demo(*words: str, **env: str) -> str:
    run = CliRunner().invoke(app, ["demo", *words], env={"COLUMNS": "80", **env})
    assert run.exit_code == 0, run.output
    return run.stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """One text a visit, the summary with the last."""
    said = demo("--seed", str(MORNING), "--out", str(tmp_path_factory.mktemp("demo")), **WHO_ASKS)
    return re.split(r"(?=^ .*\S really left with)", said, flags=re.MULTILINE)[1:]


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


def test_two_mornings_are_what_two_demos_are(tmp_path: Path) -> None:
    """However many processes work on them."""
    both = [demo("--seed", str(seed), "--out", str(tmp_path)) for seed in (MORNING, MORNING + 1)]
    said = [re.search(r"(\d+) of (\d+) receipts are exactly right, (\d+) wait for a person, (\d+)", x) for x in both]
    exact, visits, review, overcharged = (sum(int(each[i]) for each in said if each) for i in (1, 2, 3, 4))
    many = json.loads(demo("--seeds", "2", "--seed", str(MORNING), "--json"))
    in_all = many["in_all"]
    assert (in_all["exact"], in_all["visits"]) == (exact, visits)
    assert (in_all["review"], in_all["overcharged"]) == (review, overcharged)
    assert in_all["settled"] + in_all["review"] + in_all["unsettled"] == visits
    assert len({(each["seed"], each["visit"]) for each in many["charged_too_much"]}) == overcharged
    alone = mornings(2, MORNING, hands=Hands(1))
    assert json.loads(json.dumps(told(alone))) == many


def bought(subject: str, number: int, kind: str = "settlement", **units: int) -> LedgerEntry:
    """What a visit is charged, each product by the shelf event of its name."""
    cart = {sku.replace("_", "-"): count for sku, count in units.items()}
    lines = tuple(CartLine(sku, count, 0.97, (f"of-{sku}",)) for sku, count in cart.items())
    sale = make_sale(shop(), subject, cart, {}, lines, NOON_S, "review" if kind == "review" else "asked")
    return LedgerEntry(f"{kind}:{number}", NOON_S, kind, f"v{number}", body_of(sale))


def moved(name: str, at_s: float) -> ShelfEvent:
    return ShelfEvent(name, "g1-s1", at_s, at_s, at_s, at_s, (1,), np.zeros(4), np.ones(4))


def test_who_took_what_others_were_charged(capsys: pytest.CaptureFixture[str]) -> None:
    truth = Truth(
        [VisitTruth("ana", {}), VisitTruth("bo", {"umbrella": 1}), VisitTruth("cy", {"green-tea": 2}),
         VisitTruth("di", {"green-tea": 1}), VisitTruth("ed", {})],
        [EventTruth(100.0, "bo", "umbrella", 1, "pick", "g1-s1"),
         EventTruth(200.0, "cy", "green-tea", 2, "pick", "g1-s1"),
         EventTruth(201.0, "di", "green-tea", 2, "pick", "g1-s1"),
         EventTruth(300.0, "di", "green-tea", 1, "put_back", "g1-s1")],
    )  # fmt: skip
    decided = [
        bought("ana", 1, umbrella=1), bought("bo", 2, kind="review", umbrella=2), bought("cy", 3),
        bought("di", 4, green_tea=3, umbrella=2),
    ]  # fmt: skip
    events = [moved("of-umbrella", 100.0), moved("of-green-tea", 200.5)]
    counts, much = audit(7, decided, truth, events)
    assert counts == Morning(5, settled=3, exact=0, overcharged=2, undercharged=1, review=1, unsettled=1)
    assert much == (
        TooMuch(7, "v1", "ana", "umbrella", 1, ("bo",)),
        TooMuch(7, "v4", "di", "green-tea", 2, ("cy",)),
        TooMuch(7, "v4", "di", "umbrella", 2, ("bo",)),
    )
    alone, own = audit(8, [bought("di", 4, green_tea=2)], truth, events[1:])
    assert (alone.overcharged, own[0].taken_by) == (1, ("cy",))
    calm = Truth([VisitTruth("di", {})], [EventTruth(200.0, "di", "green-tea", 1, "pick", "g1-s1")])
    assert audit(9, [bought("di", 4, green_tea=1)], calm, events)[1][0].taken_by == ("di",)
    assert audit(9, [bought("di", 4, umbrella=1)], calm, events)[1][0].taken_by == ()
    show({7: (counts, much), 8: (alone, own)})
    said = capsys.readouterr().out
    assert "seed 7, v1 (ana): 1 × umbrella, bo took it" in said
    assert "settled visits overcharged 3/4 (75.0%)" in said
    assert all(len(line) <= 80 for line in said.splitlines())


@pytest.mark.parametrize(
    ("words", "remedy"),
    [(["--json"], "--json goes with --seeds"), (["--seeds", "2", "--out", "here"], "--out goes with one morning")],
)
def test_what_does_not_go_together(words: list[str], remedy: str) -> None:
    run = CliRunner().invoke(app, ["demo", *words])
    assert run.exit_code == 2
    assert remedy in run.output
