"""The questions of one run to an endpoint of begat's own: to the deployment that served when it began."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from begat.access.scope import background
from begat.change.background import Background
from begat.change.write import Properties
from begat.core import ids
from begat.core.errors import Code, Problem
from begat.kinds.endpoint.query import Answer, query
from begat.kinds.training_sheet import content
from begat.kinds.training_sheet.asking import GivenUp
from begat.kinds.training_sheet.content import Draft
from begat.platforms.ports import Origin

TURN = 200
"""Questions of one turn, and pairs of one transaction."""
TOGETHER = 20
"""Questions of one query: each query goes to one of the model versions that share the traffic."""
TRIES = 30
"""Turns in a row in which the endpoint may be away before the run gives up."""


@dataclass(frozen=True)
class Pin:
    """A deployment with the model versions that answer for it, and what a generation cost so far, in CPU seconds."""

    endpoint: str
    version: str
    models: tuple[str, ...]
    spent: float = 0.0


async def pin(work: Background, endpoint: str, generation: str | None) -> Pin:
    """The deployment that the generation was begun with, else the one that serves now. Raises GivenUp where none."""
    begun = await work.graph.read(
        "MATCH (g:Version {id: $id}) RETURN [g.endpointVersion, coalesce(g.costAmount, 0.0)]", id=generation or ""
    )
    version, spent = begun or (None, 0.0)
    if version is None:
        number = await work.graph.read("MATCH (n:Endpoint {id: $id}) RETURN n.version", id=endpoint)
        if number is None:
            hint = "Deploy or start it, then generate again."
            raise GivenUp(Problem(Code.ILLEGAL_MOVE, "No version of the endpoint answers.", hint=hint))
        version = ids.immutable(endpoint, "v", number)
    models = await work.graph.read(
        "MATCH (:Version {id: $id})-[:SERVES]->(m:ModelVersion) RETURN collect(m.id)", id=version
    )
    return Pin(endpoint, version, tuple(sorted(models)), spent)


class Served:
    """See `asking.Asking`, whose place it takes: nothing is billed here, so nothing is remembered on disk."""

    batch = TURN

    def __init__(self, work: Background, pinned: Pin) -> None:
        self._work = work
        self._pin = pinned
        self._spent = pinned.spent
        self._away = 0

    def spending(self) -> Properties:
        """What it took, as a generation keeps it."""
        return {"costAmount": self._spent, "costUnit": "CPU_SECONDS"}

    async def answer(self, drafts: Sequence[Draft], labelled: Collection[str]) -> list[Draft]:
        """The first of the drafts with their answers: all, unless the endpoint is away for a moment."""
        found = list(drafts)
        asking = [place for place, one in enumerate(found) if one.asked is not None and one.item_ref not in labelled]
        for start in range(0, len(asking), TOGETHER):
            part = asking[start : start + TOGETHER]
            if not await self._ask(found, part):
                return found[: part[0]]
        return found

    async def _ask(self, found: list[Draft], places: Sequence[int]) -> bool:
        """Asks these together, or one by one where together they are refused; false where the endpoint is away."""
        answer = await self._query([found[place].question for place in places])
        problem = answer.problem
        if answer.prediction is not None:
            self._spent += answer.prediction.cpu_seconds
        if problem is not None and problem.code is Code.UNAVAILABLE:
            self._away += 1
            if self._away >= TRIES:
                raise GivenUp(problem)
            return False
        self._away = 0
        if problem is None and answer.outputs is not None:
            for place, output in zip(places, answer.outputs, strict=True):
                found[place] = _answered(found[place], output.get("answer"), answer.request_id)
            return True
        if len(places) > 1:
            return all([await self._ask(found, [place]) for place in places])
        found[places[0]] = replace(found[places[0]], problem=problem, asked=None, request=answer.request_id)
        return True

    async def _query(self, texts: list[str]) -> Answer:
        work, pinned = self._work, self._pin
        try:
            return await query(
                work.graph,
                background(),
                work.platform,
                pinned.endpoint,
                texts,
                origin=Origin.GENERATION,
                worded=True,
                version=pinned.version,
            )
        except Problem as problem:
            if problem.code is Code.UNAVAILABLE:  # the database, or the log's disk
                raise
            raise GivenUp(problem) from problem


def _answered(draft: Draft, text: object, request: str) -> Draft:
    try:
        said = content.check_answer(text if isinstance(text, str) else None)
    except Problem as problem:
        return replace(draft, problem=problem, asked=None, request=request)
    return replace(draft, answer=said, asked=None, request=request)
