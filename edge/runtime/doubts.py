"""Doubts about who is who, told to the belief in their order, and when they matter."""

from __future__ import annotations

from collections.abc import Iterable

from edge.attribution import branch_identities, measure, merge, whose_track
from edge.floor import DuplicateTrack, IdentitySwitch, Portrait, doubts_now, update_tracks
from edge.records import PeopleFrame
from edge.state import LEAST_SHARE, State
from edge.store.policy import SEEN_BY_NOBODY
from edge.visit import Visit

DOUBT_LAG_S = 1.0
"""Doubt about identity takes effect this much later, when the shelf events from before it have been told."""


def look(state: State, frame: PeopleFrame) -> bool:
    """One camera's frame; what it leaves in doubt waits until the shelf events from before it have been told. Returns
    whether it was of any use: one that is older than what was seen is not.
    """
    before, late = state.floor.blindness[-1:], state.floor.late
    for told in update_tracks(state.floor, frame):
        if isinstance(told, IdentitySwitch):
            state.identity_switches.append(told)
        elif isinstance(told, DuplicateTrack):
            state.duplicate_tracks.append(told)
        else:
            state.portraits.append(told)
    if state.floor.blindness[-1:] != before:
        _unwatched(state, state.floor.blindness[-1].tracks)
    return state.floor.late == late


def _unwatched(state: State, tracks: Iterable[int]) -> None:
    """These people may have changed places while no camera said anything."""
    shares = [whose_track(state.belief, track) for track in tracks]
    likely = {v for found in shares for v, share in found.items() if share > LEAST_SHARE}
    for found in shares:
        for visit in found.keys() & state.door.visits.keys():
            doubt_visit(state.door.visits[visit], likely)


def doubt_visit(visit: Visit, others: Iterable[str] = ()) -> None:
    """Nobody saw who this visit's people were at some moment; they may have been those of ``others``."""
    visit.identity = min(visit.identity, SEEN_BY_NOBODY)
    may_be(visit, others)


def may_be(visit: Visit, others: Iterable[str]) -> None:
    """Tell a visit that its people may have been those of other visits, or ("") strangers."""
    visit.exchanged = sorted({*visit.exchanged, *others} - {visit.id})


def doubt(state: State, until_s: float) -> None:
    """Doubts about identity, and what speaks to them, in their order."""
    due: list[IdentitySwitch | DuplicateTrack | Portrait] = [d for d in state.identity_switches if d.at_s <= until_s]
    due += [d for d in state.portraits if d.at_s <= until_s]
    due += [d for d in state.duplicate_tracks if d.at_s <= until_s]
    if due:
        state.identity_switches = [d for d in state.identity_switches if d.at_s > until_s]
        state.portraits = [d for d in state.portraits if d.at_s > until_s]
        state.duplicate_tracks = [d for d in state.duplicate_tracks if d.at_s > until_s]
        for told in sorted(due, key=lambda d: d.at_s):
            if isinstance(told, IdentitySwitch):
                _exchange(state, told)
            elif isinstance(told, DuplicateTrack):
                merge(state.belief, told)
            else:
                measure(state.belief, told, state.floor.gauges)


def doubt_now(state: State, tracks: set[int]) -> None:
    """These people matter now: what is not sure about them yet is taken as it stands."""
    for told in doubts_now(state.floor, tracks, state.now_s):
        _exchange(state, told)


def _exchange(state: State, told: IdentitySwitch) -> None:
    """Tracks may have been exchanged: those of visitors, and those of who stood at a reader and has not come in yet."""
    branch_identities(state.belief, told)
    for visit in state.door.visits.values():
        if visit.state == "admitted" and visit.shown_by:
            shown = {t: p for t, p in visit.shown_by.items() if t not in told.tracks}
            for way, probability in told.ways:
                for track, person in zip(told.tracks, way, strict=True):
                    shown[track] = shown.get(track, 0.0) + probability * visit.shown_by.get(person, 0.0)
            visit.shown_by = shown
