"""`tebura calibrate camera`: sheets to print, the lens from a board, the pose from the floor."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calibration.cli.profiles import By, console, shop_of
from edge.cli.live import StoreFolder
from edge.cli.terminal import DIFFERENT, refuse, refuse_extra, refuse_store, say

if TYPE_CHECKING:
    from calibration.camera.pose import Placed
    from calibration.camera.session import Verdict, Wanted
    from edge.site import CameraSource
    from edge.store import Store

LIVE = "live"
"""The source that site.toml has for this camera."""
BARS_MM = (50.0, 200.0)

SOURCE = "a folder of pictures, a picture, a video, an address, or `live`: the camera's source in site.toml"


def camera(
    camera: Annotated[str, typer.Argument(help="A camera of store.toml.", metavar="CAMERA")],
    *,
    store: StoreFolder,
    print_: Annotated[
        Path | None, typer.Option("--print", help="Write the sheets to print, and no more.", metavar="FILE.pdf|.png")
    ] = None,
    paper: Annotated[str, typer.Option(help="A4, or A3 for wide lenses and high ceilings.")] = "A4",
    markers: Annotated[str, typer.Option(help="Floor markers to print beside the board, like 1-6.")] = "1-6",
    bar: Annotated[float, typer.Option(help="What the bar on the printed board measures, mm.")] = 100.0,
    lens: Annotated[str, typer.Option(help=f"The board, held under the camera: {SOURCE}.", metavar="SOURCE")] = "",
    lens_of: Annotated[str, typer.Option(help="Take that camera's lens: same make, same settings.")] = "",
    floor: Annotated[str, typer.Option(help=f"The floor with the sheets on it: {SOURCE}.", metavar="SOURCE")] = "",
    marker: Annotated[
        list[str] | None, typer.Option(help="Where a marker lies; once for each.", metavar="ID=X,Y[,YAW]")
    ] = None,
    places: Annotated[Path | None, typer.Option(help="… or a file that says so; markers.toml of the store.")] = None,
    board_at: Annotated[str, typer.Option(help="The board's corner 0 lies there.", metavar="X,Y,YAW")] = "",
    picture: Annotated[Path | None, typer.Option(help="Where to draw the plan over the camera's view.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the profile without asking.")] = False,
    by: By = "",
    note: Annotated[str, typer.Option(help="Stands in the profile.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The verdict for programs.")] = False,
) -> None:
    """Calibrate a camera: its lens, and where it hangs; accepted or refused with the remedy, and written down."""
    try:
        import cv2
    except ImportError as error:
        refuse_extra(error, "camera")
    from calibration.camera.frames import NoPictures
    from calibration.camera.places import Misread, read_board_at
    from calibration.camera.session import CannotCalibrate, Wanted, calibrate
    from calibration.camera.sheets import PAPERS, Unprintable, board_of

    shop = shop_of(store, camera=camera)
    if shop.layout.has_shelf(camera):
        refuse(f"{camera} is a shelf's id too, and both would keep their profiles in one folder: rename one")
    if paper not in PAPERS:
        refuse(f"--paper: there is {' and '.join(PAPERS)}")
    if not BARS_MM[0] <= bar <= BARS_MM[1]:
        refuse(f"--bar: it should measure 100 mm, and cannot measure {bar:g}")
    if lens_of and lens_of not in shop.sights:
        refuse(f"--lens-of: {lens_of} is no camera that has been calibrated")
    try:
        if print_ is not None:
            _print(print_, paper, markers)
            return
        wanted = Wanted(
            camera, board_of(PAPERS[paper], bar), _source(lens, shop, store, camera), lens_of,
            _source(floor, shop, store, camera), _placed(marker or [], places, store, paper, bar),
            read_board_at(board_at) if board_at else None, by or getpass.getuser(), note,
            _size(shop, store, camera, lens, floor),
        )  # fmt: skip
        if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
            refuse("there is no terminal to ask at: say --yes if the profile shall be written when all is well")
        verdict = calibrate(shop, wanted, say)
        _end(shop, store, wanted, verdict, picture, yes=yes, as_json=as_json)
    except (Misread, Unprintable, CannotCalibrate, NoPictures, OSError) as error:
        refuse(str(error))
    except cv2.error as error:
        refuse(f"OpenCV cannot compute with these pictures ({error.err}). Take others, sharper and more different")


def _end(
    shop: Store, folder: Path, wanted: Wanted, verdict: Verdict, picture: Path | None,
    *, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell, write, draw. A pose that is refused is drawn too, where somebody said where: that shows what is wrong."""
    from calibration.camera.session import draw, write
    from calibration.camera.told import plain_verdict, print_verdict

    now = datetime.now(UTC)
    if not as_json:
        print_verdict(verdict, console())
    written = drawn = None
    if verdict.accepted and (yes or typer.confirm("Write the new profile?", default=True, err=True)):
        written = write(folder, wanted, verdict, now)
    target = picture or (written.with_suffix(".png") if written else None)
    if target is not None and draw(target, shop, verdict, written.stem if written else "not written"):
        drawn = target
    if as_json:
        files = {"file": str(written) if written else None, "picture": str(drawn) if drawn else None}
        typer.echo(json.dumps({**plain_verdict(verdict), **files}, ensure_ascii=False))
    else:
        if written:
            typer.echo(f"written: {written}")
        if drawn:
            typer.echo(f"drawn: {drawn}: look whether the lines lie on what they mean")
    if not verdict.accepted:
        raise typer.Exit(DIFFERENT)


def _print(path: Path, paper: str, markers: str) -> None:
    from calibration.camera.places import read_numbers
    from calibration.camera.sheets import PAPERS, write_sheets

    for written in write_sheets(path, PAPERS[paper], read_numbers(markers)):
        typer.echo(f"written: {written}")
    say(f"print at 100 % on {paper}, and hold a ruler to the bar: it must measure 100 mm, or say --bar what it does")


def _placed(words: list[str], places: Path | None, folder: Path, paper: str, bar: float) -> tuple[Placed, ...]:
    """Every marker whose place is known."""
    from calibration.camera.places import FILE, read_marker, read_places
    from calibration.camera.sheets import BAR_MM, PAPERS

    size_m = PAPERS[paper].marker_mm * bar / BAR_MM / 1000
    file = places or folder / FILE
    placed = read_places(file, size_m) if places or file.exists() else {}
    for word in words:
        told = read_marker(word, size_m)
        placed[told.number] = told
    return tuple(placed.values())


def _source(source: str, shop: Store, folder: Path, camera: str) -> str:
    """What ``live`` means for this camera."""
    if source != LIVE:
        return source
    wired = _wired(shop, folder, camera)
    if wired is None:
        refuse(f"site.toml has no [[camera]] {camera} with its source. Add it, or name the source instead of `live`")
    return str(wired.source)


def _size(shop: Store, folder: Path, camera: str, *sources: str) -> tuple[int, int] | None:
    """What site.toml asks of a USB camera: it is calibrated with the pictures that the node will look at."""
    if not any(source == LIVE or source.isdecimal() or source.startswith("/dev/") for source in sources):
        return None
    wired = _wired(shop, folder, camera)
    return wired.size if wired is not None else None


def _wired(shop: Store, folder: Path, camera: str) -> CameraSource | None:
    from edge.site import load_site
    from edge.store import BrokenStore

    try:
        site = load_site(folder, shop)
    except BrokenStore as error:
        refuse_store(str(folder), error)
    return next((c for c in site.camera if c.id == camera), None)
