"""The double of Stripe as a process of its own, that can be killed at any moment; and what really became of money.

It takes between 4 and 50 ms for an answer, so that many a kill falls between asking, doing and answering; what it has
done it knows again after that, as the real one would.
"""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from simulator.providers.books import Object
from simulator.providers.journal import Journal
from simulator.providers.server import StripeDouble
from tests.adapters.brokers import free_port
from tests.live.stage import forks

TAKES_S = (0.004, 0.05)


class _Counted(StripeDouble):
    """Says at the beginning and at the end of every request that it is at work, in a file of letters."""

    def __init__(self, diary: int, *rest: Any, **more: Any) -> None:
        super().__init__(*rest, **more)
        self._diary = diary

    def answer(self, *asked: Any) -> None:
        os.write(self._diary, b"b")
        super().answer(*asked)
        os.write(self._diary, b"e")


def _run(folder: str, port: int, ahead_s: float, seed: int) -> None:
    """In the child. ``ahead_s``: by how much its clock is ahead of this PC's."""
    chance = random.Random(seed)
    diary = os.open(Path(folder) / "diary", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    double = _Counted(
        diary, Path(folder) / "journal.jsonl", port=port, now_s=lambda: time.time() + ahead_s,
        latency_s=lambda: chance.uniform(*TAKES_S),
    )  # fmt: skip
    with double:
        while True:
            time.sleep(3600.0)


@dataclass
class Money:
    """What the provider's own books say about one visit, minor units."""

    charged: list[int] = field(default_factory=list)
    """Every payment that was taken."""
    given_back: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """… and given back, by the key of the request."""
    fees: int = 0
    held: int = 0


class Bank:
    """The provider of a theatre, from `start` on. ``kills`` counts, ``at_s`` is where its time begins."""

    def __init__(self, folder: Path, at_s: float, seed: int) -> None:
        folder.mkdir()
        self.folder, self.port, self.kills = folder, free_port(), 0
        self._ahead_s, self._chance = at_s - time.time(), random.Random(seed)
        self._process: BaseProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def customers(self, cards: dict[str, str]) -> dict[str, str]:
        """Somebody with each card, before it opens: name -> wallet."""
        double = StripeDouble(self.folder / "journal.jsonl", now_s=lambda: time.time() + self._ahead_s)
        return {name: ":".join(double.customer(card)) for name, card in cards.items()}

    def start(self) -> None:
        told = (str(self.folder), self.port, self._ahead_s, self._chance.randrange(1 << 30))
        self._process = forks.Process(target=_run, args=told, daemon=True)
        self._process.start()

    @property
    def is_up(self) -> bool:
        return self._process is not None

    def kill(self) -> None:
        assert self._process is not None
        self.kills += 1
        self.close()

    def away_for(self, seconds: float) -> None:
        """Its clock goes on so far before it comes back."""
        self._ahead_s += seconds

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    @property
    def cut_off(self) -> int:
        """How many requests were under way when it was killed."""
        diary = (self.folder / "diary").read_bytes()
        return diary.count(b"b") - diary.count(b"e")

    def books(self) -> dict[str, Money]:
        """Visit -> what happened to its money, as it stands on its disk."""
        objects: dict[str, Object] = {}
        for line in Journal(self.folder / "journal.jsonl").lines():
            objects |= {one["id"]: one for one in line.get("put", ())}
        found: dict[str, Money] = defaultdict(Money)
        for one in objects.values():
            if one["object"] == "payment_intent":
                money = found[one["metadata"]["visit"]]
                if one["amount_received"]:
                    money.charged.append(one["amount_received"])
                    moved = objects[one["latest_charge"]]["balance_transaction"]
                    money.fees += objects[moved]["fee"]
                money.held += one["amount_capturable"]
            elif one["object"] == "refund" and one["status"] == "succeeded":
                found[one["metadata"]["visit"]].given_back[one["metadata"]["tebura"]].append(one["amount"])
        return found
