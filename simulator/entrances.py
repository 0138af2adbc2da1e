"""Coming and going: scans and codes at the entry, who follows whom in, and every way out.

Behaviours like those of `simulator.behaviours`. ``enters`` is a scan and a passage; ``shows``, ``goes in`` and ``goes
away`` are its parts, for stories in which something comes between.
"""

from __future__ import annotations

import json

from simulator.behaviours import Inside
from simulator.grammar import Deed
from simulator.phones import code_scan, owner_of
from simulator.registry import Behaviour, Rehearsal, behaviour
from simulator.stage import SCAN_S, Stage

ONE_BY_ONE_S = 1.1
"""Between two of a party on their way out."""


def scan_of_code(stage: Stage, deed: Deed, at_s: float, party: int = 1) -> bytes:
    """What a reader says when somebody holds the code of this line before it."""
    return code_scan(at_s, stage.phones.code(deed.text("code"), deed.actor, at_s, party))


def reader_scan(at_s: float, subject: str, method: str, score: float) -> bytes:
    """What a trusted reader says."""
    return json.dumps({"t": round(at_s, 4), "subject": subject, "method": method, "score": score}).encode()


class Arrives(Behaviour):
    """Whoever was not in the shop before."""

    def others(self, deed: Deed) -> tuple[str, ...]:
        """Who comes along."""
        return ()

    def people(self, rehearsal: Rehearsal, deed: Deed) -> tuple[str, ...]:
        return (deed.actor, *self.others(deed))

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        for who in (deed.actor, *self.others(deed)):
            if rehearsal.inside(who):
                return f"{who} is in the shop already"
            if who in rehearsal.outside:
                return f"{who} stands before the gate already: write {who} goes in, or goes away"
        if deed.text("code").endswith("code again") and owner_of(deed.text("code"), "") not in rehearsal.showed:
            return f"{owner_of(deed.text('code'), '')} has shown no code yet"
        if deed.text("code"):
            rehearsal.showed.add(owner_of(deed.text("code"), deed.actor))
        return ""


# --- in ------------------------------------------------------------------------------------------------------------


@behaviour
class Enters(Arrives):
    """``at_s`` is when the first of them goes through the light barrier; the scan is a second earlier.

    With a code they are enrolled already. ``but 3 come``: more people than the scan says.
    """

    says = "enters [with a party of {party} [but {count} come]] [with {people}] [with {code}] [by {gate}]"

    def others(self, deed: Deed) -> tuple[str, ...]:
        """A party without names is called ana-2, ana-3 …"""
        party = deed.words.get("count", deed.words.get("party", 1))
        more = range(2, (party if isinstance(party, int) else 1) + 1)
        return deed.names() + tuple(f"{deed.actor}-{i}" for i in more)

    def uninvited(self, deed: Deed) -> int:
        party = deed.words.get("party", 1)
        return deed.count() - party if "count" in deed.words and isinstance(party, int) else 0

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        if not wrong and self.uninvited(deed) < 0:
            wrong = "fewer come than the scan says: a party may do that without a word"
        if not wrong:
            rehearsal.enter(deed.actor, self.others(deed))
            rehearsal.visited.add(owner_of(deed.text("code"), deed.actor))
        return wrong

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        others, gate, uninvited = self.others(deed), stage.gate("entry", deed.text("gate")), self.uninvited(deed)
        scan, subject = None, deed.actor
        if deed.text("code"):
            scan = scan_of_code(stage, deed, at_s - SCAN_S, 1 + len(others) - uninvited)
            subject = owner_of(deed.text("code"), deed.actor)
        stage.admit(deed.actor, others, gate, at_s, scan=scan, subject=subject, uninvited=uninvited)


@behaviour
class Shows(Arrives):
    """Comes to the gate and shows something there; whether it opens is another matter."""

    says = "shows {code} [at {gate}]"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        waits = deed.actor in rehearsal.outside
        rehearsal.outside.discard(deed.actor)
        wrong = super().check(rehearsal, deed)
        if waits or not wrong:
            rehearsal.outside.add(deed.actor)
            rehearsal.visited.add(owner_of(deed.text("code"), deed.actor))
        return wrong

    def scan(self, stage: Stage, deed: Deed, at_s: float) -> bytes:
        return scan_of_code(stage, deed, at_s)

    def due(self, stage: Stage, deed: Deed, at_s: float) -> float:
        return max(at_s, stage.people[deed.actor].free_s) if deed.actor in stage.people else at_s

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        gate = stage.gate("entry", deed.text("gate"))
        stage.show(deed.actor, gate, at_s, self.scan(stage, deed, at_s))


