"""Goods out of a spreadsheet, as shopkeepers have them: rows of a catalogue.

Enters: the bytes of a CSV file, in whatever form a spreadsheet saved it. Leaves: `Goods`, ready for ``catalogue.csv``;
and what has no weight yet, which cannot be sold before somebody has weighed it. Refuses (`UnreadableGoods`), with the
line, what nobody could charge for. A weight is never guessed: what is charged hangs on it.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from calibration.founding.wanted import Tax
from edge.store.rows import BrokenRow, read_rows

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sku": ("sku", "code", "item code", "article", "id", "品番", "商品コード", "商品番号", "コード"),
    "gtin": ("gtin", "jan", "ean", "upc", "barcode", "bar code", "jan code", "janコード", "バーコード"),
    "name": ("name", "product", "product name", "item", "description", "商品名", "品名", "名称"),
    "name_ja": ("name_ja", "日本語名"),
    "name_en": ("name_en", "english", "english name", "英語名"),
    "price": ("price", "retail price", "unit price", "価格", "売価", "単価", "税込価格", "販売価格"),
    "tax_class": ("tax_class", "tax", "tax class", "vat", "税", "税率", "税区分"),
    "weight_g": ("weight_g", "weight", "grams", "weight (g)", "weight g", "重量", "重さ", "重量(g)"),
    "weight_sd_g": ("weight_sd_g", "weight sd", "ばらつき"),
}
"""Our column -> what people call it; capitals, full width and spaces at the ends make no difference."""

NEEDED = ("name", "price")
ENCODINGS = {True: ("utf-8-sig", "cp932"), False: ("utf-8-sig", "cp1252")}
"""Tried one after the other. Excel saves CSV as cp932 in Japan, as cp1252 in Europe and America."""
SEPARATORS = ",;\t"
SD_SHARE, LEAST_SD_G = 0.01, 0.3
"""Units differ by a hundredth, where nobody has measured it."""
_PRICE = re.compile(r"[¥$€£]?\s*(\d[\d,.  ' ]*)\s*(?:円|€|£|jpy|usd|eur|gbp)?", re.IGNORECASE)
_WEIGHT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(g|kg|グラム)?", re.IGNORECASE)
_REDUCED = ("reduced", "軽減", "軽", "food", "食品")
_STANDARD = ("standard", "標準", "標")


class UnreadableGoods(ValueError):
    """A list of goods that nothing can be sold from; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Goods:
    """``rows``: as ``catalogue.csv`` has them, column -> text. ``unweighed``: the names of what has no weight yet."""

    rows: tuple[dict[str, str], ...]
    unweighed: tuple[str, ...] = ()
    taxed_alike: bool = False
    """The list says nothing of taxes: all of it stands in the first class."""


def read_goods(data: bytes, taxes: Sequence[Tax], digits: int, *, japanese: bool = True) -> Goods:
    """The goods of a CSV file. ``digits``: how many the currency has behind the point."""
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise UnreadableGoods("it is a workbook. Open it, and save the sheet as CSV")
    lines = list(_rows(_text(data, japanese)))
    if not lines:
        raise UnreadableGoods("it is empty. The first line names the columns: name, price, weight_g")
    header = _header(lines[0][1])
    rows: list[dict[str, str]] = []
    unweighed: list[str] = []
    known: set[str] = set()
    for line, fields in lines[1:]:
        said = {column: fields[at].strip() for column, at in header.items() if at < len(fields)}
        name = said.get("name", "")
        if not name:
            raise UnreadableGoods(f"line {line}: the product has no name. Write one, or take the row out")
        price = _price(said.get("price", ""), digits)
        if price is None:
            raise UnreadableGoods(f"line {line}: {name} costs {said.get('price', '')!r}. Write a price like 178")
        if not said.get("weight_g"):
            unweighed.append(name)
            continue
        weight_g = _weight(said["weight_g"])
        if weight_g is None:
            raise UnreadableGoods(f"line {line}: {name} weighs {said['weight_g']!r}. Write the grams of one unit")
        sku = _sku(said, len(rows) + len(unweighed) + 1, known)
        row = {
            "sku": sku,
            "gtin": re.sub(r"[\s-]", "", said.get("gtin", "")),
            "name": name,
            "price": price,
            "tax_class": _tax_class(said.get("tax_class", ""), taxes, f"line {line}: {name}"),
            "weight_g": f"{weight_g:g}",
            "weight_sd_g": said.get("weight_sd_g") or f"{max(LEAST_SD_G, SD_SHARE * weight_g):.2g}",
        }
        rows.append(row | {k: said[k] for k in ("name_ja", "name_en") if said.get(k)})
    if not rows:
        raise UnreadableGoods(
            "no product has a weight. Put one of each on a kitchen scale, and write its grams in a column weight_g"
        )
    return Goods(tuple(rows), tuple(unweighed), "tax_class" not in header and len(taxes) > 1)


