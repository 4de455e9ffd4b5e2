"""What is done to tasks: raised, described, ranked by hand, assigned, reopened. `closing` closes them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from begat.access.scope import background, predicate, require
from begat.access.tokens import GROUP
from begat.change import assets
from begat.change.idempotency import once
from begat.change.many import Act
from begat.change.moves import status_move
from begat.change.principals import holding, refuse_strangers, stranger
from begat.change.write import Change, Properties, write
from begat.core.errors import Code, Problem, Problems, bad_input
from begat.core.roles import Role
from begat.core.text import check_name, check_reason
from begat.gql.columns import from_json
from begat.gql.common import check_new
from begat.gql.context import Context
from begat.kinds.improvement_task import measuring, rules
from begat.kinds.improvement_task.kind import IMPROVEMENT_TASK

log = logging.getLogger("begat.improvement")

FEEDBACK = f"MATCH (s:Feedback) WHERE s.id IN $ids AND {predicate('s')} RETURN collect([s.id, s.project, s.endpoint])"
MONITOR = f"MATCH (s:Monitor) WHERE s.id IN $ids AND {predicate('s')} RETURN collect([s.id, s.project, s.endpoint])"


@dataclass(frozen=True)
class NewTask:
    """What a create names. ``raised_from`` are ids of feedback and monitors."""

    name: str
    raised_from: Sequence[str]
    priority: str
    assignee: str | None = None
    description: str | None = None
    tags: Sequence[str] = ()
    project: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Source:
    """What a task is raised from. ``label`` is that of its node."""

    id: str
    label: str
    project: str
    endpoint: str


@dataclass(frozen=True)
class Origin:
    """Where a task comes from: its sources, its endpoints, and what a suggestion found."""

    project: str
    endpoints: Sequence[str]
    sources: Sequence[Source] = ()
    suggestion: Mapping[str, Any] = field(default_factory=dict)


async def create(context: Context, new: NewTask) -> str:
    """An OPEN task with its `RAISED_FROM` edges; its id.

    It is in the project of what it is raised from, whatever is said, so that who sees it sees what it rests on. Raises
    NOT_FOUND for each source that is unknown or hidden, BAD_INPUT for sources of several projects.
    """
    new = checked(new)
    named = rules.check_sources(new.raised_from)

    async def work(change: Change) -> str:
        async def act() -> str:
            return await make(change, new, await _origin(change, new, named))

        return str(await once(change, new.key, "improvementTaskCreate", asdict(new), act))

    id = await write(context.graph, context.viewer, work)
    await refresh(context, [id])
    return id


def checked(new: NewTask) -> NewTask:
    """The input with its texts checked."""
    return replace(new, **check_new(new))


async def make(change: Change, new: NewTask, origin: Origin) -> str:
    """The task of an open change; its id."""
    require(change.viewer, origin.project, IMPROVEMENT_TASK.create_role, "input")
    assignee = check_assignee(new.assignee, "input", "assignee")
    if assignee is not None:
        await refuse_strangers(change, assignee, origin.project, "input", "assignee")
    sorts = {source.label for source in origin.sources}
    properties = {
        "name": new.name,
        "description": new.description,
        "tags": list(new.tags),
        "priority": new.priority,
        "assignee": assignee,
        "endpoints": list(origin.endpoints),
        "sources": sorted([*(label.upper() for label in sorts), *(["SUGGESTION"] if origin.suggestion else [])]),
        **origin.suggestion,
    }
    links = [("RAISED_FROM", source.id, source.label) for source in origin.sources]
    return str((await assets.create(change, IMPROVEMENT_TASK, origin.project, properties, links=links))["id"])


async def refresh(context: Context, ids: Sequence[str]) -> None:
    """Measures the impact at once; where the log is away, the loop does it later."""
    try:
        impacts = await measuring.of_tasks(context.graph, context.platform.telemetry, ids)
    except Problem as problem:
        log.warning("the impact of a task is measured later: %s", problem.message)
        return
    await write(context.graph, background(), lambda change: measuring.keep(change, impacts))


async def update(context: Context, id: str, named: Mapping[str, Any], reason: str | None, expected: int | None) -> str:
    """Changes what ``named`` names, by the names of the properties. An override of the impact needs a reason and is the
    order at once; null takes it away."""
    rules.check_override(named, reason)
    reason = check_reason(reason, "input", "reason")
    changes = dict(named)
    if "assignee" in changes:
        changes["assignee"] = check_assignee(changes["assignee"], "input", "assignee")

    async def work(change: Change) -> str:
        node = await change.lock_one(id, "id", label="ImprovementTask")
        require(change.viewer, node["project"], Role.EDITOR, id=id)
        assets.expect(node, expected)
        assets.refuse_retired(node)
        assignee = changes.get("assignee")
        if assignee is not None and assignee != node.get("assignee"):
            await refuse_strangers(change, assignee, node["project"], "input", "assignee")
        also = _overridden(node, changes["impactOverride"], reason) if "impactOverride" in changes else {}
        edited = await assets.edit(change, IMPROVEMENT_TASK, node, {**changes, **also}, "update", reason=reason)
        return str(edited["id"])

    return await write(context.graph, context.viewer, work)


def assign(assignee: str | None, reason: str | None) -> Act:
    """Gives tasks to somebody who sees the project, or with None to nobody."""
    assignee = check_assignee(assignee, "assignee")
    reason = check_reason(reason)

    async def prepare(change: Change, nodes: list[Properties]) -> set[str]:
        projects = sorted({node["project"] for node in nodes})
        if assignee is None:
            return set(projects)
        return await holding(change, assignee, projects, Role.VIEWER)

    async def apply(change: Change, node: Properties, able: set[str]) -> Properties:
        if node["kind"] != IMPROVEMENT_TASK.name:
            raise Problem(Code.BAD_INPUT, "This is no improvement task.", id=node["id"])
        assets.refuse_retired(node)
        if node["project"] not in able:
            raise stranger(str(assignee), "assignee")
        return await assets.edit(change, IMPROVEMENT_TASK, node, {"assignee": assignee}, "assign", reason=reason)

    return Act(
        "assign",
        Role.EDITOR,
        apply,
        prepare=prepare,
        job=f"{IMPROVEMENT_TASK.name}.assign",
        arguments={"assignee": assignee, "reason": reason},
    )


def reopen(reason: str | None) -> Act:
    """Takes the end back, with what it rested on; the history keeps that."""

    async def also(change: Change, node: Properties) -> Properties:
        return await unclosed(change, node)

    return status_move(IMPROVEMENT_TASK, "reopen", reason, also=also)


async def unclosed(change: Change, node: Properties) -> Properties:
    """The properties of a task that is open again; its edge to what resolved it goes."""
    if "resolvedBy" in node:
        await change.read(
            "MATCH (t:ImprovementTask {id: $id})-[e:RESOLVED_BY]->(a) DELETE e RETURN count(a)", id=node["id"]
        )
    return dict.fromkeys(rules.CLOSING)


def check_assignee(name: str | None, *path: str) -> str | None:
    """The name of a person, or None for nobody."""
    if name is None:
        return None
    name = check_name(name, *path)
    if name.startswith(GROUP):
        raise bad_input("Tasks are assigned to a person, not to a group.", *path)
    return name


async def _origin(change: Change, new: NewTask, named: Sequence[str]) -> Origin:
    """The sources as they are in the graph; none of them is locked, as none of what is read of them ever changes."""
    found: dict[str, Source] = {}
    for label, statement in (("Feedback", FEEDBACK), ("Monitor", MONITOR)):
        ids = [id for id in named if rules.SOURCES[id.partition("_")[0]] == label]
        if ids:
            rows = await change.read(statement, ids=ids, **change.viewer.scope)
            found |= {id: Source(id, label, project, endpoint) for id, project, endpoint in rows or ()}
    missing = [rules.unknown_source(id, place) for place, id in enumerate(new.raised_from) if id not in found]
    if missing:
        raise Problems(missing)
    projects = sorted({source.project for source in found.values()})
    if len(projects) > 1:
        hint = "Make a task in each project."
        raise bad_input("These are of several projects.", "input", "raisedFrom", hint=hint)
    if new.project not in (None, projects[0]):
        hint = "Leave projectId out."
        raise bad_input("A task is in the project of what it is raised from.", "input", "projectId", hint=hint)
    endpoints = sorted({source.endpoint for source in found.values()})
    return Origin(projects[0], endpoints, [found[id] for id in named])


def _overridden(node: Properties, override: float | None, reason: str | None) -> Properties:
    parts = from_json(node["impactParts"]) if "impactParts" in node else {}
    return {
        "impact": parts.get("score") if override is None else override,
        "impactOverrideReason": None if override is None else reason,
    }
