"""What a walk reads of its nodes: columns, only those that the question needs, and the relations between the nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import Any

from begat.access.scope import Viewer
from begat.core.ids import ROW_PREFIXES, asset_of, assets_of, kind_of, prefix_of
from begat.graph.statement import fill
from begat.lineage.across import WATCHES
from begat.lineage.hops import hops
from begat.lineage.moments import BORN, KNOWN, moment, relation, types
from begat.lineage.question import NAMES, WIDE, Direction, Level, Question, of_row
from begat.lineage.reached import Node, Reached, Whole

_HERE = "begat.lineage"
_NAMED = " ".join(f"WHEN '{stored}' THEN '{name}'" for stored, name in NAMES.items())
_KIND = f"CASE n.kind {_NAMED} ELSE n.kind END"
_ASSET = "coalesce(n.asset, CASE n.kind WHEN 'QA_PAIR' THEN n.trainingSheet WHEN 'FEEDBACK' THEN n.endpoint END, n.id)"
_NAMES = ("ids", "kinds", "assetIds", "projects", "births", "numbers")
_NEVER = "[]"
_UNTOLD = ", ".join([_NEVER] * len(_NAMES))
"""Columns of nodes that are not asked for."""
UNLINKED = "[]"
"""Relations that are not asked for."""

Joined = Sequence[tuple[str, Sequence[str], Sequence[str]]]
"""Relations: of each sort its name, the ids of what was made, and of what each of these was made from."""


@dataclass(frozen=True)
class Columns:
    """Which columns of a reached.Node are read beside the ids: each costs as much as a tenth of the walk."""

    kind: bool = True
    """And the asset."""
    project: bool = True
    version: bool = True


def columns_of(question: Question, viewer: Viewer, starts: Iterable[str]) -> Columns:
    """Only of rows an id does not say which kind it is of and whose; an asset needs no number and time of its node, and
    who sees everything no project."""
    kind = question.rows or question.direction is Direction.UP or any(map(of_row, starts))
    version = question.level is Level.VERSION
    return Columns(kind, project=version or not viewer.admin, version=version)


@dataclass(frozen=True)
class Told:
    """Parts of a statement that tell of the nodes that were ``found``, and the columns that they bring."""

    parts: list[str]
    columns: str


def told(
    question: Question, columns: Columns, *, edges: bool, then: bool, nodes: bool = True, inside: bool = False
) -> Told:
    """The nodes, and their relations, from the end that has fewer which lead out of what was found: from what was made,
    but of WIDE relations, and where all users are ``inside`` of it, from what it was made from. Those that others
    assert only later than ``$at`` are left out: a node that only they lead to is reached, but joined to nothing, and so
    is in no answer."""
    known, shown = told_of_nodes(columns)
    parts = [fill(_HERE, "nodes", projection=known)] if nodes else []
    linked = []
    wide = [type for type in question.followed if type in WIDE]
    # A monitor watches an endpoint as a whole, which need not be found itself.
    users = [type for type in question.followed if inside and type not in (*wide, WATCHES)]
    made = [type for type in question.followed if type not in (*wide, *users)]
    for name, chosen, conditions in (("made", made, [KNOWN]), ("used", wide, []), ("inside", users, [BORN, KNOWN])):
        if edges and chosen:
            edges_then, holds = types(chosen, then=then), moment(*conditions, then=then)
            parts.append(fill(_HERE, name, projection=relation(then=then), edges=edges_then, moment=holds))
            linked.append(name)
    return Told(parts, f"{shown if nodes else _UNTOLD}, {' + '.join(linked) or UNLINKED}")


def told_of_nodes(columns: Columns) -> tuple[str, str]:
    """What is collected of nodes ``n``, each column under a name, and the first columns of `Told`, made of these."""
    node = {"ids": "n.id"}
    if columns.kind:
        node |= {"kinds": _KIND, "assetIds": _ASSET}
    if columns.project:
        node["projects"] = "coalesce(n.project, '')"
    if columns.version:
        node |= {"births": "n.createdAt", "numbers": "coalesce(n.number, 0)"}
    known = ", ".join(f"collect({value}) AS {name}" for name, value in node.items())
    return known, ", ".join(name if name in node else _NEVER for name in _NAMES)


def told_whole(columns: Columns) -> Told:
    """The assets of the levels of a walk that shows nothing else: their ids alone say what they are."""
    levels = "[level IN levels | [n IN level | coalesce(n.asset, n.id)]]"
    if not columns.project:
        return Told([], f"{levels}, [], []")
    known = f"collect({_ASSET}) AS assetIds, collect(coalesce(n.project, '')) AS projects"
    return Told([fill(_HERE, "nodes", projection=known)], f"{levels}, assetIds, projects")


def size(values: Sequence[Any]) -> int:
    """How many nodes, or relations if these are more, the columns of `told` tell of."""
    ids, *_, links = values
    return max(len(ids), sum(len(makers) for _, makers, _ in links))


def read(values: Sequence[Any], starts: Iterable[str], limit: int) -> Reached:
    """What the columns of `told` say."""
    joined: Joined
    ids, kinds, assets, projects, births, numbers, joined = values
    if not kinds:
        kinds, assets = list(map(kind_of, ids)), list(map(asset_of, ids))
    known = (
        ids,
        kinds,
        assets,
        [project or None for project in projects] or repeat(None),
        births or repeat(""),
        [number or None for number in numbers] or repeat(None),
    )
    made = partial(tuple.__new__, Node)  # as Node._make, which is written in Python
    nodes: dict[str, Node] = dict(zip(ids, map(made, zip(*known, strict=False)), strict=True))
    links = chain.from_iterable(zip(makers, repeat(how), sources, strict=False) for how, makers, sources in joined)
    # One that was found twice counts twice, as in the statement, which leaves out the relations of more.
    return Reached(frozenset(starts), nodes, tuple(links), cut="LIMIT" if len(ids) > limit else None)


def read_whole(
    values: Sequence[Any], further: Sequence[Sequence[str]], depth: int, limit: int, *, rows: bool
) -> Reached:
    """What these columns say: assets in the place of their immutable nodes, with the fewest hops to each. It is cut
    where these may be too many, and where there are rows among them, as there may be, whose ids do not say whose they
    are."""
    levels, assets, projects = values
    starts, depths = frozenset(levels[0]), fewest(levels, further, depth)
    unclear = rows and any(prefix_of(id) in ROW_PREFIXES for id in depths.keys() - starts)
    many = sum(map(len, levels)) + len(further) > limit
    nodes = _whole(depths, assets, projects)
    return Reached(starts, nodes, cut="LIMIT" if many or unclear else None, depths=depths)


def read_joined(values: Sequence[Any], starts: Iterable[str], depth: int | None, limit: int) -> Reached:
    """What the columns of `read` say of a walk down that shows nothing but assets: these in the place of their
    immutable nodes, with the fewest hops to each and, once, each relation between two of them."""
    joined: Joined
    told_of, _, _, projects, _, _, joined = values
    ids = told_of or [*starts, *chain.from_iterable(makers for _, makers, _ in joined)]
    assets = assets_of(dict.fromkeys(ids))
    watched = {source for how, _, sources in joined if how == WATCHES for source in sources}
    inside = assets.keys() | watched  # more than half of what is read leads out of the walk
    kept = {
        how: [link for link in zip(makers, sources, strict=True) if link[1] in inside]
        for how, makers, sources in joined
    }
    users: dict[str, list[str]] = defaultdict(list)
    for maker, source in chain.from_iterable(kept.values()):
        users[source].append(maker)
    if watched:  # endpoints as a whole, and so each of their versions
        for id, asset in assets.items():
            if asset in watched and asset != id:
                users[id] += users[asset]
    found = hops(starts, users, assets, depth)
    # Of an asset's nodes the last one here is the nearest.
    depths = dict(zip(map(assets.__getitem__, reversed(found)), reversed(found.values()), strict=True))
    shown = {id: assets[id] for id in found} | {endpoint: endpoint for endpoint in watched if endpoint in depths}
    return Reached(
        frozenset(map(asset_of, starts)),
        _whole(depths, map(assets.__getitem__, ids), projects),  # of which one may be there twice
        tuple(
            {
                (one, how, other)
                for how, links in kept.items()
                for maker, source in links
                if (one := shown.get(maker)) and (other := shown.get(source)) and one != other
            }
        ),
        cut="LIMIT" if len(told_of or assets) > limit else None,
        depths=depths,
    )


def _whole(depths: Mapping[str, int], assets: Iterable[str], projects: Sequence[str]) -> Whole:
    """These assets, with the projects of all that were read where these were asked for."""
    known = dict(zip(assets, (project or None for project in projects), strict=True)) if projects else {}
    return Whole(depths.keys(), known)


def fewest(levels: Iterable[Iterable[str]], further: Iterable[Sequence[str]], most: int) -> dict[str, int]:
    """The first level of each node, at ``most`` that of the last ones; of a pair the second is one hop further than the
    first, or, where that is an asset, than its first immutable node, and comes in no pair after it."""
    found: dict[str, int] = {}
    for depth, ids in reversed(list(enumerate(levels))):
        found.update(dict.fromkeys(ids, depth))
    wanted = {node for node, _ in further if node not in found}
    whole: dict[str, int] = {}
    if wanted:
        for id, depth in found.items():
            if (asset := asset_of(id)) in wanted:
                whole[asset] = min(depth, whole.get(asset, depth))
    for node, beyond in further:
        depth = found.get(node, whole.get(node, most)) + 1
        if depth <= most:
            found[beyond] = min(depth, found.get(beyond, depth))
    return found
