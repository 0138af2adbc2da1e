"""The example of docs/dialects.md is a dialect, as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from edge.adapters.serial.dialects import dialect_of, recognised
from edge.adapters.serial.dialects.dialect import NOTED, Dialect, Unusable, Weighed
from edge.adapters.serial.frames import Frames
from edge.site import PROTOCOLS
from tests.adapters.serial.ear import SHOP, device

PAGE = (Path(__file__).parents[3] / "docs" / "dialects.md").read_text(encoding="utf-8")
SPEECH = b"0kg  ;W  12.30kg  ;\r\nW  12.35kg  ;W  12.40    ;W ERR;T   0.50kg  ;W  12.3kg  ;hello;W   1.00pcs ;"


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Dialect:
    """Registered as the page says: a file, and a line."""
    (program,) = re.findall(r'```python\n("""Acme.*?)```', PAGE, re.DOTALL)
    (line,) = re.findall(r'^    "(acme)": "(acme:Acme)",$', PAGE, re.MULTILINE)
    module = ModuleType("edge.adapters.serial.dialects.acme")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(program, "docs/dialects.md", "exec"), module.__dict__)
    monkeypatch.setitem(PROTOCOLS, *line)
    return dialect_of(device("acme"), SHOP)


def test_the_example_of_the_page_reads_what_it_says_that_it_reads(acme: Dialect) -> None:
    said = [s for i, line in enumerate(Frames(acme.framing).feed(SPEECH, 0.0)) for s in acme.line(line, i / 10)]
    assert said == [
        NOTED,  # the first of its length
        Weighed(1, 12_350.0),
        Weighed(1, 12_400.0),
        Weighed(1, None),
        NOTED,
        NOTED,  # a digit is missing, so it has another length
        Unusable("not Acme's"),
        Unusable("unknown unit"),
    ]
    assert acme.trouble().startswith("/dev/null shows pcs")
    assert [acme.ask(t) for t in (10.0, 10.1, 11.0)] == [b"", b"", b"?"], "it has been silent for so long"


def test_it_is_known_by_its_lines(acme: Dialect) -> None:
    assert recognised([b"kg", b"W  12.30kg  ", b"W  12.35kg  "]) == "acme"


def test_every_protocol_stands_on_the_page_about_hardware() -> None:
    hardware = (Path(__file__).parents[3] / "docs" / "hardware.md").read_text(encoding="utf-8")
    assert [name for name in PROTOCOLS if f"`{name}`" not in hardware] == []
