"""The least that an answer can cost: the driver itself and orjson, and for each question the best statement known.

It is what a good engineer writes who needs just this answer, knows how begat writes its graph, and leaves out all that
begat does beside: nobody's rights, nothing hidden, trashed or later than a moment, no cursors, no order where the whole
is asked. A walk is one statement that returns one value: its levels one after the other, from which Python takes the
depths (grouping in the database costs more), or with edges what is reached and what each was made from, from which
Python takes them, too; and the assets, each once. Rows stay lists, as orjson writes these faster than objects.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import orjson
from neo4j import AsyncDriver, AsyncGraphDatabase, Query

from begat.core.edges import EDGES
from begat.kinds import registry

FIELDS = {
    "id": "id",
    "kind": "kind",
    "name": "name",
    "statusName": "status",
    "retention": "retention",
    "revision": "revision",
    "owner": "owner",
    "createdAt": "createdAt",
    "updatedAt": "updatedAt",
}
"""What is asked of every asset: the field in GraphQL and the property."""

COLUMNS = ", ".join(f"a.{name}" for name in FIELDS.values())
FOLLOWED = "|".join(type for type, edge in EDGES.items() if not edge.rows and type not in ("WATCHES", "RAISED_FROM"))
"""What leads on from tables, versions, snapshots, jobs and models. A monitor watches an endpoint as a whole."""

Fetch = Callable[..., Awaitable[Any]]
"""``fetch(statement, **parameters)``: the one value that it returns."""

KINDS = {kind.prefix: kind.name for kind in registry.KINDS.values()}
"""The kind of an asset, by the prefix of its id."""

_ASSETS = f"""CALL (levels) {{
  UNWIND levels AS level UNWIND level AS n WITH DISTINCT n
  OPTIONAL MATCH (n)-[:OF]->(o) WITH DISTINCT CASE WHEN n.asset IS NULL THEN n ELSE o END AS a
  RETURN collect([{COLUMNS}]) AS assets
}}"""

_MONITORS = f"""CALL (levels) {{
  UNWIND levels AS level UNWIND level AS n WITH DISTINCT n WHERE n:EndpointVersion
  MATCH (n)-[:OF]->(e:Endpoint)<-[:WATCHES]-(a) RETURN collect([e.id, {COLUMNS}]) AS monitors
}}"""
"""Of the endpoints whose versions were reached; nothing leads on from there."""


async def point(fetch: Fetch, id: str) -> Any:
    """One asset's fields."""
    return await fetch(f"MATCH (a:Asset {{id: $id}}) RETURN [{COLUMNS}]", id=id)


async def listed(fetch: Fetch, first: int) -> Any:
    """The first assets in the order of ids: of the range that holds them, as neither database sorts lazily."""
    statement = "MATCH (a:Asset) WHERE a.id > '' WITH a.id AS id LIMIT $first WITH collect(id) AS ids RETURN ids[-1]"
    last = await fetch(statement, first=first)
    statement = "MATCH (a:Asset) WHERE a.id > '' AND a.id <= $last WITH a WHERE a.retention = 'LIVE'"
    found = await fetch(f"{statement} RETURN collect([{COLUMNS}])", last=last)
    return sorted(found)


async def walked(fetch: Fetch, start: str, depth: int) -> Any:
    """All assets downstream of a table or model version: depth and fields of each."""
    found = await fetch(f"{_levels(depth)} {_ASSETS} {_MONITORS} RETURN [{_IDS}, assets, monitors]", id=start)
    levels, assets, monitors = found
    return _nodes(_depths(levels), assets, monitors, depth)


async def paged(fetch: Fetch, start: str, depth: int, first: int) -> Any:
    """The first of them in the order of depth and id, and how many of all have which depth and kind."""
    depths = await _counted(fetch, start, depth)
    page = {id: depth for depth, id in sorted((depth, id) for id, depth in depths.items())[:first]}
    assets = await fetch(f"UNWIND $ids AS id MATCH (a:Asset {{id: id}}) RETURN collect([{COLUMNS}])", ids=list(page))
    return [[[page[asset[0]], *asset] for asset in assets], _counts(depths)]


async def counted(fetch: Fetch, start: str, depth: int) -> Any:
    """How many of them have which depth and kind."""
    return _counts(await _counted(fetch, start, depth))


