"""Shelf events x tracks -> who took what, with certainty.

Enters: shelf events, how near everybody came (`Reach`), who entered as which track, doubts about identity. Leaves:
each event's explanations with their probabilities, and at any moment the cart that a visit holds by all that is
known so far. Nothing is decided before it has to be: the belief is a set of weighted joint hypotheses (whose track
is whose, what each cart holds, what lies in wrong places), and later evidence settles earlier doubt.
"""

from edge.attribution.attribute import attribute, mistake, united
from edge.attribution.belief import (
    admit,
    branch_identities,
    depart,
    followed,
    forget_products,
    left_together,
    measure,
    merge,
    open_belief,
)
from edge.attribution.certainty import cart_of, tracks_of, whose_track, whose_tracks
from edge.attribution.hypotheses import Belief
from edge.attribution.movements import Movement, movements

__all__ = [
    "Belief",
    "Movement",
    "admit",
    "attribute",
    "branch_identities",
    "cart_of",
    "depart",
    "followed",
    "forget_products",
    "left_together",
    "measure",
    "merge",
    "mistake",
    "movements",
    "open_belief",
    "tracks_of",
    "united",
    "whose_track",
    "whose_tracks",
]
