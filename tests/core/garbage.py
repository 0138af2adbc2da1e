"""What broken, slow, lying and hostile things send: more than a hundred thousand messages, the same ones every time.

Everything is made from a seed and from what was really heard. It comes in kinds, and each says what must become of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edge.wire import Heard

TOUCHED = ("g3-s1", "g3-s2", "g3-s3")
"""The shelves of one gondola: there even well-formed nonsense is said. Nobody honest goes there."""
PLATES = 10
NUMBERS = ("NaN", "Infinity", "-Infinity", "null", "1e400", "-1e308", "1e308", "1e999999", "0", "-0.0", "-1", "true",
           '"7"', "[]", "{}", "9" * 400, "0.1e", "--1", "1" * 18)  # fmt: skip
NAMES = ("", "nobody", "g3-s1 ", "../../etc", "c99", "#", "+", "shelf", "\x00", "棚", "g3-s1/weight/weight", "x" * 5000)

Make = Callable[["Garbage"], Heard]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to be wrong. ``refused``: reasons that the runtime may give; empty where none is due."""

    name: str
    make: Make
    refused: tuple[str, ...] = ()


class Garbage:
    """Makes nonsense about what was ``heard`` so far; ``now_s`` is when it arrives."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.heard: list[Heard] = []
        self.now_s = 0.0

    def after(self, real: Heard, count: int, kinds: Sequence[Kind]) -> list[tuple[Kind, Heard]]:
        """``count`` wrong messages that arrive right after a real one."""
        self.heard.append(real)
        self.now_s = real.received_s
        chosen = self.rng.integers(len(kinds), size=count)
        return [(kinds[i], kinds[i].make(self)) for i in chosen]

    def one(self, among: Sequence[Any]) -> Any:
        return among[int(self.rng.integers(len(among)))]

    def topic(self) -> str:
        return str(self.one(self.heard[-2000:]).topic)

    def say(self, topic: str, payload: bytes | str | dict[str, object]) -> Heard:
        if isinstance(payload, dict):
            payload = json.dumps(payload)
        return Heard(topic, payload.encode() if isinstance(payload, str) else payload, self.now_s)


# --- not even JSON -------------------------------------------------------------------------------------------------


def _bytes(g: Garbage) -> Heard:
    return g.say(g.topic(), b"\xff" + g.rng.bytes(int(g.rng.integers(0, 60))))


def _broken_off(g: Garbage) -> Heard:
    real = g.one(g.heard[-2000:])
    return g.say(real.topic, real.payload[: int(g.rng.integers(0, len(real.payload)))])


def _other_json(g: Garbage) -> Heard:
    return g.say(g.topic(), g.one(("null", "[]", "7", '"t"', "{}", "true", "[" * 300, '{"t":', "{" * 900)))


# --- JSON that breaks the contract ---------------------------------------------------------------------------------


def _odd_time(g: Garbage) -> Heard:
    """Every topic's payload with a time that is none."""
    real = g.one(g.heard[-2000:])
    rest = real.payload.split(b",", 1)[1] if b"," in real.payload else b"}"
    return g.say(real.topic, b'{"t":' + g.one(NUMBERS[:8] + NUMBERS[10:18]).encode() + b"," + rest)


def _odd_grams(g: Garbage) -> Heard:
    """A sample that is no number, on any shelf at all."""
    shelf = [h for h in g.heard[-300:] if h.topic.startswith("shelf/")]
    if not shelf:
        return _bytes(g)
    real = g.one(shelf)
    at = real.payload.index(b"[[") + 2
    return g.say(real.topic, real.payload[:at] + g.one(("NaN", "true", '"7"', "[]", "{}", "1e999")).encode() + b"," +
                 real.payload[at:])  # fmt: skip


