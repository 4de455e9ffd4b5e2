"""Which table feeds which, as the jobs of others say: written, renewed and taken back by who said it.

Each job is a source of its own. What is kept of it (a `Feeder`, by a key of its own that only one writer can take, and
which every event of the job locks) are its last runs with what each named so far, since one event of a run names its
inputs and another its outputs; when the latest that is complete began, since events may come late or again; and the
tables that it ever said are fed, so that its edges are found from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from begat.access.scope import Viewer
from begat.change.write import Change, Properties, write
from begat.core import ids, times
from begat.core.errors import Code, Problem
from begat.core.roles import Role
from begat.graph.driver import Graph
from begat.kinds.source_table.acts import ensure_all
from begat.platforms.ports import TableInfo

RUNS = 20
"""How many runs of a job are remembered: events of a run that come after so many others stand for themselves."""

MOST_PAIRS = 10_000
"""The most pairs of an output and an input that one run can name."""

Pair = tuple[str, str]
"""Ids of a table and of one that it is fed by."""


@dataclass(frozen=True)
class Job:
    """Who says what feeds a table."""

    namespace: str
    name: str

    @property
    def feeder(self) -> str:
        """The id of its `Feeder`. Of both as a list, since ``team/a`` and ``b`` are another job than ``team`` and
        ``a/b``."""
        return ids.derived("feeder", orjson.dumps([self.namespace, self.name]).decode())

    @property
    def shown(self) -> str:
        """How it is called; other jobs may be called so, too."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Run:
    """What an event says of a run. ``ended`` is how: COMPLETE, or FAIL or ABORT, of which nothing is learned; None
    while it goes on."""

    id: str
    ended: str | None = None


@dataclass(frozen=True)
class Told:
    """An event. ``moment`` is its own time, by which runs of a job are put in order. Without a ``job`` it speaks of
    tables only; without a ``run`` it is the job's own description."""

    moment: str
    job: Job | None
    run: Run | None
    inputs: Sequence[TableInfo]
    outputs: Sequence[TableInfo]


@dataclass(frozen=True)
class Fed:
    """What an event changed: how many tables it named, and how many edges are new, seen again, and taken back."""

    tables: int
    asserted: int = 0
    renewed: int = 0
    retracted: int = 0


async def feed(graph: Graph, viewer: Viewer, told: Told) -> Fed:
    """Keeps what an event says, all of it or nothing. Raises FORBIDDEN unless the caller edits in some project (tables
    are in none, and whoever may make a sheet adds tables), and LIMIT."""
    if not viewer.admin and all(role < Role.EDITOR for role in viewer.roles.values()):
        hint = "Ask an owner of a project for it."
        raise Problem(Code.FORBIDDEN, "To say what feeds a table needs the role EDITOR in some project.", hint=hint)

    async def work(change: Change) -> Fed:
        if told.job is None:
            return Fed(len(set(await ensure_all(change, [*told.inputs, *told.outputs]))))
        feeder = await _feeder(change, told.job)
        tables = await ensure_all(change, [*told.inputs, *told.outputs])
        await change.lock(tables)
        return await _assert(change, told, feeder, tables[: len(told.inputs)], tables[len(told.inputs) :])

    return await write(graph, viewer, work)


async def _feeder(change: Change, job: Job) -> Properties:
    """What is kept of the job, locked; made at its first event."""
    id = job.feeder
    found = (await change.lock([id], "Feeder")).get(id)
    if found is None:
        found = {"id": id, "source": job.shown, "runs": "{}", "outputs": [], "createdAt": change.at}
        change.create(("Feeder",), found)
        await change.flush()
    return found


