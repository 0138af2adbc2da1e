"""The shopper's API as OpenAPI 3.1, made from its forms."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from edge import __version__
from edge.web.languages import LANGUAGES
from edge.web.shopper.forms import (
    Account,
    AgainBody,
    Bought,
    ConsentBody,
    Contest,
    ContestBody,
    Contested,
    DeleteBody,
    Deleted,
    EnrolBody,
    Failed,
    Held,
    MayComeBack,
    Me,
    Opened,
    OpenedBody,
    Opinion,
    OpinionBody,
    Receipt,
    Receipts,
    Welcome,
)

Said = dict[str, Any]

ALL: Final = (
    Account, AgainBody, Bought, ConsentBody, Contest, ContestBody, Contested, DeleteBody, Deleted, EnrolBody, Failed,
    Held, MayComeBack, Me, Opened, OpenedBody, Opinion, OpinionBody, Receipt, Receipts, Welcome,
)  # fmt: skip

VISIT: Final = {"name": "visit", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
LANG: Final = {"name": "lang", "in": "query", "schema": {"enum": list(LANGUAGES)}}
BEFORE: Final = {"name": "before", "in": "query", "schema": {"type": "string"}, "description": "a visit"}

SKU: Final = {"name": "sku", "in": "query", "required": True, "schema": {"type": "string"}}

UNSIGNED: Final = (401, 403, 409, 429, 503)
"""What any signed request may be answered."""


def described() -> Said:
    """The description."""
    _, components = msgspec.json.schema_components(ALL, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tebura: the shopper's phone", "version": __version__,
            "description": "Signed by the phone's key: docs/shopper.md says how.",
        },
        "paths": {
            "/api/m/enrol": {"post": _operation("enrol", Welcome, 201, EnrolBody, codes=(400, *UNSIGNED))},
            "/api/m/again": {
                "get": _operation("mayComeBack", MayComeBack, signed=False),
                "post": _operation("comeBack", Welcome, 201, AgainBody, codes=(400, *UNSIGNED)),
            },
            "/api/m/me": {"get": _operation("me", Me)},
            "/api/m/receipts": {"get": _operation("receipts", Receipts, parameters=[BEFORE])},
            "/api/m/receipts/{visit}": {
                "get": _operation("receipt", Receipt, codes=(404, *UNSIGNED), parameters=[VISIT])
            },
            "/api/m/bought": {"get": _operation("bought", Bought)},
            "/api/m/held": {"get": _operation("held", Held, parameters=[SKU])},
            "/api/m/visits/{visit}/contests": {
                "post": _operation("contest", Contested, 201, ContestBody, (400, 404, *UNSIGNED), [VISIT])
            },
            "/api/m/opinion": {
                "get": _operation("ownOpinion", Opinion, parameters=[SKU]),
                "post": _operation("opinion", Opinion, 200, OpinionBody, (400, *UNSIGNED)),
            },
            "/api/m/opened": {"post": _operation("opened", Opened, 200, OpenedBody, (400, *UNSIGNED))},
            "/api/m/account": {"get": _operation("account", Account)},
            "/api/m/consent": {"post": _operation("consent", Account, 200, ConsentBody, (400, *UNSIGNED))},
            "/api/m/delete": {"post": _operation("delete", Deleted, 200, DeleteBody, (400, *UNSIGNED))},
            "/api/m/events": {"get": _stream()},
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "phone": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "HTTP Message Signatures (RFC 9421), with Signature-Input and Content-Digest",
                }
            },
        },
    }  # fmt: skip


def _operation(
    name: str,
    told: type[Struct],
    status: int = 200,
    body: type[Struct] | None = None,
    codes: tuple[int, ...] = UNSIGNED,
    parameters: list[Said] | None = None,
    *,
    signed: bool = True,
) -> Said:
    said: Said = {
        "operationId": name,
        "parameters": [LANG, *(parameters or [])],
        "responses": {str(status): _answer(told)} | ({str(code): _answer(Failed) for code in codes} if signed else {}),
    }
    if body is not None:
        said["requestBody"] = {"required": True, "content": _content(body)}
    return said | ({"security": [{"phone": []}]} if signed else {})


def _stream() -> Said:
    answers: Said = {str(code): _answer(Failed) for code in UNSIGNED}
    answers["200"] = {"description": "events `changed`; their data names a topic", "content": {"text/event-stream": {}}}
    return {"operationId": "events", "parameters": [LANG], "responses": answers, "security": [{"phone": []}]}


def _answer(told: type[Struct]) -> Said:
    return {"description": (told.__doc__ or "").split("\n")[0], "content": _content(told)}


def _content(kind: type[Struct]) -> Said:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