def example_goods(taxes: Sequence[Tax], digits: int) -> Goods:
    """A dozen products, so that a shop can be tried before anybody has made a list."""
    reduced = next((tax.tax_class for tax in taxes if tax.reduced), taxes[0].tax_class)
    standard = next((tax.tax_class for tax in taxes if not tax.reduced), taxes[0].tax_class)
    rows = []
    for sku, ja, en, yen, weight_g, food in _EXAMPLE:
        price = str(yen) if digits == 0 else f"{yen / 100:.{digits}f}"
        rows.append(
            {
                "sku": sku, "gtin": "", "name": en, "price": price, "tax_class": reduced if food else standard,
                "weight_g": f"{weight_g:g}", "weight_sd_g": f"{max(LEAST_SD_G, SD_SHARE * weight_g):.2g}",
                "name_ja": ja, "name_en": en,
            }
        )  # fmt: skip
    return Goods(tuple(rows))


_EXAMPLE = (
    ("rice-ball", "おにぎり", "Rice ball", 150, 112.0, True),
    ("sandwich", "サンドイッチ", "Sandwich", 290, 158.0, True),
    ("lunch-box", "お弁当", "Lunch box", 590, 468.0, True),
    ("water-500", "水 500ml", "Water 500 ml", 110, 516.0, True),
    ("tea-500", "お茶 500ml", "Tea 500 ml", 150, 529.0, True),
    ("juice-330", "ジュース 330ml", "Juice 330 ml", 180, 356.0, True),
    ("biscuits", "ビスケット", "Biscuits", 240, 94.0, True),
    ("chocolate", "チョコレート", "Chocolate", 140, 55.0, True),
    ("crisps", "ポテトチップス", "Crisps", 170, 72.0, True),
    ("nuts", "ナッツ", "Nuts", 320, 84.0, True),
    ("tissues", "ティッシュ", "Tissues", 130, 41.0, False),
    ("batteries", "電池", "Batteries", 490, 99.0, False),
)
"""sku, names, yen or cents, grams, food."""


def _text(data: bytes, japanese: bool) -> str:
    for encoding in ENCODINGS[japanese]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableGoods("it is no text that we can read. Save it as CSV in UTF-8")


def _rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """(line, fields); whatever sign stands between the columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    sign = max(SEPARATORS, key=first.count)
    if sign != ",":
        text = _with_commas(text, sign)
    try:
        for row in read_rows(text):
            yield row.line, row.fields
    except BrokenRow as error:
        raise UnreadableGoods(f"line {error.line}: {error}. Save the file as plain CSV") from error


def _with_commas(text: str, sign: str) -> str:
    said = io.StringIO(newline="")
    csv.writer(said, lineterminator="\n").writerows(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    return said.getvalue()


def _header(fields: Sequence[str]) -> dict[str, int]:
    """Column -> where it stands."""
    said = [unicodedata.normalize("NFKC", f).strip().casefold() for f in fields]
    found = {}
    for column, names in COLUMNS.items():
        at = next((said.index(n) for n in map(_plain, names) if n in said), None)
        if at is not None:
            found[column] = at
    if "name" not in found and ("name_ja" in found or "name_en" in found):
        found["name"] = found.get("name_ja", found.get("name_en", 0))
    missing = [column for column in NEEDED if column not in found]
    if missing:
        named = ", ".join(f.strip() for f in fields if f.strip()) or "nothing"
        raise UnreadableGoods(
            f"line 1 names {named}: no column {' and no column '.join(missing)}. Name columns name, price, weight_g, "
            "and sku, gtin, tax_class where there are any"
        )
    return found


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _price(text: str, digits: int) -> str | None:
    """As ``catalogue.csv`` wants it; None where it is none. A comma groups thousands, or stands before the cents."""
    found = _PRICE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    said = re.sub(r"[\s' ]", "", found[1])
    whole, sign, cents = said, "", ""
    end = re.search(rf"[.,](\d{{1,{max(1, digits)}}})$", said) if digits else None
    if end is not None:
        whole, sign, cents = said[: end.start()], ".", end[1]
    whole = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", whole)
    return f"{whole}{sign}{cents}" if whole.isdecimal() else None


def _weight(text: str) -> float | None:
    found = _WEIGHT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    grams = float(found[1].replace(",", ".")) * (1000.0 if (found[2] or "").lower() == "kg" else 1.0)
    return grams if grams > 0 else None


def _sku(said: Mapping[str, str], number: int, known: set[str]) -> str:
    """The list's own, else the bar code's digits, else the name where it is Latin, else a number."""
    name = "".join(c for c in unicodedata.normalize("NFKD", said.get("name_en") or said["name"]) if c.isprintable())
    name = "".join(c for c in name if not unicodedata.combining(c))
    latin = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] if name.isascii() else ""
    sku = said.get("sku") or re.sub(r"[\s-]", "", said.get("gtin", "")) or latin or f"p{number:03d}"
    if sku in known and not said.get("sku"):
        sku = f"{sku}-{number}"
    known.add(sku)
    return sku


def _tax_class(text: str, taxes: Sequence[Tax], what: str) -> str:
    """By the class's name, by its percentage, or by a word for it; the first where nothing is said."""
    said = _plain(text).strip()
    if not said:
        return taxes[0].tax_class
    percent = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?", said)
    for tax in taxes:
        words = _REDUCED if tax.reduced else _STANDARD
        if said == tax.tax_class.casefold() or said in words or (percent and float(percent[1]) == tax.percent):
            return tax.tax_class
    known = ", ".join(f"{tax.tax_class} ({tax.percent:g} %)" for tax in taxes)
    raise UnreadableGoods(f"{what} is taxed {text!r}. Write one of {known}")
