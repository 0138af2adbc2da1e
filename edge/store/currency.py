"""How many digits a currency has behind the point.

ISO 4217 says it, and the package ``iso4217`` keeps the standard's own table. Babel tells CLDR's opinion, which is about
how people write amounts: of 13 currencies it leaves the minor unit out (``findings/currency-digits.sh``).
"""

from __future__ import annotations

from iso4217 import Currency


def digits_of(code: str) -> int | None:
    """Of ``JPY`` 0, of ``USD`` 2, of ``KWD`` 3; None of what nobody pays with, gold and test codes included."""
    try:
        return Currency(code).exponent
    except ValueError:
        return None
