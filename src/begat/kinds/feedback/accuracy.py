"""How often an endpoint was right, as far as somebody said so: from corrections and ratings, with its coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import anyio.to_thread
import strawberry

from begat.access.scope import SCOPE
from begat.gql.context import Context, Info
from begat.gql.scalars import BigInt, DateTime
from begat.gql.windows import SECONDS, WIDTH, Bucket, begin, check_buckets, window
from begat.kinds.endpoint.versions import model_version
from begat.platforms.ports import Measures

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion


@dataclass(frozen=True)
class Judged:
    """Answers of one bucket and model version that somebody judged. An answer that several judged counts once, with the
    share of them that found it right: ``right`` is the sum of these shares."""

    bucket: str
    model: str | None
    answers: int
    right: float
    requests: int


@dataclass(frozen=True)
class Asked:
    """How many requests there were in one bucket for one model version."""

    bucket: str
    model: str | None
    requests: int


@strawberry.type(description="How often answers were right, of those that somebody judged.")
class AccuracyFigures:
    """Sums over buckets and model versions."""

    accuracy: float | None = strawberry.field(
        description="Of the judged answers, the share that was right, 0 to 1: equal to the correction, else rated "
        "POSITIVE. An answer that several judged counts once, with the share of them that found it right. Null where "
        "none was judged."
    )
    judged: BigInt = strawberry.field(description="How many answers somebody judged.")
    requests: BigInt = strawberry.field(
        description="How many requests there were in all, as the inference log has them."
    )
    coverage: float | None = strawberry.field(
        description="The share of the requests of which an answer was judged, 0 to 1; null where the log has none (or "
        "no longer all of them)."
    )


@strawberry.type(description="How often one model version's answers were right.")
class AccuracyByModelVersion(AccuracyFigures):
    """A group."""

    model: strawberry.Private[str | None]

    @strawberry.field(description="The model version; null for requests that none answered.")
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.model)


@strawberry.type(description="How often answers of one bucket of time were right.")
class AccuracyBucket(AccuracyFigures):
    """A point of a trend."""

    at: DateTime = strawberry.field(description="When the bucket begins.")
    judged_groups: strawberry.Private[Sequence[Judged]]
    asked_groups: strawberry.Private[Sequence[Asked]]

    @strawberry.field(description="By model version, in the order of id.")
    def by_model_version(self) -> list[AccuracyByModelVersion]:
        return _by_model(self.judged_groups, self.asked_groups)


@strawberry.type(
    description="Accuracy in live use. It is of the answers that people cared to judge, which are no even sample of "
    "all: read it with its coverage."
)
class Accuracy(AccuracyFigures):
    """Totals with their groups."""

    judged_groups: strawberry.Private[Sequence[Judged]]
    asked_groups: strawberry.Private[Sequence[Asked]]
    bucket: strawberry.Private[Bucket | None]

    @strawberry.field(description="By model version, in the order of id.")
    def by_model_version(self) -> list[AccuracyByModelVersion]:
        return _by_model(self.judged_groups, self.asked_groups)

    @strawberry.field(
        description="By the bucket in which the questions came, oldest first; none where no bucket was asked for. "
        "Buckets without requests are missing."
    )
    def buckets(self) -> list[AccuracyBucket]:
        bucket = self.bucket
        if bucket is None:
            return []
        names = sorted({one.bucket for one in self.judged_groups} | {one.bucket for one in self.asked_groups})
        found = []
        for name in names:
            judged = [group for group in self.judged_groups if group.bucket == name]
            asked = [group for group in self.asked_groups if group.bucket == name]
            groups: dict[str, Any] = {"judged_groups": judged, "asked_groups": asked}
            found.append(AccuracyBucket(at=begin(bucket, name), **groups, **_figures(judged, asked)))
        return found


async def of_endpoint(
    info: Info, endpoint: str, since: str | None, until: str | None, bucket: Bucket | None
) -> Accuracy:
    """The accuracy of the answers to what was asked in the window; the last 24 hours where unsaid."""
    asked = window(since, until)
    if bucket is not None:
        check_buckets(asked, bucket)
    width = 0 if bucket is None else WIDTH[bucket]
    judged = await info.context.batch(_judged, endpoint, asked.since, asked.until, width)
    seconds = None if bucket is None else SECONDS[bucket]
    telemetry = info.context.platform.telemetry
    measure = partial(telemetry.measures, endpoint, asked, bucket_seconds=seconds, by_model_version=True)
    requests = [_asked(one, width) for one in await anyio.to_thread.run_sync(measure)]
    return Accuracy(judged_groups=judged, asked_groups=requests, bucket=bucket, **_figures(judged, requests))


async def _judged(context: Context, keys: Sequence[str], since: str, until: str, width: int) -> list[list[Judged]]:
    """One statement for all endpoints of a level."""
    found = await context.graph.read(
        "UNWIND $ids AS id MATCH (n:Feedback) WHERE n.endpoint = id AND n.isRight IS NOT NULL "
        f"AND n.answeredAt >= $since AND n.answeredAt < $until AND {SCOPE} "
        "WITH id, substring(n.answeredAt, 0, $width) AS bucket, n.modelVersion AS model, n.requestId AS request, "
        "n.position AS position, avg(CASE WHEN n.isRight THEN 1.0 ELSE 0.0 END) AS share "
        "WITH id, bucket, model, count(share) AS answers, sum(share) AS shares, count(DISTINCT request) AS requests "
        "RETURN collect([id, bucket, model, answers, shares, requests])",
        ids=list(dict.fromkeys(keys)),
        since=since,
        until=until,
        width=width,
        **context.viewer.scope,
    )
    judged: dict[str, list[Judged]] = defaultdict(list)
    for id, *group in found or []:
        judged[id].append(Judged(*group))
    return [judged.get(key, []) for key in keys]


def _asked(one: Measures, width: int) -> Asked:
    return Asked("" if one.at is None else one.at[:width], one.model_version, one.requests)


def _by_model(judged: Iterable[Judged], asked: Iterable[Asked]) -> list[AccuracyByModelVersion]:
    judged, asked = list(judged), list(asked)
    models = {one.model for one in judged} | {one.model for one in asked if one.requests}
    return [
        AccuracyByModelVersion(
            model=model,
            **_figures([one for one in judged if one.model == model], [one for one in asked if one.model == model]),
        )
        for model in sorted(models, key=lambda name: name or "")
    ]


def _figures(judged: Iterable[Judged], asked: Iterable[Asked]) -> dict[str, Any]:
    """The fields of AccuracyFigures."""
    answers = covered = 0
    right = 0.0
    for group in judged:
        answers += group.answers
        covered += group.requests
        right += group.right
    requests = sum(group.requests for group in asked)
    return {
        "accuracy": right / answers if answers else None,
        "judged": BigInt(answers),
        "requests": BigInt(requests),
        # A log that was pruned holds fewer requests than were judged: a share of them would be a lie.
        "coverage": covered / requests if requests and covered <= requests else None,
    }
