"""Which of the names that are known somebody meant who wrote another one: keys of settings, columns of tables.

Enters: a name as it was written, and the known ones. Leaves: the one that it is a slip for, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel

ALIKE: Final = 0.75
"""So much alike are two names of which one is a slip for the other (`difflib`)."""


def meant(written: str, known: Iterable[str]) -> str:
    """The known name that is most like it; empty where none is."""
    return next(iter(get_close_matches(written.lower(), list(known), 1, ALIKE)), "")


def keys_of(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys that are known in the table at ``place``, pydantic's way there from ``model``."""
    tables = [model]
    for part in place:
        if isinstance(part, str):
            fields = [info for table in tables for name, info in table.model_fields.items() if part == _key(name, info)]
            tables = [table for info in fields for table in _tables_in(info.annotation)] if fields else tables
    return [_key(name, info) for table in tables for name, info in table.model_fields.items()]


def _key(name: str, info: Any) -> str:
    return info.alias or name


def _tables_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _tables_in(argument)
