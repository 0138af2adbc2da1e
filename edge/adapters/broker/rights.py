"""Who may say and hear what on the shop's broker: the access list of the embedded one.

Enters: the store and its ``[[plain]]`` plates. Leaves: the rights of every user. A user is a device's id: a shelf's
controller is called like its shelf, one that drives a whole gondola like the gondola, a camera node like its camera,
and what stands at a gate like the gate. `RUNTIME` says what the shop says, `CONSOLE` only listens. Nobody else may do
anything. ``config/mosquitto/acl`` says the same to mosquitto; change both.

Nobody may write ``payment/#`` and ``shop/#``, the runtime included: those it writes into its recording, not to a
broker.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edge.site import PlainPlate
    from edge.store import Store

RUNTIME: Final = "runtime"
CONSOLE: Final = "console"

REHEARSAL: Final = "rehearsal"
"""Who plays recordings into a shop that was started for it."""

OURS: Final = "tebura/"
"""Shops' topics begin so."""

SENSES: Final = ("shelf/+/weight", "camera/+/people", "camera/+/health", "gate/+/scan", "gate/+/passage")
"""Topic patterns that devices write."""

SAYS: Final = ("gate/+/command", "visit/+/cart", "visit/+/age", "stock/+", "runtime/status", "runtime/alert")
"""Topic patterns that the runtime writes."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Topic patterns of one user, in full."""

    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Orders:
    """What the runtime wants of its embedded broker: where to listen, where the passwords stand, who may do what."""

    host: str
    port: int
    passwords: Path
    log: Path
    rights: dict[str, Rights]


def write_orders(orders: Orders) -> str:
    """One line of JSON."""
    rights = {user: {"write": rights.write, "read": rights.read} for user, rights in orders.rights.items()}
    places = {"passwords": str(orders.passwords.absolute()), "log": str(orders.log.absolute())}
    return json.dumps({"host": orders.host, "port": orders.port, **places, "rights": rights}) + "\n"


def read_orders(line: str) -> Orders:
    """What `write_orders` wrote."""
    said = json.loads(line)
    rights = {user: Rights(tuple(r["write"]), tuple(r["read"])) for user, r in said["rights"].items()}
    return Orders(said["host"], said["port"], Path(said["passwords"]), Path(said["log"]), rights)


def covers(pattern: str, asked: str) -> bool:
    """Whether everything that ``asked`` (a topic, or a pattern) can match is matched by ``pattern``."""
    mine, theirs = pattern.split("/"), asked.split("/")
    for i, level in enumerate(mine):
        if level == "#":
            return True
        if i == len(theirs) or theirs[i] == "#" or level not in ("+", theirs[i]):
            return False
    return len(mine) == len(theirs)


def is_one_topic(topic: str) -> bool:
    """Whether something can be said there."""
    return bool(topic) and not any(character in topic for character in "+#\0")


def may(patterns: Iterable[str], asked: str) -> bool:
    """Whether one of the patterns allows a topic, or a subscription's pattern."""
    return any(covers(pattern, asked) for pattern in patterns)


def rights_of(store: Store, plates: Iterable[PlainPlate] = (), *, rehearsal: bool = False) -> dict[str, Rights]:
    """Every user of a store's broker -> their rights. Devices of the same id share a user and both rights.

    In a ``rehearsal``, `REHEARSAL` may say what any device says.
    """
    base = f"tebura/v1/{store.id}/"
    plates = tuple(plates)
    said = tuple(base + topic for topic in SAYS)
    found = {RUNTIME: Rights(said, (base + "#", *(p.topic for p in plates))), CONSOLE: Rights((), (base + "#",))}

    if rehearsal:
        found[REHEARSAL] = Rights(tuple(base + topic for topic in SENSES))

    def grant(user: str, write: Iterable[str], read: Iterable[str] = ()) -> None:
        before = found.get(user, Rights())
        found[user] = Rights((*before.write, *write), (*before.read, *read))

    for gondola in store.layout.gondolas:
        grant(gondola.id, (f"{base}shelf/{shelf.id}/weight" for shelf in gondola.shelves))
    for shelf in store.layout.shelves:
        grant(shelf.id, [f"{base}shelf/{shelf.id}/weight"])
    for plate in plates:
        grant(plate.shelf, [plate.topic])
    for camera in store.layout.cameras:
        grant(camera.id, (f"{base}camera/{camera.id}/{what}" for what in ("people", "health")))
    for gate in store.layout.gates:
        at = f"{base}gate/{gate.id}/"
        grant(gate.id, [at + "scan", at + "passage"], [at + "command"])
    return found
