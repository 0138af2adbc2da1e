"""What a country brings along: money, time, languages. Taxes only where we know them; elsewhere they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from babel.core import get_global
from babel.numbers import get_territory_currencies

from calibration.founding.wanted import Tax
from edge.store.currency import digits_of

TAXES = {"JP": (Tax("standard", 10.0), Tax("reduced", 8.0, reduced=True))}
"""National Tax Agency: 10 %, and 8 % for food, soft drinks and newspapers, since 2019-10-01."""

LANGUAGES = {"JP": ("ja", "en")}


@dataclass(frozen=True, slots=True)
class Land:
    """``timezone`` is empty where the country has several, ``taxes`` where nobody has told us."""

    code: str
    currency: str
    timezone: str
    languages: tuple[str, ...]
    taxes: tuple[Tax, ...]


def land_of(code: str) -> Land | None:
    """The country with an ISO 3166 code of two letters, as the CLDR knows it; None where there is none."""
    code = code.strip().upper()
    currencies = [c for c in get_territory_currencies(code) if digits_of(c) is not None] if len(code) == 2 else []
    if not currencies:
        return None
    zones = list(get_global("territory_zones").get(code, ()))
    zone = zones[0] if len(zones) == 1 else ""
    return Land(code, currencies[0], zone, LANGUAGES.get(code, ("en",)), TAXES.get(code, ()))
