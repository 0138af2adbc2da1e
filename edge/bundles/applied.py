"""A store folder goes on with a bundle, or with what was there before it.

Enters: a store folder and a bundle. Leaves: the folder with the bundle's files, all of them or none, and what was there
before, to go back to. A kill in between is mended by `resume`, which `tebura run` calls before it reads the folder: a
shop never opens with half of one price list and half of another.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from edge.bundles.form import NAMES, Bundle, packed, read_folder, texts
from edge.store import Store, read_store
from edge.store.calibration import profiles_that_count

HALF: Final = ".bundle-half.json"
"""What is being written just now."""
BEFORE: Final = ".bundle-before.json"
"""What was there before the last bundle."""
NUMBER: Final = ".bundle-number"
"""Which bundle is there; negative: the one that was taken back."""


def tried(folder: Path, bundle: Bundle) -> Store:
    """The store as it would be with a bundle and the folder's own calibration; `BrokenStore` with every fault."""
    profiles, unread = profiles_that_count(folder)
    return read_store({name: text.encode() for name, text in bundle.files.items()} | profiles, unread)


def number_of(folder: Path) -> int:
    """Of the bundle that a folder has; 0: none; negative: that one was taken back."""
    try:
        return int((folder / NUMBER).read_text())
    except (OSError, ValueError):
        return 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a folder is, to be put back: its files, and what was there before them."""

    files: Mapping[str, str]
    before: bytes


def standing(folder: Path) -> Standing:
    """`edge.bundles.form.BrokenBundle` where a file is no text in UTF-8: it could not be put back."""
    kept = folder / BEFORE
    return Standing(texts(read_folder(folder)), kept.read_bytes() if kept.exists() else b"")


def put_back(folder: Path, was: Standing, number: int) -> None:
    """As it was, but for the number, which says what was tried."""
    put(folder, was.files, number)
    if was.before:
        _put(folder / BEFORE, was.before)
    else:
        (folder / BEFORE).unlink(missing_ok=True)


def apply(folder: Path, bundle: Bundle, number: int) -> None:
    """Take a bundle's files in the place of the folder's own."""
    _put(folder / BEFORE, packed(bundle.store, read_folder(folder)))
    put(folder, bundle.files, number)


def before(folder: Path) -> Bundle | None:
    """What was there before the last bundle."""
    try:
        return msgspec.json.decode((folder / BEFORE).read_bytes(), type=Bundle)
    except (OSError, msgspec.DecodeError):
        return None


def go_back(folder: Path, bundle: Bundle) -> None:
    """Take what was there before; the last bundle counts as taken back."""
    put(folder, bundle.files, -abs(number_of(folder)))


def put(folder: Path, files: Mapping[str, str], number: int) -> None:
    """These files in the place of the folder's own, all of them or none, as the bundle of this number."""
    _put(folder / HALF, msgspec.json.encode(_Half(dict(files), number)))
    _write(folder, files, number)


def resume(folder: Path) -> bool:
    """Finish what a kill has interrupted; says whether there was anything."""
    try:
        half = msgspec.json.decode((folder / HALF).read_bytes(), type=_Half)
    except (OSError, msgspec.DecodeError):
        return False
    _write(folder, half.files, half.number)
    return True


class _Half(msgspec.Struct):
    files: dict[str, str]
    number: int


def _write(folder: Path, files: Mapping[str, str], number: int) -> None:
    for name in NAMES:
        if name in files:
            _put(folder / name, files[name].encode())
        else:
            (folder / name).unlink(missing_ok=True)
    _put(folder / NUMBER, str(number).encode())
    (folder / HALF).unlink(missing_ok=True)


def _put(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk before the next is begun."""
    half = path.with_name(f".{path.name}.new")
    with open(half, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, path)
