from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.mornings import busy


@pytest.fixture(scope="package")
def busy_morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four visits in a minute."""
    return busy(tmp_path_factory.mktemp("mornings") / "busy.mcap", 4, seed=2)
