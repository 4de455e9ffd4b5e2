"""Walks across endpoints as a whole: a monitor watches an endpoint, and what that is made of is its versions.

In a walk an endpoint as a whole stands for its current version, or with ALL for all of them, in both directions; to
pass from it to them is no hop. Down with ALL each version is watched, so that the statement of the walk itself goes on
there. Otherwise it is a step of its own, asked only of walks that met an endpoint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from begat.lineage.question import Direction, Question, Versions
from begat.lineage.reached import Link, Node, Reached
from begat.lineage.starts import ITSELF, SERVING, VERSIONS

WATCHES = "WATCHES"

Reach = Callable[[str, Sequence[str], Question], Awaitable[dict[str, Reached]]]
"""``reach(start, ids, question)``: walks from any node, seen or not, by the name of its start's statement."""


def crosses(question: Question) -> bool:
    """Whether the statement of the walk itself goes on behind endpoints: down from all versions, each is watched."""
    down = question.direction is Direction.DOWN and question.versions is Versions.ALL
    return down and question.depth != 0 and WATCHES in question.followed


def watching(found: Reached) -> Reached:
    """Such a walk, in which a relation to an endpoint as a whole is one to each version that was reached."""
    watched = [link for link in found.links if link[1] == WATCHES]
    stands = _all_of((target for _, _, target in watched), found.nodes.values()) if watched else {}
    # What leads out of the walk is of no use any more; it is often the larger part.
    links = [link for link in found.links if link[1] != WATCHES and link[2] in found.nodes]
    return replace(found, links=(*links, *_to_versions(watched, stands)))


async def behind(found: Mapping[str, Reached], question: Question, reach: Reach) -> dict[str, Reached]:
    """What lies behind the endpoints that the walks met, by endpoint; nothing, where no walk goes on behind any."""
    if crosses(question):
        return {}
    wanted = sorted({endpoint for one in found.values() if not one.cut for endpoint in _met(one, question)})
    if not wanted:
        return {}
    if question.direction is Direction.UP:
        # An endpoint is met one hop from where the walk began, or further.
        depth = None if question.depth is None else question.depth - 1
        return await reach(_start(question), wanted, replace(question, depth=depth))
    watchers = await reach(ITSELF, wanted, question)
    return watchers if any(len(one.nodes) > 1 for one in watchers.values()) else {}


async def across(
    found: Mapping[str, Reached], beyond: Mapping[str, Reached], question: Question, reach: Reach
) -> dict[str, Reached]:
    """What each walk reaches, with what lies ``beyond`` the endpoints that it met; their relations must be known."""
    if question.direction is Direction.UP:
        stands = {id: one.starts - {id} for id, one in beyond.items()}
    else:
        nodes = (node for one in found.values() for node in one.nodes.values())
        stands = await standing(sorted(beyond), nodes, question, reach)
    return {
        id: replace(
            joined([one, *(beyond[name] for name in sorted(met) if name in beyond)], one.starts, stands),
            assets=one.assets,
            start=one.start,
        )
        if not one.cut and (met := _met(one, question))
        else one
        for id, one in found.items()
    }


def _met(one: Reached, question: Question) -> set[str]:
    met = endpoints_of(one.nodes.values(), question)
    # One that a walk up starts at is there with the versions that it stands for.
    return met - one.starts if question.direction is Direction.UP else met


async def standing(
    endpoints: Sequence[str], nodes: Iterable[Node], question: Question, reach: Reach
) -> dict[str, frozenset[str]]:
    """The versions that each endpoint stands for, as far as a walk that reached these nodes is concerned."""
    if question.direction is Direction.DOWN and question.versions is Versions.ALL:
        return _all_of(endpoints, nodes)
    found = await reach(_start(question), endpoints, replace(question, depth=0)) if endpoints else {}
    return {id: one.starts - {id} for id, one in found.items()}


def _all_of(endpoints: Iterable[str], nodes: Iterable[Node]) -> dict[str, frozenset[str]]:
    met: dict[str, set[str]] = {id: set() for id in endpoints}
    for node in nodes:
        if node.kind == "ENDPOINT_VERSION" and node.asset in met:
            met[node.asset].add(node.id)
    return {id: frozenset(versions) for id, versions in met.items()}


async def standing_among(front: Sequence[Node], question: Question, reach: Reach) -> list[str]:
    """The endpoints that stand for any of these nodes: a walk down goes on from them too."""
    stands = await standing(sorted(endpoints_of(front, question)), front, question, reach)
    ids = {node.id for node in front}
    return [endpoint for endpoint, versions in stands.items() if versions & ids]


async def opened(level: Reached, question: Question, reach: Reach) -> Reached:
    """One level of a walk up, with the versions in the place of the endpoints that stand for them."""
    nodes, links = dict(level.nodes), level.links
    if wanted := sorted(endpoints_of(nodes.values(), question)):
        for id, one in (await reach(_start(question), wanted, replace(question, depth=0))).items():
            nodes |= one.nodes
            links += one.links
            if one.starts - {id}:
                del nodes[id]
    return replace(level, nodes=nodes, links=links)


def _start(question: Question) -> str:
    return VERSIONS if question.versions is Versions.ALL else SERVING


def endpoints_of(nodes: Iterable[Node], question: Question) -> set[str]:
    """The endpoints as a whole that a walk which reached these nodes goes on from."""
    if WATCHES not in question.followed:
        return set()
    kind = "ENDPOINT" if question.direction is Direction.UP else "ENDPOINT_VERSION"
    return {node.asset for node in nodes if node.kind == kind}


def joined(parts: Sequence[Reached], starts: frozenset[str], stands: Mapping[str, frozenset[str]]) -> Reached:
    """The parts as one walk, in which a relation to an endpoint as a whole is one to each version that it stands for;
    an endpoint that had none yet is shown itself."""
    nodes = {id: node for part in parts for id, node in part.nodes.items()}
    links = dict.fromkeys(_to_versions((link for part in parts for link in part.links), stands))
    return Reached(starts, nodes, tuple(links), next((part.cut for part in parts if part.cut), None))


def _to_versions(links: Iterable[Link], stands: Mapping[str, frozenset[str]]) -> Iterable[Link]:
    for source, relation, target in links:
        whole = stands.get(target) if relation == WATCHES else None
        for one in whole or (target,):
            yield source, relation, one
