"""The contract on paper and the contract in code are one; and what the runtime says keeps to it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge.records import Effect, Publish, Record
from edge.wire import open_recording
from edge.wire.payloads import PAYLOADS, SAID
from edge.wire.schemas import schema_of, schemas
from simulator.replay import replay
from tests.corner import errand

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
