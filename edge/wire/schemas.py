"""JSON Schemas of the wire, exported from the payloads themselves, so that they cannot disagree with the code.

``python -m edge.wire.schemas`` prints them all; `docs/wire.md` quotes them.
"""

from __future__ import annotations

import json

import msgspec

from edge.wire.payloads import PAYLOADS, SAID


def schema_of(topic: str) -> tuple[str, bytes]:
    """Name and JSON Schema for a topic; an open object for a topic that the contract does not know."""
    known = {**PAYLOADS, **SAID}
    parts = topic.split("/")
    pattern = topic if topic in known or len(parts) < 2 else "/".join([parts[0], "+", *parts[2:]])
    name = "tebura.v1." + ".".join(p for p in pattern.split("/") if p != "+")
    payload = known.get(pattern)
    schema = msgspec.json.schema(payload) if payload else {"type": "object"}
    return name, json.dumps(schema, sort_keys=True).encode()


def schemas() -> str:
    """All of them as JSON: topic pattern -> JSON Schema."""
    told = {topic: msgspec.json.schema(payload) for topic, payload in {**PAYLOADS, **SAID}.items()}
    return json.dumps(told, indent=2)


def main() -> None:
    print(schemas())


if __name__ == "__main__":
    main()
