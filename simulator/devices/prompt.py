"""What `tebura simulate --serial` does: a double stands at a path, and somebody plays with it.

Enters: a protocol, and commands, one a line. Leaves: a path to open, a block for ``site.toml``, and a double that runs
until it is told to stop. Without anybody who types (stdin closed, a service) it simply runs.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import FrameType

from edge.site import PROTOCOLS
from edge.store import Store, load_store
from simulator.commands import DEMO
from simulator.devices.controller import Controller, Printer
from simulator.devices.counter import COUNTER, CounterScale, Toledo8217Scale
from simulator.devices.desk import Desk
from simulator.devices.double import Double
from simulator.devices.reader import Reader
from simulator.devices.scale import Scale

PLATES = 4
AnyDouble = Scale | CounterScale | Controller | Reader

HELP = """\
1 +500      put 500 g on plate 1          unplug      pull the plug
1 -500      take 500 g off it             plug        put it in again
1 =500      it reads 500 g from now on    silence     say nothing; again: go on
scan TEXT   hold a code under the reader  garbage     64 random bytes
sums        wrong checksums; again: right half        the next line breaks off
reboot      the scale forgets everything  flood       a second of far too many lines
unit PCS    the scale is switched to it   quit"""


def serial(protocol: str, plates: int | None, link: Path | None, folder: Path | None, seed: int) -> None:
    """The command. Raises `ValueError` for what cannot be, `OSError` for a link that cannot be made."""
    if protocol not in PROTOCOLS:
        raise ValueError(f"--protocol {protocol}: there are {', '.join(PROTOCOLS)}")
    store = load_store(folder or DEMO)
    at = (link or Path(tempfile.gettempdir()) / f"tebura-{protocol}").absolute()
    double = of_protocol(protocol, plates, at, seed)
    shown = block(double, store)
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, stop_here)
    with suppress(KeyboardInterrupt), Desk() as desk:
        desk.stand(double)
        print(f"{at}\n\n{shown}\n", flush=True)
        print(HELP, file=sys.stderr, flush=True)
        if obey(double, sys.stdin or (), lambda said: print(said, file=sys.stderr, flush=True)):
            Event().wait()


def obey(double: AnyDouble, commands: Iterable[str], say: Callable[[str], None]) -> bool:
    """Do what is typed; False: somebody said ``quit``, True: nobody types any more."""
    for line in commands:
        words = line.split()
        if words == ["quit"]:
            return False
        if not words:
            continue
        try:
            done = fault(double, words) or _load(double, words) or _special(double, words, line)
        except (ValueError, OSError) as error:
            say(str(error))
            continue
        if not done:
            say(HELP)
    return True


def block(double: AnyDouble, store: Store) -> str:
    """``[[serial]]``, ready to be pasted into ``site.toml``."""
    layout, said = store.layout, table(double)
    if isinstance(double, Reader):
        gate = next((g.id for g in layout.gates if g.kind == "entry"), "entry")
        return "\n".join([*said, f'gate = "{gate}"'])
    count = double.plates if isinstance(double, Controller) else 1
    shelf = next((s for s in layout.shelves if s.plates >= count), None)
    if shelf is None:
        raise ValueError(f"--plates {count}: no shelf of {store.id} has as many")
    plates = ", ".join(str(p) for p in range(1, count + 1))
    return "\n".join([*said, f'shelf = "{shelf.id}"', f"plates = [{plates}]"])


def table(double: Double) -> list[str]:
    """Its beginning, whatever the double is."""
    said = ["[[serial]]", f'device = "{double.link}"', f'protocol = "{double.protocol}"', f"baud = {double.wire.baud}"]
    if double.wire.parity is not None:
        said += ["bits = 7", f'parity = "{double.wire.parity}"']
    return said + ([f'unit = "{double.unit}"'] if isinstance(double, Toledo8217Scale) else [])


def of_protocol(protocol: str, plates: int | None, link: Path, seed: int) -> AnyDouble:
    """A double that speaks so."""
    if protocol == "lines":
        return Controller(link, seed=seed, plates=plates or PLATES, sums=True)
    if plates not in (None, 1):
        raise ValueError(f"--plates {plates}: only a microcontroller (--protocol lines) has several")
    if protocol in COUNTER:
        return COUNTER[protocol](link, seed=seed)
    if protocol == "mt-sics":
        return Scale(link, seed=seed)
    if protocol == "barcode":
        return Reader(link, seed=seed)
    remedy = "Write one and add it to COUNTER (docs/dialects.md)"
    raise ValueError(f"--protocol {protocol}: no double in simulator/devices/counter.py speaks it yet. {remedy}")


def fault(double: Double, words: list[str]) -> bool:
    """What can be wrong with any device at the end of a serial line; False: these words name nothing of it."""
    faults: dict[str, Callable[[], object]] = {
        "unplug": double.unplug,
        "plug": double.plug,
        "garbage": double.garbage,
        "half": double.half,
        "flood": double.flood,
        "silence": lambda: setattr(double, "silent", not double.silent),
    }
    if isinstance(double, Printer):
        faults["sums"] = lambda: setattr(double, "wrong_sums", not double.wrong_sums)
    if len(words) != 1 or words[0] not in faults:
        return False
    faults[words[0]]()
    return True


def _load(double: AnyDouble, words: list[str]) -> bool:
    """``1 +500``, ``1 -500``, ``1 =500``."""
    if len(words) != 2 or not words[0].isdecimal() or isinstance(double, Reader):
        return False
    plate, said = int(words[0]), words[1]
    if said.startswith("="):
        double.say(plate, _grams(said[1:]))
    else:
        double.put(plate, _grams(said))
    return True


def _grams(said: str) -> float:
    grams = float(said)
    if not abs(grams) <= 1e6:
        raise ValueError(f"{said} g: from -1000000 to 1000000")
    return grams


def _special(double: AnyDouble, words: list[str], line: str) -> bool:
    """What only one kind of double can."""
    if isinstance(double, Reader) and words[0] == "scan" and len(words) > 1:
        double.scan(line.strip().removeprefix("scan").strip())
        return True
    if isinstance(double, Scale) and words == ["reboot"]:
        double.reboot()
        return True
    if isinstance(double, Scale | CounterScale) and words[0] == "unit" and len(words) == 2:
        double.unit = words[1]
        return True
    return False


def stop_here(number: int, frame: FrameType | None) -> None:
    """A signal's answer: whatever runs ends as by Ctrl-C."""
    raise KeyboardInterrupt
