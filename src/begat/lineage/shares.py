"""Which live endpoints answer by given model versions, and with how much of their traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from begat.graph.driver import Graph
from begat.graph.statement import load


@dataclass(frozen=True)
class Share:
    """An endpoint whose serving version serves some of the model versions: these, and the whole percent of its traffic
    that goes to them together."""

    endpoint: str
    project: str | None
    percent: int
    model_versions: tuple[str, ...]


async def serving(graph: Graph, versions: Sequence[str]) -> list[Share]:
    """The live endpoints that serve any of these model versions, by id, whoever may see them."""
    if not versions:
        return []
    found = await graph.read(load("begat.lineage", "serving"), ids=sorted(set(versions)))
    by_endpoint: dict[tuple[str, str | None], dict[str, int]] = {}
    for endpoint, project, version, percent in found:
        by_endpoint.setdefault((endpoint, project), {})[version] = percent
    return [
        Share(endpoint, project, sum(percents.values()), tuple(sorted(percents)))
        for (endpoint, project), percents in sorted(by_endpoint.items(), key=lambda item: item[0][0])
    ]


def traffic_share(shares: Sequence[Share]) -> float | None:
    """The mean part, 0 to 1, of these endpoints' traffic: each counts the same, however much it is asked. None of none:
    no traffic is not zero."""
    return sum(share.percent for share in shares) / (100 * len(shares)) if shares else None
