"""A store as a picture: SVG that loads nothing from anywhere.

Enters: a store. Leaves: markup. `plan` is the shop from above, `front` its gondolas as a shopper sees them, `sheet`
both on one page with a style sheet of its own; `markup` keeps text from breaking it. Decides nothing.
"""

from edge.drawing.sheet import sheet

__all__ = ["sheet"]
