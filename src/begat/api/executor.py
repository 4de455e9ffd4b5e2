"""Runs GraphQL requests against one schema."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any, cast

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution import executor as core
from strawberry.execution import optimized_is_awaitable

from begat.api.cost import Costs, introspects
from begat.api.documents import Documents, Invalid
from begat.api.fast.executor import FastExecutor
from begat.api.fast.plans import Plans
from begat.api.introspection import Introspection
from begat.api.limits import Limits
from begat.api.masking import formatted, of_problem
from begat.api.messages import Answer, GraphQLRequest, Refusal
from begat.core.errors import Problem, bad_input
from begat.logs import operation as operation_name


class Executor:
    """A schema with limits, a cache of validated documents, and errors that show clients only what is theirs.

    Strawberry's extensions and operation directives are not run (its own ``execute`` would parse and validate every
    document anew), so a schema that has any is refused.
    """

    def __init__(
        self, schema: strawberry.Schema, limits: Limits | None = None, *, keep: int = 256, fast: bool = True
    ) -> None:
        """Keeps ``keep`` documents and the plans of as many. ``fast`` completes column by column."""
        if schema.extensions or schema.directives:
            raise ValueError("this executor runs no strawberry extensions and no operation directives")
        self.schema = schema
        limits = limits or Limits()
        self.documents = Documents(schema._schema, limits, keep)
        self.costs = Costs(schema._schema, limits, keep)
        self.introspection = Introspection(schema._schema)
        self.plans = Plans(keep) if fast else None

    async def run(self, request: GraphQLRequest, context_value: object) -> Answer:
        """Answer a query or mutation; ``context_value`` is what resolvers see as ``info.context``.

        Raises a Refusal (405) for a mutation in a read-only request. Every other failure is in the answer.
        """
        try:
            document = self.documents.read(request.query)
            operation = select(document, request.operation_name)
            extensions = self.costs.check(request.query, document, operation, request.variables)
        except Problem as problem:
            return Answer(errors=[of_problem(problem)], executed=False)
        except Invalid as invalid:
            return Answer(errors=formatted(invalid.errors), executed=False)
        if operation.name:
            operation_name.set(operation.name.value[:100])
        if operation.operation is OperationType.SUBSCRIPTION:
            refused = bad_input(
                "A subscription is not answered here.", hint="Accept text/event-stream, or ask over WebSocket."
            )
            error = GraphQLError(refused.message, operation, original_error=refused)
            return Answer(errors=formatted([error]), executed=False)
        if operation.operation is OperationType.MUTATION and request.read_only:
            raise Refusal(
                405,
                "METHOD_NOT_ALLOWED",
                "A mutation is not run by GET.",
                hint="Send it by POST.",
                headers={"Allow": "POST"},
            )
        if introspects(operation):
            result = await self.introspection.answer(document, operation, request)
            return Answer(result.data, formatted(result.errors or []), extensions, result.data is not None)
        result = await self._execute(document, request, context_value)
        errors = result.errors or []
        # Field errors have a path. Where none has one and there is no data, nothing was executed: a variable could
        # not be coerced, which the specification counts as a request error.
        executed = result.data is not None or any(error.path is not None for error in errors)
        told = {**extensions, **(result.extensions or {})} if executed else None
        return Answer(result.data, formatted(errors), told, executed)

    async def _execute(self, document: DocumentNode, request: GraphQLRequest, context_value: object) -> ExecutionResult:
        """As graphql-core's ``execute`` does; of a query the fast path comes first."""
        kind: type[core.Executor[Any]] = self.schema.execution_context_class
        more: dict[str, Any] = {}
        if self.plans is not None:
            kind, more = FastExecutor, {"plans": self.plans}
        built = kind.build(
            self.schema._schema,
            document,
            context_value=context_value,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # the same test, declared as a plain bool
            max_coercion_errors=20,
            # What strawberry's executor class keeps for Info.input_extensions.
            operation_extensions=request.extensions,
            **more,
        )
        if isinstance(built, list):
            return ExecutionResult(None, built)
        if isinstance(built, FastExecutor) and built.operation.operation is OperationType.QUERY:
            data = await built.query()
            if data is not None:
                return ExecutionResult(data)
        outcome = built.execute_operation()
        return cast(ExecutionResult, await outcome if isawaitable(outcome) else outcome)  # nothing is deferred


def select(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation called ``name``, or the only one. Raises Invalid where there is none, or no only one."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name is not None:
        operations = [one for one in operations if one.name and one.name.value == name]
        if not operations:
            raise Invalid([GraphQLError(f"There is no operation named {name!r} in the document.")])
    if not operations:
        raise Invalid([GraphQLError("There is no operation in the document.")])
    if len(operations) > 1:
        raise Invalid([GraphQLError("The document has several operations: say which as operationName.")])
    return operations[0]
