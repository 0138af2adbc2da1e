"""What docs/payment-providers.md and docs/payment-http.md say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from edge.adapters.payment.http import Asked, News, Said, signature
from edge.adapters.payment.news import TYPES
from edge.adapters.payment.provider import UNKNOWN
from edge.adapters.payment.refusals import CODES
from edge.paying import Ability, Payment

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT = (DOCS / "payment-http.md").read_text(encoding="utf-8")
PROVIDERS = (DOCS / "payment-providers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({n for s in (Asked, Said, News) for n in s.__struct_fields__}))
def test_every_key_of_the_contract_is_described(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`[^|]*\|", CONTRACT, re.MULTILINE)


def test_the_example_of_a_signature_is_right() -> None:
    assert f"`{signature('a-shared-secret', 'GET', '/tebura/news?since=', b'', 1_700_000_000)}`" in CONTRACT


@pytest.mark.parametrize("name", sorted(Payment.model_fields))
def test_every_key_of_the_section_is_described(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`[^|]*\|", PROVIDERS, re.MULTILINE)


@pytest.mark.parametrize("why", sorted({*CODES.values(), "card", "no-wallet", "expired", "refused", "charged-back"}))
def test_every_name_of_a_decline_is_described(why: str) -> None:
    assert re.search(rf"^\|[^|]*`{why}`[^|]*\|", PROVIDERS, re.MULTILINE)


def test_the_other_names_are_told() -> None:
    for name in (*UNKNOWN, *TYPES, *get_args(Ability)):
        assert f"`{name}`" in PROVIDERS
