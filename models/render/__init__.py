"""Pictures of a shop from its ceiling, with the truth in them: what the detector learns from and is measured on.

Enters: a `View`, a shop, people and a light. Leaves: a picture (h, w, 3) uint8 BGR as a camera would give it, and who
is where in it. Everything is drawn with the lens model that calibration fits (`edge.optics`), one ray a pixel, so that
positions in the picture are right to a fraction of a pixel and what hides what is right as well.

The rooms: `solids` (what a ray can meet), `film` (the picture that solids are drawn on), `paint` (what covers them),
`figure` (a person as solids), `people` (of every build and dress, doing what people do), `shop` (floor, shelves,
products), `camera` (lenses, lights, noise), `dataset` (thousands of them, on disk).
"""
