"""Which view each camera has now: a camera that is calibrated anew is believed without a restart.

Enters: a store and the folder that it came from. Leaves: camera -> `View`, or why it has none; read again when a newer
profile lies there. Where that one cannot be used, this is told, and the one before it counts on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from edge.optics import View
from edge.store import BrokenStore, Store, load_store
from edge.store.profile import FOLDER, newest
from edge.told import Sentence, told

Sight: TypeAlias = View | str
"""How a camera sees, or why that is not known, with the remedy."""


class Sights:
    """Call it as often as you like: it only looks at names, unless the store is broken beside a new profile."""

    def __init__(self, folder: Path, store: Store, tell: Callable[[str], None]) -> None:
        self._folder, self._tell = folder / FOLDER, tell
        self._cameras = [camera.id for camera in store.layout.cameras]
        self._sights = _sights(store)
        self._seen = self._names()
        self._told = ""

    def __call__(self) -> Mapping[str, Sight]:
        names = self._names()
        if names != self._seen:
            try:
                new = _sights(load_store(self._folder.parent))
            except BrokenStore as error:
                self._once(f"a new profile cannot be used yet: {error.faults[0]}")
            else:
                self._seen, self._told = names, ""
                self._sights = {camera: self._better(camera, sight) for camera, sight in new.items()}
        return self._sights

    def _better(self, camera: str, new: Sight) -> Sight:
        """The new one, unless it shows nothing and the old one does."""
        old = self._sights.get(camera)
        if isinstance(new, View) or not isinstance(old, View):
            return new
        self._tell(f"the new profile of {camera} cannot be used: {new}")
        return old

    def _once(self, what: str) -> None:
        if what != self._told:
            self._told = what
            self._tell(what)

    def _names(self) -> tuple[str | None, ...]:
        return tuple(newest(path.stem for path in (self._folder / camera).glob("*.toml")) for camera in self._cameras)


def _sights(store: Store) -> dict[str, Sight]:
    return {camera.id: _sight(store, camera.id) for camera in store.layout.cameras}


def _sight(store: Store, camera: str) -> Sight:
    if camera in store.sights:
        return store.sights[camera].view
    if camera in store.blind:
        return Sentence(str(store.blind[camera]))
    return told("nobody has calibrated it. Run `tebura calibrate camera {camera}`", camera=camera)
