"""What feedback adds up to: totals and rates, over a window and by bucket, by the versions that answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from begat.access.scope import SCOPE
from begat.core.statistics import wilson
from begat.gql.context import Context, Info
from begat.gql.scalars import BigInt, DateTime
from begat.gql.windows import WIDTH, Bucket, begin, check_buckets, window
from begat.kinds.endpoint.versions import EndpointVersion, by_id, model_version

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion

COUNTED = (
    "n.createdAt >= $since AND n.createdAt < $until AND "
    f"{SCOPE} WITH id, substring(n.createdAt, 0, $width) AS bucket, n.endpointVersion AS version, "
    "n.modelVersion AS model, count(n) AS total, sum(CASE n.rating WHEN 'POSITIVE' THEN 1 ELSE 0 END) AS positive, "
    "sum(CASE n.rating WHEN 'NEGATIVE' THEN 1 ELSE 0 END) AS negative, count(n.correction) AS corrections "
    "RETURN collect([id, bucket, version, model, total, positive, negative, corrections])"
)
OF_ENDPOINTS = f"UNWIND $ids AS id MATCH (n:Feedback) WHERE n.endpoint = id AND {COUNTED}"
OF_MODELS = f"UNWIND $ids AS id MATCH (:Asset {{id: id}})<-[:ABOUT]-(n:Feedback) WHERE {COUNTED}"

FIRST, LAST = "0000", "9999"
"""Before and after all times."""


@dataclass(frozen=True)
class Tally:
    """Counts of one group: a bucket (its prefix, '' for the whole window), a deployment and a model version."""

    bucket: str
    version: str
    model: str | None
    total: int
    positive: int
    negative: int
    corrections: int


@strawberry.type(description="How much feedback there was and how good it was.")
class FeedbackCounts:
    """Sums of tallies."""

    total: BigInt = strawberry.field(description="All feedback, also without a rating.")
    positive: BigInt = strawberry.field(description="Rated POSITIVE.")
    negative: BigInt = strawberry.field(description="Rated NEGATIVE.")
    corrections: BigInt = strawberry.field(description="With a correction.")
    rate: float | None = strawberry.field(description="POSITIVE of all rated, 0 to 1; null where nothing is rated.")
    low: float | None = strawberry.field(description="Where the rate's 95 % Wilson interval begins; null without one.")
    high: float | None = strawberry.field(description="Where it ends.")


@strawberry.type(description="Feedback on the answers of one model version.")
class FeedbackByModelVersion(FeedbackCounts):
    """A group of a summary."""

    model: strawberry.Private[str | None]

    @strawberry.field(description="The model version; null where it is not known which one answered.")
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.model)


@strawberry.type(description="Feedback on the answers of one deployment.")
class FeedbackByEndpointVersion(FeedbackCounts):
    """A group of a summary."""

    version: strawberry.Private[str]

    @strawberry.field(description="The deployment.")
    async def endpoint_version(self, info: Info) -> EndpointVersion | None:
        return await by_id(info, self.version)


@strawberry.type(description="What feedback adds up to; each is counted for the version that answered.")
class FeedbackSummary(FeedbackCounts):
    """Totals and their groups."""

    tallies: strawberry.Private[Sequence[Tally]]

    @strawberry.field(description="By model version, in the order of id.")
    def by_model_version(self) -> list[FeedbackByModelVersion]:
        return _by_model(self.tallies)

    @strawberry.field(description="By deployment, in the order of id.")
    def by_endpoint_version(self) -> list[FeedbackByEndpointVersion]:
        groups: dict[str, list[Tally]] = defaultdict(list)
        for tally in self.tallies:
            groups[tally.version].append(tally)
        return [FeedbackByEndpointVersion(version=version, **_sums(groups[version])) for version in sorted(groups)]


@strawberry.type(description="Feedback that was given in one bucket of time.")
class FeedbackBucket(FeedbackCounts):
    """A point of a trend."""

    at: DateTime = strawberry.field(description="When the bucket begins.")
    tallies: strawberry.Private[Sequence[Tally]]

    @strawberry.field(description="By model version, in the order of id.")
    def by_model_version(self) -> list[FeedbackByModelVersion]:
        return _by_model(self.tallies)


async def of_endpoint(info: Info, endpoint: str, since: str | None, until: str | None) -> FeedbackSummary:
    """All feedback on an endpoint that was given in the window; all there is where no end of it is said."""
    found = await info.context.batch(_endpoints, endpoint, since or FIRST, until or LAST, 0)
    return FeedbackSummary(tallies=found, **_sums(found))


async def of_model_version(info: Info, model: str, since: str | None, until: str | None) -> FeedbackSummary:
    """As `of_endpoint`, of a model version, at whatever endpoint it answered."""
    found = await info.context.batch(_models, model, since or FIRST, until or LAST, 0)
    return FeedbackSummary(tallies=found, **_sums(found))


async def trend(
    info: Info, endpoint: str, since: str | None, until: str | None, bucket: Bucket
) -> list[FeedbackBucket]:
    """Feedback on an endpoint by the bucket in which it was given, oldest first; empty buckets are missing."""
    asked = window(since, until)
    check_buckets(asked, bucket)
    groups: dict[str, list[Tally]] = defaultdict(list)
    for tally in await info.context.batch(_endpoints, endpoint, asked.since, asked.until, WIDTH[bucket]):
        groups[tally.bucket].append(tally)
    return [
        FeedbackBucket(at=begin(bucket, name), tallies=groups[name], **_sums(groups[name])) for name in sorted(groups)
    ]


async def _endpoints(context: Context, keys: Sequence[str], since: str, until: str, width: int) -> list[list[Tally]]:
    return await _tallies(context, OF_ENDPOINTS, keys, since, until, width)


async def _models(context: Context, keys: Sequence[str], since: str, until: str, width: int) -> list[list[Tally]]:
    return await _tallies(context, OF_MODELS, keys, since, until, width)


async def _tallies(
    context: Context, statement: str, keys: Sequence[str], since: str, until: str, width: int
) -> list[list[Tally]]:
    """One statement for all nodes of a level."""
    found = await context.graph.read(
        statement,
        ids=list(dict.fromkeys(keys)),
        since=since,
        until=until,
        width=width,
        **context.viewer.scope,
    )
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for id, *counts in found or []:
        tallies[id].append(Tally(*counts))
    return [tallies.get(key, []) for key in keys]


def _by_model(tallies: Iterable[Tally]) -> list[FeedbackByModelVersion]:
    groups: dict[str | None, list[Tally]] = defaultdict(list)
    for tally in tallies:
        groups[tally.model].append(tally)
    names = sorted(groups, key=lambda name: name or "")
    return [FeedbackByModelVersion(model=name, **_sums(groups[name])) for name in names]


def _sums(tallies: Iterable[Tally]) -> dict[str, Any]:
    """The fields of FeedbackCounts."""
    total = positive = negative = corrections = 0
    for tally in tallies:
        total += tally.total
        positive += tally.positive
        negative += tally.negative
        corrections += tally.corrections
    rated = positive + negative
    low, high = wilson(positive, rated) or (None, None)
    return {
        "total": BigInt(total),
        "positive": BigInt(positive),
        "negative": BigInt(negative),
        "corrections": BigInt(corrections),
        "rate": positive / rated if rated else None,
        "low": low,
        "high": high,
    }
