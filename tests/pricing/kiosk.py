"""The kiosk of the stories about money, with prices that move."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from edge.store import Store, read_store
from tests.checkout.shops import CATALOGUE, KIOSK, PLANOGRAM

TOKYO = ZoneInfo("Asia/Tokyo")
TOBACCO = "tobacco,,たばこ,たばこ,Tobacco,600,goods,22,1\n"


def at(moment: str, zone: ZoneInfo = TOKYO) -> float:
    """``2026-04-20 19:00`` by the shop's clocks, in UNIX seconds."""
    return datetime.fromisoformat(moment).replace(tzinfo=zone).timestamp()


def files(prices: str = "", promotions: str = "", policy: str = "", store: str = KIOSK) -> dict[str, bytes]:
    """The kiosk's files. Its catalogue sells tobacco, too, at a fixed price."""
    header, _, rest = CATALOGUE.partition("\n")
    rows = "".join(f"{row},\n" for row in rest.splitlines())
    catalogue = f"{header},fixed_price\n{rows}{TOBACCO.strip()},yes\n"
    toml = f"{store}\n{promotions}\n[policy]\n{policy}\n"
    found = {"store.toml": toml, "catalogue.csv": catalogue, "planogram.csv": PLANOGRAM}
    if prices:
        found["prices.csv"] = "sku,price,from,until,daily,why,why_en\n" + prices
    return {name: content.encode() for name, content in found.items()}


def kiosk(prices: str = "", promotions: str = "", policy: str = "") -> Store:
    """Rows of ``prices.csv`` (sku,price,from,until,daily,why,why_en) and tables of promotions."""
    return read_store(files(prices, promotions, policy))


BUNDLE = """
[[promotion]]
id = "two-onigiri"
name = "おにぎり2個300円"
name_en = "Two onigiri for 300"
skus = ["onigiri-salmon"]
units = 2
price = 300
"""

LUNCH_SET = """
[[promotion]]
id = "lunch"
name = "ランチセット"
name_en = "Lunch set"
each = [["onigiri-salmon", "milk-bread"], ["green-tea"]]
price = 290
"""

COUPON = """
[[promotion]]
id = "hundred-off"
name = "100円引きクーポン"
name_en = "100 yen off"
off = 100
least = 1000
"""

MEMBERS = """
[[promotion]]
id = "members-tea"
name = "会員価格"
name_en = "Members' price"
skus = ["green-tea"]
price = 130
to = "members"
"""

EVENING = "milk-bread,298,,,19:00-24:00,夜の値引き,Evening markdown\n"
