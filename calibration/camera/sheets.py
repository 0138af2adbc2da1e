"""What is printed: a ChArUco board to hold under the camera, and markers to lay on the floor.

Enters: a paper's size, which sheets. Leaves: pages as pictures of 300 dots per inch, in a PDF or PNG file that knows
its own size in millimetres, so that a printer that is told 100 % prints them true. Each has a bar of 100 mm to hold a
ruler to. Refuses: file names that are neither, more markers than there are.

The squares are large and few, and the markers have 4 × 4 bits, because a wide lens under a ceiling shows a page as a
few dozen pixels. Board and markers share one dictionary, so that one look finds both.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Page = NDArray[np.uint8]
"""(height, width), grey: 0 is ink."""

DPI: Final = 300
DOTS_PER_MM: Final = DPI / 25.4
DICTIONARY: Final = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
MODULES: Final = 6
"""Of a marker's edge: four bits and a black border."""
MARKERS: Final = 32
"""Floor markers are numbered 1 to this; the board has the dictionary's numbers behind them."""
BAR_MM: Final = 100.0
EDGE_MM: Final = 8.0
"""Most printers leave so much white."""


@dataclass(frozen=True)
class Paper:
    """A paper, upright; ``square_mm`` of the board that fits on it, ``marker_mm`` of a floor marker."""

    name: str
    width_mm: float
    height_mm: float
    square_mm: float
    marker_mm: float


PAPERS: Final = {
    "A4": Paper("A4", 210.0, 297.0, 38.0, 170.0),
    "A3": Paper("A3", 297.0, 420.0, 54.0, 250.0),
}


class Unprintable(ValueError):
    """What cannot be printed; the message says what can."""


