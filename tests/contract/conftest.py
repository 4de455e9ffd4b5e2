"""What the contracts of the ports are held against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.telemetry_log import OPEN, Log, opened

from begat.platforms.ports import Telemetry


@pytest.fixture(params=OPEN)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """A log of the test's own, opened once."""
    with opened(request.param, tmp_path / "home") as log:
        yield log


@pytest.fixture
def telemetry(log: Log) -> Telemetry:
    """The log as its first instance sees it."""
    return log.opened[0]
