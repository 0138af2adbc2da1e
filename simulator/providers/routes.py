"""Which request does what to the books, and which parameters it may have.

Enters: a method, a path, nested parameters. Leaves: the answer's body. Refuses: a path or a parameter that it does not
know; real Stripe has many more, so that what is refused here may be right there, and is to be added.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from simulator.providers.books import Object, StripeBooks
from simulator.providers.refusal import Refusal, invalid

Deed = Callable[[StripeBooks, str, Object, float], Object]

_LIST = frozenset({"limit", "starting_after", "ending_before", "created", "expand"})

_POSTS: tuple[tuple[str, frozenset[str], Deed], ...] = (
    (
        r"/v1/customers",
        frozenset({"name", "email", "metadata", "description"}),
        lambda books, _, said, at_s: books.create_customer(said, at_s),
    ),
    (
        r"/v1/payment_methods/([^/]+)/attach",
        frozenset({"customer"}),
        lambda books, name, said, at_s: books.attach(name, said, at_s),
    ),
    (
        r"/v1/payment_intents",
        frozenset(
            {
                "amount", "currency", "customer", "payment_method", "confirm", "off_session", "capture_method",
                "metadata", "description", "payment_method_types", "automatic_payment_methods",
                "setup_future_usage", "statement_descriptor_suffix", "error_on_requires_action",
            }
        ),
        lambda books, _, said, at_s: books.create_intent(said, at_s),
    ),
    (
        r"/v1/payment_intents/([^/]+)/confirm",
        frozenset({"payment_method", "off_session"}),
        lambda books, name, said, at_s: books.confirm(name, said, at_s),
    ),
    (
        r"/v1/payment_intents/([^/]+)/capture",
        frozenset({"amount_to_capture", "metadata", "final_capture"}),
        lambda books, name, said, at_s: books.capture(name, said, at_s),
    ),
    (
        r"/v1/payment_intents/([^/]+)/cancel",
        frozenset({"cancellation_reason"}),
        lambda books, name, said, at_s: books.cancel(name, said, at_s),
    ),
    (
        r"/v1/refunds",
        frozenset({"payment_intent", "amount", "reason", "metadata"}),
        lambda books, _, said, at_s: books.create_refund(said, at_s),
    ),
)  # fmt: skip

_GETS: dict[str, tuple[str, frozenset[str]]] = {
    "customers": ("customer", frozenset()),
    "payment_intents": ("payment_intent", frozenset({"customer"})),
    "payment_methods": ("payment_method", frozenset({"customer", "type"})),
    "charges": ("charge", frozenset({"payment_intent", "customer"})),
    "refunds": ("refund", frozenset({"payment_intent", "charge"})),
    "disputes": ("dispute", frozenset({"payment_intent", "charge"})),
    "events": ("event", frozenset({"type", "types"})),
}
"""Path below /v1 -> kind of object, and by what a list of it can be narrowed."""


def carry_out(books: StripeBooks, method: str, path: str, said: Object, at_s: float) -> Object:
    """Do it, and say what came of it. `Refusal`."""
    expand = said.get("expand", [])
    if method == "GET":
        return _read(books, path, said)
    for pattern, known, deed in _POSTS:
        found = re.fullmatch(pattern, path)
        if found is not None:
            _refuse_unknown(said, known | {"expand"})
            name = found[1] if found.groups() else ""
            return books.expanded(deed(books, name, said, at_s), expand)
    raise Refusal(404, f"Unrecognized request URL ({method}: {path})")


def _read(books: StripeBooks, path: str, said: Object) -> Object:
    found = re.fullmatch(r"/v1/([a-z_]+)(?:/([^/]+))?", path)
    if found is None or found[1] not in _GETS:
        raise Refusal(404, f"Unrecognized request URL (GET: {path})")
    kind, filters = _GETS[found[1]]
    if found[2]:
        _refuse_unknown(said, frozenset({"expand"}))
        return books.expanded(books.find(kind, found[2]), said.get("expand", []))
    _refuse_unknown(said, _LIST | filters)
    rows = [one for one in books.of(kind) if _fits(one, said)]
    rows.reverse()
    rows.sort(key=lambda one: -int(one["created"]))
    return _page(books, rows, said, path)


def _fits(one: Object, said: Object) -> bool:
    created = said.get("created", {})
    if not isinstance(created, dict):
        return bool(one["created"] == int(created))
    at = one["created"]
    bounds = {"gt": at.__gt__, "gte": at.__ge__, "lt": at.__lt__, "lte": at.__le__}
    if not all(bounds[how](int(bound)) for how, bound in created.items()):
        return False
    if "types" in said and one["type"] not in said["types"]:
        return False
    return all(one.get(by) == said[by] for by in ("customer", "payment_intent", "charge", "type") if by in said)


def _page(books: StripeBooks, rows: list[Object], said: Object, path: str) -> Object:
    """Newest first, from behind ``starting_after`` on, or up to ``ending_before``."""
    limit = int(said.get("limit", 10))
    if not 1 <= limit <= 100:
        raise invalid("limit is from 1 to 100", "limit")
    names = [one["id"] for one in rows]
    for param in ("starting_after", "ending_before"):
        if param in said and said[param] not in names:
            raise invalid(f"No such object: '{said[param]}'", param, "resource_missing")
    if "ending_before" in said:
        before = rows[: names.index(said["ending_before"])]
        page, more = before[-limit:], len(before) > limit
    else:
        begin = names.index(said["starting_after"]) + 1 if "starting_after" in said else 0
        page, more = rows[begin : begin + limit], len(rows) > begin + limit
    wanted = [path.removeprefix("data.") for path in said.get("expand", [])]
    data = [books.expanded(one, wanted) for one in page]
    return {"object": "list", "url": path, "has_more": more, "data": data}


def _refuse_unknown(said: dict[str, Any], known: frozenset[str]) -> None:
    for param in said:
        if param not in known:
            raise invalid(f"Received unknown parameter: {param}", param, "parameter_unknown")
