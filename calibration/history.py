"""The profiles of a store's shelves and cameras: written once, dated, never changed.

Enters: a profile and the evidence for it. Leaves: ``calibration/<shelf or camera>/<when>.toml``, complete or not at
all, readable by people; what has been written before, the broken files with what is wrong with them; what differs
between two. Refuses: to overwrite anything. A rollback is a new profile that repeats an older one and says so.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import tomlkit
from tomlkit.items import AoT, Item, Table

from edge.store import CameraProfile, PlateProfile, ShelfProfile, Store
from edge.store.profile import FOLDER, STAMP, UnusableProfile, newest, read_profile
from edge.store.sight import read_sight

Profile: TypeAlias = ShelfProfile | CameraProfile
Kind = TypeVar("Kind", ShelfProfile, CameraProfile)

HEAD = """How shelf {} weighs, as `tebura calibrate` found it.
grams = (said - zero) * g_per_unit, where said is row `channel` of what the controller says.
The newest file in this folder counts. None is ever changed: `tebura calibrate rollback` goes back.
"""
CAMERA_HEAD = """How camera {} sees and where it hangs, as `tebura calibrate camera` found it.
Pixels by OpenCV's pinhole with rational distortion (k1 k2 p1 p2 k3 k4 k5 k6); metres in the store frame.
The newest file in this folder counts. None is ever changed: `tebura calibrate rollback` goes back.
"""
MEANS = {
    "channel": "row of the controller's batch, from 1",
    "zero": "what the empty plate says",
    "g_per_unit": "negative: wired the wrong way round",
    "noise_g": "standard deviation of one sample at rest",
    "drift_g": "g/√s: how far it wanders by itself",
    "span_error": "what is left of span, linearity and place, as a share of the load",
}
"""What a plate's keys mean: told beside the first plate's."""
CAMERA_MEANS = {
    "width": "the picture that the lens was fitted to, pixels",
    "cx": "where the lens looks straight ahead",
    "position": "of the lens, m",
    "rotation": "store to camera: rotation vector, radians",
    "residual_px": "how far corners of the board are from where this lens has them",
    "residual_cm": "how far sheets on the floor are seen from where they were laid",
}
"""What a camera's keys mean."""

ALL_CAMERAS = "_cameras"
"""The folder of what is about all cameras (`calibration.camera.agreement`): no shelf and no camera can be called so."""

Evidence = Mapping[str, Any]
"""Tables, or lists of them, by name: why the profile may be trusted. The runtime does not read them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of the history ``of`` a shelf or camera; ``profile`` is missing where it is ``broken``, which then says
    why. ``counts``: it is the one that the shop goes by.
    """

    of: str
    when: str
    path: Path
    counts: bool
    profile: Profile | None
    broken: str = ""


class NoSuchProfile(ValueError):
    """Nobody has written that one, or it cannot be used; the message says what there is."""


def sensor_of(profile: Profile) -> str:
    """The shelf or camera that a profile is of."""
    return profile.camera if isinstance(profile, CameraProfile) else profile.shelf


def keep(store: Path, profile: Profile, evidence: Evidence | None = None) -> Path:
    """Write a profile that was not there before, and make sure that it is the newest."""

    def text(made: datetime) -> str:
        return _document(profile.model_copy(update={"made": made}), evidence or {})

    return keep_dated(store / FOLDER / sensor_of(profile), profile.made, text)


