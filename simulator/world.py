"""The play: a story is acted out on the stage, then every sensor of the shop looks at it.

Enters: a store and a story. Leaves: messages in the order in which the runtime receives them, and the truth. Deeds
happen at the time that the story gives, or as soon as whoever does them is there; whose turn it is follows from that,
so two people never take the same unit. Sensors are merged lazily: a long day needs no more memory than a short one.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import numpy as np

from edge.store import Store
from edge.wire import RecordingWriter, encode_people, encode_tick, encode_weight
from simulator.cameras import Eye, reach_of
from simulator.chance import stream
from simulator.crowd import step_aside
from simulator.forces import Knock
from simulator.people import Body
from simulator.plates import Plates
from simulator.stage import Said, Stage
from simulator.story import Story

BEFORE_S = 6.0
"""The sensors run before the first line, and after the last person has left."""
AFTER_S = 6.0
TICK_S = 1.0
STANDING = "shop/members/standing"
COUNTED = "shop/stock/counted"
STRIDE_S = 0.55
FELT_M = 0.7
"""Steps nearer to a gondola than this can be seen on its lower shelves."""


@dataclass(slots=True)
class Played:
    """A finished play: the stage as it was left, and from when to when the sensors ran."""

    stage: Stage
    start_s: float
    end_s: float


def play(store: Store, story: Story, seed: int) -> Played:
    """Act a story out."""
    midnight = datetime.combine(story.day, time(), store.timezone).timestamp()
    stage = Stage(story.store or store, seed, story.followers, story.filled)
    start_s = min((midnight + act.deed.at_s for act in story.acts), default=midnight) - BEFORE_S
    turns = [(midnight + act.deed.at_s, act.deed.line, i) for i, act in enumerate(story.acts)]
    heapq.heapify(turns)
    waiting = _in_order(story)
    while turns:
        _, line, i = heapq.heappop(turns)
        act = story.acts[i]
        if any(waiting[who][0] != i for who in act.people):
            heapq.heappush(turns, (turns[0][0] + 1e-3, line, i))
            continue
        due = act.kind.due(stage, act.deed, midnight + act.deed.at_s)
        if turns and due > turns[0][0] + 1e-6:
            heapq.heappush(turns, (due, line, i))
            continue
        act.kind.play(stage, act.deed, due)
        for who in act.people:
            waiting[who].pop(0)
    end_s = max([b.knots[-1][0] for b in stage.bodies] + [start_s, stage.until_s]) + AFTER_S
    for name in sorted(stage.phones.members):
        stage.said.append(Said(STANDING, stage.phones.standing(name, start_s), start_s, start_s))
    step_aside(stage.bodies, stage.floor)
    _footsteps(stage)
    return Played(stage, start_s, end_s)


def _in_order(story: Story) -> dict[str, list[int]]:
    """Everybody's acts in the order of the story: nobody does the second before the first."""
    found: dict[str, list[int]] = {}
    for i, act in enumerate(story.acts):
        for who in act.people:
            found.setdefault(who, []).append(i)
    return found


def _footsteps(stage: Stage) -> None:
    """Everybody's steps near a gondola make its two lowest shelves tremble by a few grams."""
    for body in stage.bodies:
        rng = stream(stage.seed, "steps", body.name, body.visit)
        at_s = np.arange(body.came_s, min(body.gone_s, body.knots[-1][0]), STRIDE_S)
        if not at_s.size:
            continue
        where = body.middle(at_s)
        walking = np.hypot(*(body.middle(at_s + 0.2) - where).T) > 0.08
        flat = np.column_stack([where, np.zeros(at_s.size)])
        for gondola in stage.store.layout.gondolas:
            local = gondola.local(flat)
            wide = max(s.plates * s.plate_width for s in gondola.shelves)
            near = walking & (np.abs(local[:, 0] - wide / 2) < wide / 2 + 0.2) & (local[:, 1] > -FELT_M)
            for t in at_s[near & (local[:, 1] < 0)]:
                for shelf in sorted(gondola.shelves, key=lambda s: s.height)[:2]:
                    force = rng.normal(0.0, 2.0, shelf.plates)
                    stage.forces[shelf.id].append(Knock(float(t), force, rng.uniform(7, 12), 0.09))