@dataclass(frozen=True)
class Board:
    """A ChArUco board. Its frame: metres, origin at the corner marked 0, x along the top edge, y down the page."""

    square_m: float
    columns: int = 5
    rows: int = 7
    marker_share: float = 0.74
    """Of a square's edge."""

    @cached_property
    def charuco(self) -> cv2.aruco.CharucoBoard:
        ids = np.arange(MARKERS + 1, MARKERS + 1 + self.columns * self.rows // 2, dtype=np.int32)
        marker_m = self.square_m * self.marker_share
        return cv2.aruco.CharucoBoard((self.columns, self.rows), self.square_m, marker_m, DICTIONARY, ids)

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """Its inner corners by their number, (n, 2), m."""
        x, y = np.meshgrid(np.arange(1, self.columns), np.arange(1, self.rows))
        found: NDArray[np.float64] = np.column_stack([x.ravel(), y.ravel()]).astype(np.float64) * self.square_m
        return found


def board_of(paper: Paper, bar_mm: float = BAR_MM) -> Board:
    """The board as it was printed, when its bar of 100 mm measures ``bar_mm``."""
    return Board(paper.square_mm * bar_mm / BAR_MM / 1000.0)


# --- pages --------------------------------------------------------------------------------------------------------


def board_page(paper: Paper) -> Page:
    """The board; its origin is `board_origin_mm` from the page's upper left corner."""
    page = _blank(paper)
    board = Board(paper.square_mm)
    left, top = board_origin_mm(paper)
    square = paper.square_mm
    number = MARKERS + 1
    for row in range(board.rows):
        for column in range(board.columns):
            x, y = left + column * square, top + row * square
            if (row + column) % 2 == 0:
                _fill(page, x, y, square, square)
            else:
                inset = square * (1 - board.marker_share) / 2
                _marker(page, number, x + inset, y + inset, square * board.marker_share)
                number += 1
    _write(page, "0", left - 4.6, top + 3.2, 4.0)
    foot = top + board.rows * square
    told = f"tebura board {paper.name}   {board.columns} x {board.rows} squares of {square:g} mm"
    _foot(page, paper, foot + 5.0, told)
    return page


def board_origin_mm(paper: Paper) -> tuple[float, float]:
    return (paper.width_mm - 5 * paper.square_mm) / 2, EDGE_MM


def marker_page(paper: Paper, number: int) -> Page:
    """Floor marker ``number`` in the middle of the page's width, its centre `marker_centre_mm` from the upper left."""
    page = _blank(paper)
    x, y = marker_centre_mm(paper)
    half = paper.marker_mm / 2
    _marker(page, number, x - half, y - half, paper.marker_mm)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        reach = half + 3.0
        ticks = (x + dx * reach - 0.2 - 4.0 * (dx < 0), y + dy * reach - 0.2 - 4.0 * (dy < 0))
        _fill(page, *ticks, 4.4 if dx else 0.4, 4.4 if dy else 0.4)
    _write(page, str(number), x + half - 9.0, EDGE_MM + 8.0, 9.0)
    told = f"tebura floor marker {number}   {paper.name}   {paper.marker_mm:g} mm   measure to where the ticks cross"
    _foot(page, paper, y + half + 14.0, told)
    return page


def marker_centre_mm(paper: Paper) -> tuple[float, float]:
    return paper.width_mm / 2, EDGE_MM + 12.0 + paper.marker_mm / 2


def _blank(paper: Paper) -> Page:
    return np.full((round(paper.height_mm * DOTS_PER_MM), round(paper.width_mm * DOTS_PER_MM)), 255, np.uint8)


def _fill(page: Page, x: float, y: float, width: float, height: float) -> None:
    """A black rectangle, mm; its edges on the nearest dots."""
    x0, y0, x1, y1 = (round(v * DOTS_PER_MM) for v in (x, y, x + width, y + height))
    page[y0:y1, x0:x1] = 0


def _marker(page: Page, number: int, x: float, y: float, size: float) -> None:
    bits = cv2.aruco.generateImageMarker(DICTIONARY, number, MODULES)
    module = size / MODULES
    for row, column in np.argwhere(bits == 0):
        _fill(page, x + column * module, y + row * module, module, module)


def _foot(page: Page, paper: Paper, y: float, told: str) -> None:
    """What it is, and the bar."""
    x = (paper.width_mm - BAR_MM) / 2
    _fill(page, x, y, BAR_MM, 1.2)
    for end in (x, x + BAR_MM - 0.4):
        _fill(page, end, y - 1.5, 0.4, 4.2)
    _write(page, f"this bar must measure {BAR_MM:g} mm: print at 100 %, on paper that lies flat", x, y + 6.0, 2.6)
    _write(page, told, x, y + 10.0, 2.6)


def _write(page: Page, text: str, x: float, y: float, size: float) -> None:
    """Text with capitals of ``size`` mm, its baseline at ``y``."""
    scale = size * DOTS_PER_MM / 21.0  # Hershey's capitals are 21 units high
    where = round(x * DOTS_PER_MM), round(y * DOTS_PER_MM)
    thick = max(1, round(scale * 2))
    cv2.putText(page, text, where, cv2.FONT_HERSHEY_SIMPLEX, scale, 0, thick, cv2.LINE_AA)


# --- files --------------------------------------------------------------------------------------------------------


def write_sheets(path: Path, paper: Paper, markers: Sequence[int] = ()) -> list[Path]:
    """The board and these floor markers: one PDF, or PNG files beside one another. `Unprintable`."""
    wrong = [m for m in markers if not 1 <= m <= MARKERS]
    if wrong:
        raise Unprintable(f"there is no floor marker {wrong[0]}: they are numbered 1 to {MARKERS}")
    kind = path.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise Unprintable(f"{path}: what is printed ends in .pdf or .png")
    pages = [board_page(paper), *(marker_page(paper, m) for m in markers)]
    if kind == ".pdf":
        _write_whole(path, _pdf(pages))
        return [path]
    names = [path, *(path.with_name(f"{path.stem}-marker-{m}.png") for m in markers)]
    for name, page in zip(names, pages, strict=True):
        _write_whole(name, _png(page))
    return names


def _write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)


def _png(page: Page) -> bytes:
    """With its size: a pHYs chunk (PNG 1.2, 4.2.4.2) before the data."""
    done, encoded = cv2.imencode(".png", page)
    assert done
    per_metre = round(DOTS_PER_MM * 1000)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body))
    data = encoded.tobytes()
    header = 8 + 25  # the signature and IHDR
    return data[:header] + chunk + data[header:]


def _pdf(pages: Sequence[Page]) -> bytes:
    """One picture a page (ISO 32000-1): a catalogue, the pages, and of each its page, content and picture."""
    first = 3
    kids = " ".join(f"{first + 3 * i} 0 R" for i in range(len(pages)))
    bodies = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode()]
    for i, page in enumerate(pages):
        height, width = page.shape
        wide, high = (round(n * 72 / DPI, 3) for n in (width, height))
        at = first + 3 * i
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide} {high}] /Contents {at + 1} 0 R "
            f"/Resources << /XObject << /Sheet {at + 2} 0 R >> >> >>".encode()
        )
        bodies.append(_stream("", f"{wide} 0 0 {high} 0 0 cm /Sheet Do".encode()))
        picture = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray"
        bodies.append(_stream(f"{picture} /BitsPerComponent 8", page.tobytes()))
    out, starts = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for i, body in enumerate(bodies, 1):
        starts.append(len(out))
        out += f"{i} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{start:010d} 00000 n \n".encode() for start in starts)
    out += f"trailer << /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def _stream(keys: str, data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    head = f"<< {keys} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode()
    return head + packed + b"\nendstream"
