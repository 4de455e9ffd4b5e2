"""The inference log in GraphQL: one record for each request of an endpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio.to_thread
import strawberry

from begat.core.errors import Code, bad_input, no_cursor
from begat.core.text import check_text
from begat.find.lists import by_ids, check_first
from begat.gql import asset
from begat.gql.columns import asks
from begat.gql.connections import Connection, connection
from begat.gql.context import Context, Info
from begat.gql.errors import ErrorCode
from begat.gql.scalars import JSON, BigInt, DateTime
from begat.gql.windows import window
from begat.kinds.endpoint.versions import EndpointVersion, by_id, model_version
from begat.platforms.ports import Inference, Origin, Wanted

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint
    from begat.kinds.feedback.graphql import Feedback
    from begat.kinds.model.graphql import ModelVersion

CLIENT = (Code.BAD_INPUT.value, Code.LIMIT.value)
"""The caller's mistakes; every other code is an error of what serves."""


@strawberry.enum(description="What became of a request.")
class InferenceStatus(Enum):
    """By the record's code."""

    OK = strawberry.enum_value("OK", description="It was answered.")
    CLIENT_ERROR = strawberry.enum_value("CLIENT_ERROR", description="It was refused for what it asked.")
    ERROR = strawberry.enum_value("ERROR", description="It failed by no fault of the caller's.")


@strawberry.enum(description="Who asked. Metrics know of QUERY only.")
class InferenceOrigin(Enum):
    """As the log keeps it, and ANY for filters."""

    QUERY = strawberry.enum_value("QUERY", description="A caller.")
    TEST = strawberry.enum_value("TEST", description="A test of a template.")
    GENERATION = strawberry.enum_value("GENERATION", description="A generation of pairs.")
    ANY = strawberry.enum_value("ANY", description="Any of these.")


@strawberry.type(description="One request of an endpoint, as the inference log keeps it.")
class InferenceRecord:
    """See ports.Inference."""

    kept: strawberry.Private[Inference]

    @strawberry.field(description="The id that begat gave the request.")
    def request_id(self) -> strawberry.ID:
        return strawberry.ID(self.kept.request_id)

    @strawberry.field(description="When it came.")
    def at(self) -> DateTime:
        return DateTime(self.kept.at)

    @strawberry.field(description="What became of it.")
    def status(self) -> InferenceStatus:
        if self.kept.code is None:
            return InferenceStatus.OK
        return InferenceStatus.CLIENT_ERROR if self.kept.code in CLIENT else InferenceStatus.ERROR

    @strawberry.field(description="Why it was not answered; null where it was.")
    def code(self) -> ErrorCode | None:
        return None if self.kept.code is None else Code(self.kept.code)

    @strawberry.field(description="Who asked.")
    def origin(self) -> InferenceOrigin:
        return InferenceOrigin[self.kept.origin.name]

    @strawberry.field(description="How long the caller waited, in milliseconds.")
    def latency_ms(self) -> float:
        return self.kept.latency_ms

    @strawberry.field(description="The model's own part of it; null where no model was asked.")
    def model_ms(self) -> float | None:
        return self.kept.model_ms

    @strawberry.field(description="What it cost, in CPU seconds; null where no model answered.")
    def cpu_seconds(self) -> float | None:
        return self.kept.cpu_seconds

    @strawberry.field(description="How many inputs it had.")
    def inputs(self) -> BigInt:
        return BigInt(self.kept.inputs)

    @strawberry.field(description="The inputs, a list; null where the endpoint does not keep them.")
    def input(self) -> JSON | None:
        return None if self.kept.input is None else JSON(self.kept.input)

    @strawberry.field(description="The answers, a list in the order of the inputs; null where there are none.")
    def output(self) -> JSON | None:
        return None if self.kept.output is None else JSON(self.kept.output)

    @strawberry.field(description="The endpoint that was asked.")
    async def endpoint(self, info: Info) -> Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")] | None:
        from begat.kinds.endpoint.graphql import Endpoint  # it shows its requests

        return await asset.linked(info, self.kept.endpoint, Endpoint)

    @strawberry.field(description="The deployment that served then.")
    async def endpoint_version(self, info: Info) -> EndpointVersion | None:
        return await by_id(info, self.kept.endpoint_version)

    @strawberry.field(
        description="The model version that answered or was to answer; null where it is hidden or none was reached."
    )
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.kept.model_version)

    @strawberry.field(description="What was said of its answers, oldest first.")
    async def feedback(self, info: Info) -> list[Annotated[Feedback, strawberry.lazy("begat.kinds.feedback.graphql")]]:
        from begat.kinds.feedback.graphql import of_request  # it shows what it is about

        return await of_request(info, self.kept.request_id)


def wanted(
    since: str | None,
    until: str | None,
    *,
    only_errors: bool,
    model_version: str | None,
    endpoint_version: str | None,
    text: str | None,
    min_latency_ms: float | None,
    origin: InferenceOrigin,
) -> Wanted:
    """What a page of the log shows, checked; raises BAD_INPUT or LIMIT."""
    for value, name in ((model_version, "modelVersionId"), (endpoint_version, "endpointVersionId")):
        if value is not None:
            check_text(value, name, max_length=200)
    if text is not None:
        check_text(text, "text", max_length=1_000)
    if min_latency_ms is not None and not (math.isfinite(min_latency_ms) and min_latency_ms >= 0):
        raise bad_input("A latency is a number of milliseconds from 0 on.", "minLatencyMs")
    return Wanted(
        window(since, until),
        only_errors=only_errors,
        model_version=model_version,
        endpoint_version=endpoint_version,
        text=text or None,
        origin=None if origin is InferenceOrigin.ANY else Origin[origin.name],
        min_latency_ms=min_latency_ms,
    )


async def page(info: Info, endpoint: str, wanted: Wanted, first: int, after: str | None) -> Connection[InferenceRecord]:
    """A page of the log, newest first; the cursor of a record is its request id."""
    check_first(first)
    if after is not None and not _is_id(after):
        raise no_cursor()
    telemetry = info.context.platform.telemetry
    found, more = await anyio.to_thread.run_sync(partial(telemetry.page, endpoint, wanted, first, after))
    total = None
    if asks(info, "totalCount"):
        total = await anyio.to_thread.run_sync(partial(telemetry.count, endpoint, wanted))
    nodes = [InferenceRecord(kept=one) for one in found]
    return connection(nodes, [one.request_id for one in found], has_next=more, after=after, total=total)


async def one(info: Info, request_id: str) -> InferenceRecord | None:
    """The record of this request, where the caller sees its endpoint."""
    return await info.context.batch(_records, request_id) if _is_id(request_id) else None


async def _records(context: Context, keys: Sequence[str]) -> list[InferenceRecord | None]:
    """Records by request id for all nodes of a level, of endpoints that the caller sees."""
    wanted = list(dict.fromkeys(keys))
    found = await anyio.to_thread.run_sync(context.platform.telemetry.find, wanted)
    endpoints = list({record.endpoint for record in found.values()})
    seen = {row[0] for row in await by_ids(context.graph, context.viewer, "Endpoint", endpoints, ("n.id",))}
    return [
        InferenceRecord(kept=record) if (record := found.get(key)) is not None and record.endpoint in seen else None
        for key in keys
    ]


def _is_id(text: str) -> bool:
    prefix, _, rest = text.partition("_")
    return prefix == "req" and len(rest) == 26 and rest.isascii() and rest.isalnum()
