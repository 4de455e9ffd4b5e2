"""A running begat: graph, platform and background work, opened and closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.requests import Request

from begat import logs
from begat.access.authenticate import fingerprint_of, viewer_of
from begat.api.executor import Executor
from begat.api.messages import Answer, GraphQLRequest, unauthenticated
from begat.api.subscriptions import Stream, answers
from begat.api.trusted import Trusted, load, named
from begat.change.feed import Feed, feeding
from begat.config import Settings
from begat.core.errors import Code, Problem
from begat.gql.context import Context
from begat.graph.deadline import working
from begat.graph.driver import Graph
from begat.graph.embedded import DATABASE, Embedded, reach
from begat.graph.migrate import VERSION, migrate, version
from begat.kinds.feedback import anonymous
from begat.kinds.feedback.acts import NewFeedback
from begat.kinds.feedback.rules import ANONYMOUS
from begat.platforms.local.platform import open_platform
from begat.platforms.platform import Platform
from begat.work.loops import looping
from begat.work.tasks import LOOPS

log = logging.getLogger("begat")


@dataclass
class Service:
    """What a request needs; made by `running`."""

    settings: Settings
    graph: Graph
    platform: Platform
    executor: Executor
    secret: str
    wake: Callable[[], None]
    feed: Feed
    trusted: Trusted | None = None

    async def execute(self, request: GraphQLRequest, http: Request) -> Answer:
        """Answers one GraphQL request of one caller."""
        context = await self.context(http.headers.get("authorization"))
        return await self.executor.run(named(self.trusted, request), context)

    async def open(self, request: GraphQLRequest, authorization: str | None, after: str | None = None) -> Stream:
        """Opens a stream of answers for one caller; raises a Refusal (401) where the header is nobody's."""
        seconds = self.settings.deadline
        with working(seconds):
            context = await self.context(authorization)
        context.place = after
        return Stream(answers(self.executor, named(self.trusted, request), context, seconds), context)

    async def enter(self, authorization: str | None) -> None:
        """Raises a Refusal (401) where the Authorization header is nobody's."""
        with working(self.settings.deadline):
            await self.context(authorization)

    async def context(self, authorization: str | None) -> Context:
        """One request of the caller of this header; raises a Refusal (401) where it is nobody's."""
        viewer = await viewer_of(self.graph, self.settings.auth, authorization, logs.request_id.get() or "")
        if viewer is None:
            raise unauthenticated()
        logs.actor.set(viewer.name)
        token = fingerprint_of(self.settings.auth, authorization)
        return Context(
            self.graph, viewer, self.platform, self.settings, self.secret, self.wake, feed=self.feed, token=token
        )

    async def feedback(self, new: NewFeedback) -> str:
        """Keeps a feedback of somebody without a token; its id."""
        logs.actor.set(ANONYMOUS)
        return await anonymous.submit(self.graph, self.platform.telemetry, new, logs.request_id.get() or "")

    async def ready(self) -> str | None:
        """Why begat cannot answer now; None where it can."""
        return None if await version(self.graph) == VERSION else "NOT_MIGRATED"


@contextlib.asynccontextmanager
async def graph_of(settings: Settings) -> AsyncIterator[Graph]:
    """The configured graph, migrated: a server by NEO4J_URI, else the embedded one."""
    if settings.neo4j_uri:
        auth = (settings.neo4j_username, settings.neo4j_password) if settings.neo4j_password else None
        async with Graph(settings.neo4j_uri, auth, settings.neo4j_database) as graph:
            await migrate(graph)
            yield graph
    else:
        embedded = Embedded(settings.make_home() / "graph", settings.java_options)
        try:
            await asyncio.to_thread(embedded.start)
            keeping = asyncio.create_task(_keep(embedded), name="begat-keep-graph")
            try:
                async with Graph(embedded.uri, embedded.auth, DATABASE) as graph:
                    await migrate(graph)
                    yield graph
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
        finally:
            await asyncio.to_thread(embedded.stop)  # also where begat is told to end while it starts


async def _keep(embedded: Embedded) -> None:
    """Starts the embedded graph again when it ended by itself; until it answers, begat answers UNAVAILABLE."""
    while True:
        await asyncio.sleep(0.2)
        if embedded.ended:
            log.error("the embedded graph ended by itself: it is started again")
            try:
                await asyncio.to_thread(embedded.revive)
            except Problem as problem:
                log.error("the embedded graph did not start again: %s", problem.message)  # noqa: TRY400 - says it all
                await asyncio.sleep(1)
            except Exception:  # a full disk, say: whoever watches must not end with it
                log.exception("the embedded graph did not start again")
                await asyncio.sleep(1)


@contextlib.asynccontextmanager
async def graph_beside(settings: Settings) -> AsyncIterator[Graph]:
    """The configured graph, also while a begat serves on it: the embedded one is then reached through its server."""
    reached = None if settings.neo4j_uri else await asyncio.to_thread(reach, settings.home / "graph")
    if reached is None:
        async with graph_of(settings) as graph:
            yield graph
        return
    uri, auth = reached
    async with Graph(uri, auth, DATABASE) as graph:
        if await version(graph) != VERSION:
            raise Problem(Code.CONFLICT, "The begat that runs there is another version.", hint="Use its own command.")
        yield graph


async def plan_secret(graph: Graph) -> str:
    """The secret that signs plan tokens: made once, the same for all instances on one graph."""
    found = await graph.read(
        "MERGE (n:Schema {name: 'begat'}) ON MATCH SET n.planKey = coalesce(n.planKey, $fresh) RETURN n.planKey",
        fresh=secrets.token_hex(32),
    )
    return str(found)


@contextlib.asynccontextmanager
async def running(settings: Settings, executor: Executor) -> AsyncIterator[Service]:
    """A service with everything open; background work ends before what it works on is closed."""
    trusted = load(settings.trusted_documents, executor.documents) if settings.trusted_documents else None
    settings.make_home()
    async with graph_of(settings) as graph:
        platform = open_platform(
            settings.home,
            settings.tables,
            settings.chat_url,
            settings.chat_key,
            webhook_private=settings.webhook_private,
        )
        try:
            async with looping(graph, platform, LOOPS) as wake, feeding(graph) as feed:
                yield Service(settings, graph, platform, executor, await plan_secret(graph), wake, feed, trusted)
        finally:
            platform.close()