@behaviour
class ShowsThemselves(Shows):
    """To a trusted reader, which is that sure who it is."""

    says = "shows {method} {score} [at {gate}]"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        entries = [g for g in rehearsal.store.layout.gates if g.kind == "entry"]
        gate = rehearsal.store.layout.gate(deed.text("gate")) or entries[0]
        if not gate.trusted_reader:
            say = f"write {deed.actor} shows a code, or trusted_reader = true in store.toml"
            return f"the shop trusts no reader at {gate.id}: {say}"
        return super().check(rehearsal, deed)

    def scan(self, stage: Stage, deed: Deed, at_s: float) -> bytes:
        return reader_scan(at_s, deed.actor, deed.text("method"), deed.number("score"))


class Waiting(Behaviour):
    """What somebody does who stands before the gate."""

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        if deed.actor not in rehearsal.outside:
            return f"{deed.actor} does not stand before a gate: write {deed.actor} shows a code, or {deed.actor} enters"
        rehearsal.outside.remove(deed.actor)
        return ""


@behaviour
class GoesIn(Waiting):
    """Through the light barrier, at ``at_s``."""

    says = "goes in [by {gate}]"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        if not wrong:
            rehearsal.enter(deed.actor, ())
        return wrong

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.go_in(deed.actor, stage.gate("entry", deed.text("gate")), at_s)


@behaviour
class GoesAway(Waiting):
    """Who waits at a gate turns round and is gone."""

    says = "goes away [from {gate}]"

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.go_away(deed.actor, stage.gate("entry", deed.text("gate")), at_s)


@behaviour
class ScansAndGoesAway(Arrives):
    """A scan, and then second thoughts, two seconds later."""

    says = "scans and goes away"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        rehearsal.visited.add(deed.actor)
        return super().check(rehearsal, deed)

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        gate = stage.gate("entry")
        stage.show(deed.actor, gate, at_s, stage.shown_by(deed.actor, gate, at_s))
        stage.go_away(deed.actor, gate, at_s + 2.0)


@behaviour
class Follows(Arrives):
    """Through the open gate behind somebody, without a scan."""

    says = "follows {person} in"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        if not wrong and not rehearsal.inside(deed.text("person")):
            wrong = f"{deed.text('person')} has not gone in"
        if not wrong:
            rehearsal.enter(deed.actor, ())
        return wrong

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.admit(deed.actor, (), stage.gate("entry"), at_s, footing="stranger")


@behaviour
class ComesInThroughTheExit(Arrives):
    """The wrong way round, and nobody let them in."""

    says = "comes in through the exit"

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        if not wrong:
            rehearsal.enter(deed.actor, ())
        return wrong

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        stage.admit(deed.actor, (), stage.gate("exit"), at_s, footing="stranger")


# --- out -----------------------------------------------------------------------------------------------------------


@behaviour
class Leaves(Inside):
    """Whoever scanned takes the rest of the party along."""

    says = "leaves [by {gate}]"
    kind, unseen = "exit", False

    def people(self, rehearsal: Rehearsal, deed: Deed) -> tuple[str, ...]:
        return rehearsal.party(deed.actor) or (deed.actor,)

    def check(self, rehearsal: Rehearsal, deed: Deed) -> str:
        wrong = super().check(rehearsal, deed)
        gate = rehearsal.store.layout.gate(deed.text("gate"))
        if not wrong and gate is not None and gate.kind != self.kind:
            wrong = f'{gate.id} is no exit: write "leaves through the entrance"'
        if not wrong:
            rehearsal.leave(deed.actor)
        return wrong

    def due(self, stage: Stage, deed: Deed, at_s: float) -> float:
        inner, _ = stage.floor.gate_spots(stage.gate(self.kind, deed.text("gate")))
        return max(at_s, stage.earliest(self.body(stage, deed), inner))

    def play(self, stage: Stage, deed: Deed, at_s: float) -> None:
        party = stage.visits[self.body(stage, deed).visit].people
        others = [w for w in party if w in stage.people and w != deed.actor] if deed.actor == party[0] else []
        gate = stage.gate(self.kind, deed.text("gate"))
        for i, who in enumerate([deed.actor, *others]):
            stage.dismiss(who, gate, at_s + i * ONE_BY_ONE_S, self.unseen)


@behaviour
class LeavesThroughTheEntrance(Leaves):
    """Out is out, through whichever gate."""

    says = "leaves through the entrance"
    kind = "entry"


@behaviour
class LeavesUnseen(Leaves):
    """The light barrier says nothing."""

    says = "leaves unseen [by {gate}]"
    unseen = True
