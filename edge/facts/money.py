"""Amounts as programs and whoever types commands write them."""

from __future__ import annotations

from decimal import Decimal


def money(amount_minor: int, currency: str, digits: int) -> str:
    """An amount for whoever types commands: no signs that terminals print in other widths."""
    return f"{Decimal(amount_minor).scaleb(-digits):,} {currency}"
