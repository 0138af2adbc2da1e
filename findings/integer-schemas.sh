#!/bin/sh
# The JSON Schema that msgspec writes for an int allows what its decoder refuses: 1.0.
#
# Seen with msgspec 0.22.0 and jsonschema 4.26.0: `msgspec.json.schema` says {"type": "integer"} for an int, and by JSON
# Schema (2020-12, validation, 6.1.1) a number without a fraction is an integer however it is written: 1.0 and 1e0 are.
# `msgspec.json.decode` refuses both ("Expected `int`, got `float`"). So whoever checks their messages with the schema, or
# writes them in a language that prints 1.0 for 1, is refused what the schema promised. A float with `multiple_of=1` keeps
# both sides together.
#
# Fails when that changes. Needs python3 with venv, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0 jsonschema==4.26.0
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import json
from typing import Annotated

import msgspec
from jsonschema import Draft202012Validator


class Scan(msgspec.Struct):
    party: int


class Whole(msgspec.Struct):
    party: Annotated[float, msgspec.Meta(multiple_of=1)]


for kind in (Scan, Whole):
    validator = Draft202012Validator(msgspec.json.schema(kind))
    for text in ('{"party": 1}', '{"party": 1.0}', '{"party": 1e0}', '{"party": 1.5}'):
        try:
            msgspec.json.decode(text, type=kind)
            decoded = "decoded"
        except msgspec.ValidationError as error:
            decoded = f"refused ({error})"
        print(kind.__name__, text, "valid" if validator.is_valid(json.loads(text)) else "invalid", decoded, sep=", ")
PYTHON
cat > "$folder/expected" <<'SEEN'
Scan, {"party": 1}, valid, decoded
Scan, {"party": 1.0}, valid, refused (Expected `int`, got `float` - at `$.party`)
Scan, {"party": 1e0}, valid, refused (Expected `int`, got `float` - at `$.party`)
Scan, {"party": 1.5}, invalid, refused (Expected `int`, got `float` - at `$.party`)
Whole, {"party": 1}, valid, decoded
Whole, {"party": 1.0}, valid, decoded
Whole, {"party": 1e0}, valid, decoded
Whole, {"party": 1.5}, invalid, refused (Expected `float` that's a multiple of 1.0 - at `$.party`)
SEEN
if diff "$folder/expected" "$folder/seen"; then
    echo "as it was: msgspec 0.22.0 refuses 1.0 for an int, and its schema allows it"
else
    echo "this has changed: see the lines above (<: as it was, >: now)" >&2
    exit 1
fi
