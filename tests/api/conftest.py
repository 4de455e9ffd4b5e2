"""A server of the tests' own schema, with everything around it that begat has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest
from begat.app import routes
from begat.config import Settings
from tests.api.schema import schema
from tests.api.serving import serving
from tests.listening import BRIEF, PLAIN

MAX_BODY = 100_000


async def ready() -> str | None:
    return None


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    executor = Executor(schema)

    async def execute(request: GraphQLRequest, http: Request) -> Answer:
        return await executor.run(request, http.headers.get("x-who"))

    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, tables=Path(home, "tables"), max_body=MAX_BODY)
    with serving(routes(execute, ready, settings)) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20, verify=PLAIN, limits=BRIEF) as client:
        yield client