async def joined(fetch: Fetch, start: str, depth: int) -> Any:
    """As `walked`, with the edges between the assets and to the start."""
    found = await fetch(
        f"""MATCH (s:Asset {{id: $id}})
CALL (s) {{ MATCH (s)<-[:{FOLLOWED}*1..{depth}]-(n) RETURN DISTINCT n }} WITH [collect(n)] AS levels
CALL (levels) {{ UNWIND levels[0] AS n MATCH (n)-[e:{FOLLOWED}]->(m)
  WITH type(e) AS relation, collect(n.id) AS makers, collect(m.id) AS sources
  RETURN collect([relation, makers, sources]) AS made }}
{_ASSETS} {_MONITORS} RETURN [made, assets, monitors]""",
        id=start,
    )
    made, assets, monitors = found
    users: dict[str, list[str]] = defaultdict(list)
    edges = set()
    reached = {start}.union(*(makers for _, makers, _ in made))
    for relation, makers, sources in made:
        for maker, source in zip(makers, sources, strict=True):
            if source in reached:
                users[source].append(maker)
                edges.add((maker.partition(":")[0], relation, source.partition(":")[0]))
    nodes = _nodes(_depths(_fronts(users, start)), assets, monitors, depth)
    watched = {node[1] for node in nodes if node[2] == "MONITOR"}
    edges.update((asset[0], "WATCHES", endpoint) for endpoint, *asset in monitors if asset[0] in watched)
    return [nodes, list(edges)]


async def _counted(fetch: Fetch, start: str, depth: int) -> dict[str, int]:
    statement = f"{_levels(depth)} {_MONITORS.replace(COLUMNS, 'a.id')} RETURN [{_IDS}, monitors]"
    levels, monitors = await fetch(statement, id=start)
    depths = _depths(levels)
    _watch(depths, monitors, depth)
    return depths


_IDS = "[level IN levels | [n IN level | coalesce(n.asset, n.id)]]"


def _levels(depth: int) -> str:
    step = (
        f"CALL (front) {{ UNWIND front AS x MATCH (x)<-[:{FOLLOWED}]-(n) RETURN collect(DISTINCT n) AS next }} "
        "WITH levels + [next] AS levels, next AS front"
    )
    return " ".join(["MATCH (s:Asset {id: $id}) WITH [] AS levels, [s] AS front", *[step] * depth, "WITH levels"])


def _depths(levels: Iterable[Iterable[str]]) -> dict[str, int]:
    depths: dict[str, int] = {}
    for depth, level in reversed(list(enumerate(levels, 1))):
        depths.update(dict.fromkeys(level, depth))
    return depths


def _fronts(users: Mapping[str, Iterable[str]], start: str) -> Iterable[list[str]]:
    """The assets that are one more hop away each time."""
    met, front = {start}, [start]
    while front:
        new = {user for node in front for user in users.get(node, ())} - met
        met |= new
        front = list(new)
        yield [node.partition(":")[0] for node in front]


def _watch(depths: dict[str, int], monitors: Iterable[Sequence[Any]], depth: int) -> None:
    """The monitors one hop beyond the endpoints that they watch, where the walk goes as far."""
    for endpoint, monitor, *_ in monitors:
        beyond = depths[endpoint] + 1
        if beyond <= depth:
            depths[monitor] = min(beyond, depths.get(monitor, beyond))


def _nodes(depths: dict[str, int], assets: list[Any], monitors: list[list[Any]], depth: int) -> list[list[Any]]:
    if monitors:
        _watch(depths, monitors, depth)
        watching = {monitor[1]: monitor[1:] for monitor in monitors if monitor[1] in depths}
        assets += watching.values()
    return [[depths[asset[0]], *asset] for asset in assets]


def _counts(depths: Mapping[str, int]) -> list[list[Any]]:
    found = Counter((depth, id.partition("_")[0]) for id, depth in depths.items())
    return [[depth, KINDS[prefix], number] for (depth, prefix), number in found.items()]


QUESTIONS: Mapping[str, Callable[..., Awaitable[Any]]] = {
    one.__name__: one for one in (point, listed, walked, paged, counted, joined)
}


class Floor:
    """The driver on one database."""

    def __init__(self, driver: AsyncDriver, database: str) -> None:
        self._driver = driver
        self._database = database

    @classmethod
    def reach(cls, uri: str, auth: tuple[str, str], database: str) -> Self:
        """A floor of its own connections."""
        return cls(AsyncGraphDatabase.driver(uri, auth=auth, notifications_min_severity="OFF"), database)

    async def ask(self, question: str, **parameters: Any) -> bytes:
        """The answer to one of QUESTIONS as JSON."""
        return orjson.dumps(await QUESTIONS[question](self._fetch, **parameters))

    async def close(self) -> None:
        """Closes its connections."""
        await self._driver.close()

    async def _fetch(self, statement: str, **parameters: Any) -> Any:
        async with self._driver.session(database=self._database) as session:
            result = await session.run(Query(statement), parameters)
            return (await result.single(strict=True))[0]
