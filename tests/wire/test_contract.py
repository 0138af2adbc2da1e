"""The contract on paper and the contract in code are one; and what the runtime says keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from edge.records import Effect, Publish, Record, Refused
from edge.store import read_store
from edge.wire import decode, open_recording
from edge.wire.codec import UNREADABLE
from edge.wire.gaps import with_gaps
from edge.wire.payloads import PAYLOADS, SAID
from edge.wire.schemas import schema_of, schemas
from simulator.replay import replay
from tests.corner import FILES, OPENS_S, errand
from tests.wire.messages import right, written, wrong

SHOP = read_store(FILES)
NAMES = {"shelf": "g1-s1", "camera": "cam", "gate": "in", "payment": "v1"}
"""What the smallest shop calls its things."""
VALIDATORS = {pattern: Draft202012Validator(msgspec.json.schema(payload)) for pattern, payload in PAYLOADS.items()}
PAPER = Path(__file__).parents[2] / "docs" / "wire.md"


def test_the_paper_quotes_the_schemas_of_the_code() -> None:
    assert f"```json\n{schemas()}\n```" in PAPER.read_text(encoding="utf-8"), "run python -m edge.wire.schemas"


@pytest.mark.parametrize("pattern", [*PAYLOADS, *SAID])
def test_every_topic_has_its_paragraph_and_its_schema(pattern: str) -> None:
    room, *_ = pattern.split("/")
    paper = PAPER.read_text(encoding="utf-8")
    assert f"`{room}/<" in paper or f"`{pattern}`" in paper
    name, schema = schema_of(pattern.replace("+", "some"))
    assert name == "tebura.v1." + ".".join(p for p in pattern.split("/") if p != "+")
    assert b'"properties"' in schema


def test_a_topic_that_nobody_knows_may_hold_any_object() -> None:
    assert schema_of("weather")[1] == b'{"type": "object"}'


def test_what_the_runtime_says_keeps_to_the_contract(tmp_path: Path) -> None:
    said: list[Publish] = []

    def listen(state: object, record: Record | None, effects: list[Effect]) -> None:
        said.extend(e for e in effects if isinstance(e, Publish))

    replay(open_recording(errand(tmp_path / "ana.mcap")), observers=[listen])  # type: ignore[list-item]
    assert {p.topic.split("/")[0] for p in said} == {"gate", "visit"}
    for publish in said:
        parts = publish.topic.split("/")
        payload = SAID["/".join([parts[0], "+", *parts[2:]])]
        msgspec.convert(publish.payload, payload)


# --- the schemas and the decoder -----------------------------------------------------------------------------------


def readable(pattern: str, payload: bytes) -> bool:
    """Whether the decoder takes a message for one of its kind, whatever it thinks of what stands in it."""
    record = decode(SHOP, pattern.replace("+", NAMES.get(pattern.split("/")[0], "")), payload, OPENS_S)
    return not (isinstance(record, Refused) and record.reason in UNREADABLE)


@pytest.mark.parametrize("pattern", PAYLOADS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_the_schema_allows_is_read(pattern: str, data: st.DataObject) -> None:
    payload = data.draw(written(data.draw(right(msgspec.json.schema(PAYLOADS[pattern])))))
    assume(VALIDATORS[pattern].is_valid(json.loads(payload)))  # a scan of nobody is none
    assert readable(pattern, payload)


@pytest.mark.parametrize("pattern", PAYLOADS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_decoder_refuses_what_the_schema_does(pattern: str, data: st.DataObject) -> None:
    payload = data.draw(written(data.draw(wrong(msgspec.json.schema(PAYLOADS[pattern])))))
    allowed = VALIDATORS[pattern].is_valid(json.loads(payload))
    event(f"allowed: {allowed}")
    gaps = with_gaps(payload, quoted=True) != payload  # what is no JSON number is no business of a JSON Schema
    assert readable(pattern, payload) == allowed or (gaps and not allowed)


@pytest.mark.parametrize("party", ["1", "1.0", "1e0", "2.000", "5e1"])
def test_a_whole_number_is_one_however_it_is_written(party: str) -> None:
    payload = f'{{"t": {OPENS_S}, "credential": "ABC", "party": {party}}}'.encode()
    assert VALIDATORS["gate/+/scan"].is_valid(json.loads(payload))
    assert readable("gate/+/scan", payload)
