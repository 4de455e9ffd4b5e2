"""The queue of a reviewer: the next undecided pairs, each handed to one reviewer at a time."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from begat.access.scope import SCOPE, Viewer, require
from begat.change.assets import refuse_retired
from begat.change.many import Act
from begat.change.write import Change, Properties, write
from begat.core import ids, times
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.lifecycle import States, states
from begat.core.roles import Role
from begat.core.text import check_reason
from begat.graph.driver import Graph
from begat.graph.statement import load
from begat.kinds.qa_pair.kind import key
from begat.review.rows import FREED, sheets_of
from begat.review.rules import IN_REVIEW, LEASE_SECONDS, check_sheet, leased_by

QUEUES: dict[str, States] = {"PENDING": states("PENDING", "DISPUTED"), "EXPERT": states("FLAGGED")}
"""What each queue serves, by status."""

MOST = 1_000
"""Pairs that one request may hand out."""

WINDOW = 16
"""After a lost race, the next pairs are looked for somewhere in so many times as many as are asked for: reviewers who
began at the same pair spread out."""

RACE_SECONDS = 20.0
FOREVER = "9999-12-31T23:59:59.999Z"


@dataclass(frozen=True)
class Served:
    """The pairs that the caller holds now, in the order to be reviewed, and how many wait for him, these included."""

    pairs: list[str]
    remaining: int


class _Raced(Exception):  # noqa: N818 - an event: others took the pairs meanwhile
    def __init__(self, remaining: int) -> None:
        self.remaining = remaining


async def take(graph: Graph, viewer: Viewer, sheet: str, first: int, queue: str) -> Served:
    """Leases the next ``first`` pairs of the queue for fifteen minutes: those that the caller holds already, then
    others by position. Pairs that others hold, that are assigned to others only, or that the caller has skipped are not
    served. Raises NOT_FOUND, FORBIDDEN, ILLEGAL_MOVE, and BAD_INPUT or LIMIT for ``first``; never for a lost race.
    """
    if first < 0:
        raise bad_input("A page has at least 0 items.", "first")
    if first > MOST:
        raise Problem(Code.LIMIT, f"At most {MOST} pairs are handed out at once.", path=("first",))
    await _check(graph, viewer, sheet)
    deadline = time.monotonic() + RACE_SECONDS
    tries = 0

    async def work(change: Change) -> Served:
        nonlocal tries
        tries += 1
        held, free = await _waiting(change, sheet, QUEUES[queue])
        remaining = len(held) + len(free)
        held = sorted(held)[:first]
        need = min(first - len(held), len(free))
        # Alone, a reviewer goes on by position; who lost a race looks elsewhere.
        free = heapq.nsmallest(need if tries == 1 else need * WINDOW, free)
        start = SystemRandom().randint(0, len(free) - need)
        chosen = await _ids(change, sheet, [*held, *free[start : start + need]])
        nodes = await change.lock(chosen, "QaPair")
        kept = [pair for pair in chosen if pair in nodes and _open(nodes[pair], change, QUEUES[queue])]
        if chosen and not kept:
            raise _Raced(remaining)
        check = await sheets_of(change, nodes.values()) if nodes else {}
        for pair in kept:
            node = nodes[pair]
            check_sheet(node, check, IN_REVIEW, "review")
            mine = leased_by(node, change.at) == viewer.name
            lease = {
                "leasedBy": viewer.name,
                "leasedAt": node["leasedAt"] if mine else change.at,
                "leasedUntil": times.later(LEASE_SECONDS, change.at),
            }
            change.set(pair, lease)
        return Served(kept, remaining)

    while True:
        try:
            return await write(graph, viewer, work)
        except _Raced as raced:
            if time.monotonic() > deadline:
                return Served([], raced.remaining)


def skip(reason: str | None, until: str | None) -> Act:
    """Takes pairs out of the caller's own queue until then, for good where unsaid, or back in with a time that is
    past. It is his own affair: the pair and the others' queues stay as they are, and a lease of his ends."""
    reason = check_reason(reason)

    async def prepare(change: Change, nodes: list[Properties]) -> None:
        rows = [
            {
                "key": f"{node['id']}|{change.viewer.name}|SKIP",
                "pair": node["id"],
                "trainingSheet": node["trainingSheet"],
                "project": node["project"],
                "reviewer": change.viewer.name,
                "sort": "SKIP",
                "until": until or FOREVER,
                "reason": reason,
                "at": change.at,
            }
            for node in nodes
            if (change.viewer.role(node["project"]) or Role.VIEWER) >= Role.REVIEWER  # others are refused one by one
        ]
        # The pairs are locked, so nobody else writes these.
        await change.read(
            "UNWIND $rows AS row MERGE (a:Assignment {key: row.key}) SET a += row RETURN count(a)", rows=rows
        )

    async def apply(change: Change, node: Properties, prepared: Any) -> Properties:
        if node.get("leasedBy") == change.viewer.name:
            change.set(node["id"], FREED)
        return node

    return Act("skip", Role.REVIEWER, apply, prepare=prepare, label="QaPair")


async def _check(graph: Graph, viewer: Viewer, sheet: str) -> None:
    found = await graph.read(
        f"MATCH (n:TrainingSheet {{id: $id}}) WHERE {SCOPE} RETURN properties(n)",
        id=ids.check(sheet, "trainingSheetId"),
        **viewer.scope,
    )
    if found is None:
        raise not_found(sheet, "trainingSheetId")
    require(viewer, found["project"], Role.REVIEWER, "trainingSheetId", id=sheet)
    refuse_retired(found)
    check_sheet({"id": sheet, "trainingSheet": sheet}, {sheet: (found["status"], "LIVE")}, IN_REVIEW, "review")


async def _waiting(change: Change, sheet: str, served: States) -> tuple[list[int], list[int]]:
    """The positions of the pairs that the caller holds, and of the others that he may take, in no order.

    All that wait are counted anyway, so their positions come along: sorting in the database cost three times as much.
    """
    skipped = await change.read(
        load("begat.review", "skipped"), sheet=sheet, reviewer=change.viewer.name, now=change.at
    )
    found: list[int] = await change.read(
        load("begat.review", "waiting"),
        sheet=sheet,
        statuses=sorted(served),
        me=change.viewer.name,
        now=change.at,
        skipped=skipped,
    )
    # The caller's own are told apart by their sign.
    return [-position for position in found if position < 0], [position for position in found if position > 0]


async def _ids(change: Change, sheet: str, positions: list[int]) -> list[str]:
    """The ids of the pairs at these positions, in this order."""
    if not positions:
        return []
    keys = [key(sheet, position) for position in positions]
    found = await change.read("UNWIND $keys AS key MATCH (n:Row {key: key}) RETURN collect([key, n.id])", keys=keys)
    named = dict(found)
    return [named[one] for one in keys if one in named]


def _open(node: Properties, change: Change, served: States) -> bool:
    """Whether the pair, as read under the lock, is still there to be taken."""
    holder = leased_by(node, change.at)
    assignees = node.get("assignees") or [change.viewer.name]
    return node["status"] in served and holder in (None, change.viewer.name) and change.viewer.name in assignees
