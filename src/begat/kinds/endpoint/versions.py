"""EndpointVersion in GraphQL: one deployment, its configuration, its traffic and when it was live."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access.scope import SCOPE
from begat.gql import asset, versions
from begat.gql.columns import column, from_json, needs, rows, selected
from begat.gql.context import Context, Info, Row
from begat.gql.running import Failure, failed
from begat.gql.scalars import BigInt, DateTime
from begat.graph.statement import projection
from begat.kinds.endpoint.config import LogInputs
from begat.kinds.endpoint.kind import VERSION

if TYPE_CHECKING:  # circles: strawberry finds these by lazy, once all modules are loaded
    from begat.kinds.endpoint.graphql import Endpoint
    from begat.kinds.model.graphql import ModelVersion
    from begat.kinds.template.graphql import TemplateVersion

strawberry.enum(LogInputs, name="LogInputs", description="What the inference log keeps of the inputs of queries.")


@strawberry.enum(description="The life of a deployment; only a SERVING one answers.")
class EndpointVersionStatus(Enum):
    """States of an EndpointVersion."""

    DEPLOYING = strawberry.enum_value("DEPLOYING", description="Is loaded and tried.")
    SERVING = strawberry.enum_value("SERVING", description="Answers.")
    SUPERSEDED = strawberry.enum_value("SUPERSEDED", description="Answered until a later one took over.")
    FAILED = strawberry.enum_value("FAILED", description="Never was live; failure says why.")
    STOPPED = strawberry.enum_value(
        "STOPPED", description="Answered, or was to answer, until the endpoint was stopped."
    )


@strawberry.type(description="A model version's part of the traffic.")
class TrafficShare:
    """An entry of the deployment's traffic."""

    model: strawberry.Private[str]
    percent: int = strawberry.field(description="Of the requests, 1 to 100.")

    @strawberry.field(description="The model version; null where it is hidden.")
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.model)


def _traffic(text: str) -> list[TrafficShare]:
    return [TrafficShare(model=one["modelVersion"], percent=one["percent"]) for one in from_json(text)]


@strawberry.type(description="What the inference log of an endpoint keeps.")
class EndpointLogging:
    """Part of a deployment's configuration."""

    inputs: LogInputs = strawberry.field(description="What of the inputs.")
    redact: list[str] = strawberry.field(description="The fields whose values are left out; none but for REDACTED.")
    keep_days: int | None = strawberry.field(description="For how many days; null: without end.")
    keep_bytes: BigInt | None = strawberry.field(description="How much of it; null: without end.")


@strawberry.type(
    description="One deployment of an endpoint: its configuration, which never changes, and when it was live."
)
class EndpointVersion(versions.Version):
    """A row of an EndpointVersion node."""

    status: EndpointVersionStatus = column("n.status", "Where the deployment stands.", EndpointVersionStatus)
    status_name: str = column("n.status", "The status, as text.")
    traffic: list[TrafficShare] = column("n.traffic", "Which model versions answer, and how often.", _traffic)
    size: str = column("n.size", "SMALL, MEDIUM or LARGE; a machine that serves locally has just its own.")
    scale_to_zero: bool = column(
        "n.scaleToZero", "Whether the platform may put it to sleep while nobody asks; locally nothing sleeps."
    )
    anonymous_feedback: bool = column("n.anonymousFeedback", "Whether people without a token may give feedback.")
    configured_from: int | None = column(
        "n.configuredFrom",
        "The number of the version whose configuration it repeats; null where it has one of its own.",
    )
    live_from: DateTime | None = column("n.liveFrom", "When it began to answer; null where it never did.")
    live_until: DateTime | None = column("n.liveUntil", "When it ceased to answer; null before.")
    failure: Failure | None = failed("Why it never was live; null where it was, or may be.")

    @strawberry.field(
        description="What the inference log keeps of its requests.",
        metadata=needs("n.logInputs", "n.redact", "n.keepDays", "n.keepBytes"),
    )
    def logging(self) -> EndpointLogging:
        row = self.row
        kept = row["n.keepBytes"]
        return EndpointLogging(
            inputs=LogInputs(row["n.logInputs"]),
            redact=from_json(row["n.redact"]),
            keep_days=row["n.keepDays"],
            keep_bytes=None if kept is None else BigInt(kept),
        )

    @strawberry.field(
        description="The template version by which inputs are worded, as they were in training; null: the model takes "
        "texts as they are.",
        metadata=needs("n.templateVersion"),
    )
    async def template_version(
        self, info: Info
    ) -> Annotated[TemplateVersion, strawberry.lazy("begat.kinds.template.graphql")] | None:
        from begat.kinds.template.graphql import TemplateVersion  # it may be tested by an endpoint

        return await versions.linked(info, self.row["n.templateVersion"], TemplateVersion)

    @strawberry.field(description="The endpoint that it is a version of.", metadata=needs("n.asset"))
    async def endpoint(self, info: Info) -> Annotated[Endpoint, strawberry.lazy("begat.kinds.endpoint.graphql")] | None:
        from begat.kinds.endpoint.graphql import Endpoint  # it shows its versions

        return await asset.linked(info, self.row["n.asset"], Endpoint)


async def by_id(info: Info, id: str | None, known: Row | None = None) -> EndpointVersion | None:
    """A deployment by its id, batched over the nodes of a level; asked for nowhere where ``known`` columns suffice."""
    if id is None:
        return None
    columns = selected(info, EndpointVersion)
    if known is not None and set(columns) <= known.keys():
        return EndpointVersion(row=known)
    return await versions.linked(info, id, EndpointVersion)


async def model_version(info: Info, id: str | None, known: Row | None = None) -> ModelVersion | None:
    """A model version by its id, as `by_id` does."""
    from begat.kinds.model.graphql import ModelVersion  # it shows the endpoints that serve it

    if id is None:
        return None
    columns = selected(info, ModelVersion)
    if known is not None and set(columns) <= known.keys():
        return ModelVersion(row=known)
    return await asset.linked(info, id, ModelVersion)


async def live_at(info: Info, endpoint: str, at: str) -> EndpointVersion | None:
    """The deployment that was live at a moment, batched over the nodes of a level."""
    return await info.context.batch(_live_at, endpoint, at, selected(info, EndpointVersion))


async def _live_at(
    context: Context, keys: Sequence[str], at: str, columns: tuple[str, ...]
) -> list[EndpointVersion | None]:
    names = tuple(dict.fromkeys((*columns, "n.asset", "n.number")))
    values: list[list[Any]] = await context.graph.read(
        f"MATCH (n:Version) WHERE n.asset IN $ids AND n:{VERSION} AND n.liveFrom <= $at "
        f"AND (n.liveUntil IS NULL OR n.liveUntil > $at) AND {SCOPE} RETURN collect({projection(names)})",
        ids=list(dict.fromkeys(keys)),
        at=at,
        **context.viewer.scope,
    )
    found = {row["n.asset"]: EndpointVersion(row=row) for row in rows(names, values or [])}
    return [found.get(key) for key in keys]
