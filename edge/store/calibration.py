"""Which profiles count: the newest of each shelf and camera.

Enters: a store folder, or the files of a recording. Leaves: each shelf's conversion from what its cells say, each
camera's lens and place. A shelf's profile that cannot be used is a fault of the store, since its plates would weigh
wrong; a camera's blinds that camera, and the shop goes on with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge.store.layout import Layout
from edge.store.profile import FOLDER, Conversion, UnusableProfile, newest, read_profile
from edge.store.sight import CameraProfile, read_sight
from edge.store.tables import Fault
from edge.told import Sentence, phrase, told

ANEW = phrase("Calibrate it anew (`tebura calibrate {kind} {of}`), or roll back (`tebura calibrate rollback`)")
WHOSE = phrase("it is the profile of {of}")


def _why(error: UnusableProfile | UnicodeDecodeError) -> Sentence:
    return told("it cannot be used ({error})", error=error)


def profiles_that_count(folder: Path) -> tuple[dict[str, bytes], dict[str, Fault]]:
    """``calibration/<shelf or camera>.toml`` -> the newest profile of each that has one, or why it cannot be read."""
    found, unread = {}, {}
    for of in sorted(p for p in (folder / FOLDER).glob("*") if p.is_dir()):
        name = newest(p.stem for p in of.glob("*.toml"))
        if name is None:
            continue
        try:
            found[f"{FOLDER}/{of.name}.toml"] = (of / f"{name}.toml").read_bytes()
        except OSError as error:
            what = told("it is the newest and cannot be read ({error})", error=error.strerror or error)
            remedy = told("Let this user read it, or move it away: the one before it counts then")
            unread[f"{FOLDER}/{of.name}.toml"] = Fault(f"{FOLDER}/{of.name}/{name}.toml", "file", what, remedy)
    return found, unread


def conversions(
    files: Mapping[str, bytes], unread: Mapping[str, Fault], layout: Layout, faults: list[Fault]
) -> dict[str, Conversion]:
    """Each shelf's profile. One of a shelf that is no more is nobody's business."""
    found = {}
    for name in sorted(n for n in files.keys() | unread if n.startswith(f"{FOLDER}/")):
        shelf = name.removeprefix(f"{FOLDER}/").removesuffix(".toml")
        if not layout.has_shelf(shelf):
            continue
        if name in unread:
            faults.append(unread[name])
            continue
        remedy = told(ANEW, kind="shelf", of=shelf)
        try:
            profile = read_profile(files[name].decode("utf-8"))
        except (UnusableProfile, UnicodeDecodeError) as error:
            faults.append(Fault(name, "profile", _why(error), remedy))
            continue
        count = layout.shelf(shelf).plates
        if profile.shelf != shelf:
            faults.append(Fault(name, "shelf", told(WHOSE, of=profile.shelf), remedy))
        elif len(profile.plate) != count:
            what = told("it has {has} plates, and the shelf {count}", has=len(profile.plate), count=count)
            faults.append(Fault(name, "plate", what, remedy))
        else:
            found[shelf] = Conversion(profile)
    return found


def sights_of(
    files: Mapping[str, bytes], unread: Mapping[str, Fault], layout: Layout
) -> tuple[dict[str, CameraProfile], dict[str, Fault]]:
    """Each camera's profile, or what is wrong with it. Where a shelf has the same id, the folder is the shelf's."""
    found: dict[str, CameraProfile] = {}
    blind: dict[str, Fault] = {}
    for camera in layout.cameras:
        name = f"{FOLDER}/{camera.id}.toml"
        if layout.has_shelf(camera.id) or name not in files.keys() | unread:
            continue
        remedy = told(ANEW, kind="camera", of=camera.id)
        if name in unread:
            blind[camera.id] = unread[name]
            continue
        try:
            sight = read_sight(files[name].decode("utf-8"))
        except (UnusableProfile, UnicodeDecodeError) as error:
            blind[camera.id] = Fault(name, "profile", _why(error), remedy)
            continue
        if sight.camera != camera.id:
            blind[camera.id] = Fault(name, "camera", told(WHOSE, of=sight.camera), remedy)
        else:
            found[camera.id] = sight
    return found, blind
