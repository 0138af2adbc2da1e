"""The description of the API is what it does: asked in every way that it allows, and in many that it does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from edge.adapters.members import FILE, Members
from edge.web.shopper.forms import Me, Receipt, Receipts
from tests.daemon.test_reviews import Reviewed
from tests.web.served import Served
from tests.web.shopper.phones import Phone
from tests.web.shopper.test_api import RECEIPT, Door, door

__all__ = ["door"]

OFTEN: dict[str, Any] = {
    "max_examples": 12, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)
}  # fmt: skip
HELD = [status_code_conformance, content_type_conformance, response_schema_conformance]

ANA = Phone("corner")


class Signed(requests.auth.AuthBase):
    """Signs whatever is asked, as it leaves."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url = urlsplit(request.url or "")
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()  # type: ignore[union-attr]
        request.headers.update(ANA.headers(request.method or "", url.path, time.time(), body, url.query))
        return request


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("corner")
    shop = Reviewed(folder)
    shop.open()
    shop.play(0.0, 18.0)
    shop.settle()
    with Members(shop.state / FILE) as members:
        members.add("ana", ANA.public_key, "member", time.time())
    with Served(folder / "store", shop.state) as served:
        yield schemathesis.openapi.from_url(f"{served.url}/api/m/openapi.json").exclude(path="/api/m/events")
    shop.shop.close()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_whatever_is_asked_is_answered_as_described(description: Any, mode: GenerationMode) -> None:
    """503 is an answer: the shop does not run here. 500 is none."""
    asked: set[str] = set()

    def ask(case: Any) -> None:
        asked.add(f"{case.method} {case.path}")
        answer = case.call_and_validate(auth=Signed(), checks=HELD)
        assert answer.status_code != 500

    for found in description.get_all_operations():
        with suppress(Unsatisfiable):  # where nothing can be wrong
            cases: Any = found.ok().as_strategy(generation_mode=mode)
            often = cast(Any, settings(**OFTEN))
            asking = cast(Any, given)(cases)(ask)
            often(asking)()
    assert len(asked) >= 6


def test_real_answers_have_the_forms_that_are_told(door: Door) -> None:
    for path, form in (("/api/m/me", Me), ("/api/m/receipts", Receipts), (RECEIPT, Receipt)):
        told = door.ask(door.ana, path).json()
        assert msgspec.to_builtins(msgspec.convert(told, form, strict=True)) == told, "and nothing beyond them"
