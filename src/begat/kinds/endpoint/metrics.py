"""Metrics in GraphQL: what an endpoint's queries add up to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import anyio.to_thread
import strawberry

from begat.core import times
from begat.gql.context import Info
from begat.gql.scalars import BigInt, DateTime
from begat.gql.windows import SECONDS, Bucket, check_buckets, window
from begat.kinds.endpoint.versions import model_version
from begat.kinds.training_sheet.generation import Cost
from begat.platforms.ports import Measures, Window

if TYPE_CHECKING:  # a circle: strawberry finds it by lazy, once all modules are loaded
    from begat.kinds.model.graphql import ModelVersion

T = TypeVar("T")


@strawberry.type(description="How long callers waited for answers, in milliseconds; refused requests do not count.")
class Latency:
    """Percentiles by linear interpolation."""

    p50: float = strawberry.field(description="Half of the answers came within this time.")
    p95: float = strawberry.field(description="95 of 100 came within this time.")
    p99: float = strawberry.field(description="99 of 100 came within this time.")


@strawberry.interface(description="What a number of requests adds up to. Where there is no data, null is no zero.")
class Counted:
    """See ports.Measures."""

    measured: strawberry.Private[Measures]

    @strawberry.field(description="How many requests came.")
    def requests(self) -> BigInt:
        return BigInt(self.measured.requests)

    @strawberry.field(description="How many of them failed by no fault of the caller's.")
    def errors(self) -> BigInt:
        return BigInt(self.measured.errors)

    @strawberry.field(description="How many were refused as BAD_INPUT or LIMIT: the caller's mistakes.")
    def client_errors(self) -> BigInt:
        return BigInt(self.measured.client_errors)

    @strawberry.field(description="errors by requests, 0 to 1; null without requests.")
    def error_rate(self) -> float | None:
        return self.measured.errors / self.measured.requests if self.measured.requests else None

    @strawberry.field(description="How long callers waited; null without answers.")
    def latency(self) -> Latency | None:
        p50, p95, p99 = self.measured.p50, self.measured.p95, self.measured.p99
        return None if p50 is None or p95 is None or p99 is None else Latency(p50=p50, p95=p95, p99=p99)

    @strawberry.field(description="95 of 100 answers came within this time, in milliseconds; null without answers.")
    def p95(self) -> float | None:
        return self.measured.p95

    @strawberry.field(description="The tokens of the answers; null, as begat's own models count none.")
    def tokens(self) -> BigInt | None:
        return None

    @strawberry.field(description="What the answers cost; null without answers.")
    def cost(self) -> Cost | None:
        spent = self.measured.cpu_seconds
        return None if spent is None else Cost(amount=spent, unit="CPU_SECONDS")


@strawberry.type(description="The requests of one bucket; buckets without requests are left out.")
class MetricsBucket(Counted):
    """See ports.Measures."""

    @strawberry.field(description="When the bucket begins.")
    def at(self) -> DateTime:
        assert self.measured.at is not None  # noqa: S101 - asked by bucket, said to the type checker
        return DateTime(self.measured.at)


@strawberry.type(description="The requests that one model version answered or was to answer.")
class ModelVersionMetrics(Counted):
    """See ports.Measures."""

    @strawberry.field(description="The model version; null where it is hidden, and for requests that reached none.")
    async def model_version(
        self, info: Info
    ) -> Annotated[ModelVersion, strawberry.lazy("begat.kinds.model.graphql")] | None:
        return await model_version(info, self.measured.model_version)


@strawberry.type(description="What the queries of an endpoint add up to in a window.")
class EndpointMetrics(Counted):
    """The whole, its buckets, and its parts by model version, each measured where it is selected."""

    endpoint: strawberry.Private[str]
    window: strawberry.Private[Window]
    bucket: strawberry.Private[Bucket]

    @strawberry.field(description="From when on, inclusive.")
    def since(self) -> DateTime:
        return DateTime(self.window.since)

    @strawberry.field(description="Until when, exclusive.")
    def until(self) -> DateTime:
        return DateTime(self.window.until)

    @strawberry.field(description="Requests a second, over the whole window.")
    def request_rate(self) -> float:
        return self.measured.requests / times.seconds_between(self.window.since, self.window.until)

    @strawberry.field(
        description="The same by bucket, in order of time; those without requests are left out. At most 10,000 may fit "
        "into the window."
    )
    async def buckets(self, info: Info) -> list[MetricsBucket]:
        check_buckets(self.window, self.bucket)
        telemetry = info.context.platform.telemetry
        found = await _asked(
            partial(telemetry.measures, self.endpoint, self.window, bucket_seconds=SECONDS[self.bucket])
        )
        return [MetricsBucket(measured=one) for one in found]

    @strawberry.field(description="The same by model version, in the order of their ids.")
    async def by_model_version(self, info: Info) -> list[ModelVersionMetrics]:
        telemetry = info.context.platform.telemetry
        found = await _asked(partial(telemetry.measures, self.endpoint, self.window, by_model_version=True))
        return [ModelVersionMetrics(measured=one) for one in sorted(found, key=lambda one: one.model_version or "")]


async def of(info: Info, endpoint: str, since: str | None, until: str | None, bucket: Bucket | None) -> EndpointMetrics:
    """The metrics of one endpoint. Raises BAD_INPUT or LIMIT for a window that cannot be meant."""
    asked = window(since, until)
    found = await _asked(partial(info.context.platform.telemetry.measures, endpoint, asked))
    return EndpointMetrics(measured=found[0], endpoint=endpoint, window=asked, bucket=bucket or Bucket.HOUR)


async def _asked(call: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(call)
