"""Messages made from the published JSON Schemas: right ones, and those with one thing wrong.

Enters: a schema as `edge.wire.schemas` prints it. Leaves: hypothesis strategies of JSON values, and JSON text with
whole numbers written as programs write them (``1``, ``1.0``, ``1e0``). Knows the words of JSON Schema that are in use
there; an unknown one raises, so that a new one is not left untried.
"""

from __future__ import annotations

import base64
import copy
import json
import math
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
Json = Any

KNOWN = frozenset(
    {"$ref", "$defs", "title", "description", "default", "type", "properties", "required", "anyOf", "enum", "items",
     "prefixItems", "minItems", "maxItems", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern",
     "contentEncoding"}
)  # fmt: skip
MANY = 4
"""Elements of a list whose schema would allow fifty thousand."""
LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -1, 0.5, 1.5, 1e11, -0.0, 50, 51, "", "1", "in", 10**400]) | st.text(max_size=6)
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def right(schema: Schema, defs: Schema | None = None) -> st.SearchStrategy[Json]:
    """What a schema allows, a little of it."""
    defs = schema.get("$defs", {}) if defs is None else defs
    unknown = set(schema) - KNOWN
    assert not unknown, f"the schemas use {unknown}: teach it to tests/wire/messages.py"
    if "$ref" in schema:
        return right(defs[schema["$ref"].removeprefix("#/$defs/")], defs)
    if "anyOf" in schema:
        return st.one_of([right(one, defs) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return _objects(schema, defs)
        case "array":
            return _arrays(schema, defs)
        case "number":
            return _numbers(schema)
        case "string":
            return _texts(schema)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    raise AssertionError(f"{schema['type']}: teach it to tests/wire/messages.py")


def _objects(schema: Schema, defs: Schema) -> st.SearchStrategy[Json]:
    if "properties" not in schema:
        return st.dictionaries(st.sampled_from(["state", "subject", "ref"]), LEAVES, max_size=3)
    fields = {name: right(inner, defs) for name, inner in schema["properties"].items()}
    needed = {name: fields.pop(name) for name in schema.get("required", [])}
    more = st.dictionaries(st.sampled_from(["firmware", "rssi", "ref"]), LEAVES, max_size=2)
    return st.tuples(more, st.fixed_dictionaries(needed, optional=fields)).map(lambda both: {**both[0], **both[1]})


def _arrays(schema: Schema, defs: Schema) -> st.SearchStrategy[Json]:
    if "prefixItems" in schema:
        return st.tuples(*(right(one, defs) for one in schema["prefixItems"])).map(list)
    least = schema.get("minItems", 0)
    return st.lists(right(schema["items"], defs), min_size=least, max_size=min(schema.get("maxItems", MANY), MANY))


def _numbers(schema: Schema) -> st.SearchStrategy[Json]:
    least, most = schema.get("minimum"), schema.get("maximum")
    whole = st.integers(None if least is None else math.ceil(least), None if most is None else math.floor(most))
    if "multipleOf" in schema:
        return whole
    ends = [end for end in (least, most) if end is not None]
    some = st.floats(least, most, allow_nan=False, allow_infinity=False)
    return st.one_of(some, whole, st.sampled_from(ends)) if ends else some | whole


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("contentEncoding") == "base64":
        return st.sampled_from([b"", bytes(32), bytes(range(32))]).map(lambda raw: base64.b64encode(raw).decode())
    letters = st.characters(exclude_categories=["Cs"])
    return st.text(letters, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 12), 12))


@st.composite
def wrong(draw: st.DrawFn, schema: Schema) -> Json:
    """A right message with one value changed, taken out, put in, or beyond its bounds; it may still be right."""
    message = copy.deepcopy(draw(right(schema)))
    place, key = draw(st.sampled_from(list(_places(message))))
    what = draw(st.sampled_from(["else", "gone", "more", "long", "beyond"]))
    value = place[key]
    if what == "gone":
        del place[key]
    elif what == "more" and isinstance(value, list):
        value.append(draw(LEAVES))
    elif what == "long" and isinstance(value, str):
        place[key] = value + "x" * draw(st.sampled_from([1, 190, 200, 1000, 4096]))
    elif what == "beyond" and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        place[key] = draw(st.sampled_from([value + 0.5, -value, value * 1e3 + 1, 1e11, -1e5, value + 50]))
    else:
        place[key] = draw(ANYTHING)
    return message


def _places(message: Json) -> list[tuple[Any, Any]]:
    """(container, key) of every value inside."""
    keys: list[Any] = list(message) if isinstance(message, dict) else list(range(len(message)))
    found = [(message, key) for key in keys]
    for key in keys:
        if isinstance(message[key], dict | list):
            found += _places(message[key])
    return found


@st.composite
def written(draw: st.DrawFn, message: Json) -> bytes:
    """JSON text; whole numbers as ``1``, ``1.0`` or ``1e0``."""
    how = draw(st.sampled_from(["{}", "{}.0", "{}e0", "{}E+0", "{}.000"]))

    def text(value: Json) -> str:
        if isinstance(value, dict):
            return "{" + ",".join(f"{json.dumps(name)}:{text(inner)}" for name, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(text, value)) + "]"
        if isinstance(value, int) and not isinstance(value, bool):
            return how.format(value)
        return json.dumps(value, ensure_ascii=False)

    return text(message).encode()
