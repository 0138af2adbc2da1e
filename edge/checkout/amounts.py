"""Amounts as people write them: in minor units in, in a language's own form out, with the digits that ISO 4217 says."""

from __future__ import annotations

from copy import copy
from decimal import Decimal

from babel import Locale

from edge.checkout.sale import Issuer


def money(amount_minor: int, issuer: Issuer, language: str) -> str:
    """``¥178``, ``$1.99``. Babel's Japanese yen sign is a wide one; tills print the narrow one."""
    locale = Locale.parse(language)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (issuer.currency_digits, issuer.currency_digits)
    amount = Decimal(amount_minor).scaleb(-issuer.currency_digits)
    told: str = pattern.apply(amount, locale, currency=issuer.currency, currency_digits=False)
    return told.replace("￥", "¥")
