"""Who is in the shop at this moment, for a picture of the floor.

Enters: the state, on the shop's own thread. Leaves: JSON-ready facts: people with their places (metres, the store's
frame) and whose they are, visits with what their carts hold. Nothing is priced here: whoever looks once a second must
not cost the shop a basket's promotions each time, and carts with their sums are on the wire.
"""

from __future__ import annotations

from typing import Any

from edge.attribution import whose_tracks
from edge.state import LEAST_SHARE, State
from edge.store import Store
from edge.visit import Visit

PLACE_DIGITS, SHARE_DIGITS = 2, 3


def floor_of(state: State, store: Store) -> dict[str, Any]:
    """``people``: whoever is surely there, seen or not seen just now (``seen_s``); ``visits``: who was let in and has
    not left; ``who``: visit -> probability that it is its person, the likeliest first; "" is somebody unknown.
    """
    whose = {
        track: {visit: share for visit, share in shares.items() if share >= LEAST_SHARE}
        for track, shares in whose_tracks(state.belief).items()
    }
    return {
        "at_s": round(state.now_s, 3),
        "people": [
            {
                "track": track.id,
                "x": round(track.x, PLACE_DIGITS),
                "y": round(track.y, PLACE_DIGITS),
                "seen_s": round(track.seen_s, 1),
                "lost": track.lost,
                "who": _likeliest_first(whose.get(track.id, {"": 1.0})),
            }
            for track in state.floor.tracks.values()
            if track.confirmed and not track.gone and (track.kept or not track.lost)
        ],
        "visits": [_visit(state, store, visit, whose) for visit in state.door.visits.values()],
    }


def _likeliest_first(shares: dict[str, float]) -> dict[str, float]:
    return {v: round(share, SHARE_DIGITS) for v, share in sorted(shares.items(), key=lambda share: -share[1])}


def _visit(state: State, store: Store, visit: Visit, whose: dict[int, dict[str, float]]) -> dict[str, Any]:
    cart = state.carts.get(visit.id)
    return {
        "visit": visit.id,
        "subject": visit.subject,
        "role": visit.role,
        "state": visit.state,
        "party": visit.party,
        "inside": max(0, visit.inside - visit.left),
        "came_s": round(visit.admitted_s, 1),
        "seen_s": round(visit.seen_s, 1),
        "lost": visit.lost,
        "age": visit.age,
        "tracks": sorted(track for track, shares in whose.items() if visit.id in shares),
        "lines": [
            {
                "sku": line.sku,
                "name": store.catalogue[line.sku].name() if line.sku in store.catalogue else line.sku,
                "quantity": line.quantity,
                "certainty": round(line.certainty, SHARE_DIGITS),
                "what": round(line.what, SHARE_DIGITS),
                "who": round(line.who, SHARE_DIGITS),
                "rival": line.rival,
            }
            for line in (cart.lines if cart is not None else ())
        ],
    }
