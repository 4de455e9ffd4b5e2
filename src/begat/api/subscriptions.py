"""Any operation as a stream of answers: one of a query or mutation, one for each event of a subscription."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Protocol

from graphql import DocumentNode, ExecutionResult, OperationType, create_source_event_stream
from graphql.execution import Executor as Execution
from graphql.execution import execute_subscription_event, map_source_to_response_event

from begat.api.documents import Invalid
from begat.api.executor import Executor, select
from begat.api.leaving import within
from begat.api.masking import fault, formatted, of_problem
from begat.api.messages import Answer, GraphQLRequest, Refusal, unauthenticated
from begat.change.watcher import Ended, Revoked
from begat.core.errors import Code, Problem, Problems
from begat.logs import operation as operation_name

MOST_CONNECTIONS = 1_000
"""Sockets and event streams that one process holds open at a time."""


class Placed(Protocol):
    """What a subscription's context says beside its answers."""

    place: str | None
    """The id of the last event, or of the beginning, and before that of the one to resume by; None where there is
    nothing to resume."""


@dataclass(frozen=True)
class Stream:
    """An operation that runs while its answers are asked for. One whose ``executed`` is False is the last. Raises Ended
    where begat ends, and a Refusal."""

    answers: AsyncGenerator[Answer, None]
    context: Placed

    @property
    def place(self) -> str | None:
        """Where a subscription stands: what it is resumed by."""
        return self.context.place


class Streams(Protocol):
    """Who opens streams."""

    async def enter(self, authorization: str | None) -> None:
        """Raises a Refusal (401) where this Authorization header is nobody's."""

    async def open(self, request: GraphQLRequest, authorization: str | None, after: str | None = None) -> Stream:
        """A stream for the caller of this header, which resumes behind the event ``after`` whatever its document says.
        Raises a Refusal (401)."""


async def answers(
    executor: Executor, request: GraphQLRequest, context: Placed, seconds: float
) -> AsyncGenerator[Answer, None]:
    """Runs the request by the executor's limits, documents and masking. A query or mutation, and each event of a
    subscription, may work in the graph for so many seconds. Who leaves cancels it, once."""
    try:
        document = executor.documents.read(request.query)
        operation = select(document, request.operation_name)
        executor.costs.check(request.query, document, operation, request.variables)
    except Problem as problem:
        yield Answer(errors=[of_problem(problem)], executed=False)
        return
    except Invalid as invalid:
        yield Answer(errors=formatted(invalid.errors), executed=False)
        return
    if operation.name:
        operation_name.set(operation.name.value[:100])
    if operation.operation is not OperationType.SUBSCRIPTION:
        yield await within(seconds, executor.run(request, context))
        return
    events = await _events(executor, document, request, context, seconds)
    if isinstance(events, ExecutionResult):
        yield Answer(errors=formatted(events.errors or []), executed=False)
        return
    try:
        async with aclosing(events) as results:
            async for result in results:
                yield Answer(result.data, formatted(result.errors or []), result.extensions)
    except (Ended, Refusal):
        raise
    except Exception as failure:
        yield Answer(errors=ending(failure), executed=False)


async def _events(
    executor: Executor, document: DocumentNode, request: GraphQLRequest, context: Placed, seconds: float
) -> AsyncGenerator[ExecutionResult, None] | ExecutionResult:
    """graphql-core's ``subscribe``, with a deadline for each event."""
    execution = executor.schema.execution_context_class.build(
        executor.schema._schema,
        document,
        context_value=context,
        raw_variable_values=request.variables,
        operation_name=request.operation_name,
        max_coercion_errors=20,
        operation_extensions=request.extensions,
    )
    if isinstance(execution, list):
        return ExecutionResult(errors=execution)

    async def resolved(event: Execution[Any]) -> ExecutionResult:
        outcome = execute_subscription_event(event)
        return await outcome if isawaitable(outcome) else outcome

    source = create_source_event_stream(execution)
    events = await source if isawaitable(source) else source
    if isinstance(events, ExecutionResult):
        return events
    return map_source_to_response_event(execution, events, lambda event: within(seconds, resolved(event)))


def ending(failure: Exception) -> list[dict[str, object]]:
    """The errors that tell a client why its stream ended."""
    if isinstance(failure, Revoked):
        return [unauthenticated("Your token is worth nothing any more.").error]
    if isinstance(failure, Refusal):
        return [failure.error]
    if isinstance(failure, Problem):
        return [of_problem(failure)]
    if isinstance(failure, Problems):
        return [of_problem(problem) for problem in failure.problems]
    return [fault(failure)]


class Connections:
    """Counts what is open, so that no number of clients can take all that the machine has."""

    def __init__(self) -> None:
        self.open = 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Holds a place until the block ends. Raises a Refusal (503) where all are taken."""
        if self.open >= MOST_CONNECTIONS:
            raise Refusal(503, Code.LIMIT, f"{MOST_CONNECTIONS} streams are open.", hint="Try again later.")
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


async def first_of(*works: Callable[[], Awaitable[None]]) -> None:
    """Runs all until the first one ends, then ends the others; raises what that one raised."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled() and (failure := task.exception()) is not None:
            raise failure
