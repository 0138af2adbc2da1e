"""Commands about profiles that were written, of shelves and cameras alike: list, show, diff, rollback."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder, completed
from edge.cli.places import state_folder
from edge.cli.terminal import DIFFERENT, refuse, refuse_store, say

if TYPE_CHECKING:
    from rich.console import Console

    from calibration.history import Kept
    from edge.store import Store

Sensor = Annotated[str, typer.Argument(help="A shelf or a camera of store.toml.", metavar="SHELF|CAMERA")]
When = Annotated[str, typer.Argument(help="A profile's date, or how it begins; without it the one that counts.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
By = Annotated[str, typer.Option(help="Who does it; the user's name without it.")]


def list_(
    *,
    store: StoreFolder,
    shelf: Annotated[str, typer.Option(help="Only of this one.", metavar="SHELF")] = "",
    camera: Annotated[str, typer.Option(help="Only of this one.", metavar="CAMERA")] = "",
    as_json: Json = False,
) -> None:
    """Every profile of every shelf and camera: when, by whom, how good, and which counts."""
    import calibration.camera.told as of_cameras
    import calibration.shelf.told as of_shelves
    from calibration.history import history, is_camera, sensors

    shop = shop_of(store)
    wanted = {shelf, camera} - {""}
    named = [name for name in sensors(store) if not wanted or name in wanted]
    kept = {name: history(shop, store, name) for name in named}
    shelves = [one for name in named if not is_camera(shop, name) for one in kept[name]]
    cameras = [one for name in named if is_camera(shop, name) for one in kept[name]]
    if as_json:
        for one in (*map(of_shelves.plain_kept, shelves), *map(of_cameras.plain_kept, cameras)):
            typer.echo(json.dumps(one, ensure_ascii=False))
    else:
        if not shelves and not cameras:
            remedy = f"`tebura calibrate shelf SHELF --store {store}` writes a shelf's, `… camera CAMERA` a camera's"
            whose = f" of {', '.join(sorted(wanted))}" if wanted else ""
            typer.echo(f"There are no profiles{whose} yet: {remedy}.")
        if shelves:
            of_shelves.print_history(shelves, console())
        if cameras:
            of_cameras.print_history(cameras, console())
        ids = [*(s.id for s in shop.layout.shelves), *(c.id for c in shop.layout.cameras)]
        without = [name for name in ids if not kept.get(name) and (not wanted or name in wanted)]
        if without:
            typer.echo(f"without a profile: {', '.join(without)}")
    if any(one.counts and one.broken for one in (*shelves, *cameras)):
        raise typer.Exit(DIFFERENT)


def show(sensor: Sensor, when: When = "", *, store: StoreFolder, as_json: Json = False) -> None:
    """One profile with its evidence."""
    import calibration.camera.told as of_cameras
    import calibration.shelf.told as of_shelves
    from calibration.history import is_camera

    shop = shop_of(store, sensor=sensor)
    kept = _kept(shop, store, sensor, when)
    if kept.profile is None:
        refuse(f"{kept.path}: {kept.broken}")
    told = of_cameras if is_camera(shop, sensor) else of_shelves
    if as_json:
        typer.echo(json.dumps(told.plain_kept(kept), ensure_ascii=False))
    else:
        told.print_kept(kept, console())


def diff(
    sensor: Sensor,
    whens: Annotated[list[str] | None, typer.Argument(help="Two dates; the last two without.", metavar="WHEN")] = None,
    *,
    store: StoreFolder,
) -> None:
    """What changed: of a shelf order, polarity, span, zero, noise; of a camera place, turn, lens."""
    import calibration.camera.told as of_cameras
    import calibration.shelf.told as of_shelves
    from calibration.history import NoSuchProfile, changes, find, history, is_camera, usable
    from edge.store import CameraProfile, ShelfProfile

    shop = shop_of(store, sensor=sensor)
    kept = history(shop, store, sensor)
    if len(whens or ()) not in (0, 2):
        refuse("name two dates, or none for the last two")
    if len(kept) < 2 and not whens:
        refuse(f"{sensor} has {'one profile' if kept else 'no profile'}: there is nothing to compare")
    try:
        before, after = (find(kept, sensor, when) for when in whens or [k.when for k in kept[-2:]])
        if is_camera(shop, sensor):
            old, new = usable(before, CameraProfile), usable(after, CameraProfile)
            of_cameras.print_changes(before, after, old, new, console())
        else:
            found = changes(usable(before, ShelfProfile), usable(after, ShelfProfile))
            of_shelves.print_changes(before, after, found, console())
    except NoSuchProfile as error:
        refuse(completed(str(error), store, None))


def rollback(
    sensor: Sensor,
    when: Annotated[str, typer.Argument(help="The profile to go back to.")],
    *,
    store: StoreFolder,
    state: StateFolder = None,
    by: By = "",
    note: Annotated[str, typer.Option(help="Why; stands in the profile.")] = "",
) -> None:
    """Go back to an older profile: a new one that repeats it. Nothing is deleted."""
    from calibration.history import NoSuchProfile, is_camera, roll_back

    shop = shop_of(store, sensor=sensor)
    kept = _kept(shop, store, sensor, when)
    if kept.counts:
        refuse(completed(f"{kept.when} is in force already. `tebura calibrate list` shows the others", store, None))
    try:
        path = roll_back(store, kept, datetime.now(UTC), by or getpass.getuser(), note)
    except (NoSuchProfile, OSError) as error:
        refuse(completed(str(error), store, None))
    typer.echo(f"written: {path}")
    if not is_camera(shop, sensor):  # camera nodes see by themselves that there is a newer one
        say_restart(state_folder(state, shop.id))


# --- what they share ------------------------------------------------------------------------------------------------


def _kept(shop: Store, folder: Path, sensor: str, when: str) -> Kept:
    from calibration.history import NoSuchProfile, find, history, is_camera

    try:
        kind = "camera" if is_camera(shop, sensor) else "shelf"
        return find(history(shop, folder, sensor), sensor, when, kind)
    except NoSuchProfile as error:
        refuse(completed(str(error), folder, None))


def shop_of(store: Path, *, shelf: str = "", camera: str = "", sensor: str = "") -> Store:
    """The store in a folder, even where its profiles are broken; refuses a shelf or camera that it does not have."""
    from calibration.shelf.session import store_of
    from edge.store import BrokenStore

    try:
        shop = store_of(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    layout = shop.layout
    shelves, cameras = ", ".join(s.id for s in layout.shelves), ", ".join(c.id for c in layout.cameras)
    if shelf and not layout.has_shelf(shelf):
        refuse(f"there is no shelf {shelf!r} in store.toml. There are {shelves}")
    if camera and not layout.has_camera(camera):
        refuse(f"there is no camera {camera!r} in store.toml. There are {cameras or 'none: add a [[camera]]'}")
    if sensor and not (layout.has_shelf(sensor) or layout.has_camera(sensor)):
        refuse(f"there is no shelf or camera {sensor!r} in store.toml. There are {shelves}, {cameras}")
    return shop


def console() -> Console:
    """Where tables go; rich is loaded when it is needed."""
    from rich.console import Console

    return Console()


def say_restart(state: Path) -> None:
    """A shop reads its profiles when it starts."""
    from edge.daemon.desk import NobodyThere, ask

    try:
        ask(state, {"do": "status"})
    except (NobodyThere, ValueError):
        return
    say("restart the shop so that it counts")
