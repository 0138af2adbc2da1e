#!/bin/sh
# Babel's digits of a currency are CLDR's, not ISO 4217's.
#
# Seen with Babel 2.18.0 and iso4217 1.16.20260101 (the table that the ISO 4217 maintenance agency published on
# 2026-01-01): `babel.numbers.get_currency_precision` says 0 for 13 currencies in use whose minor unit has two or three
# digits, and `format_currency` rounds to that without a word: 199.50 Serbian dinars are told as "RSD200" (half to even).
# CLDR tells how people write amounts; whoever counts money in minor units by Babel's digits counts these wrongly by a
# factor of a hundred or a thousand against banks and providers. With `currency_digits=False` the locale's pattern decides
# (two digits for every currency: "¥178.00"), so neither setting gives ISO's.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.18.0 iso4217==1.16.20260101
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
from decimal import Decimal

from babel.numbers import UnknownCurrencyError, format_currency, get_currency_precision, validate_currency
from iso4217 import Currency

for currency in sorted(Currency, key=lambda c: c.code):
    try:
        validate_currency(currency.code)
    except UnknownCurrencyError:
        continue
    babel = get_currency_precision(currency.code)
    if currency.exponent is not None and currency.exponent != babel:
        print(currency.code, "ISO", currency.exponent, "Babel", babel)
print(format_currency(Decimal("199.50"), "RSD", locale="en"))
print(format_currency(Decimal(178), "JPY", locale="en", currency_digits=False))
PYTHON
cat > "$folder/expected" <<'SEEN'
AFN ISO 2 Babel 0
ALL ISO 2 Babel 0
IQD ISO 3 Babel 0
IRR ISO 2 Babel 0
KPW ISO 2 Babel 0
LAK ISO 2 Babel 0
LBP ISO 2 Babel 0
MGA ISO 2 Babel 0
MMK ISO 2 Babel 0
RSD ISO 2 Babel 0
SOS ISO 2 Babel 0
SYP ISO 2 Babel 0
YER ISO 2 Babel 0
RSD200
¥178.00
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: 13 currencies have fewer digits in Babel 2.18.0 than in ISO 4217"
else
    echo "this has changed: see the lines above (<: as it was, >: now)" >&2
    exit 1
fi
