"""Small shops for stories about money: written as a shopkeeper writes them, read as the runtime reads them."""

from __future__ import annotations

from edge.store import Store, read_store

KIOSK = """\
[store]
id = "kiosk"
name = "てぶらマート 谷中店"
timezone = "Asia/Tokyo"
currency = "JPY"
prices_include_tax = true
languages = ["ja", "en"]
registration = "T1234567890123"
address = "東京都台東区谷中 3-1-1"

[floor]
polygon = [[0, 0], [4, 0], [4, 3], [0, 3]]

[[gate]]
id = "in"
kind = "entry"
position = [0, 1]

[[gate]]
id = "out"
kind = "exit"
position = [0, 2]

[[gondola]]
id = "g1"
origin = [1, 2, 0]
yaw_deg = 0

[[gondola.shelf]]
id = "g1-s1"
height = 1
depth = 0.4
plates = 4
plate_width = 0.2

[[tax]]
class = "food"
percent = 8
reduced = true
since = 2019-10-01

[[tax]]
class = "goods"
percent = 8
since = 2014-04-01

[[tax]]
class = "goods"
percent = 10
since = 2019-10-01
"""

CATALOGUE = """\
sku,gtin,name,name_ja,name_en,price,tax_class,weight_g,weight_sd_g
onigiri-salmon,2000000000015,おにぎり 鮭,おにぎり 鮭,Salmon onigiri,178,food,110,1
green-tea,2000000000022,緑茶 600ml,緑茶 600ml,Green tea 600 ml,151,food,625,2
milk-bread,2000000000039,ふんわり生クリーム入りのメロンパン 5個入り,,"Melon bread, a bag of five",398,food,95,2
battery-aa,2000000000046,単三アルカリ乾電池 4本,単三アルカリ乾電池 4本,AA batteries (4),547,goods,98,1
umbrella,2000000000053,ビニール傘,ビニール傘,Umbrella,1100,goods,410,4
free-sample,2000000000060,試供品,試供品,Free sample,0,goods,12,1
"""

PLANOGRAM = "shelf,plates,sku\ng1-s1,1,onigiri-salmon\n"

NOON_S = 1_776_654_000.0
"""2026-04-20 12:00:00 in Tokyo, a Monday."""


def shop(**changes: str) -> Store:
    """The kiosk, with keys of ``[store]`` written differently (as TOML values), e.g. ``prices_include_tax="false"``."""
    text = KIOSK
    for key, value in changes.items():
        before = next((line for line in text.splitlines() if line.startswith(f"{key} = ")), None)
        text = text.replace(before or "[floor]", f"{key} = {value}" if before else f"{key} = {value}\n\n[floor]", 1)
    files = {"store.toml": text, "catalogue.csv": CATALOGUE, "planogram.csv": PLANOGRAM}
    return read_store({name: content.encode() for name, content in files.items()})


DOLLARS = {"currency": '"USD"', "timezone": '"America/New_York"', "languages": '["en"]', "registration": '""'}
"""Changes that make it a shop far away."""
