"""What can be wrong when a camera is calibrated: names, meanings, limits and remedies, in one table.

Enters: a fault's name, what was seen, a figure. Leaves: a `Finding`. The limits: a good board, held still, leaves 0.1
to 0.3 px; what bends or blurs leaves more. Markers laid out with a tape measure are right to a centimetre or two.
"""

from __future__ import annotations

from dataclasses import dataclass

from calibration.faults import Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that was found, in words, and how bad."""

    fault: str
    what: str
    value: float = 0.0

    @property
    def kind(self) -> Kind:
        return FAULTS[self.fault]

    @property
    def refuses(self) -> bool:
        return self.kind.weight == "refuse"

    def __str__(self) -> str:
        return f"{self.fault}: {self.what}. {self.kind.remedy}"


FAULTS = {
    kind.name: kind
    for kind in (
        Kind("no-picture", "nothing came from the source", "Look at the path or the camera's address, and its cable"),
        Kind("black", "the pictures are black", "Take the cap off the lens, turn the light on, look at its exposure"),
        Kind("mirrored", "the pictures are mirrored", "Turn mirroring (flip) off in the camera's settings"),
        Kind(
            "no-board",
            "no board is seen",
            "Print it (--print board.pdf), hold it so that it fills a third of the picture, and without glare",
        ),
        Kind(
            "few-boards",
            "too few pictures show the board",
            "Take more: hold it still in every part of the picture, tilted this way and that",
            limit=10,
            unit="pictures",
        ),
        Kind("blurred", "the board is blurred", "Hold it still, make more light, set the focus", limit=5.0, unit="px"),
        Kind(
            "uncovered",
            "a part of the picture never saw the board",
            "Hold the board there as well, up to the picture's edge",
            limit=6,
            unit="corners",
        ),
        Kind(
            "alike",
            "the boards do not say how long the lens is",
            "Tilt the board by 20 to 40 degrees, in all directions, near and far",
            limit=0.01,
            unit="share",
        ),
        Kind(
            "resolution",
            "pictures of different sizes",
            "Take all of them as the camera node takes its own: same size, neither cropped nor turned",
        ),
        Kind(
            "bent",
            "no lens explains where the corners are",
            "Glue the board onto something stiff and flat, hold it still, and see that no picture is cropped or edited",
            limit=0.6,
            unit="px",
        ),
        Kind(
            "few-markers",
            "the floor is not seen well enough",
            "Lay at least four markers flat on the floor, far apart, where this camera sees them",
            limit=4,
            unit="points",
        ),
        Kind("unplaced", "a marker is seen that nobody placed", "Add it: --marker ID=X,Y, or to the file", "warn"),
        Kind(
            "misplaced",
            "a marker does not lie where it is said to",
            "Measure it again, from the store frame's origin, and to the middle of the marker",
            limit=4.0,
            unit="cm",
        ),
        Kind(
            "print-size",
            "what was printed has another size than it should have",
            "Measure the bar on the sheet and say it: --bar MM (100 is right). Printers shrink unless told 100 %",
            limit=0.02,
            unit="share",
        ),
        Kind(
            "floor",
            "what lies on the floor is not where the pose puts it",
            "Measure the markers again, and see that the pictures of board and floor are of the same camera and zoom",
            limit=3.0,
            unit="cm",
        ),
        Kind(
            "vague",
            "many poses fit as well",
            "Lay the markers further apart, larger ones (A3), or more of them; the camera must see them on all sides",
            limit=4.0,
            unit="cm",
        ),
        Kind(
            "elsewhere",
            "it would hang where store.toml does not have it",
            "Look whether these are this camera's pictures and the places are in the store's frame; "
            "else correct [[camera]] position in store.toml",
            limit=0.5,
            unit="m",
        ),
    )
}
"""Name -> what it is."""
