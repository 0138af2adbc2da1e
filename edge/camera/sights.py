"""Which view each camera has now: a camera that is calibrated anew is believed without a restart.

Enters: a store and the folder that it came from. Leaves: camera -> `View`, read again when a newer profile lies there.
A profile that cannot be read is told, and the one before it counts on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from edge.optics import View
from edge.store import BrokenStore, Store, load_store
from edge.store.profile import FOLDER, newest


class Sights:
    """Call it as often as you like: it only looks at names."""

    def __init__(self, folder: Path, store: Store, tell: Callable[[str], None]) -> None:
        self._folder, self._tell = folder / FOLDER, tell
        self._cameras = [camera.id for camera in store.layout.cameras]
        self._views = _views(store)
        self._seen = self._names()

    def __call__(self) -> Mapping[str, View]:
        names = self._names()
        if names != self._seen:
            self._seen = names
            try:
                self._views = _views(load_store(self._folder.parent))
            except BrokenStore as error:
                self._tell(f"a new profile cannot be used yet: {error.faults[0]}")
        return self._views

    def _names(self) -> tuple[str | None, ...]:
        return tuple(newest(path.stem for path in (self._folder / camera).glob("*.toml")) for camera in self._cameras)


def _views(store: Store) -> dict[str, View]:
    return {camera: sight.view for camera, sight in store.sights.items()}
