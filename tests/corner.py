"""The smallest shop: one shelf with four plates, one camera, tea and rice balls; and recordings of errands in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.records import PersonSeen
from edge.wire import Heard, RecordingWriter, encode_passage, encode_people, encode_scan, encode_weight

STORE = """\
[store]
id = "corner"
name = "角の店 Corner"
timezone = "Asia/Tokyo"
currency = "JPY"
prices_include_tax = true
languages = ["en", "ja"]

[floor]
polygon = [[0, 0], [4, 0], [4, 2], [0, 2]]

[[gate]]
id = "in"
kind = "entry"
position = [0.2, 0.8]
trusted_reader = true

[[gate]]
id = "out"
kind = "exit"
position = [3.8, 0.8]

[[camera]]
id = "cam"
position = [2, 1, 2.6]

[[gondola]]
id = "g1"
origin = [1, 2, 0]
yaw_deg = 0

[[gondola.shelf]]
id = "g1-s1"
height = 1.0
depth = 0.4
plates = 4
plate_width = 0.25

[[tax]]
class = "food"
percent = 8
"""
CATALOGUE = """\
sku,gtin,name,price,tax_class,weight_g,weight_sd_g
onigiri-salmon,2000000000015,Salmon onigiri,178,food,110,1
green-tea,2000000000022,Green tea <600 ml> & lemon,151,food,625,2
"""
PLANOGRAM = "shelf,plates,sku\ng1-s1,1,onigiri-salmon\ng1-s1,3,green-tea\n"

FILES = {
    "store.toml": STORE.encode(),
    "catalogue.csv": CATALOGUE.encode(),
    "planogram.csv": PLANOGRAM.encode(),
}
OPENS_S = 1_700_000_000.0


@dataclass(frozen=True, slots=True)
class Pick:
    """So many grams leave a plate (or come back, negative) at a second of the errand."""

    at_s: float
    plate: int
    mass_g: float
    sku: str
    units: int = 1


TWO_ONIGIRI = (Pick(7.0, 1, 220.0, "onigiri-salmon", 2),)
WAY = ((0.0, 0.2, 0.8), (1.0, 0.2, 0.8), (5.0, 1.2, 1.6), (9.0, 1.2, 1.6), (13.0, 3.8, 0.8), (13.5, 3.9, 0.8))
"""Ana's way: second, x, y."""


def write_store(folder: Path, **changed: str) -> Path:
    """The shop as a folder; ``store_toml="…"`` and the like take the place of a file, or are one more."""
    folder.mkdir(exist_ok=True)
    more = {".".join(name.rsplit("_", 1)): text.encode() for name, text in changed.items()}
    for name, data in {**FILES, **more}.items():
        (folder / name).write_bytes(data)
    return folder


def errand(
    path: Path,
    picks: Sequence[Pick] = TWO_ONIGIRI,
    files: Mapping[str, bytes] = FILES,
    truth: Mapping[str, int] | None = None,
    seed: int = 1,
) -> Path:
    """Ana comes in, reaches for what she wants, leaves; eighteen seconds in all."""
    noise = np.random.default_rng(seed)
    said: list[tuple[float, str, bytes]] = [
        (0.5, "gate/in/scan", encode_scan(OPENS_S + 0.5, "ana", "palm")),
        (1.2, "gate/in/passage", encode_passage(OPENS_S + 1.2, "in")),
        (13.0, "gate/out/passage", encode_passage(OPENS_S + 13.0, "out")),
    ]
    for i in range(90):
        at_s = 0.2 * i
        load_g = np.array([1100.0, 0.0, 3125.0, 0.0])[:, None] + noise.normal(0, 0.3, (4, 12))
        for j in range(12):
            for pick in picks:
                load_g[pick.plate - 1, j] -= pick.mass_g if at_s + j / 60 >= pick.at_s else 0.0
        said.append((at_s + 0.2, "shelf/g1-s1/weight", encode_weight(OPENS_S + at_s, 60.0, load_g)))
    for i in range(180):
        at_s = 0.1 * i
        people = [_ana(at_s, picks)] if at_s <= WAY[-1][0] else []
        said.append((at_s + 0.03, "camera/cam/people", encode_people(OPENS_S + at_s, people)))
    attachments = dict(files)
    if truth is not None:
        attachments["truth.json"] = _truth(truth, picks)
    with RecordingWriter(path, attachments, OPENS_S) as recording:
        for heard_s, topic, payload in sorted(said):
            recording.write(topic, payload, OPENS_S + heard_s, OPENS_S + heard_s)
    return path


def later(heard: Heard, by_s: float) -> Heard:
    """The same message at another time."""
    said = json.loads(heard.payload)
    payload = json.dumps({**said, "t": said["t"] + by_s}).encode()
    return Heard(heard.topic, payload, heard.received_s + by_s)


def _ana(at_s: float, picks: Sequence[Pick]) -> PersonSeen:
    times, xs, ys = zip(*WAY, strict=True)
    x, y = float(np.interp(at_s, times, xs)), float(np.interp(at_s, times, ys))
    hand = (x, y + 0.2, 1.0)
    for pick in picks:
        if abs(at_s - pick.at_s) < 0.6:
            hand = (1.0 + (pick.plate - 0.5) * 0.25, 2.15, 1.1)
    return PersonSeen((x, y, 1.6), (hand,), 0.95)


def _truth(items: Mapping[str, int], picks: Sequence[Pick]) -> bytes:
    events = [
        {"t": OPENS_S + p.at_s, "subject": "ana", "sku": p.sku, "count": p.units,
         "action": "pick" if p.mass_g > 0 else "put_back", "shelf": "g1-s1", "plates": [p.plate]}
        for p in picks
    ]  # fmt: skip
    return json.dumps({"visits": [{"subject": "ana", "items": dict(items)}], "events": events}).encode()
