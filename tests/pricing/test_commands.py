"""`tebura price`: what costs what, when and why, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.prices import app
from tests.pricing.kiosk import BUNDLE, COUPON, EVENING, files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in files(EVENING, BUNDLE + COUPON).items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def tebura_price(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False, env={"COLUMNS": "160"})
    return done.exit_code, done.output


def test_what_something_costs_in_the_evening_and_why(folder: Path) -> None:
    evening = {"": "夜の値引き", "en": "Evening markdown"}
    for moment, price_minor, why in (("2026-04-20 12:00", 398, {}), ("2026-04-20 19:00", 298, evening)):
        code, told = tebura_price("at", moment, "--store", folder, "--sku", "milk-bread", "--json")
        (product,) = json.loads(told)["products"]
        assert (code, product["price_minor"], product["list_minor"], product["why"]) == (0, price_minor, 398, why)


def test_now_as_people_read_it(folder: Path) -> None:
    code, told = tebura_price("show", "--store", folder)
    assert code == 0
    assert "2 × onigiri-salmon for ¥300" in told
    assert "the whole basket ¥100 off, from ¥1,000" in told
    assert "fixed price" in told


def test_a_moment_that_is_none_and_a_product_that_is_not_sold_are_refused(folder: Path) -> None:
    for words, said in ((("at", "noon"), "'noon' is no moment"), (("show", "--sku", "unicorn"), "no unicorn")):
        code, told = tebura_price(*words, "--store", folder)
        assert code == 2
        assert said in told
