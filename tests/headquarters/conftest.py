"""Real servers, once a session; each test has a database and shops of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.servers import Missing, Postgres, binaries


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    try:
        binaries()
    except Missing as error:
        pytest.skip(str(error))
    with tempfile.TemporaryDirectory(prefix="tebura-hq-") as name:
        Path(name).chmod(0o755)
        server = Postgres(Path(name), durable=False)
        server.start()
        yield server
        server.stop()
