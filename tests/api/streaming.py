"""Subscriptions without a graph: a schema whose streams end, wait, refuse and break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import strawberry

from begat.api.executor import Executor
from begat.api.messages import GraphQLRequest, unauthenticated
from begat.api.subscriptions import Stream, answers
from begat.core.errors import Code, Problem
from tests.api.schema import SECRET, Mutation, Query


@dataclass
class Caller:
    """A context, and the streams that are open for it."""

    place: str | None = None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def counts(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def waits(self) -> AsyncGenerator[int, None]:
        OPEN.append(1)
        try:
            await asyncio.Event().wait()
            yield 0
        finally:
            OPEN.pop()

    @strawberry.subscription
    async def refuses(self) -> AsyncGenerator[int, None]:
        yield 1
        raise Problem(Code.LIMIT, "That is enough.", hint="Come again.")

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError(SECRET)


OPEN: list[int] = []
"""As long as subscriptions of `waits` run."""
schema = strawberry.Schema(Query, Mutation, Subscription)


@dataclass
class Streams:
    """Streams for whoever says ``token``, nothing where that is None, or the right thing."""

    token: str | None = None
    executor: Executor = field(default_factory=lambda: Executor(schema))

    async def enter(self, authorization: str | None) -> None:
        if authorization not in (self.token, "Bearer good"):
            raise unauthenticated()

    async def open(self, request: GraphQLRequest, authorization: str | None, after: str | None = None) -> Stream:
        await self.enter(authorization)
        context = Caller(after)
        return Stream(answers(self.executor, request, context, seconds=30), context)