def keep_dated(folder: Path, made: datetime, text: Callable[[datetime], str]) -> Path:
    """Write what is dated into its folder. Where the PC's clock stands before the last file's date, or both fall into
    one second, it is dated a second after that: the newest counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = made.astimezone(UTC).replace(microsecond=0)
    while True:
        last = newest(p.stem for p in folder.glob("*.toml"))
        if last is not None and made.strftime(STAMP) <= last:
            made = datetime.strptime(last, STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
        path = folder / f"{made.strftime(STAMP)}.toml"
        try:
            _write_once(path, text(made))
            return path
        except FileExistsError:
            made += timedelta(seconds=1)


def _write_once(path: Path, text: str) -> None:
    """All of it or nothing, and never over something: a link fails where a name is taken."""
    handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o644)
        os.link(part, path)
    finally:
        os.unlink(part)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _document(profile: Profile, evidence: Evidence) -> str:
    document = tomlkit.document()
    kind, head = ("camera", CAMERA_HEAD) if isinstance(profile, CameraProfile) else ("shelf", HEAD)
    for line in head.format(sensor_of(profile)).splitlines():
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document[kind], document["made"] = sensor_of(profile), profile.made
    for name, text in (("by", profile.by), ("why", profile.why)):
        if text:
            document[name] = text
    if isinstance(profile, CameraProfile):
        for name, value in profile.model_dump(exclude={"camera", "made", "by", "why"}).items():
            document[name] = _said(name, list(value) if isinstance(value, tuple) else value, CAMERA_MEANS)
    else:
        plates = tomlkit.aot()
        for i, plate in enumerate(profile.plate):
            plates.append(_plate(plate, explained=i == 0))
        document["plate"] = plates
    for name, told in evidence.items():
        document[name] = _listed(told) if isinstance(told, Sequence) else tomlkit.item(dict(told))
    return tomlkit.dumps(document)


def _plate(plate: PlateProfile, *, explained: bool) -> Table:
    table = tomlkit.table()
    for name, value in plate.model_dump(exclude_none=True).items():
        table[name] = _said(name, value, MEANS if explained else {})
    return table


def _said(name: str, value: Any, means: Mapping[str, str]) -> Item:
    item: Item = tomlkit.item(value)
    if name in means:
        item.comment(means[name])
    return item


def _listed(rows: Sequence[Mapping[str, Any]]) -> AoT:
    """A table a row; lists of tables within one stand a line each."""
    tables = tomlkit.aot()
    for row in rows:
        table = tomlkit.table()
        for name, value in row.items():
            if isinstance(value, list) and value and isinstance(value[0], Mapping):
                lines = tomlkit.array().multiline(True)
                for one in value:
                    inline = tomlkit.inline_table()
                    inline.update(one)
                    lines.append(inline)
                table[name] = lines
            else:
                table[name] = value
        tables.append(table)
    return tables


# --- looking ------------------------------------------------------------------------------------------------------


def history(store: Store, folder: Path, of: str) -> list[Kept]:
    """All of one shelf or camera, oldest first; what is broken says why."""
    names = sorted(p.stem for p in (folder / FOLDER / of).glob("*.toml"))
    last = newest(names)
    return [_kept(store, folder / FOLDER / of / f"{name}.toml", of, name == last) for name in names]


def _kept(store: Store, path: Path, of: str, counts: bool) -> Kept:
    try:
        text = path.read_text(encoding="utf-8")
        of_camera = is_camera(store, of) or "\ncamera = " in text  # one that the store has no more
        profile: Profile = read_sight(text) if of_camera else read_profile(text)
    except (UnusableProfile, OSError, UnicodeDecodeError) as error:
        return Kept(of, path.stem, path, counts, None, str(error))
    broken = ""
    if newest([path.stem]) is None:
        broken = "it is not named by a date, and never counts"
    elif sensor_of(profile) != of:
        broken = f"it is the profile of {sensor_of(profile)}"
    elif isinstance(profile, CameraProfile):
        broken = "" if is_camera(store, of) else "store.toml has no such camera, or a shelf of the same id"
    elif not store.layout.has_shelf(of):
        broken = "store.toml has no such shelf"
    elif len(profile.plate) != store.layout.shelf(of).plates:
        broken = f"it has {len(profile.plate)} plates, and the shelf {store.layout.shelf(of).plates}"
    return Kept(of, path.stem, path, counts, profile, broken)


def is_camera(store: Store, of: str) -> bool:
    """Whose folder it is; where a shelf and a camera have one id, the shelf's."""
    return store.layout.has_camera(of) and not store.layout.has_shelf(of)


def sensors(folder: Path) -> list[str]:
    """Every shelf and camera that has a folder of its own, known to the store or not."""
    return sorted(p.name for p in (folder / FOLDER).glob("*") if p.is_dir() and p.name != ALL_CAMERAS)


def find(kept: Sequence[Kept], of: str, when: str = "", kind: str = "shelf") -> Kept:
    """The profile that was made then (the beginning of its name is enough), or that counts; `NoSuchProfile`."""
    if not kept:
        raise NoSuchProfile(f"{of} has no profile. `tebura calibrate {kind} {of}` makes one")
    matching = [k for k in kept if k.when.startswith(when)] if when else [k for k in kept if k.counts]
    exact = [k for k in matching if k.when == when]
    if len(exact or matching) != 1:
        there = ", ".join(k.when for k in (matching or kept))
        raise NoSuchProfile(f"{of}: {'no' if not matching else 'more than one'} profile of {when}: there are {there}")
    return (exact or matching)[0]


def usable(kept: Kept, kind: type[Kind]) -> Kind:
    """Its profile; `NoSuchProfile` where it cannot be used."""
    if not isinstance(kept.profile, kind) or kept.broken:
        raise NoSuchProfile(f"{kept.path}: {kept.broken}")
    return kept.profile


def roll_back(folder: Path, kept: Kept, now: datetime, by: str, note: str = "") -> Path:
    """A new profile that repeats ``kept``, its evidence included, and says so."""
    of_camera = isinstance(kept.profile, CameraProfile)
    profile: Profile = usable(kept, CameraProfile) if of_camera else usable(kept, ShelfProfile)
    why = f"repeats {kept.when}" + (f": {note}" if note else "")
    evidence = {
        name: told
        for name, told in tomlkit.parse(kept.path.read_text(encoding="utf-8")).unwrap().items()
        if name not in type(profile).model_fields
    }
    return keep(folder, profile.model_copy(update={"made": now, "by": by, "why": why}), evidence)


# --- comparing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One plate in two profiles; ``zero_g``: how far its zero went, NaN where one has none."""

    plate: int
    channels: tuple[int, int]
    turned: bool
    span: float
    zero_g: float
    noise_g: tuple[float, float]
    drift_g: tuple[float, float]

    @property
    def told(self) -> bool:
        """Is it worth a word?"""
        return self.channels[0] != self.channels[1] or self.turned or abs(self.span) > 1e-6 or self.zero_g != 0


def changes(before: ShelfProfile, after: ShelfProfile) -> list[Change]:
    """Plate by plate, as far as both have them."""
    found = []
    for old, new in zip(before.plate, after.plate, strict=False):
        known = old.zero is not None and new.zero is not None
        zero_g = ((new.zero or 0.0) - (old.zero or 0.0)) * new.g_per_unit if known else float("nan")
        found.append(
            Change(
                old.plate,
                (old.channel, new.channel),
                (old.g_per_unit < 0) != (new.g_per_unit < 0),
                abs(new.g_per_unit) / abs(old.g_per_unit) - 1,
                zero_g,
                (old.noise_g, new.noise_g),
                (old.drift_g, new.drift_g),
            )
        )
    return found