def _odd_people(g: Garbage) -> Heard:
    head = g.one(("[0,0]", "[0,0,0,0]", "[0,0,NaN]", '"here"', "[1e9,0,0]", "null", "[null,0,0]"))
    hands = g.one(("[]", "[[0,0,0],[0,0,0],[0,0,0]]", "[[]]", "7"))
    return g.say(
        f"camera/c{g.rng.integers(1, 5)}/people", f'{{"t":{g.now_s},"people":[{{"head":{head},"hands":{hands}}}]}}'
    )


def _odd_gate(g: Garbage) -> Heard:
    gate = g.one(("entry", "exit"))
    payload = {
        "passage": ({"direction": "sideways"}, {"direction": None}, {"direction": ["out"]}, {}),
        "scan": ({"subject": ""}, {"subject": 7}, {"subject": "x", "party": 0}, {"subject": "x", "party": 10**9},
                 {"subject": "x", "party": 1.5}, {"subject": "x" * 300}, {"subject": "x", "score": 2}),
    }  # fmt: skip
    what = g.one(("passage", "scan"))
    return g.say(f"gate/{gate}/{what}", {"t": g.now_s, **g.one(payload[what])})


def _odd_payment(g: Garbage) -> Heard:
    return g.say(f"payment/{g.one(NAMES)}/reply", {"t": g.now_s, "outcome": g.one(("paid", "", None, 7, ["approved"]))})


# --- well-formed, and not to be believed ---------------------------------------------------------------------------


def _shelf(g: Garbage, mass: object, shelf: str = "", at_s: float | None = None, hz: float = 60.0) -> Heard:
    return g.say(
        f"shelf/{shelf or g.one(TOUCHED)}/weight", {"t": g.now_s if at_s is None else at_s, "hz": hz, "g": mass}
    )


def _wrong_plates(g: Garbage) -> Heard:
    rows = int(g.one((1, 2, 3, 9, 11, 15, 500)))
    return _shelf(g, [[100.0] * 6] * rows)


def _unequal(g: Garbage) -> Heard:
    return _shelf(g, [[1.0] * int(g.rng.integers(1, 7)) for _ in range(PLATES - 1)] + [[1.0] * 9])


def _odd_rate(g: Garbage) -> Heard:
    """Batches that claim to last for a minute, or for longer than there are shops."""
    return _shelf(g, [[100.0] * 60] * PLATES, hz=float(g.one((1.0, 0.001, 1e-9, 1e-300, 0.0, -60.0, 1e5, 1e300))))


def _no_samples(g: Garbage) -> Heard:
    return _shelf(g, [[] for _ in range(PLATES)])


def _nobody(g: Garbage) -> Heard:
    name = g.one(NAMES)
    return g.say(g.one((f"shelf/{name}/weight", f"camera/{name}/people", f"gate/{name}/scan", f"gate/{name}/passage",
                        name, "shelf", "a/b/c/d", "shelf/g3-s1/people", "gate/exit/weight", "runtime/status")),
                 {"t": g.now_s, "hz": 60, "g": [[0.0]], "people": [], "direction": "out", "subject": "x"})  # fmt: skip


def _not_admitted(g: Garbage) -> Heard:
    """Codes that nobody can read, and readers that authenticate nobody."""
    if g.rng.random() < 0.5:
        return g.say("gate/entry/scan", {"t": g.now_s, "credential": "x" * int(g.rng.integers(0, 99))})
    return g.say("gate/exit/scan", {"t": g.now_s, "subject": "mallory"})


def _future(g: Garbage) -> Heard:
    """A real message of any sensor whose clock is ahead, by seconds or by centuries."""
    real = g.one(g.heard[-2000:])
    told = json.loads(real.payload)
    told["t"] = g.now_s + float(g.one((5.01, 6.0, 60.0, 86_400.0, 1e9, 8e9)))
    return g.say(real.topic, told)


def _payment_of_nobody(g: Garbage) -> Heard:
    outcome = g.one(("approved", "declined", "unknown"))
    return g.say(f"payment/{g.one(('20200101-0001', 'x', '-', '0'))}/reply", {"t": g.now_s, "outcome": outcome})


