"""Asset.impact in GraphQL: what breaks if an asset is put away or changed, and whether that would be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

import anyio.to_thread
import strawberry

from begat.change import moves
from begat.change.refusals import refusals
from begat.core import times
from begat.core.errors import Problem
from begat.core.kind import Kind
from begat.gql.completeness import Completeness, HitKind, KindCount, completeness
from begat.gql.context import Context, Info, Row
from begat.gql.errors import UserError, user_error
from begat.gql.scalars import BigInt
from begat.lineage import answers
from begat.lineage import impact as lineage
from begat.lineage.answers import Answer
from begat.platforms.ports import Telemetry, Window

DAYS = 7
"""Over how many days requests are averaged."""

KINDS: dict[str, Kind] = {}
"""Every kind by its name, as nodes carry it; filled where the schema lists their types."""


@strawberry.enum(description="What somebody thinks of doing to an asset.")
class ImpactAction(Enum):
    """PURGE is possible only from the trash; UPDATE stands for any edit."""

    ARCHIVE = "ARCHIVE"
    TRASH = "TRASH"
    PURGE = "PURGE"
    UPDATE = "UPDATE"


@strawberry.type(description="How many of the dependents are live in effect: they serve, or watch, right now.")
class LiveImpact:
    """Hidden ones are counted too."""

    endpoints: BigInt = strawberry.field(
        description="Endpoints whose serving version was made from the asset; that an earlier one was does not count."
    )
    models: BigInt = strawberry.field(
        description="Model versions that an alias such as champion names, or that an endpoint serves now."
    )
    monitors: BigInt = strawberry.field(description="Monitors that are not paused, of these endpoints.")


@dataclass(frozen=True)
class Found:
    """What was found for one asset."""

    answer: Answer
    impact: lineage.Impact
    problems: Sequence[Problem]


@strawberry.type(
    description="What depends on an asset, and whether the act would be done: by the rules that the act itself asks."
)
class Impact:
    """See lineage.impact.Impact."""

    found: strawberry.Private[Found]

    @strawberry.field(description="Whether the caller could do it now, without a plan's token.")
    def allowed(self) -> bool:
        return not self.found.problems

    @strawberry.field(description="Why it would not be done; IN_USE of TRASH is overcome by a dry run's token.")
    def blockers(self) -> list[UserError]:
        return [user_error(problem) for problem in self.found.problems]

    @strawberry.field(
        description="How many assets were made from any version of it, however far down; the hits of its downstream "
        "walk. Rows and labels are not among them."
    )
    def dependents(self) -> BigInt:
        return BigInt(self.found.impact.dependents)

    @strawberry.field(description="What of the dependents is live in effect.")
    def live(self) -> LiveImpact:
        impact = self.found.impact
        return LiveImpact(
            endpoints=BigInt(len(impact.endpoints)),
            models=BigInt(len(impact.models)),
            monitors=BigInt(len(impact.monitors)),
        )

    @strawberry.field(description="The dependents by kind.")
    def by_kind(self) -> list[KindCount]:
        return [KindCount(kind=HitKind(kind), count=BigInt(count)) for kind, count in self.found.impact.by_kind]

    @strawberry.field(
        description="How often a day the live endpoints that the caller may see were asked, the mean of the last 7 "
        "days; the asset itself counts where it is one. Null without such endpoints, or where nobody asked."
    )
    async def requests_per_day(self, info: Info) -> float | None:
        return await info.context.batch(_requests, self.found.impact.asked)

    @strawberry.field(description="Whether dependents holds all there is, and what of it the caller may not see.")
    def completeness(self) -> Completeness:
        return completeness(self.found.answer.completeness)


async def impact(info: Info, row: Row, action: ImpactAction) -> Impact:
    """What the act on the asset of this row would mean, with all others of its level in a few statements."""
    key = (row["n.id"], row["n.kind"], row["n.project"], row["n.retention"])
    return Impact(found=await info.context.batch(_load, key, action))


async def requests_per_day(telemetry: Telemetry, endpoints: Iterable[str], now: str) -> dict[str, float]:
    """How often a day each of the endpoints was asked, the mean of the last 7 days; those that nobody asked are
    missing."""
    wanted = sorted(set(endpoints))
    if not wanted:
        return {}
    window = Window(times.later(-DAYS * times.DAY, now), times.later(1, now))
    counted: Mapping[str, int] = await anyio.to_thread.run_sync(partial(telemetry.requests, wanted, window))
    return {endpoint: count / DAYS for endpoint, count in counted.items() if count}


async def _load(
    context: Context, keys: Sequence[tuple[str, str, str | None, str | None]], action: ImpactAction
) -> list[Found]:
    starts = {id: kind for id, kind, _, _ in keys}
    graph, viewer = context.graph, context.viewer
    walks = await answers.walks(graph, viewer, context.secret, starts, lineage.DEPENDENTS, times.now())
    known = await lineage.facts(graph, walks.values())
    users = await moves.users(graph.read, KINDS, starts, action.value.lower())
    found = []
    for id, kind, project, retention in keys:
        guard, fact = users.get(id, (None, None))
        node = {"id": id, "project": project, "retention": retention}
        used = guard.judge(fact, viewer.sees) if guard else ()
        problems = refusals(KINDS[kind], action.value.lower(), viewer, node, used)
        found.append(Found(walks[id], lineage.impact(walks[id].walk, known), problems))
    return found


async def _requests(context: Context, keys: Sequence[tuple[str, ...]]) -> list[float | None]:
    """Requests a day of each group of endpoints, counted for all groups of a level at once."""
    every = {endpoint for key in keys for endpoint in key}
    counted = await requests_per_day(context.platform.telemetry, every, times.now())
    return [sum(counted.get(endpoint, 0.0) for endpoint in key) or None for key in keys]
