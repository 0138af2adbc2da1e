"""The API for phones as OpenAPI 3.1, made from the bodies themselves; served as ``/api/openapi.json``.

A test lets schemathesis ask the running server whatever this allows, and forbids: what is answered has to be in here.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from edge import __version__
from edge.web.shopper.api import STATUS, AgainBody, ContestBody, EnrolBody

Minor = Annotated[int, Meta(description="In the smallest unit of the shop's currency.")]


class Refusal(Struct):
    """What was refused, for programs and for whoever holds the phone."""

    error: Literal[tuple(STATUS)]  # type: ignore[valid-type]
    text: str
    now_s: float = 0.0
    """Of ``stale``: the shop's own time."""


class Member(Struct):
    """Whose the phone is now."""

    subject: str
    role: Literal["member", "staff"]


class Possible(Struct):
    """Whether this browser may come back by itself."""

    possible: bool


class CartLine(Struct):
    """``sure``: whether it would be charged as things stand; ``text``: how sure the shop is, where it is not quite."""

    sku: str
    name: str
    quantity: int
    certainty: float
    sure: bool
    text: str
    price_minor: Minor = 0
    price: str = ""


class Cart(Struct):
    """A visit in progress."""

    visit: str
    at_s: float
    lines: list[CartLine]
    total_minor: Minor
    total: str


class Row(Struct):
    """A visit that is over, in a line."""

    visit: str
    at_s: float
    when: str
    state: str
    state_text: str
    units: int
    total_minor: Minor
    total: str
    open_minor: Minor
    open: str


class ShopState(Struct):
    """``state``: ``open``, ``degraded``, ``closed`` or ``away``; empty before it was heard."""

    connected: bool
    state: str


class Me(Struct):
    """Where a member stands."""

    subject: str
    visit: Cart | None
    owed_minor: Minor
    owed: str
    contests: list[dict[str, Any]]
    last: Row | None
    now_s: float
    shop: ShopState


class Receipts(Struct):
    """Twenty visits, the newest first."""

    receipts: list[Row]
    before: str
    owed_minor: Minor
    owed: str


class Whole(Row):
    """All of one visit."""

    lines: list[dict[str, Any]]
    withheld: list[dict[str, Any]]
    review_text: str
    taken_back: list[dict[str, Any]]
    paper: str
    papers: list[str]
    contests: list[dict[str, Any]]


class Contested(Struct):
    """What was said stands in the shop's book."""

    visit: str


SIGNED: Final = ("content-digest", "signature-input", "signature")

LANGUAGE: Final[dict[str, Any]] = {
    "name": "lang", "in": "query", "required": False, "schema": {"enum": ["en", "ja"]},
    "description": "Of every text; else what the phone's browser likes.",
}  # fmt: skip
VISIT: Final[dict[str, Any]] = {"name": "visit", "in": "path", "required": True, "schema": {"type": "string"}}
BEFORE: Final[dict[str, Any]] = {
    "name": "before", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "`before` of the last answer: the next twenty.",
}  # fmt: skip


def openapi(shop: str) -> dict[str, Any]:
    """The description; ``shop``: what the shop is called."""
    bodies, schemas = msgspec.json.schema_components(
        [Refusal, Member, Possible, Me, Receipts, Whole, Contested, EnrolBody, AgainBody, ContestBody],
        ref_template="#/components/schemas/{name}",
    )
    refusal, member, possible, me, receipts, whole, contested, enrol, again, contest = bodies

    def json(schema: dict[str, Any]) -> dict[str, Any]:
        return {"application/json": {"schema": schema}}

    def operation(
        about: str,
        status: int,
        answer: dict[str, Any],
        *parameters: dict[str, Any],
        body: dict[str, Any] | None = None,
        signed: bool = True,
    ) -> dict[str, Any]:
        told: dict[str, Any] = {
            "summary": about,
            "parameters": [LANGUAGE, *parameters],
            "responses": {str(status): {"description": "Done.", "content": answer}},
        }
        for refused in sorted({*STATUS.values()} - (set() if body or signed else {400, 401, 403, 404, 409})):
            why = ", ".join(sorted(name for name, code in STATUS.items() if code == refused))
            told["responses"][str(refused)] = {"description": f"Refused: {why}.", "content": json(refusal)}
        if body is not None:
            told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        if signed:
            told["security"] = [{name: [] for name in SIGNED}]
        return told

    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{shop}: for shoppers' phones", "version": __version__,
            "description": "Requests are signed by the phone's key: an HTTP Message Signature (RFC 9421) of one form, "
            "which docs/shopper.md describes. Visits of others are answered as if there were none.",
        },
        "paths": {
            "/api/m/enrol": {"post": operation("A code makes this phone somebody's.", 201, json(member), body=enrol)},
            "/api/m/again": {
                "get": operation("Whether this browser may come back by itself.", 200, json(possible), signed=False),
                "post": operation("A new key for the same member, by the cookie of the enrolment.", 201, json(member),
                                  body=again),
            },
            "/api/m/me": {"get": operation("Where a member stands.", 200, json(me))},
            "/api/m/receipts": {"get": operation("Their visits.", 200, json(receipts), BEFORE)},
            "/api/m/receipts/{visit}": {"get": operation("All of one visit.", 200, json(whole), VISIT)},
            "/api/m/visits/{visit}/contests": {
                "post": operation("Something is wrong with a cart or a receipt.", 201, json(contested), VISIT,
                                  body=contest),
            },
            "/api/m/events": {"get": operation("Hear that something has changed.", 200, stream)},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {name: {"type": "apiKey", "in": "header", "name": name} for name in SIGNED},
        },
    }  # fmt: skip