async def _assert(change: Change, told: Told, feeder: Properties, inputs: list[str], outputs: list[str]) -> Fed:
    runs: dict[str, Any] = orjson.loads(feeder["runs"])
    run = told.run
    # What says that it is of the future is of now: no later run could ever take it back.
    kept = _kept(runs, run, min(told.moment, change.at), inputs, outputs)
    began, ended = kept["began"], kept["ended"]
    named = [] if ended in ("FAIL", "ABORT") else _pairs(kept["inputs"], kept["outputs"])
    fed = sorted({*feeder["outputs"], *kept["outputs"]})
    there = {
        (output, input): last
        for output, input, last in await change.read(
            "MATCH (a:Asset)-[e:FED_BY]->(b:Asset) WHERE a.id IN $outputs AND e.feeder = $feeder "
            "RETURN collect([a.id, b.id, e.run])",
            outputs=fed,
            feeder=feeder["id"],
        )
    }
    late = _late(feeder, run, began)
    new = [pair for pair in named if pair not in there and not late]
    again = [pair for pair in named if pair in there]
    gone = []
    if run and ended == "COMPLETE" and named and not late:
        gone = [pair for pair, last in there.items() if last < began and pair not in set(named)]
        change.set(feeder["id"], {"latest": run.id, "latestBegan": began}, label="Feeder")
    who = {"feeder": feeder["id"], "source": feeder["source"], "by": change.viewer.name}
    for output, input in new:
        change.join("FED_BY", output, input, since=change.at, seen=change.at, run=began, **who)
    await _renew(change, feeder["id"], again, began)
    await _retract(change, feeder["id"], gone)
    still = {output for output, _ in (*new, *(pair for pair in there if pair not in set(gone)))}
    recent = dict(sorted(runs.items(), key=lambda item: str(item[1]["seen"]))[-RUNS:])
    change.set(
        feeder["id"],
        {"runs": orjson.dumps(recent).decode(), "outputs": sorted(still), "seen": change.at, "by": change.viewer.name},
        label="Feeder",
    )
    return Fed(len({*inputs, *outputs}), len(new), len(again), len(gone))


def _late(feeder: Properties, run: Run | None, began: str) -> bool:
    """Whether a run that began later is complete: what this one names and the job does not say any more, that one took
    back. Events of one run may come in any order."""
    latest = run is not None and run.id == feeder.get("latest")
    return began < feeder.get("latestBegan", "") and not latest


def _kept(
    runs: dict[str, Any], run: Run | None, moment: str, inputs: Iterable[str], outputs: Iterable[str]
) -> dict[str, Any]:
    """What the run named so far, this event included; of a job's own description, what this event names."""
    if run is None:
        return {"began": moment, "ended": None, "inputs": sorted(set(inputs)), "outputs": sorted(set(outputs))}
    before = runs.get(run.id) or {"began": moment, "seen": moment, "inputs": [], "outputs": []}
    runs[run.id] = kept = {
        "began": min(before["began"], moment),
        "ended": run.ended or before.get("ended"),  # what names its tables may come after what ends it
        "seen": max(before["seen"], moment),
        "inputs": sorted({*before["inputs"], *inputs}),
        "outputs": sorted({*before["outputs"], *outputs}),
    }
    return kept


def _pairs(inputs: Sequence[str], outputs: Sequence[str]) -> list[Pair]:
    """Every output with every input; a table that a job reads and writes is not made from itself."""
    if len(inputs) * len(outputs) > MOST_PAIRS:
        raise Problem(
            Code.LIMIT,
            f"{len(outputs)} outputs from {len(inputs)} inputs are more than {MOST_PAIRS:,} pairs.",
            path=("outputs",),
            hint="Let several jobs say it, each of its own outputs.",
        )
    return [(output, input) for output in outputs for input in inputs if output != input]


async def _renew(change: Change, feeder: str, pairs: Sequence[Pair], run: str) -> None:
    """The edges are seen again; the run that they are known by is never one that began earlier."""
    if pairs:
        await change.read(
            "UNWIND $pairs AS pair MATCH (a:Asset {id: pair[0]})-[e:FED_BY]->(b:Asset {id: pair[1]}) "
            "WHERE e.feeder = $feeder SET e.seen = $at, e.run = CASE WHEN e.run > $run THEN e.run ELSE $run END "
            "RETURN count(e)",
            pairs=[list(pair) for pair in pairs],
            feeder=feeder,
            at=change.at,
            run=run,
        )


async def _retract(change: Change, feeder: str, pairs: Sequence[Pair]) -> None:
    """The edges were there until now: answers as of a moment before hold them still. It may be long since the change
    began, as it waits for its turn."""
    if pairs:
        await change.read(
            "UNWIND $pairs AS pair MATCH (a:Asset {id: pair[0]})-[e:FED_BY]->(b:Asset {id: pair[1]}) "
            "WHERE e.feeder = $feeder "
            "CREATE (a)-[was:WAS_FED_BY]->(b) SET was = properties(e), was.until = $at DELETE e RETURN count(*)",
            pairs=[list(pair) for pair in pairs],
            feeder=feeder,
            at=times.now(),
        )
