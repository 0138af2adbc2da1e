"""What phones send to the API: the bodies of their requests, with their bounds."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from edge.records import ContestAbout

Code = Annotated[str, Meta(max_length=100)]
PublicKey = Annotated[str, Meta(max_length=100, description="32 bytes of Ed25519, base64")]
Sku = Annotated[str, Meta(min_length=1, max_length=200)]
Message = Annotated[str, Meta(max_length=500)]


class EnrolBody(Struct):
    """``code``: as it was typed or linked."""

    code: Code
    key: PublicKey


class AgainBody(Struct):
    """``key``: the phone's new one."""

    key: PublicKey


class LineBody(Struct):
    """So many of a product."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=1000)]


class ContestBody(Struct):
    """What is wrong with a cart or a receipt."""

    about: ContestAbout
    lines: Annotated[list[LineBody], Meta(max_length=100)] = []
    message: Message = ""
