"""The description of the API is true: whatever it allows, and forbids, is asked of the running server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from edge.adapters.members import FILE, Members
from edge.ledger import Book
from edge.store import load_store
from tests.corner import TWO_ONIGIRI, errand, write_store
from tests.web.served import Served
from tests.web.shopper.phones import Phone

CHECKS = [
    not_a_server_error, content_type_conformance, response_headers_conformance, response_schema_conformance,
    status_code_conformance,
]  # fmt: skip
"""… but those that want every malformed request to be refused as such: an unsigned one is refused as unsigned first."""


class Signs(AuthBase):
    """As an app does that knows the contract."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url, body = urlsplit(request.url or ""), request.body or b""
        assert isinstance(body, str | bytes)
        content = body.encode() if isinstance(body, str) else body
        request.headers.update(
            self._phone.headers(request.method or "", url.path, time.time(), content, query=url.query)
        )
        return request


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Phone]]:
    """The screens of a shop in which Ana has shopped, and her phone."""
    from edge.wire import open_recording
    from simulator.replay import replay

    folder = tmp_path_factory.mktemp("contract")
    store, state = write_store(folder / "store"), folder / "state"
    state.mkdir(mode=0o700)
    with Book(state / "ledger.db") as book:
        replay(open_recording(errand(folder / "ana.mcap", TWO_ONIGIRI)), book=book)
    phone = Phone(load_store(store).id)
    with Members(state / FILE) as members:
        members.add("ana", phone.public_key, "member", 1.0)
    with Served(store, state) as served:
        yield served.url, phone


@pytest.fixture(scope="module")
def schema(served: tuple[str, Phone]) -> Any:
    return schemathesis.openapi.from_url(f"{served[0]}/api/openapi.json").exclude(path="/api/m/events")


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_server_answers_as_it_says(schema: Any, served: tuple[str, Phone], mode: GenerationMode) -> None:
    """``mode``: what the description allows, and what it forbids."""
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 7

    for operation in operations:

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            for name in ("content-digest", "signature-input", "signature"):
                case.headers.pop(name, None)
            case.call_and_validate(auth=Signs(served[1]), checks=CHECKS)

        ask()


def test_what_there_is_is_told(served: tuple[str, Phone]) -> None:
    """Random visits are hardly ever Ana's: hers, too, reads as the description says."""
    url, phone = served
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    row = requests.get(f"{url}/api/m/receipts", auth=Signs(phone), timeout=10).json()["receipts"][0]
    whole = requests.get(f"{url}/api/m/receipts/{row['visit']}", auth=Signs(phone), timeout=10)
    assert whole.status_code == 200
    assert whole.json()["total_minor"] == 356
    schema["/api/m/receipts/{visit}"]["GET"].validate_response(whole)


def test_the_stream_is_told_as_one(served: tuple[str, Phone]) -> None:
    url, phone = served
    with requests.get(f"{url}/api/m/events", auth=Signs(phone), stream=True, timeout=10) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")


def test_every_address_of_the_api_is_described(served: tuple[str, Phone]) -> None:
    from edge.site import Site
    from edge.web.shop import Screens
    from edge.web.shopper.api import Api

    told = requests.get(f"{served[0]}/api/openapi.json", timeout=10).json()
    store = load_store(Path("config/demo"))
    routes = Api(Screens(store, Site(), Path("/nowhere"), Path("/nowhere"))).routes()
    there = {(route.path, method) for route in routes for method in route.methods - {"HEAD"}}  # type: ignore[attr-defined]
    assert there == {(path, method.upper()) for path, methods in told["paths"].items() for method in methods}
