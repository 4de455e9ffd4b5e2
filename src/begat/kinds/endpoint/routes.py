"""What a deployment needs to answer. Nothing of it ever changes, so each instance reads it once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from begat.core.errors import Code, Problem
from begat.gql.columns import from_json
from begat.graph.driver import Graph
from begat.kinds.endpoint.inputs import Wording
from begat.platforms.ports import ModelRef

MOST = 256
"""Deployments that are remembered; the one that was asked longest ago makes room."""


@dataclass(frozen=True)
class Served:
    """A model version of the traffic."""

    ref: ModelRef
    percent: int
    number: int
    project: str


@dataclass(frozen=True)
class Route:
    """One deployment."""

    id: str
    endpoint: str
    number: int
    project: str
    served: dict[str, Served]
    wording: Wording | None
    log_inputs: str
    redact: tuple[str, ...]

    @property
    def shares(self) -> list[tuple[str, int]]:
        """As core.routing takes them."""
        return [(id, one.percent) for id, one in self.served.items()]


def said(served: Served, problem: Problem) -> Problem:
    """What the platform has against a model version, for those who see the endpoint: it names no model, as they may
    not see that. What the model version cannot do is no NOT_FOUND of the caller's."""
    if problem.code is Code.NOT_FOUND:
        return Problem(Code.PLATFORM, "The model's file does not exist any more.", hint="Deploy another model version.")
    message = problem.message.replace(served.ref.uri, "the model").replace(served.ref.id, "the model")
    return Problem(problem.code, message, path=problem.path, hint=problem.hint)


_known: OrderedDict[str, Route] = OrderedDict()


async def route(graph: Graph, version: str) -> Route:
    """The deployment's route, whoever may see it. Raises NOT_FOUND."""
    if (found := _known.get(version)) is not None:
        _known.move_to_end(version)
        return found
    found = _known[version] = await _read(graph, version)
    while len(_known) > MOST:
        _known.popitem(last=False)
    return found


async def _read(graph: Graph, version: str) -> Route:
    values = await graph.read(
        "MATCH (v:Version {id: $id})-[s:SERVES]->(m:ModelVersion) RETURN collect([v.asset, v.number, v.project, "
        "v.templateVersion, v.logInputs, v.redact, m.id, m.uri, m.sha256, s.percent, m.number, m.project])",
        id=version,
    )
    if not values:
        raise Problem(Code.NOT_FOUND, "This deployment does not exist any more.", hint="Deploy again.")
    asset, number, project, template, log_inputs, redact = values[0][:6]
    wording = None
    if template is not None:
        system, prompt = await graph.read("MATCH (t:Version {id: $id}) RETURN [t.system, t.prompt]", id=template)
        wording = Wording(system, prompt)
    served = {
        id: Served(ModelRef(id, uri, sha256), percent, model, owner)
        for *_, id, uri, sha256, percent, model, owner in values
    }
    return Route(version, asset, number, project, served, wording, log_inputs, tuple(from_json(redact)))
