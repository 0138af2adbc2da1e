"""What `tebura simulate --shelf` does: a shelf that is not there, and somebody who types what is done to it.

Enters: a shelf of a store, faults by name, and commands, one a line. Leaves: the shelf's batches on the shop's broker,
or lines at a path; and what was done, in words. It runs until it is told to stop; without anybody who types it simply
runs. Refuses: shelves, faults and plates that are not there.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import get_args

from calibration.shelf.asks import Place
from edge.adapters.broker.embedded import FOLDER
from edge.adapters.broker.passwords import Passwords
from edge.adapters.broker.rights import rights_of
from edge.site import Site, load_site
from edge.store import Shelf, Store, load_store
from simulator.commands import DEMO
from simulator.devices.desk import Desk
from simulator.devices.prompt import fault, stop_here, table
from simulator.rig.cells import Rig
from simulator.rig.hardware import FAULTS, Hardware, Unit, healthy, spoil
from simulator.rig.wires import OverLines, OverMqtt, Pace, on_a_line

LOOK_S = 0.5
HELP = """\
put 3 500            set 500 g down in the middle of plate 3
put 3 500 back-left  … in its corner (front-, back-, -left, -right)
move 1 4 centre      move load 1 to plate 4
lift, lift 1         take off the last load, or load 1
touch 3              press plate 3 for a second
bump 3, bump         knock against plate 3, or against the shelf
lean 3               an elbow on plate 3 for a while
unplug, plug         pull the cable, put it in again
stands, quit         what stands where; end"""
LINE_HELP = "on a serial line also: silence, sums, garbage, half, flood"


def shelf(
    shelf_id: str, faults: Sequence[str], unit: str | None, link: Path | None, serial: bool, folder: Path | None,
    state: Callable[[str], Path], seed: int,
) -> None:  # fmt: skip
    """The command. ``state``: a store's id -> its state folder. `ValueError` or `OSError` for what cannot be."""
    store = load_store(folder or DEMO)
    if not store.layout.has_shelf(shelf_id):
        raise ValueError(f"--shelf {shelf_id}: there are {', '.join(s.id for s in store.layout.shelves)}")
    here = store.layout.shelf(shelf_id)
    hardware = healthy(here.plates, seed, unit=_unit(unit, here))
    rig = Rig(here, _spoiled(on_a_line(hardware) if serial else hardware, faults, seed), seed, time.time())
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, stop_here)
    with suppress(KeyboardInterrupt):
        if serial:
            _on_a_path(rig, link or Path(tempfile.gettempdir()) / f"tebura-{shelf_id}")
        else:
            _on_the_broker(rig, store, load_site(folder or DEMO, store), state(store.id))


def obey(pace: Pace, commands: Iterable[str], say: Callable[[str], None], line: OverLines | None = None) -> bool:
    """Do what is typed; False: somebody said ``quit``, True: nobody types any more."""
    for command in commands:
        words = command.split()
        if words == ["quit"]:
            return False
        if not words:
            continue
        try:
            if line is not None and fault(line, words):
                continue
            with pace.hands() as rig:
                say(_do(rig, words) or HELP)
        except (ValueError, OSError) as error:
            say(str(error))
    return True


def _do(rig: Rig, words: list[str]) -> str:
    """One deed; what was done, in words. Empty: no such thing."""
    match words:
        case ["put", plate, mass_g]:
            return _put(rig, plate, mass_g, "centre")
        case ["put", plate, mass_g, place]:
            return _put(rig, plate, mass_g, place)
        case ["move", load, plate, place]:
            rig.move(_whole(load), _whole(plate), _place(place))
            return f"load {load} is moved to plate {plate}"
        case ["lift", *load] if len(load) < 2:
            if not rig.standing:
                raise ValueError("nothing stands there")
            number = _whole(load[0]) if load else max(rig.standing)
            rig.lift(number)
            return f"load {number} is gone"
        case ["touch", plate]:
            rig.touch(_whole(plate))
            return f"a finger on plate {plate}"
        case ["lean", plate]:
            rig.lean(_whole(plate))
            return f"an elbow on plate {plate}"
        case ["bump", *plate] if len(plate) < 2:
            rig.bump(_whole(plate[0]) if plate else None)
            return "bumped"
        case ["unplug"] | ["plug"]:
            rig.unplugged = words == ["unplug"]
            return "the cable is pulled" if rig.unplugged else "the cable is in"
        case ["stands"]:
            said = [f"load {n}: {x.mass_g:g} g on plate {x.plate}, {x.place}" for n, x in rig.standing.items()]
            return "\n".join(said) or "nothing"
    return ""


