"""Which family a network is of, by the shapes of what goes in and comes out.

Enters: a `Form`, its outputs as they came out for a picture, so that exports with open sides are told apart as well.
Leaves: a `Family`. Refuses (`Unfit`): everything else; the sentence says what was found, and what to export.
"""

from __future__ import annotations

from typing import Final

from edge.camera.networks.boxes import Boxes
from edge.camera.networks.form import Family, Form, Intake, Port, Unfit, pixels, planes
from edge.camera.networks.movenet import LONG, MoveNet
from edge.camera.networks.rtmo import Rtmo
from edge.camera.networks.ultralytics_pose import UltralyticsPose

FAMILIES: Final = (MoveNet, Rtmo, UltralyticsPose, Boxes)
"""In the order in which they are asked: what could be two of them is the first."""
WANTED: Final = (
    "one input of pictures, and for output boxes (N, K, 6), rows x1 y1 x2 y2 score class in pixels of the input, "
    "and a metadata entry `names` with a class 'head'; or a pose network of the 17 joints of COCO: what `yolo export` "
    "writes of a -pose network, MoveNet multipose (1, 6, 56), or RTMO (N, K, 5) and (N, K, 17, 3)"
)


def recognised(form: Form) -> Family:
    """Who reads it."""
    why = ""
    for family in FAMILIES:
        try:
            return family(form)
        except Unfit as error:
            why = why or str(error)
    raise Unfit(unknown(form, f", and {why}") if why else unknown(form, f". Wanted: {WANTED}"))


def tried_with(form: Form) -> Intake:
    """What any picture can be given as, to see what comes out."""
    if len(form.inputs) != 1:
        raise Unfit(unknown(form, f". Wanted: {WANTED}"))
    why = ""
    for take, size in ((planes, (640, 480)), (pixels, (LONG, LONG * 3 // 4))):
        try:
            return take(form, open_as=size, colours=(3, 4))
        except Unfit as error:
            why = why or str(error)
    raise Unfit(unknown(form, f", and {why}") if why else unknown(form, f". Wanted: {WANTED}"))


def unknown(form: Form, more: str) -> str:
    """What was found, in words, and ``more``."""

    def ports(some: tuple[Port, ...]) -> str:
        return ", ".join(f"{p.name} {p.kind} {p.shape}" for p in some) or "nothing"

    names = form.metadata.get("names", "none")
    return f"it has input {ports(form.inputs)}; output {ports(form.outputs)}; names {names:.80}{more}"
