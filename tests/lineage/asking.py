"""Asks a schema without HTTP, and counts the statements that it took."""

from __future__ import annotations

from functools import cache
from typing import Any

from begat.access.scope import Viewer, single_user
from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest
from begat.api.schema import build
from begat.config import Settings
from begat.gql.context import Context
from begat.graph.driver import Graph
from tests.api.reading import as_read


@cache
def _executor() -> Executor:
    return Executor(build())


async def asked(graph: Graph, query: str, viewer: Viewer | None = None, **variables: Any) -> tuple[Answer, int]:
    """begat's answer to a question that the platform is not asked for, and how many statements it sent."""
    before = graph.statements
    answer = await answered(graph, GraphQLRequest(query, variables), viewer)
    return as_read(answer), graph.statements - before


async def answered(graph: Graph, request: GraphQLRequest, viewer: Viewer | None = None) -> Answer:
    """The answer as it is before it is sent."""
    context = Context(graph, viewer or single_user(), None, Settings.read({}), "secret", lambda: None)  # type: ignore[arg-type] # the platform is not asked
    return await _executor().run(request, context)
