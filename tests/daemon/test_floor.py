"""Who is on the floor, as the desk tells it to whoever draws a picture."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from edge.daemon.orders import obey
from tests.adapters.brokers import until
from tests.corner import OPENS_S
from tests.daemon.test_reload import Running


def floor(shop: Running) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []
    asking = threading.Thread(
        target=lambda: answers.append(obey(shop.shop, shop.watch, {"do": "floor"}, connected=True))
    )
    asking.start()
    until(lambda: shop.worked() and bool(answers), "the desk answers")
    asking.join()
    return answers[0]


def test_the_floor_shows_who_is_where_and_what_they_hold(tmp_path: Path) -> None:
    shop = Running(tmp_path)
    shop.open()
    assert floor(shop)["people"] == floor(shop)["visits"] == []
    shop.play(0.0, 9.0)
    before = shop.shop.driver.freeze()
    told = floor(shop)
    (ana,), (visit,) = told["people"], told["visits"]
    assert told["at_s"] - OPENS_S < 9.0
    assert ana["who"] == {visit["visit"]: 1.0}
    assert not ana["lost"]
    shelf = shop.store.layout.gondolas[0]
    assert abs(ana["x"] - shelf.origin[0]) < 1.5
    assert abs(ana["y"] - shelf.origin[1]) < 1.5
    assert (visit["subject"], visit["party"], visit["inside"], visit["tracks"]) == ("ana", 1, 1, [ana["track"]])
    (line,) = visit["lines"]
    assert (line["sku"], line["quantity"]) == ("onigiri-salmon", 2)
    assert line["certainty"] > 0.9
    assert shop.shop.driver.freeze() == before, "who looks changes nothing"
    shop.play(9.0, 60.0)
    shop.settle()
    assert floor(shop)["visits"] == []
    shop.shop.close()