def _put(rig: Rig, plate: str, said: str, place: str) -> str:
    mass_g = float(said)
    if not 0 < mass_g <= 1e5:
        raise ValueError(f"{said} g: up to 100000")
    number = rig.put(_whole(plate), mass_g, _place(place))
    return f"load {number}: {mass_g:g} g on plate {plate}, {place}"


def _whole(said: str) -> int:
    if not said.isdecimal():
        raise ValueError(f"{said}: a number is meant")
    return int(said)


def _place(said: str) -> Place:
    for place in get_args(Place):
        if place == said:
            found: Place = place
            return found
    raise ValueError(f"{said}: places are {', '.join(get_args(Place))}")


def _unit(said: str | None, here: Shelf) -> Unit:
    """As the shelf is in ``store.toml``, if nobody says otherwise."""
    if said is None:
        return "grams" if here.says == "grams" else "counts"
    for unit in get_args(Unit):
        if unit == said:
            found: Unit = unit
            return found
    raise ValueError(f"--unit {said}: there are {', '.join(get_args(Unit))}")


def _spoiled(hardware: Hardware, faults: Sequence[str], seed: int) -> Hardware:
    """``NAME``, or ``NAME:PLATE`` where it matters which; several faults keep off each other's plates."""
    taken: set[int] = set()
    for said in faults:
        name, _, plates = said.partition(":")
        if name not in FAULTS:
            raise ValueError(f"--fault {name}: there are {', '.join(FAULTS)}")
        wanted = tuple(_whole(plate) for plate in plates.split(",")) if plates else ()
        hardware, hit = spoil(hardware, name, seed, wanted, spare=taken)
        taken.update(hit)
        where = f"plate{'s' * (len(hit) > 1)} {', '.join(map(str, hit))}" if hit else "the controller"
        _tell(f"{where}: {name}: {FAULTS[name].text}")
    return hardware


def _on_a_path(rig: Rig, link: Path) -> None:
    with Desk() as desk:
        double = desk.stand(OverLines(link.absolute(), rig))
        unit = [] if rig.hardware.unit == "grams" else ['unit = "raw"']
        block = "\n".join([*table(double), f'shelf = "{rig.shelf.id}"', *unit])
        print(f"{double.link}\n\n{block}\n", flush=True)
        _play(double.pace, double)


def _on_the_broker(rig: Rig, store: Store, site: Site, state: Path) -> None:
    broker = site.broker
    if broker.tls:
        raise ValueError("[broker] tls: a double speaks without. Try it in a copy of the store without site.toml")
    user, password = broker.user, broker.password
    if broker.kind == "embedded":
        passwords = Passwords(state / FOLDER / "passwords.toml")
        passwords.provide(rights_of(store, site.plain))
        user, password = rig.shelf.id, passwords.of(rig.shelf.id)
    with OverMqtt(rig, store.id, broker.host, broker.port, user=user, password=password) as double:
        print(double.topic, flush=True)
        Thread(target=_watch, args=(double, f"{broker.host}:{broker.port}"), daemon=True).start()
        _play(double.pace)


def _play(pace: Pace, line: OverLines | None = None) -> None:
    _tell(HELP if line is None else f"{HELP}\n{LINE_HELP}")
    if obey(pace, sys.stdin or (), _tell, line):
        Event().wait()


def _watch(double: OverMqtt, place: str) -> None:
    """Tell whenever the broker comes and goes."""
    before = None
    while True:
        now = "" if double.connected else double.refused or "nobody is there"
        if now != before:
            remedy = "It goes on trying: start `tebura run`, or `tebura calibrate`, with the same --store and --state"
            _tell(f"the broker at {place}: {now}. {remedy}" if now else f"the broker at {place} hears it")
        before = now
        time.sleep(LOOK_S)


def _tell(said: str) -> None:
    """At once: two threads tell."""
    sys.stderr.write(said + "\n")
    sys.stderr.flush()
