"""Events as CloudEvents 1.0 in JSON, for whoever reads the feed or is told by a webhook.

Enters: an event, and the subject where they have consented. Leaves: what goes into a batch
(``application/cloudevents-batch+json``). Equal ``source`` and ``id`` are the same event, however often it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from edge.insight.events import Event

BATCH: Final = "application/cloudevents-batch+json"
TYPE: Final = "tebura.insight.v1."
"""Before an event's kind."""

FORGOTTEN: Final = TYPE + "forgotten"
"""Whoever is named in it is not to be named any more, in what was told before it either."""

_ELSEWHERE: Final = frozenset({"id", "by", "told", "kind", "at_s", "until_s", "visit"})
"""What stands in the envelope, or is nobody's business."""


def cloud_event(store: str, event: Event, subject: str = "") -> dict[str, Any]:
    """``data`` names the visit, and the ``member`` where they allow it."""
    told = msgspec.to_builtins(event)
    data = {name: value for name, value in told.items() if name not in _ELSEWHERE}
    if event.visit:
        data["visit"] = event.visit
    if subject:
        data["member"] = subject
    if event.until_s is not None:
        data["until"] = _time(event.until_s)
    data.setdefault("count", event.count)
    data.setdefault("certainty", event.certainty)
    found = {
        "specversion": "1.0", "id": event.id, "source": f"/stores/{quote(store, safe='')}", "type": TYPE + event.kind,
        "time": _time(event.at_s), "datacontenttype": "application/json", "data": data,
    }  # fmt: skip
    return found | ({"subject": event.sku or event.shelf} if event.sku or event.shelf else {})


def batch(store: str, events: Iterable[tuple[Event, str]]) -> bytes:
    """Several, as one body."""
    return msgspec.json.encode([cloud_event(store, event, subject) for event, subject in events])


def _time(at_s: float) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
