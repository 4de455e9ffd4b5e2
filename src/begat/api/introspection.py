"""Answers about the schema alone: made in a thread, as the whole schema takes half a second, and kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode, execute_sync

from begat.api.messages import GraphQLRequest

KEPT = 8
"""Answers that are kept, of the clients that begat has; each takes some megabytes."""


class Introspection:
    """Answers operations that ask for nothing but the schema (see `begat.api.cost.introspects`); for one event loop."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._kept: OrderedDict[tuple[str, str | None], ExecutionResult] = OrderedDict()
        self._one = asyncio.Lock()

    async def answer(
        self, document: DocumentNode, operation: OperationDefinitionNode, request: GraphQLRequest
    ) -> ExecutionResult:
        """The result; one at a time is made, and where no variables decide it is kept."""
        key = (request.query, request.operation_name)
        async with self._one:
            kept = self._kept.get(key)
            if kept is None:
                kept = await asyncio.to_thread(
                    execute_sync,
                    self.schema,
                    document,
                    variable_values=request.variables,
                    operation_name=request.operation_name,
                )
                if not operation.variable_definitions and len(request.query) <= 20_000:
                    self._kept[key] = kept
                    if len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
            return kept
