"""The command that writes a first shop: init."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from edge.cli.terminal import UNUSABLE, refuse, refuse_store, say
from edge.shown import shown

if TYPE_CHECKING:
    from calibration.founding import Goods, Land, Run, Tax, Wanted

Answer = TypeVar("Answer")

FLOOR, SHELVES, CEILING = "6x5", "left:1.5, back:1.8, island:1.2", "2.7"
"""What stands in a shop about which nobody says anything."""

ASKED = {
    "name": ("What is the shop called?", "お店の名前は?"),
    "country": ("In which country? (two letters)", "国は?(2文字)"),
    "timezone": ("In which time zone?", "タイムゾーンは?"),
    "currency": ("Which currency?", "通貨は?"),
    "tax": (
        "Taxes in percent, the usual one first, then a reduced one if there is one:",
        "税率(%)。標準税率、あれば軽減税率の順:",
    ),
    "floor": (
        "How large is the floor, in metres? The wall with the door first, then how deep:",
        "店の広さは?(m、入口の壁の幅x奥行き)",
    ),
    "shelves": (
        "Which shelves? WALL:METRES or WALL:METRES:BOARDS, with commas between; left, right, back, island:",
        "棚は?(壁:長さm、または 壁:長さm:段数。コンマ区切り。left 左, right 右, back 奥, island 中央)",
    ),
    "ceiling": ("How high is the ceiling, in metres?", "天井の高さは?(m)"),
    "products": (
        "A spreadsheet of goods, saved as CSV (nothing: a dozen examples):",
        "商品の表(CSVで保存したもの。なければ空欄で例を使用):",
    ),
}
"""What is asked, in English and Japanese."""


def init(
    folder: Annotated[Path, typer.Argument(help="The store folder to write; new, or empty.", metavar="DIR")],
    name: Annotated[str | None, typer.Option(help="What the shop is called.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, like JP: money, time and, if known, taxes.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Like Asia/Tokyo, where a country has several.")] = None,
    currency: Annotated[str | None, typer.Option(help="Like EUR; the country's without it.")] = None,
    tax: Annotated[
        str | None, typer.Option(help="Percent, the usual rate first: 20 or 19,7.", metavar="PERCENT")
    ] = None,
    floor: Annotated[str | None, typer.Option(help="Metres: the door's wall x depth.", metavar="WIDTHxDEPTH")] = None,
    shelves: Annotated[
        str | None, typer.Option(help="left, right, back or island, with metres and boards.", metavar="left:1.5:4,…")
    ] = None,
    ceiling: Annotated[str | None, typer.Option(help="How high cameras hang, metres.")] = None,
    products: Annotated[Path | None, typer.Option(help="A spreadsheet of goods, saved as CSV.", metavar="FILE")] = None,
    language: Annotated[str, typer.Option(help="Of the questions: en or ja; by LANG without it.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: what is not said is as usual.")] = False,
) -> None:
    """Write a first shop in two minutes of questions, or by options: a store folder to check, draw and try.

    Floor, gates, shelves and cameras from a few measures; products from a spreadsheet; a picture of it all.
    """
    from calibration.founding import CannotStand, files_of, stands
    from edge.store import BrokenStore

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        refuse(f"{folder}: is there already, and nothing in it is overwritten. Name a new folder")
    ask = _Asking(language, yes)
    called = ask("name", name, folder.resolve().name, str.strip)
    land = ask("country", country, "JP", _land)
    zone = land.timezone if timezone is None and land.timezone else ask("timezone", timezone, "", _zone)
    money = ask("currency", currency, land.currency, _currency) if currency is not None else land.currency
    taxes = land.taxes if tax is None and land.taxes else ask("tax", tax, "", _taxes)
    size = ask("floor", floor, FLOOR, _size)
    height_m = ask("ceiling", ceiling, CEILING, _height)

    def standing(text: str) -> Wanted:
        wanted = _wanted(folder, called, land, zone, money, taxes, size, height_m, _runs(text))
        stands(wanted)
        return wanted

    try:
        wanted = ask("shelves", shelves, SHELVES, standing)
        goods = ask("products", None if products is None else str(products), "", lambda path: _goods(path, wanted))
        texts = files_of(wanted, goods)
    except CannotStand as error:
        refuse(str(error))
    _write(folder, texts)
    try:
        _told(folder, goods)
    except BrokenStore as error:
        refuse_store(str(folder), error)


class _Asking:
    """Asks at the terminal, until an answer can be used. What was said as an option is not asked."""

    def __init__(self, language: str, yes: bool) -> None:
        if language not in ("", "en", "ja"):
            refuse(f"--language {language}: questions are asked in en or ja. Name one of them")
        said = language or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
        self._japanese = said.startswith("ja")
        self._silent = yes or not sys.stdin.isatty()

    def __call__(self, what: str, said: str | None, usual: str, read: Callable[[str], Answer]) -> Answer:
        if said is not None or self._silent:
            try:
                return read(said if said is not None else usual)
            except ValueError as error:
                refuse(
                    f"--{what}: {error}" if said is not None else f"nobody said --{what}, and it is not known: {error}"
                )
        while True:
            answer = typer.prompt(ASKED[what][self._japanese], default=usual, show_default=bool(usual))
            try:
                return read(str(answer))
            except ValueError as error:
                say(str(error))


def _land(code: str) -> Land:
    from calibration.founding import land_of

    land = land_of(code)
    if land is None:
        raise ValueError(f"there is no country {code!r}. Write its two letters, like JP, DE or US")
    return land


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text.strip()).key
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {text!r}. Write the shop's, like Europe/Berlin") from None


def _currency(text: str) -> str:
    from edge.store.currency import digits_of

    code = text.strip().upper()
    if digits_of(code) is None:
        raise ValueError(f"there is no currency {text!r}. Write its three letters, like EUR")
    return code


def _taxes(text: str) -> tuple[Tax, ...]:
    from calibration.founding import Tax

    parts = [part.strip().removesuffix("%").strip() for part in re.split(r"[,;/ ]+", text.strip()) if part.strip("% ")]
    try:
        rates = [float(part) for part in parts]
    except ValueError:
        rates = []
    if not 1 <= len(rates) <= 2 or not all(0 <= rate <= 100 for rate in rates):
        raise ValueError(f"{text!r} are no taxes. Write the country's rate in percent, or two with a comma: 20 or 19,7")
    names = (("standard", False), ("reduced", True))
    return tuple(Tax(name, rate, reduced) for rate, (name, reduced) in zip(rates, names, strict=False))


def _size(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*m?\s*(?:x|×|\*|by)\s*(\d+(?:\.\d+)?)\s*m?\s*", text, re.IGNORECASE)
    if found is None or not all(0 < float(side) <= 200 for side in found.groups()):
        raise ValueError(f"{text!r} is no floor. Write the door's wall and the depth in metres, like 6x5")
    return float(found[1]), float(found[2])


def _height(text: str) -> float:
    try:
        height_m = float(text.strip().removesuffix("m"))
    except ValueError:
        height_m = 0.0
    if not 2.0 <= height_m <= 8.0:
        raise ValueError(f"{text!r} is no ceiling under which cameras hang. Write metres, from 2 to 8")
    return height_m


def _runs(text: str) -> tuple[Run, ...]:
    from calibration.founding import read_run

    runs = tuple(read_run(part) for part in text.split(",") if part.strip())
    if not runs:
        raise ValueError("a shop has shelves. Write WALL:METRES, like left:1.5")
    return runs


def _wanted(
    folder: Path, name: str, land: Land, zone: str, money: str, taxes: tuple[Tax, ...], size: tuple[float, float],
    ceiling_m: float, runs: tuple[Run, ...],
) -> Wanted:  # fmt: skip
    from calibration.founding import Wanted

    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._")[:64] or "shop"
    return Wanted(
        slug, name[:200], money, zone, land.languages, taxes, *size, runs,
        ceiling_m=ceiling_m, prices_include_tax=land.code != "US",
    )  # fmt: skip


def _goods(path: str, wanted: Wanted) -> Goods:
    from calibration.founding import UnreadableGoods, example_goods, read_goods
    from edge.store.currency import digits_of

    digits = digits_of(wanted.currency)
    assert digits is not None
    if not path.strip():
        return example_goods(wanted.taxes, digits)
    try:
        return read_goods(
            Path(path.strip()).expanduser().read_bytes(), wanted.taxes, digits, japanese="ja" in wanted.languages
        )
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}. Name a CSV file") from error
    except UnreadableGoods as error:
        raise UnreadableGoods(f"{path}: {error}") from error


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        say(f"{folder}: cannot be written ({error.strerror or error}). Name a folder that you may write to")
        raise typer.Exit(UNUSABLE) from error


def _told(folder: Path, goods: Goods) -> None:
    """Look at what was written as the shop will, draw it, and say how it goes on."""
    from datetime import datetime

    from edge.checkout.words import WORDS
    from edge.drawing import sheet
    from edge.store import load_store
    from edge.store.oddities import oddities

    store = load_store(folder)
    (folder / "plan.svg").write_text(sheet(store), encoding="utf-8")
    plates = sum(shelf.plates for shelf in store.layout.shelves)
    shelves = f"{len(store.catalogue)} products on {len(store.layout.shelves)} shelves with {plates} plates"
    typer.echo(f"{shown(store.name)}: {shelves}, {len(store.layout.cameras)} cameras.")
    typer.echo(f"It stands in {folder}; {folder / 'plan.svg'} shows it.")
    for oddity in oddities(store, datetime.now(store.timezone).date(), WORDS):
        typer.echo(f"odd: {shown(str(oddity))}", err=True)
    if goods.unweighed:
        names = ", ".join(shown(name) for name in goods.unweighed[:8]) + (" …" if len(goods.unweighed) > 8 else "")
        say(f"without a weight in the list, and left out; weigh one of each and add it to catalogue.csv: {names}")
    if goods.taxed_alike:
        say("the list says nothing of taxes: all goods stand in the class standard. Correct tax_class in catalogue.csv")
    typer.echo(
        f"""
Three visits, as its sensors would tell, and what the shop makes of them:
  tebura simulate --busy 3 --store {folder} -o morning.mcap
  tebura replay morning.mcap --report morning.html
Measure what was built, correct {folder / "store.toml"}, and look again:
  tebura check --store {folder}
  tebura planogram check --store {folder}"""
    )
