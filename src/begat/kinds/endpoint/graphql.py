"""Endpoint in GraphQL: reading."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import strawberry

from begat.access.scope import SCOPE
from begat.find import filters
from begat.find.lists import Condition
from begat.gql import inputs, versions
from begat.gql.actions import AvailableAction, actions
from begat.gql.asset import Asset, fetch_one
from begat.gql.columns import column, needs, rows
from begat.gql.connections import Connection
from begat.gql.context import Context, Info
from begat.gql.inputs import AssetFilter, DateRange
from begat.gql.lists import listed
from begat.gql.scalars import DateTime
from begat.gql.windows import Bucket
from begat.graph.statement import projection
from begat.kinds.endpoint import metrics, requests
from begat.kinds.endpoint.deployments import version_id
from begat.kinds.endpoint.kind import ENDPOINT, VERSION
from begat.kinds.endpoint.metrics import EndpointMetrics
from begat.kinds.endpoint.requests import InferenceOrigin, InferenceRecord
from begat.kinds.endpoint.versions import EndpointVersion, by_id, live_at
from begat.kinds.feedback import accuracy as judged
from begat.kinds.feedback import summary
from begat.kinds.feedback.accuracy import Accuracy
from begat.kinds.feedback.summary import FeedbackBucket, FeedbackSummary
from begat.kinds.monitor import drift_graphql
from begat.kinds.monitor.drift_graphql import EndpointDrift
from begat.kinds.monitor.reference import DriftReference


@strawberry.enum(
    description="The life of an endpoint. ONLINE and DEGRADED ones answer, and a DEPLOYING one where an earlier "
    "version still serves."
)
class EndpointStatus(Enum):
    """States of an Endpoint."""

    DEPLOYING = strawberry.enum_value("DEPLOYING", description="A version is being tried; an earlier one may serve.")
    ONLINE = strawberry.enum_value("ONLINE", description="It answers.")
    DEGRADED = strawberry.enum_value("DEGRADED", description="It answers, but not as it should; its health says why.")
    FAILED = strawberry.enum_value("FAILED", description="Nothing serves.")
    STOPPING = strawberry.enum_value("STOPPING", description="Was asked to stop; it does not answer any more.")
    STOPPED = strawberry.enum_value("STOPPED", description="Does not answer until it is started.")
    GONE = strawberry.enum_value("GONE", description="The platform does not know it any more.")


@strawberry.enum(description="What the last probe of an endpoint, which is a real question to each model, has shown.")
class HealthStatus(Enum):
    """How an endpoint does."""

    HEALTHY = strawberry.enum_value("HEALTHY", description="Every model answered the last probe.")
    DEGRADED = strawberry.enum_value("DEGRADED", description="Some did not.")
    FAILED = strawberry.enum_value("FAILED", description="None did, or nothing serves.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="It was not probed yet.")


@strawberry.type(description="How an endpoint does, by a real probe every few seconds.")
class Health:
    """Of the version that serves."""

    status: HealthStatus = strawberry.field(description="What the last probe has shown.")
    reason: str | None = strawberry.field(description="Why it is not HEALTHY.")
    checked_at: DateTime | None = strawberry.field(description="When it was probed last; null before the first time.")

    @strawberry.field(description="The status, as text.")
    def status_name(self) -> str:
        return self.status.name


@strawberry.type(description="An address at which model versions answer; its versions are deployments.")
class Endpoint(Asset):
    """A row of an Endpoint node."""

    status: EndpointStatus = column("n.status", "Where it stands.", EndpointStatus)
    available_actions: list[AvailableAction] = actions(ENDPOINT)

    @strawberry.field(description="The version that serves; null where none does.", metadata=needs("n.version"))
    async def version(self, info: Info) -> EndpointVersion | None:
        return await self._numbered(info, self.row["n.version"])

    @strawberry.field(
        description="The version that is being deployed; null where none is.", metadata=needs("n.pendingVersion")
    )
    async def pending(self, info: Info) -> EndpointVersion | None:
        return await self._numbered(info, self.row["n.pendingVersion"])

    async def _numbered(self, info: Info, number: int | None) -> EndpointVersion | None:
        return None if number is None else await by_id(info, version_id({"id": self.row["n.id"]}, number))

    @strawberry.field(description="All its versions, newest first.", metadata=needs("n.id"))
    async def versions(self, info: Info, first: int = 50, after: str | None = None) -> Connection[EndpointVersion]:
        return await versions.history(info, EndpointVersion, VERSION, self.row["n.id"], first, after)

    @strawberry.field(description="The version that served at that moment; null where none did.")
    async def version_at(self, info: Info, at: DateTime) -> EndpointVersion | None:
        return await live_at(info, self.row["n.id"], at)

    @strawberry.field(description="How it does.", metadata=needs("n.healthStatus", "n.healthReason", "n.healthAt"))
    def health(self) -> Health:
        return Health(
            status=HealthStatus(self.row["n.healthStatus"] or "UNKNOWN"),
            reason=self.row["n.healthReason"],
            checked_at=self.row["n.healthAt"],
        )

    @strawberry.field(
        description="What its queries add up to, calls by template tests and generations apart: from since (24 hours "
        "ago where unsaid, inclusive) to until (now where unsaid, exclusive), at most 400 days."
    )
    async def metrics(
        self,
        info: Info,
        since: DateTime | None = None,
        until: DateTime | None = None,
        bucket: Bucket | None = None,
    ) -> EndpointMetrics:
        return await metrics.of(info, self.row["n.id"], since, until, bucket)

    @strawberry.field(
        description="Its inference log, newest first: queries (origin says others) from since (24 hours ago where "
        "unsaid, inclusive) to until (now where unsaid, exclusive), at most 400 days."
    )
    async def requests(
        self,
        info: Info,
        since: DateTime | None = None,
        until: DateTime | None = None,
        only_errors: bool | None = None,
        model_version_id: strawberry.ID | None = None,
        endpoint_version_id: strawberry.ID | None = None,
        text: str | None = None,
        min_latency_ms: float | None = None,
        origin: InferenceOrigin | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[InferenceRecord]:
        wanted = requests.wanted(
            since,
            until,
            only_errors=bool(only_errors),
            model_version=model_version_id,
            endpoint_version=endpoint_version_id,
            text=text,
            min_latency_ms=min_latency_ms,
            origin=origin or InferenceOrigin.QUERY,
        )
        return await requests.page(info, self.row["n.id"], wanted, first, after)

    @strawberry.field(
        description="What people said of its answers, from since (inclusive) to until (exclusive); all of it where "
        "unsaid.",
        metadata=needs("n.id"),
    )
    async def feedback_summary(
        self, info: Info, since: DateTime | None = None, until: DateTime | None = None
    ) -> FeedbackSummary:
        return await summary.of_endpoint(info, self.row["n.id"], since, until)

    @strawberry.field(
        description="The same by the bucket in which it was said, from since (24 hours ago where "
        "unsaid) to until; buckets without any are left out.",
        metadata=needs("n.id"),
    )
    async def feedback_trend(
        self,
        info: Info,
        since: DateTime | None = None,
        until: DateTime | None = None,
        bucket: Bucket | None = None,
    ) -> list[FeedbackBucket]:
        return await summary.trend(info, self.row["n.id"], since, until, bucket or Bucket.HOUR)

    @strawberry.field(
        description="How often its answers were right, as far as people said so, for what was asked from since (24 "
        "hours ago where unsaid) to until.",
        metadata=needs("n.id"),
    )
    async def accuracy(
        self,
        info: Info,
        since: DateTime | None = None,
        until: DateTime | None = None,
        bucket: Bucket | None = None,
    ) -> Accuracy:
        return await judged.of_endpoint(info, self.row["n.id"], since, until, bucket)

    @strawberry.field(
        description="Whether what it is asked and answers, from since (24 hours ago where unsaid) to until (now where "
        "unsaid), is distributed as in the reference.",
        metadata=needs("n.id"),
    )
    async def drift(
        self,
        info: Info,
        since: DateTime | None = None,
        until: DateTime | None = None,
        reference: DriftReference | None = None,
        baseline: DateRange | None = None,
        model_version_id: strawberry.ID | None = None,
    ) -> EndpointDrift:
        return await drift_graphql.of_endpoint(
            info, self.row["n.id"], since, until, reference, baseline, model_version_id
        )


async def serving(context: Context, keys: Sequence[str], columns: tuple[str, ...]) -> list[list[Endpoint]]:
    """The endpoints that model versions answer now, for all of a level, by id."""
    values = await context.graph.read(
        "MATCH (m:ModelVersion)<-[:SERVES]-(v:EndpointVersion)-[:OF]->(n:Endpoint) "
        f"WHERE m.id IN $ids AND v.status = 'SERVING' AND {SCOPE} RETURN collect([m.id, {projection(columns)}])",
        ids=list(dict.fromkeys(keys)),
        **context.viewer.scope,
    )
    found: dict[str, list[Endpoint]] = {}
    for model, value in sorted(values or [], key=lambda one: str(one[1][0])):
        found.setdefault(model, []).extend(Endpoint(row=row) for row in rows(columns, [value]))
    return [found.get(key, []) for key in keys]


@strawberry.input(description="What endpoints can be filtered by; all that is given must hold.")
class EndpointFilter(AssetFilter):
    """See AssetFilter."""

    model_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="That serve this model version now."
    )


_SERVES = (
    "EXISTS { MATCH (v:EndpointVersion)-[:SERVES]->(m:ModelVersion) "
    "WHERE m.id = $model_version AND v.asset = n.id AND v.status = 'SERVING' }"
)


def conditions(where: EndpointFilter | None) -> list[Condition]:
    """The filter as conditions."""
    held = inputs.conditions(where)
    if where is not None:
        named = filters.equals("", "model_version", where.model_version_id, "where", "modelVersionId")
        held += [Condition(_SERVES, condition.parameters) for condition in named]
    return held


@strawberry.type
class EndpointQuery:
    """Queries of this kind."""

    @strawberry.field(description="An endpoint by its id; null where it is unknown or hidden.")
    async def endpoint(self, info: Info, id: strawberry.ID) -> Endpoint | None:
        found = await fetch_one(info, id, base=Endpoint)
        return found if isinstance(found, Endpoint) else None

    endpoints: Connection[Endpoint] = listed(
        Endpoint, "Endpoints, LIVE ones unless asked.", filter=EndpointFilter, conditions=conditions
    )

    @strawberry.field(
        description="One request of an endpoint by its request id, with what answered it; null where it is unknown, "
        "hidden, or not kept any more."
    )
    async def inference_record(self, info: Info, request_id: strawberry.ID) -> InferenceRecord | None:
        return await requests.one(info, request_id)
