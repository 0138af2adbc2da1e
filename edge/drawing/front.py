"""A gondola as a shopper sees it: its boards, their plates, and which product belongs where.

Enters: a store. Leaves: one drawing a gondola, in a scale in which a name can be read. What stands beside it is not
in it: each begins at (0, 0) of its own, and says how large it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.roll import width, wrapped
from edge.drawing.markup import Markup, number, tag
from edge.store import Facing, Gondola, Shelf, Store

SCALE = 3.0
"""Units a centimetre: a plate of 12 cm has room for six letters."""
LINE = 12.0
LETTER = 5.6
"""How high a line of a name is, and how wide a narrow letter (a wide one takes two)."""
LEAST_HIGH, MOST_HIGH = 3 * LINE, 110.0
"""A board's goods are drawn so high at least and at most, wherever the next board is."""
HEAD = 26.0
"""Room for the gondola's name above it."""


@dataclass(frozen=True, slots=True)
class Front:
    """A drawing, and the room that it takes."""

    shapes: Markup
    width: float
    height: float


def front(store: Store, gondola: Gondola, language: str) -> Front:
    """The gondola with its highest board on top."""
    boards = sorted(gondola.shelves, key=lambda s: -s.height)
    rows, y = [], HEAD
    for above, board in zip([None, *boards], boards, strict=False):
        gap_cm = (above.height - board.height) * 100.0 if above is not None else 30.0
        high = min(MOST_HIGH, max(LEAST_HIGH, gap_cm * SCALE))
        rows.append(_board(store, board, y, high, language))
        y += high + 6.0
    wide = max(_wide(s) for s in boards)
    name = tag("text", gondola.id, x=0, y=14, class_="front-name")
    return Front(tag("g", name, *rows), max(wide, width(gondola.id) * 9.0), y)


def _wide(board: Shelf) -> float:
    return board.plates * board.plate_width * 100.0 * SCALE


def _board(store: Store, board: Shelf, y: float, high: float, language: str) -> Markup:
    plate = board.plate_width * 100.0 * SCALE
    foot, edge = number(y + high), number(y + high - 5)
    ticks = [
        tag("line", x1=number(n * plate), x2=number(n * plate), y1=edge, y2=foot, class_="tick")
        for n in range(1, board.plates)
    ]
    return tag(
        "g",
        tag("title", f"{board.id}: {board.plates} plates, {board.height:g} m high"),
        tag("rect", x=0, y=number(y), width=number(_wide(board)), height=number(high), class_="room"),
        *(_goods(store, facing, plate, y, high, language) for facing in store.planogram.on(board.id)),
        *ticks,
        tag("line", x1=0, x2=number(_wide(board)), y1=foot, y2=foot, class_="board"),
        tag("text", board.id, x=number(_wide(board) + 6), y=foot, class_="board-name"),
    )


def _goods(store: Store, facing: Facing, plate: float, y: float, high: float, language: str) -> Markup:
    left, wide = (facing.first - 1) * plate, (facing.last - facing.first + 1) * plate
    product = store.catalogue[facing.sku]
    lines = wrapped(product.name(language), max(2, int((wide - 6) / LETTER)))
    room = max(1, int((high - 8) / LINE))
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1][:-1]}…"]
    middle, first = left + wide / 2, y + (high - LINE * (len(lines) - 1)) / 2
    span = str(facing.first) if facing.first == facing.last else f"{facing.first}-{facing.last}"
    return tag(
        "g",
        tag("title", f"{product.name(language)} ({facing.sku}): {facing.shelf}, {span}"),
        tag(
            "rect",
            x=number(left + 1.5),
            y=number(y + 3),
            width=number(wide - 3),
            height=number(high - 3),
            class_="goods",
        ),
        *(
            tag("text", line, x=number(middle), y=number(first + n * LINE), class_="goods-name")
            for n, line in enumerate(lines)
        ),
    )
