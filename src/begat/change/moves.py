"""Every move of every kind ends here: status moves, retention moves and tags are acts on many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from begat.access.scope import Viewer, require
from begat.change import refusals
from begat.change.assets import edit, refuse_retired
from begat.change.many import Act
from begat.change.write import Change, Properties, write
from begat.core import retention
from begat.core.errors import Code, Problem, bad_input
from begat.core.ids import immutable
from begat.core.kind import Kind
from begat.core.lifecycle import Guard, illegal
from begat.core.plan import Planned, digest
from begat.core.roles import Role
from begat.core.text import check_reason, check_tags
from begat.graph.driver import Graph

Kinds = Mapping[str, Kind]
"""Kinds by their name, as nodes carry it."""

Impact = tuple[Any, list[Problem]]
"""What depends on an asset, and the reasons against letting it go."""


Read = Callable[..., Awaitable[Any]]
"""``read(statement, **parameters)``: inside a change or without one."""

Also = Callable[[Change, Properties], Awaitable[Properties]]
"""What a move does beside the status, inside its change: the properties to set, a ``status`` among them where the
target depends on what it finds."""


def status_move(
    kind: Kind, name: str, reason: str | None = None, *, also: Also | None = None, **properties: Any
) -> Act:
    """The act of a lifecycle's move; ``properties`` are set beside the status, and what ``also`` returns."""
    move = kind.lifecycle.move(name)
    if move.reason_required and not (reason or "").strip():
        raise bad_input(f"{name} needs a reason.", "reason", hint="Say why; it is kept in the history.")
    reason = check_reason(reason)

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node["kind"] != kind.name:
            raise Problem(Code.BAD_INPUT, f"This is no {kind.noun}.", id=node["id"])
        if node["status"] not in move.sources:
            raise illegal(name, node["status"], move.sources, node["id"])
        if not (move.archived and node["retention"] == "ARCHIVED"):
            refuse_retired(node)
        changes = {**properties, **(await also(change, node) if also else {})}
        if move.freezes:
            change.set(immutable(node["id"], "v", node["version"]), {"publishedAt": change.at})
            # Later edits make versions that are not published yet: new work takes this one until then.
            changes["publishedVersion"] = node["version"]
        target = changes.pop("status", move.target)
        return await edit(change, kind, node, changes, name, reason=reason, status=target)

    # What is set beside the status is the caller's own affair and may be no JSON: such a move is never a bulk job.
    job = None if properties or also else f"{kind.name}.{name}"
    return Act(
        name,
        move.role,
        apply,
        guard=move.guard,
        job=job,
        arguments={"reason": reason},
        kind=kind.name,
        sources=move.sources,
    )


def retention_move(kinds: Kinds, name: str, reason: str | None = None, *, planned: Planned | None = None) -> Act:
    """archive, trash or restore, for every kind. ``planned`` is what a dry run showed and the caller confirmed: trash
    of something in use is IN_USE without it, and when anything changed since; archive of what serves always is."""
    reason, confirmed = check_reason(reason), planned or {}

    async def apply(change: Change, node: Properties, impacts: dict[str, Impact]) -> Properties:
        kind = kinds[node["kind"]]
        if not kind.retained:
            raise refusals.unretained(kind, node["id"])
        require(change.viewer, node["project"], refusals.role(kind, name), id=node["id"])
        after, before = retention.after(name, node["retention"], node.get("retentionBefore"), node["id"])
        users, reasons = impacts.get(node["id"], (None, []))
        shown = confirmed.get(node["id"])
        if shown and shown != (node["revision"], digest(users)):
            raise Problem(
                Code.CONFLICT,
                "It changed, or something new depends on it, since the plan was made.",
                id=node["id"],
                hint="Ask with dryRun: true again.",
            )
        if reasons and not shown:
            raise reasons[0]
        changes = {"retention": after, "retentionBefore": before}
        return await edit(change, kind, node, changes, name, reason=reason, status=_along(kind, name, node["status"]))

    async def impacts(change: Change, nodes: list[Properties]) -> dict[str, Impact]:
        return await in_use(change, kinds, nodes, name)

    return Act(
        name,
        retention.ROLES[name],
        apply,
        prepare=impacts,
        status="retention",
        job=f"ASSET.{name}",
        arguments={"reason": reason, "planned": {id: list(plan) for id, plan in confirmed.items()}},
    )


async def in_use(change: Change, kinds: Kinds, nodes: Sequence[Properties], act: str) -> dict[str, Impact]:
    """What depends on each, live in effect, and why it may therefore not be archived, or go to the trash without a
    confirmed plan. One statement for all kinds."""
    found = await users(change.read, kinds, {node["id"]: node["kind"] for node in nodes}, act)
    return {
        id: (fact, refusals.in_use(act, id, guard.judge(fact, change.viewer.sees)))
        for id, (guard, fact) in found.items()
    }


async def users(read: Read, kinds: Kinds, wanted: Mapping[str, str], act: str) -> dict[str, tuple[Guard, Any]]:
    """The guard and the fact about what uses each asset (ids to kinds), live in effect, so that the act meets it; one
    statement for all, none where the act meets nothing."""
    guarded = {name: guard for name, kind in kinds.items() if (guard := kind.guard(act)) is not None}
    asked = [id for id, kind in wanted.items() if kind in guarded]
    if not asked:
        return {}
    cases = " ".join(f"WHEN '{name}' THEN {guard.fact}" for name, guard in guarded.items())
    facts = await read(
        f"MATCH (n:Asset) WHERE n.id IN $ids RETURN collect([n.id, n.kind, CASE n.kind {cases} END])", ids=asked
    )
    return {id: (guarded[kind], fact) for id, kind, fact in facts}


async def shown(graph: Graph, viewer: Viewer, kinds: Kinds, chosen: Sequence[str]) -> Planned:
    """Revision and impact of each asset now, for a plan's token."""

    async def work(change: Change) -> Planned:
        nodes = await change.lock(chosen)
        impacts = await in_use(change, kinds, list(nodes.values()), "trash")
        return {id: (node["revision"], digest(impacts.get(id, (None, []))[0])) for id, node in nodes.items()}

    return await write(graph, viewer, work)


def tag(kinds: Kinds, add: Sequence[str], remove: Sequence[str]) -> Act:
    """Adds and removes tags; an asset that has them so already is left as it is."""
    added, removed = check_tags(list(add), "add"), set(check_tags(list(remove), "remove"))

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        refuse_retired(node)
        tags = check_tags(sorted((set(node.get("tags") or []) | set(added)) - removed), "add")
        return await edit(change, kinds[node["kind"]], node, {"tags": list(tags)}, "tag")

    return Act("tag", Role.EDITOR, apply, job="ASSET.tag", arguments={"add": list(added), "remove": sorted(removed)})


def _along(kind: Kind, name: str, status: str) -> str | None:
    """The status that the retention move brings about, where it brings a move along that is possible now."""
    if name not in kind.retention_moves:
        return None
    move = kind.lifecycle.move(kind.retention_moves[name])
    return move.target if status in move.sources else None
