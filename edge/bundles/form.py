"""What a bundle is: the files of one store that may come from somewhere else, in one file.

Enters: a store folder, or a bundle's bytes. Leaves: bytes, the same ones for the same files; or a `Bundle`. Refuses
(`BrokenBundle`): what is no bundle, or another shop's. What calibrates a shop's own shelves and cameras is never in it,
nor how its PC is wired: that is known in the shop alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from edge.forecast.supply import FILE as SUPPLY
from edge.store.load import FILES, MAY_BE
from edge.store.lots import FILE as LOTS
from edge.told import Sentence, told

NAMES: Final = (*FILES, *MAY_BE, LOTS, SUPPLY)
LONGEST: Final = 32 << 20
"""Bytes of a bundle: tens of thousands of products."""


class BrokenBundle(ValueError):
    """A bundle that cannot be used; the message says why and what to do."""

    def __init__(self, message: Sentence) -> None:
        super().__init__(message)
        self.message = message


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``store``: the id of the shop whose it is; ``files``: name -> text."""

    store: str
    files: dict[str, str]


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder that a bundle may hold."""
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).is_file()}


def texts(files: Mapping[str, bytes]) -> dict[str, str]:
    """`BrokenBundle` where a file is no text in UTF-8."""
    found = {}
    for name in NAMES:
        if name in files:
            try:
                found[name] = files[name].decode("utf-8")
            except UnicodeDecodeError as error:
                raise BrokenBundle(told("{name} is not text in UTF-8. Save it anew", name=name)) from error
    return found


def packed(store: str, files: Mapping[str, bytes]) -> bytes:
    """`BrokenBundle` where a file is no text in UTF-8."""
    return msgspec.json.format(msgspec.json.encode(Bundle(store, texts(files))), indent=1)


def unpacked(data: bytes, store: str) -> Bundle:
    """The bundle of this store."""
    try:
        bundle = msgspec.json.decode(data, type=Bundle)
    except msgspec.DecodeError as error:
        raise BrokenBundle(told("what was fetched is no bundle ({why}). Publish it again", why=str(error))) from error
    if bundle.store != store:
        raise BrokenBundle(
            told(
                "the bundle is {other!r}'s and this shop is {store!r}. Publish it again",
                other=bundle.store,
                store=store,
            )
        )
    unknown = sorted(set(bundle.files) - set(NAMES))
    if unknown:
        what = told("the bundle holds {name}, which no bundle may. Publish it again", name=unknown[0])
        raise BrokenBundle(what)
    return bundle