def messages(played: Played, roughness: float, eyes: float | None = None, *, looks: bool = True) -> Iterator[Said]:
    """Everything that the shop's sensors and gates say, in the order in which it is received. ``roughness`` scales what
    they get wrong, ``eyes`` what cameras do, where that differs; without ``looks`` they do not say what anybody looks
    like.
    """
    seen = roughness if eyes is None else eyes
    stage, store = played.stage, played.stage.store
    sources: list[Iterator[Said]] = [iter(sorted(stage.said, key=lambda s: s.received_s))]
    sources += [_weights(played, i, roughness) for i in range(len(store.layout.shelves))]
    reach_m = reach_of(store.layout.cameras, stage.floor)
    sources += [_people(played, i, reach_m, seen, looks) for i in range(len(store.layout.cameras))]
    sources += [_ticks(played)] if stage.ticks else []
    return (s for s in heapq.merge(*sources, key=lambda s: s.received_s) if not _unheard(stage, s))


def _ticks(played: Played) -> Iterator[Said]:
    """The runtime's own clock."""
    for i in range(int(played.end_s - played.start_s)):
        at_s = played.start_s + TICK_S * (i + 1)
        yield Said("shop/clock/tick", encode_tick(at_s), at_s, at_s)


def _unheard(stage: Stage, said: Said) -> bool:
    """Said while the runtime was down; only gates and what staff set are kept for it."""
    sensed = said.topic.startswith(("shelf/", "camera/", "shop/clock/"))
    return sensed and any(from_s <= said.received_s < to_s for from_s, to_s in stage.blindness)


def _weights(played: Played, index: int, roughness: float) -> Iterator[Said]:
    stage = played.stage
    shelf = stage.store.layout.shelves[index]
    blind = stage.blind.get(shelf.id, [])
    plates = Plates(shelf, stage.rest_g[shelf.id], stage.forces.get(shelf.id, []), blind, roughness, stage.seed)
    for measured, received, mass_g in plates.batches(played.start_s, played.end_s):
        yield Said(f"shelf/{shelf.id}/weight", encode_weight(measured, 60.0, mass_g), measured, received)


def _people(played: Played, index: int, reach_m: float, roughness: float, looks: bool) -> Iterator[Said]:
    stage = played.stage
    camera = stage.store.layout.cameras[index]
    bodies: list[Body] = stage.bodies
    blind = stage.blind.get(camera.id, [])
    eye = Eye(camera, bodies, stage.floor, reach_m, blind, roughness, stage.seed, looks)
    for measured, received, people in eye.frames(played.start_s, played.end_s):
        yield Said(f"camera/{camera.id}/people", encode_people(measured, people), measured, received)


def record(
    played: Played, story: Story, roughness: float, path: Path, more: Mapping[str, bytes] | None = None,
    eyes: float | None = None, *, looks: bool = True,
) -> dict[str, list[dict[str, object]]]:  # fmt: skip
    """Write what the sensors said, with the store, the story, the truth and what ``more`` there is attached; returns
    the truth.
    """
    truth = played.stage.truth()
    if story.gates:
        truth["scans"] = [{"t": round(at_s, 4), "who": who} for at_s, who in played.stage.scans]
    if any(said.topic == COUNTED for said in played.stage.said):
        truth["stock"] = [
            {"shelf": f.shelf, "plates": [f.first, f.last], "sku": f.sku, "quantity": units}
            for f, units in played.stage.stock.standing().items()
        ]
    attachments = dict(played.stage.store.sources)
    attachments["truth.json"] = json.dumps(truth, ensure_ascii=False).encode()
    attachments["story.txt"] = story.text.encode()
    attachments |= more or {}
    with RecordingWriter(path, attachments, played.start_s) as writer:
        for said in messages(played, roughness, eyes, looks=looks):
            writer.write(said.topic, said.payload, said.measured_s, said.received_s)
    return truth