# --- real messages at the wrong time -------------------------------------------------------------------------------


def _again(g: Garbage) -> Heard:
    """What a sensor said a moment ago, or long ago, once more."""
    said = [h for h in g.heard[-int(g.one((20, 60, 300))) :] if not h.topic.startswith("gate/")]
    real: Heard = g.one(said)
    if g.rng.random() < 0.5:
        real = next((h for h in reversed(g.heard[: int(g.rng.integers(1, 3000))]) if h.topic == real.topic), real)
    return replace(real, received_s=g.now_s)


def _gate_again(g: Garbage) -> Heard:
    """What a gate said, once more: a moment or a whole visit later."""
    gates = [h for h in g.heard if h.topic.startswith("gate/")]
    return replace(g.one(gates), received_s=g.now_s) if gates else _bytes(g)


def _late(g: Garbage) -> Heard:
    """A sensor's message of which nothing was heard when it was measured: older than the last one."""
    real = _again(g)
    told = json.loads(real.payload)
    told["t"] = float(told["t"]) - float(g.one((0.0, 0.031, 1.0, 3600.0, 1e8)))
    return g.say(real.topic, told)


# --- a gondola that lies -------------------------------------------------------------------------------------------


def _mad_shelf(g: Garbage) -> Heard:
    """Well-formed batches of a shelf gone mad: loads that no shelf bears, plates that say nothing, any rate."""
    samples = int(g.one((1, 3, 12, 60)))
    scale = float(g.one((0.0, 1e9, 1e150, 1e300)))
    mass: list[list[float | None]] = (g.rng.normal(0.0, 1.0, (PLATES, samples)) * scale).tolist()
    if g.rng.random() < 0.3:
        mass[int(g.rng.integers(PLATES))] = [None] * samples
    at_s = g.now_s - float(g.one((0.0, 0.0, 0.1, 5.0, -1.0)))
    return _shelf(g, mass, at_s=at_s, hz=float(g.one((60.0, 60.0, 30.0, 10_000.0))))


NOT_JSON, BREAKS = "not JSON", "breaks the contract"
ANYTHING = (NOT_JSON, BREAKS, "unknown topic", "wrong number of plates", "rows of unequal length", "no samples",
            "credential not readable", "reader not trusted")  # fmt: skip

KINDS = (
    Kind("bytes", _bytes, (NOT_JSON, "unknown topic")),
    Kind("broken off", _broken_off, (NOT_JSON, BREAKS)),
    Kind("other JSON", _other_json, ANYTHING),
    Kind("a time that is none", _odd_time, ANYTHING),
    Kind("grams that are none", _odd_grams, ANYTHING),
    Kind("people that are none", _odd_people, (NOT_JSON, BREAKS)),
    Kind("gates gone mad", _odd_gate, (NOT_JSON, BREAKS, "credential not readable")),
    Kind("no outcome", _odd_payment, (BREAKS, "unknown topic")),
    Kind("wrong number of plates", _wrong_plates, ("wrong number of plates",)),
    Kind("rows of unequal length", _unequal, ("rows of unequal length",)),
    Kind("no samples", _no_samples, ("no samples",)),
    Kind("of nobody", _nobody, ("unknown topic", "unknown camera", "unknown gate", "unknown shelf", BREAKS)),
    Kind("not admitted", _not_admitted, ("not an entry gate", "turned away: malformed", "gate message twice")),
    Kind("from the future", _future, ("from the future",)),
    Kind("payment of nobody", _payment_of_nobody, ("payment of nobody",)),
    Kind("a rate that cannot be", _odd_rate, ("batch too long", BREAKS)),
    Kind("a gate again", _gate_again, ("gate message twice", "gate message too late", NOT_JSON)),
    Kind("again", _again),
    Kind("late", _late),
    Kind("a mad shelf", _mad_shelf),
)
"""Everything but what leaves a shelf while nobody is near, which has tests of its own."""
