"""Parameters as Stripe's clients write them: ``metadata[visit]=v1&expand[0]=latest_charge`` and back as nested values.

Enters: a query string or a form. Leaves: dicts, lists and strings. Refuses nothing: what makes no sense is a parameter
that nobody knows, and is refused by that name.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"\[([^\]]*)\]")


def read_form(text: str) -> dict[str, Any]:
    """Nested parameters. A dict whose keys are 0, 1, 2 …, and ``name[]`` repeated, are lists."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        path = [head, *_PART.findall(f"[{rest}" if rest else "")]
        place = found
        for part in path[:-1]:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place[path[-1] or str(len(place))] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and list(inner) == [str(i) for i in range(len(inner))]:
        return list(inner.values())
    return inner
